"""Replayed runs give the printed digits: the first epochs, test_documented_figures.py has all."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.results.replayed import Replayed, read_replayed

# A minute of training; dropout with Nadam is chaotic from its second epoch on.
QUICK = {
    "activations/leaky_relu": 3,
    "bn/before_activation": 3,
    "regularization/l2": 2,
    "regularization/dropout": 1,
}


# Ends a training after its first epoch, with the rates of a training of all epochs.
ONE_EPOCH = {
    "callbacks+": "pytorch_lightning.callbacks.EarlyStopping",
    "callbacks.monitor": "val_loss",
    "callbacks.stopping_threshold": "1e9",
}


def replay(out: Path, name: str, options: Mapping[str, str]) -> Replayed:
    words = [word for key, value in options.items() for word in (f"--trainer.{key}", value)]
    assert main(["run", name, "--replay", "--out", str(out), *words]) == 0
    (result,) = out.glob(f"{name}*/replay/result.json")
    replayed = read_replayed(out, result.parents[1].relative_to(out).as_posix())
    assert replayed is not None
    return replayed


def worst(replayed: Replayed, figure: str) -> float:
    """Largest difference of a figure, in units of 1e-4."""
    value = replayed.worst(figure)
    assert value is not None
    return value


@pytest.mark.parity
@pytest.mark.quick
@pytest.mark.parametrize("name", QUICK)
def test_the_first_epochs_are_the_printed_ones(tmp_path: Path, name: str) -> None:
    replayed = replay(tmp_path, name, {"max_epochs": str(QUICK[name])})
    assert replayed.epochs == QUICK[name]
    assert worst(replayed, "val_loss") <= 3
    assert worst(replayed, "val_accuracy") <= 20
    assert worst(replayed, "loss") <= 3
    assert worst(replayed, "accuracy") <= 20


@pytest.mark.parity
@pytest.mark.quick
def test_the_first_epoch_on_cifar_10_is_near_the_printed_one(tmp_path: Path) -> None:
    """Twenty layers with SELU and alpha dropout amplify rounding within it, by 1cycle the least."""
    replayed = replay(tmp_path, "cifar10/one_cycle", ONE_EPOCH)
    assert replayed.epochs == 1
    assert worst(replayed, "loss") <= 20
    assert worst(replayed, "accuracy") <= 20
    assert worst(replayed, "val_loss") <= 60
