from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from dnn_techniques.data import PairData, SplitData, draw_pairs
from dnn_techniques.data.pairs import DrawnPairs, first_of_each_class
from dnn_techniques.errors import InputError

Archive = Callable[..., Path]
LABELS = torch.arange(1000) % 10


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_half_of_a_minibatch_is_alike() -> None:
    places, different = draw_pairs(LABELS, 40, generator())
    assert places.shape == (40, 2)
    assert different.sum() == 20
    assert torch.equal(different, (LABELS[places[:, 0]] != LABELS[places[:, 1]]).long())
    assert different[:20].sum() not in (0, 20)  # in random order
    for image in (0, 1):
        assert len(places[:, image].unique()) == 40  # no image comes twice on one side


def test_a_sixth_of_all_pairs_is_alike() -> None:
    """As the notes evaluate: every pair of one class that two orders happen to make."""
    labels = torch.arange(60_000) % 10
    places, different = draw_pairs(labels, 60_000, generator())
    assert int(different.sum()) == 30_000
    assert len(different) - 30_000 == pytest.approx(6_000, abs=4 * 74)
    assert len(places) == len(different)


def test_pairs_follow_the_generator() -> None:
    first, again, other = (draw_pairs(LABELS, 40, generator(s))[0] for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_first_of_each_class() -> None:
    labels = torch.tensor([1, 0, 1, 1, 0, 0])
    assert first_of_each_class(labels, 2).tolist() == [True, True, True, False, True, False]


def test_split_2_trains_and_split_1_validates(archive: Archive) -> None:
    data = SplitData(root=archive().parent, validation=50)
    data.prepare_data()
    data.setup("fit")
    assert torch.bincount(data.train[1]).tolist() == [5] * 10
    assert len(data.valid[1]) == 50
    x = torch.from_numpy(data.arrays.x_train).float() / 255
    y = torch.from_numpy(data.arrays.y_train)
    chosen = first_of_each_class(y, 5)
    assert torch.equal(data.train[0], x[chosen])
    assert torch.equal(data.valid[0], x[~chosen][:50])


def test_pairs_train_on_split_1(archive: Archive) -> None:
    data = PairData(root=archive().parent, validation=50, batch_size=16)
    data.prepare_data()
    torch.manual_seed(3)
    data.setup("fit")
    loader = data.train_dataloader()
    batches = list(loader)
    assert len(batches) == len(loader) == 250 // 16
    assert all(int(labels.sum()) == 8 for _, labels in batches)
    x, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    assert x.shape == (15 * 16, 2, 28, 28)
    # The archive's images have their brightest pixel in the row with the number of the class.
    brightest = x.amax(dim=3).argmax(dim=2)
    assert torch.equal((brightest[:, 0] != brightest[:, 1]).long(), y)
    train = data.split1[0]
    assert all((image == train).flatten(1).all(dim=1).any() for image in x[:20].flatten(0, 1))
    assert not torch.equal(next(iter(loader))[0], x[:16])  # drawn anew


def test_every_evaluation_has_the_same_pairs(archive: Archive) -> None:
    root = archive().parent
    seen = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        data = PairData(root=root, validation=50, batch_size=16)
        for stage in ("fit", "test"):
            data.setup(stage)
        loaders = data.val_dataloader(), data.train_batches(), data.test_dataloader()
        seen.append([torch.cat([x for x, _ in loader]) for loader in loaders])
    assert all(torch.equal(a, b) for a, b in zip(*seen, strict=True))
    sources = data.split2[0], torch.cat([data.split1[0], data.split2[0]]), data.test[0]
    for pairs, source in zip(seen[0], sources, strict=True):
        known = {image.numpy().tobytes() for image in source}
        assert {image.numpy().tobytes() for image in pairs.flatten(0, 1)} <= known
    # Pairs of split #2, of all images, of the test images; less than there are images.
    assert all(n / 4 < len(x) < n for x, n in zip(seen[0], (50, 300, 100), strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 15}, "batch_size must be even"),
        ({"validation": 9}, "must be at least 10"),
        ({"per_class": 2}, "PairData takes all images; leave out classes, train and per_class"),
    ],
)
def test_bad_values_are_refused(archive: Archive, options: dict[str, int], message: str) -> None:
    data = PairData(root=archive().parent, **{"validation": 50, **options})  # type: ignore
    with pytest.raises(InputError, match=message):
        data.prepare_data()


def test_too_large_a_minibatch_is_refused() -> None:
    loader = DrawnPairs(torch.zeros(1000, 1), LABELS, 500, generator())
    with pytest.raises(InputError, match="batch_size 500: 1000 images do not give 250 pairs"):
        next(iter(loader))
    with pytest.raises(InputError, match="batch_size 1002 is above 1000"):
        DrawnPairs(torch.zeros(1000, 1), LABELS, 1002, generator())


@pytest.mark.real_data
def test_the_notes_split() -> None:
    data = PairData(name="mnist", batch_size=500)
    data.setup("fit")
    assert len(data.split1[1]) == 55_000
    assert np.bincount(data.split2[1]).tolist() == [500] * 10
    assert len(data.train_dataloader()) == 110
