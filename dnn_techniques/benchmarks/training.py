"""How long an epoch takes beside other ways of training the same net: ``make bench``.

The ways take turns, so that a slow spell of the machine hits all of them; a figure is the median
over the rounds, a ratio the median of the rounds' ratios.
"""

import argparse
import logging
import os
import platform
import statistics
import sys
import warnings
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import torch
from tqdm import tqdm

from dnn_techniques.benchmarks.peers import BATCH_SIZE, PEERS, Net, Train
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.modules import BNBeforeActivation, Classifier, LeakyReLUNet, SELU100Layers
from dnn_techniques.modules.depth import HUNDRED_LAYERS
from dnn_techniques.optim import KerasSGD

FASHION_MNIST, CIFAR_10 = (28, 28), (32, 32, 3)
TWENTY_LAYERS = (100,) * 20


class DeepBN(Classifier):
    """Twenty layers of 100 with batch normalization, on images of CIFAR-10's shape."""

    def __init__(self) -> None:
        super().__init__(
            MLP(3072, TWENTY_LAYERS, 10, "relu", he_normal, norm="before", norm_first=True)
        )

    def make_optimizer(self) -> KerasSGD:
        """Plain SGD."""
        return KerasSGD(self.parameters(), lr=1e-3)


# Net, shape of an image, number of minibatches in a round, of an epoch.
SETTINGS: dict[str, tuple[Net, tuple[int, ...], int, int]] = {
    "leaky-relu": (Net((300, 100), "leaky_relu", False, LeakyReLUNet), FASHION_MNIST, 344, 1719),
    "bn-before": (Net((300, 100), "relu", True, BNBeforeActivation), FASHION_MNIST, 344, 1719),
    "selu-100-layers": (Net(HUNDRED_LAYERS, "selu", False, SELU100Layers), FASHION_MNIST, 60, 1719),
    "20 layers with BN, CIFAR-10's shape": (
        Net(TWENTY_LAYERS, "relu", True, DeepBN),
        CIFAR_10,
        100,
        1407,
    ),
}


def main() -> None:
    """Print a Markdown table for each setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of every way")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    print(f"## {options.threads} thread{'s' * (options.threads > 1)}\n")
    print(f"Medians of {options.rounds} rounds. {_machine()}\n")
    for name, (net, shape, steps, epoch) in SETTINGS.items():
        seconds = measure(net, shape, steps, options.rounds)
        print(
            table(name, {way: [s * epoch / steps for s in times] for way, times in seconds.items()})
        )


def _machine() -> str:
    versions = [f"Python {platform.python_version()}"]
    for package in ("torch", "pytorch-lightning", "tensorflow", "tf_keras", "keras"):
        with suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    return f"{os.cpu_count()} cores, {platform.machine()}; {', '.join(versions)}."


def measure(net: Net, shape: tuple[int, ...], steps: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of every way whose packages are installed, in turn.

    Args:
        net: What to train.
        shape: Shape of an image.
        steps: Number of minibatches in a round.
        rounds: Number of rounds, after one to warm up.
    """
    torch.manual_seed(0)
    x, y = torch.randn(steps * BATCH_SIZE, *shape), torch.randint(0, 10, (steps * BATCH_SIZE,))
    ways: dict[str, Train] = {}
    for way, make in PEERS.items():
        try:
            ways[way] = make(net, x[0].numel())
        except ImportError as error:
            print(f"{way} is left out: {error}; the extra `bench` installs it", file=sys.stderr)
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in tqdm(range(rounds + 1), leave=False, disable=not sys.stderr.isatty()):
        for way, train in ways.items():
            times[way].append(train(x, y))
    return {way: seconds[1:] for way, seconds in times.items()}


def table(name: str, seconds: dict[str, list[float]]) -> str:
    """A row for each way: seconds of an epoch, and how many times this package's they are."""
    first = next(iter(seconds))
    lines = [
        f"| {name} | s/epoch | quartiles | this package / it | quartiles |",
        "| --- | --- | --- | --- | --- |",
    ]
    for way, times in seconds.items():
        ratios = [ours / its for ours, its in zip(seconds[first], times, strict=True)]
        lines.append(f"| {way} | {_median(times)} | {_median(ratios)} |")
    return "\n".join(lines) + "\n"


def _median(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} | {low:.2f} to {high:.2f}"


if __name__ == "__main__":
    main()
