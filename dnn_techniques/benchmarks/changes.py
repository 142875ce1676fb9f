"""What each change to Lightning's plain training gives, one taken back after the other.

Part of ``make bench``.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from dnn_techniques.benchmarks.peers import BATCH_SIZE, fit, plain_lightning
from dnn_techniques.benchmarks.training import SETTINGS
from dnn_techniques.benchmarks.turns import machine, options, table, take_turns
from dnn_techniques.data import ShuffledBlocks
from dnn_techniques.layers.backprop import Backprop
from dnn_techniques.modules import Classifier

NETS = ("leaky-relu", "bn-before", "selu-100-layers")


def main() -> None:
    """Print a Markdown table for each net."""
    given = options(__doc__, rounds=5)
    print("## What each change gives\n")
    print(f"Medians of {given.rounds} rounds. {machine(given.device)}\n")
    for name in NETS:
        net, shape, steps, epoch = SETTINGS[name]
        x, y = torch.randn(steps * BATCH_SIZE, *shape), torch.randint(10, (steps * BATCH_SIZE,))
        ways = changes(net.ours, x, y)
        ways["plain Lightning"] = partial(plain_lightning(net, x[0].numel(), "cpu"), x, y)
        seconds = take_turns(ways, given.rounds)
        epochs = {way: [s * epoch / steps for s in times] for way, times in seconds.items()}
        print(table(name, epochs, "epoch"))


def changes(make: Callable[[], Classifier], x: Tensor, y: Tensor) -> dict[str, Callable[[], float]]:
    """Ways to train, each without one change more than the one before it."""
    blocks = ShuffledBlocks(x, y, BATCH_SIZE, torch.randperm)
    one_by_one = OneByOne(blocks)
    module, stored, autograd, plain = make(), _stored(make()), _autograd(make()), _autograd(make())
    return {
        "this package": lambda: fit(module, blocks, "cpu"),
        "with the gradients stored before the step": lambda: fit(stored, blocks, "cpu"),
        "and with autograd": lambda: fit(autograd, blocks, "cpu"),
        "and with one minibatch at a time": lambda: fit(plain, one_by_one, "cpu"),
    }


def _stored(module: Classifier) -> Classifier:
    """Without the step of SGD within the product that computes the gradient."""
    object.__setattr__(module, "_descent", lambda optimizer: None)
    return module


def _autograd(module: Classifier) -> Classifier:
    """Without the derivatives that are written out, too."""
    start = module.on_train_epoch_start

    def on_train_epoch_start() -> None:
        start()
        module.backprop = Backprop(module.net, by_layers=False)

    object.__setattr__(module, "on_train_epoch_start", on_train_epoch_start)
    return _stored(module)


class OneByOne:
    """The minibatches of blocks, singly."""

    def __init__(self, blocks: ShuffledBlocks) -> None:
        self.blocks = blocks

    def __len__(self) -> int:
        return self.blocks.steps

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for block in self.blocks:
            yield from block.minibatches()


if __name__ == "__main__":
    main()
