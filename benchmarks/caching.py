"""What caching the outputs of frozen layers saves: ``make bench-caching``.

The nets of the notes, on as many random images, with one thread: four layers of which two are
frozen, in batches of 200, and five of which all are, on 500 images in batches of 167. Both ways
train in turn, so that a slow spell of the machine hits both; a row has the medians of `ROUNDS`
trainings. The first epoch of a training computes the cache and is a column of its own. Times are
those of the processor, which with one thread is what a clock shows when nothing else runs.
"""

import statistics
import time
from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from torch import nn

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.modules import Classifier, MNISTDigitsNet, MNISTReuseNet
from dnn_techniques.reuse import Freezing, Phase
from dnn_techniques.studies.in_memory import train

ROUNDS = 7


class EpochTimes(pl.Callback):
    """Measures the processor seconds of each epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock, before the outputs are cached."""
        self.start = time.process_time()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop it."""
        self.seconds.append(time.process_time() - self.start)


def main() -> None:
    """Print a Markdown table of the times of an epoch with and without caching."""
    print(
        f"torch {torch.__version__}, 1 thread, processor time, medians of {ROUNDS} trainings,"
        " quartiles of the ratio"
    )
    print(
        "| net | images | uncached, ms | cached, ms | first epoch, ms | uncached / cached"
        " | share of the work saved | share of the time saved |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    shallow = MNISTReuseNet()
    deep = MNISTDigitsNet(hidden=[110] * 5, activation="leaky_relu", lr=0.01, beta2=0.99)
    _row("four layers, two frozen", shallow, ["hidden[12]"], 55000, 200, epochs=3)
    _row("five layers, all frozen", deep, ["hidden*"], 500, 167, epochs=41)


def _row(
    name: str, module: Classifier, frozen: Sequence[str], images: int, batch_size: int, epochs: int
) -> None:
    torch.manual_seed(0)
    x, y = torch.rand(images, 784), torch.randint(0, 5, (images,))
    times: dict[bool, list[float]] = {False: [], True: []}
    first = []
    for _ in range(ROUNDS):
        for cached, seconds in times.items():
            clock = EpochTimes()
            batches = ShuffledBatches(x, y, batch_size, torch.randperm)
            freezing = Freezing([Phase(frozen=frozen, cached=cached)])
            train(module, batches, epochs, [clock, freezing])
            seconds.append(statistics.median(clock.seconds[1:]))
            if cached:
                first.append(clock.seconds[0])
    uncached, with_cache = (statistics.median(times[cached]) for cached in (False, True))
    ratios = [a / b for a, b in zip(times[False], times[True], strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    print(
        f"| {name} | {images:,} | {uncached * 1e3:.1f} | {with_cache * 1e3:.1f}"
        f" | {statistics.median(first) * 1e3:.1f} | {ratio:.2f} ({low:.2f} to {high:.2f})"
        f" | {work_saved(module.net):.0%} | {1 - 1 / ratio:.0%} |"
    )


def work_saved(net: nn.Module) -> float:
    """Share of a training step's multiplications that the frozen first layers take.

    A dense layer multiplies in x out values in the forward pass, as many for the gradient of its
    kernel if it is trained, and as many for that of its input if a layer below is trained.

    >>> frozen, trained = nn.Linear(4, 4).requires_grad_(False), nn.Linear(4, 4)
    >>> work_saved(nn.Sequential(frozen, trained))  # forward; forward and kernel
    0.3333333333333333
    """
    saved = kept = 0
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            if kept == 0 and not layer.weight.requires_grad:
                saved += layer.weight.numel()
            else:
                kept += (2 if kept == 0 else 3) * layer.weight.numel()
    return saved / (saved + kept)


if __name__ == "__main__":
    main()
