"""Any loader, and the search for a rate."""

import copy
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.tuner.tuning import Tuner
from pytorch_lightning.utilities import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from dnn_techniques.engine import attach
from dnn_techniques.modules import LeakyReLUNet
from tests.engine.modules import Make, Ordered, Plain
from tests.engine.training import Loaders, both, same_weights


class Stream(IterableDataset):
    """As many batches as it says, or one less; no number where it says none."""

    def __init__(self, batches: list[Any]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)


class Liar(Stream):
    def __len__(self) -> int:
        return len(self.batches) + 1


def loader_of(kind: str, batches: list[Any]) -> Any:
    as_it_is: Any = partial(DataLoader, batch_size=None)
    return {
        "stream": lambda: as_it_is(Stream(batches)),
        "liar": lambda: as_it_is(Liar(batches)),
        "lists": lambda: as_it_is([list(batch) for batch in batches]),
        "some are None": lambda: as_it_is([None, *batches[:3], None, *batches[3:], None]),
        "dictionaries": lambda: as_it_is([{"a": batch} for batch in batches]),
        "list of one": lambda: [as_it_is(batches)],
        "two": lambda: [as_it_is(batches), as_it_is(batches[:3])],
        "the shorter of two": lambda: CombinedLoader(
            {"a": as_it_is(batches), "b": as_it_is(batches[:3])}, "min_size"
        ),
    }[kind]()


class Pairs(Plain):
    """Takes what comes, in whatever it is packed."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        while not isinstance(batch, list | tuple) or not isinstance(batch[0], Tensor):
            batch = batch["a"] if isinstance(batch, dict) else batch[0]
        return super().training_step(batch, batch_idx)


@pytest.mark.parametrize(
    "kind",
    [
        "stream",
        "liar",
        "lists",
        "some are None",
        "dictionaries",
        "list of one",
        "two",
        "the shorter of two",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_loaders(kind: str, root: Path) -> None:
    batches = Ordered(root).batches
    make = lambda: {"train_dataloaders": loader_of(kind, batches)}  # noqa: E731
    _, fast = both(Pairs, make, max_epochs=2)
    assert fast.said == []


@pytest.mark.parametrize("make", [partial(LeakyReLUNet, hidden=(12,)), Plain])
def test_a_rate_is_found(make: Make, loaders: Loaders, tmp_path: Path) -> None:
    found = []
    torch.manual_seed(1)
    module: Any = make()
    for fast in (False, True):
        tuned = copy.deepcopy(module)
        trainer = pl.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        if fast:
            attach(trainer, say=pytest.fail)
        pl.seed_everything(0, verbose=False)
        finder = Tuner(trainer).lr_find(tuned, **loaders(), num_training=20)
        assert finder is not None
        assert tuned.lr == finder.suggestion() is not None
        same_weights(module.state_dict(), tuned.state_dict())
        trainer.fit(tuned, **loaders())
        found.append((finder.results, tuned.state_dict()))
    assert found[1][0]["lr"] == found[0][0]["lr"]
    assert found[1][0]["loss"] == pytest.approx(found[0][0]["loss"], rel=1e-4)
    same_weights(found[0][1], found[1][1])
