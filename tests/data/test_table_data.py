from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from dnn_techniques.data import TableData
from dnn_techniques.errors import InputError
from dnn_techniques.runs.seeds import seed_data
from tests.data.tables import housing_file, table_file


def prepared(root: Path, seed: int = 1, **options: Any) -> TableData:
    data = TableData(root=root, **options)
    data.seed = seed
    data.prepare_data()
    data.setup("fit")
    return data


def test_splits_and_scaling_are_scikit_learn_s(tmp_path: Path) -> None:
    housing_file(tmp_path)
    data = prepared(tmp_path)
    x, y = data.arrays.x, data.arrays.y
    x_full, x_test, y_full, y_test = train_test_split(x, y, random_state=1)
    x_train, x_valid, y_train, y_valid = train_test_split(x_full, y_full, random_state=1)
    scaler = StandardScaler().fit(x_train)
    splits = {
        "train": (x_train, y_train),
        "valid": (x_valid, y_valid),
        "test": (x_test, y_test),
    }
    for name, (features, targets) in splits.items():
        ours: tuple[Tensor, Tensor] = getattr(data, name)
        assert ours[0].dtype == ours[1].dtype == torch.float32
        assert np.allclose(ours[0], scaler.transform(features), atol=1e-6)
        assert np.array_equal(ours[1], targets.astype(np.float32))


@pytest.mark.real_data
def test_california_housing_has_the_book_s_numbers_of_rows() -> None:
    data = TableData(split_seed=0)
    data.setup("fit")
    assert [len(part[1]) for part in (data.train, data.valid, data.test)] == [11_610, 3870, 5160]
    assert len(data.train_dataloader()) == 363


def test_each_input_gets_its_features(tmp_path: Path) -> None:
    housing_file(tmp_path)
    wide, deep = [0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]
    whole, data = prepared(tmp_path), prepared(tmp_path, inputs=[wide, deep])
    assert (whole.input_sizes, data.input_sizes, data.targets) == ([8], [5, 6], 1)
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader", "train_batches"):
        batches, parts = list(getattr(whole, loader)()), list(getattr(data, loader)())
        assert len(batches) == len(parts)
        for (x, y), ((a, b), z) in zip(batches, parts, strict=True):
            assert torch.equal(a, x[:, wide])
            assert torch.equal(b, x[:, deep])
            assert torch.equal(y, z)
    (one, _), *_ = prepared(tmp_path, inputs=[deep]).val_dataloader()
    assert one.shape[1] == 6


def test_a_seed_has_splits_of_its_own(tmp_path: Path) -> None:
    housing_file(tmp_path)
    first = prepared(tmp_path).test[1]
    assert torch.equal(prepared(tmp_path).test[1], first)
    assert not torch.equal(prepared(tmp_path, seed=2).test[1], first)
    assert torch.equal(prepared(tmp_path, seed=2, split_seed=1).test[1], first)


def test_a_later_stage_has_the_splits_of_the_first(tmp_path: Path) -> None:
    housing_file(tmp_path)
    tests = []
    for builds_on in (None, "group/first"):
        data = TableData(root=tmp_path)
        seed_data(data, 3, builds_on)
        data.setup("fit")
        tests.append(data.test[1])
    assert torch.equal(*tests)


def test_shuffling_goes_on_where_a_checkpoint_left_it(tmp_path: Path) -> None:
    housing_file(tmp_path)
    data = prepared(tmp_path)
    list(data.train_dataloader())
    state = data.state_dict()
    unbroken = [y.tolist() for _, y in data.train_dataloader()]
    resumed = prepared(tmp_path)
    resumed.load_state_dict(state)
    assert [y.tolist() for _, y in resumed.train_dataloader()] == unbroken


def test_a_constant_feature_becomes_zero(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[:, 1] = 0.1
    data = prepared(tmp_path, name=str(table_file(tmp_path / "own.npz", x=x)))
    assert data.train[0][:, 1].abs().max() < 1e-6
    assert data.train[0].isfinite().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"split_seed": -1}, r"split_seed must be in \[0, 2\*\*32\), got -1"),
        ({"inputs": []}, "inputs must name features for each input"),
        ({"inputs": [[0], []]}, "inputs must name features for each input"),
        ({"inputs": [[0], [8]]}, "inputs must be from 0 to 7, got 8"),
    ],
)
def test_bad_options_get_one_line(options: Any, message: str, tmp_path: Path) -> None:
    housing_file(tmp_path)
    with pytest.raises(InputError, match=message):
        prepared(tmp_path, **options)
