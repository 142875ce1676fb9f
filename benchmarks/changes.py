"""What each part of the engine gives, one taken back after the other: part of ``make bench``."""

from collections.abc import Callable
from functools import partial

import pytorch_lightning as pl
import torch
from torch import Tensor

from benchmarks.peers import BATCH_SIZE, fit, plain_lightning
from benchmarks.training import SETTINGS
from benchmarks.turns import machine, options, table, take_turns
from dnn_techniques.data import ShuffledBatches
from dnn_techniques.engine.epoch_loop import FastEpochLoop
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.modules import Experiment

NETS = ("leaky-relu", "bn-before", "selu-100-layers")


class StoredGradients(FastStep):
    """Without the step of SGD within the product that computes the gradient."""

    def __enter__(self) -> FastStep:
        """Look at what is trained."""
        super().__enter__()
        self.at_once = False
        return self


class Autograd(FastStep):
    """Without the layers' rules, too."""

    def __init__(self, trainer: pl.Trainer) -> None:
        super().__init__(trainer)
        self.nets = []


def main() -> None:
    """Print a Markdown table for each net."""
    given = options(__doc__, rounds=5)
    print("## What each part gives\n")
    print(f"Medians of {given.rounds} rounds. {machine(given.device)}\n")
    for name in NETS:
        net, shape, steps, epoch = SETTINGS[name]
        x, y = torch.randn(steps * BATCH_SIZE, *shape), torch.randint(10, (steps * BATCH_SIZE,))
        ways = changes(net.ours, x, y)
        ways["plain Lightning"] = partial(plain_lightning(net, x[0].numel(), "cpu"), x, y)
        seconds = take_turns(ways, given.rounds)
        epochs = {way: [s * epoch / steps for s in times] for way, times in seconds.items()}
        print(table(name, epochs, "epoch"))


def changes(make: Callable[[], Experiment], x: Tensor, y: Tensor) -> dict[str, Callable[[], float]]:
    """Ways to train, each without one part more than the one before it."""
    steps: dict[str, type[FastStep] | None] = {
        "this package": FastStep,
        "with the gradients stored before the step": StoredGradients,
        "and with autograd": Autograd,
        "and in Lightning's own loop": None,
    }
    batches = ShuffledBatches(x, y, BATCH_SIZE, torch.randperm)
    return {name: partial(fit_with, make(), batches, step) for name, step in steps.items()}


def fit_with(module: Experiment, batches: ShuffledBatches, step: type[FastStep] | None) -> float:
    """Seconds of an epoch with steps of a kind, or with Lightning's own."""

    def give(trainer: pl.Trainer) -> None:
        if step is not None:
            trainer.fit_loop.epoch_loop = FastEpochLoop(trainer, step, "cpu", print)

    return fit(module, batches, "cpu", give)


if __name__ == "__main__":
    main()
