"""Timing several ways of doing the same, fairly.

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
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import torch
from tqdm import tqdm


def options(description: str | None, rounds: int, nets: Iterable[str] = ()) -> argparse.Namespace:
    """The options of a benchmark: threads, rounds, device and, where there are some, nets."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of every way")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    if names := list(nets):
        parser.add_argument("--nets", nargs="+", choices=names, default=names, metavar="NET")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    return given


def machine(device: str) -> str:
    """The machine and the versions, as a sentence."""
    versions = [f"Python {platform.python_version()}"]
    for package in ("torch", "pytorch-lightning", "tensorflow", "tf_keras", "keras"):
        with suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    where = torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores"
    return f"{where}, {platform.machine()}; {', '.join(versions)}."


def take_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round of every way; they return their seconds, and a first round warms up."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in tqdm(range(rounds + 1), leave=False, disable=not sys.stderr.isatty()):
        for way, run in ways.items():
            times[way].append(run())
    return {way: seconds[1:] for way, seconds in times.items()}


def table(name: str, seconds: Mapping[str, list[float]], unit: str) -> str:
    """A row for each way: its seconds, and how many times this package's, the first's, they are."""
    first = next(iter(seconds))
    lines = [
        f"| {name} | s/{unit} | quartiles | {first} / it | quartiles |",
        "| --- | --- | --- | --- | --- |",
    ]
    for way, times in seconds.items():
        ratios = [ours / its for ours, its in zip(seconds[first], times, strict=True)]
        lines.append(f"| {way} | {_median(times)} | {_median(ratios)} |")
    return "\n".join(lines) + "\n"


def _median(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} | {low:.2f} to {high:.2f}"
