"""Seconds and memory of whole commands: part of ``make bench``.

Every command is a process of its own, with the data of $DNN_TECHNIQUES_DATA.
"""

import csv
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 3
COMMANDS = {
    "import of the modules": ["-c", "import dnn_techniques.modules"],
    "list": ["-m", "dnn_techniques", "list"],
    "compare, nothing there": ["-m", "dnn_techniques", "compare", "--out", "/nonexistent"],
}
RUNS = {"run bn, three nets of one epoch": "bn", "run cifar10/selu, one epoch": "cifar10/selu"}


def main() -> None:
    """Print a Markdown table."""
    print(f"## Whole commands\n\nMedians of {REPEATS}.\n")
    print("| command | seconds | peak memory, MB |")
    print("| --- | --- | --- |")
    for name, arguments in COMMANDS.items():
        print(_row(name, [run(arguments) for _ in range(REPEATS)]))
    for name, experiments in RUNS.items():
        whole, beside = [], []
        for _ in range(REPEATS):
            with tempfile.TemporaryDirectory() as out:
                options = ["--jobs", "1", "--trainer.max_epochs", "1", "--out", out]
                seconds, memory = run(["-m", "dnn_techniques", "run", experiments, *options])
                whole.append((seconds, memory))
                beside.append((seconds - training_seconds(Path(out)), memory))
        print(_row(name, whole))
        print(_row("of that beside the epochs", beside))


def run(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MB of a Python process.

    Linux reports no less memory than the calling process ever had: call it from a small one. This
    module imports no torch.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    start = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)],
    )
    _, _, usage = os.wait4(process, 0)
    os.close(null)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def training_seconds(out: Path) -> float:
    """Seconds of all epochs of the runs below `out`."""
    total = 0.0
    for path in out.glob("*/*/seed-*/metrics.csv"):
        with path.open() as file:
            total += sum(float(row["seconds"]) for row in csv.DictReader(file))
    return total


def _row(name: str, figures: list[tuple[float, float]]) -> str:
    seconds, memory = (statistics.median(column) for column in zip(*figures, strict=True))
    return f"| {name} | {seconds:.1f} | {memory:.0f} |"


if __name__ == "__main__":
    main()
