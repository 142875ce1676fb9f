from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dnn_techniques.data import ImageData, ShuffledBlocks, load
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]


def prepared(root: Path, stage: str = "fit", validation: int = 50) -> ImageData:
    data = ImageData(root=root, validation=validation)
    data.prepare_data()
    data.setup(stage)
    return data


def epoch(data: ImageData) -> list[tuple[Tensor, Tensor]]:
    """The minibatches of the next epoch."""
    return [pair for block in data.train_dataloader() for pair in block.minibatches()]


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


def test_fashion_mnist_has_1719_steps() -> None:
    loader = ShuffledBlocks(torch.zeros(55_000, 1), torch.zeros(55_000), 32, torch.Generator())
    blocks = list(loader)
    assert len(blocks) == len(loader)
    sizes = [len(y) for block in blocks for _, y in block.minibatches()]
    assert sizes == [32] * 1718 + [24]


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
