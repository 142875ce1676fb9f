from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dnn_techniques.data import ImageData, ShuffledBatches, load
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]


def prepared(root: Path, stage: str = "fit", validation: int = 50) -> ImageData:
    data = ImageData(root=root, validation=validation)
    data.prepare_data()
    data.setup(stage)
    return data


def epoch(data: ImageData) -> list[tuple[Tensor, Tensor]]:
    """The minibatches of the next epoch."""
    return list(data.train_dataloader())


def test_the_first_images_validate(archive: Archive) -> None:
    root = archive().parent
    data = prepared(root)
    arrays = load(root=root)
    x, y = next(iter(data.val_dataloader()))
    assert torch.equal(x * 255, torch.from_numpy(arrays.x_train[:50]).float())
    assert torch.equal(y, torch.from_numpy(arrays.y_train[:50]))
    labels = torch.cat([y for _, y in epoch(data)])
    assert sorted(labels.tolist()) == sorted(arrays.y_train[50:].tolist())


def test_the_partial_batch_is_kept(archive: Archive) -> None:
    sizes = [len(y) for _, y in epoch(prepared(archive().parent))]
    assert sizes == [32] * 7 + [26]


@pytest.mark.parametrize(
    ("samples", "batch_size", "steps"),
    [
        (55_000, 32, 1719),
        (43_986, 32, 1375),
        (45_000, 32, 1407),
        (200, 32, 7),
        (55_000, 128, 430),
        (45_000, 128, 352),
    ],
)
def test_epochs_have_the_documented_numbers_of_steps(
    samples: int, batch_size: int, steps: int
) -> None:
    x, y = torch.zeros(samples, 1), torch.zeros(samples)
    loader = ShuffledBatches(x, y, batch_size, torch.randperm)
    sizes = [len(y) for _, y in loader]
    assert len(sizes) == len(loader) == steps
    assert set(sizes[:-1]) == {batch_size}
    assert sum(sizes) == samples


def test_several_processes_share_each_minibatch() -> None:
    x = torch.arange(23.0)[:, None]
    orders = [torch.randperm(23) for _ in range(2)]

    def shares(order: Tensor) -> list[list[Tensor]]:
        return [
            [x for x, _ in ShuffledBatches(x, x, 3, lambda n: order, rank, 2)] for rank in range(2)
        ]

    for order in orders:
        first, second = shares(order)
        assert [len(x) for x in first] == [len(x) for x in second] == [3, 3, 3, 3]
        for k, (a, b) in enumerate(zip(first[:-1], second, strict=False)):
            both = torch.cat([a, b])[:, 0].sort().values
            assert both.tolist() == order[6 * k : 6 * k + 6].sort().values.tolist()
        last = torch.cat([first[-1], second[-1]])[:, 0].sort().values
        assert last.tolist() == sorted([*order[18:].tolist(), int(order[0])])
    assert len(ShuffledBatches(x, x, 3, torch.randperm, 1, 2)) == 4


def test_several_orders_at_once_give_each_net_its_own_images() -> None:
    x, orders = torch.arange(5.0)[:, None], torch.stack([torch.randperm(5), torch.arange(5)], 1)
    first, second = ShuffledBatches(x, x[:, 0], 3, lambda n: orders)
    assert torch.equal(first[0], orders[:3].float()[..., None])
    assert torch.equal(second[1], orders[3:].float())


def test_order_changes_each_epoch_and_repeats_with_the_seed(archive: Archive) -> None:
    root = archive().parent

    def two_epochs(seed: int) -> list[list[float]]:
        torch.manual_seed(seed)
        data = prepared(root)
        return [[image.sum().item() for x, _ in epoch(data) for image in x] for _ in range(2)]

    first, second = two_epochs(1)
    assert first != second
    assert sorted(first) == sorted(second)
    assert two_epochs(1) == [first, second]
    assert two_epochs(2)[0] != first


def test_shuffling_goes_on_where_a_checkpoint_left_it(archive: Archive) -> None:
    root = archive().parent
    data = prepared(root)
    epoch(data)
    state = data.state_dict()
    unbroken = [y.tolist() for _, y in epoch(data)]
    resumed = prepared(root)
    resumed.load_state_dict(state)
    assert [y.tolist() for _, y in epoch(resumed)] == unbroken


def test_scaling_knows_only_the_training_split(archive: Archive) -> None:
    root = archive().parent
    data = ImageData(root=root, validation=50, scaling="standardize")
    data.prepare_data()
    data.setup("fit")
    assert data.train[0].mean(dim=0).abs().max() < 1e-5
    assert data.valid[0].mean(dim=0).abs().max() > 0.01
    arrays = load(root=root)
    train = torch.from_numpy(arrays.x_train[50:]).float()
    expected = (torch.from_numpy(arrays.x_train[0]) - train.mean(0)) / train.std(0, correction=0)
    assert torch.allclose(data.valid[0][0], expected, atol=1e-4)


def test_testing_and_predicting_keep_the_order(archive: Archive) -> None:
    root = archive().parent
    data = prepared(root, "test")
    labels = torch.cat([y for _, y in data.test_dataloader()])
    assert labels.tolist() == load(root=root).y_test.tolist()
    assert torch.equal(torch.cat([y for _, y in data.predict_dataloader()]), labels)


def test_bad_values_are_refused(archive: Archive) -> None:
    with pytest.raises(InputError, match="batch_size must be at least 1, got 0"):
        ImageData(batch_size=0)
    with pytest.raises(InputError, match="validation must be at least 1, got -1"):
        ImageData(validation=-1)
    with pytest.raises(InputError, match="validation must be below 300, got 300"):
        prepared(archive().parent, validation=300)


def test_the_statistics_are_taken_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take a copy of all training images, beside those that are kept."""
    taken: list[int] = []
    whole = torch.var_mean

    def var_mean(x: Tensor, **options: Any) -> Any:
        taken.append(len(x))
        return whole(x, **options)

    monkeypatch.setattr(torch, "var_mean", var_mean)
    data = ImageData(root=archive().parent, validation=50, scaling="standardize")
    for stage in ("fit", "validate", "test", "predict"):
        data.setup(stage)
    assert taken == [250]
    alone = ImageData(root=archive().parent, validation=50, scaling="standardize")
    alone.setup("test")
    assert torch.equal(alone.test[0], data.test[0])
