"""How long many seeds take at once, beside one after the other: part of ``make bench``.

`run --seeds 5 --stacked` trains seeds at once. On a CPU the stack has more to compute than one core
does in time.
"""

from collections.abc import Callable

import torch

from benchmarks.peers import BATCH_SIZE, fit
from benchmarks.turns import machine, options, table, take_turns
from dnn_techniques.data import ShuffledBatches
from dnn_techniques.engine import attach
from dnn_techniques.engine.stacked import StackedClassifier
from dnn_techniques.modules import BNBeforeActivation, Classifier, LeakyReLUNet

NETS: dict[str, Callable[[], Classifier]] = {
    "leaky-relu": LeakyReLUNet,
    "bn-before": BNBeforeActivation,
}
EPOCH = 1719


def main() -> None:
    """Print a Markdown table for each net."""
    given = options(__doc__, rounds=5)
    seeds, steps = (32, EPOCH) if given.device == "cuda" else (8, 100)
    print(f"## {seeds} seeds at once\n")
    print(f"Medians of {given.rounds} rounds. {machine(given.device)}\n")
    for name, kind in NETS.items():
        seconds = measure(kind, seeds, steps, given.rounds, given.device)
        epochs = {way: [s * EPOCH / steps for s in times] for way, times in seconds.items()}
        print(table(name, epochs, "epoch"))


def measure(
    kind: Callable[[], Classifier], seeds: int, steps: int, rounds: int, device: str
) -> dict[str, list[float]]:
    """Seconds of each round for all seeds at once, and for one seed."""
    torch.manual_seed(0)
    n = steps * BATCH_SIZE
    x, y = torch.randn(n, 28, 28, device=device), torch.randint(0, 10, (n,), device=device)
    one, all_seeds = kind(), StackedClassifier([kind() for _ in range(seeds)])

    def orders(n: int) -> torch.Tensor:
        return torch.stack([torch.randperm(n) for _ in range(seeds)], dim=1)

    def train(module: Classifier, order: Callable[[int], torch.Tensor]) -> float:
        return fit(module, ShuffledBatches(x, y, BATCH_SIZE, order), device, attach)

    return take_turns(
        {
            "all seeds at once": lambda: train(all_seeds, orders),
            "one seed": lambda: train(one, torch.randperm),
        },
        rounds,
    )


if __name__ == "__main__":
    main()
