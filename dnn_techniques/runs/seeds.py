"""The seed rule: a run's seed decides its weights, the order of its images and its dropout."""

import zlib
from typing import Any

import pytorch_lightning as pl
import torch

from dnn_techniques.runs.trials import split_trial

DEFAULT_SEED = 42


def random_seed(seed: int, builds_on: str | None) -> int:
    """Seed of the random numbers of a run that builds on another run, or on none.

    A later stage gets other numbers than the run of the same seed that it builds on. With the same
    ones the new layers of a net of the same shape would begin with the very weights that the reused
    layers were trained beside. All trials of that other run give the same ones.
    """
    if builds_on is None:
        return seed
    return zlib.crc32(f"{seed} on {split_trial(builds_on)[0]}".encode())


def seed_everything(seed: int, builds_on: str | None = None) -> None:
    """Seed torch, numpy and Python before a run's net is made: its weights, then its dropout.

    The workers of a DataLoader are seeded by it too. Only torch's numbers make a difference to the
    experiments, and only they depend on the stage.
    """
    pl.seed_everything(seed, workers=True, verbose=False)
    torch.manual_seed(random_seed(seed, builds_on))


def seed_data(data: Any, seed: int, builds_on: str | None = None) -> None:
    """Hand the seed to data that draw the order of their samples from a generator of their own.

    Other data, as a DataLoader's, draw from torch's. Splits are drawn from the run's own seed in
    every stage, so that no stage trains on rows that another one is tested on.
    """
    if getattr(data, "split_seed", 0) is None:
        data.split_seed = seed
    if hasattr(data, "seed"):
        data.seed = random_seed(seed, builds_on)
