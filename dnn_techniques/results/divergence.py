"""Where a run's loss became no number."""

import math
from dataclasses import dataclass

from dnn_techniques.results.run_sets import Run, RunSet
from dnn_techniques.runs.run_folder import DIVERGED


@dataclass(frozen=True)
class Divergence:
    """The first loss of a run that is no number, in training or in validation.

    Attributes:
        index: Number of epochs before it.
        epoch: Its epoch.
        step: The optimizer step, from 1; None where the run did not note it.
        steps: Number of steps of the whole run, None where the run did not note it.
    """

    index: int
    epoch: int
    step: int | None
    steps: int | None

    def __str__(self) -> str:
        """The step, or else the epoch.

        >>> print(Divergence(2, 3, 1203, 8600), Divergence(2, 3, None, None), sep="; ")
        at step 1203 of 8600, in epoch 3; in epoch 3
        """
        step = f"at step {self.step}{_of(self.steps)}, " if self.step is not None else ""
        return f"{step}in epoch {self.epoch}"


def divergence(run: Run) -> Divergence | None:
    """Where a run diverged, None if all of its losses are numbers."""
    losses = [run.curves[name] for name in ("loss", "val_loss") if name in run.curves]
    bad = [k for loss in losses for k, value in enumerate(loss) if not math.isfinite(value)]
    if not bad:
        return None
    step, steps = run.last.get(DIVERGED), run.result.get("steps")
    epoch = int(run.curves["epoch"][min(bad)])
    return Divergence(min(bad), epoch, int(step) if step is not None else None, steps)


def divergences(run_set: RunSet) -> str:
    """At which steps how many of an experiment's runs diverged; empty if none did.

    Where a run did not note its step, the epochs.
    """
    found = [gone for gone in map(divergence, run_set.runs) if gone]
    if not found:
        return ""
    which = "" if len(run_set.runs) == 1 else f"{len(found)} of {len(run_set.runs)} runs "
    steps = [gone.step for gone in found if gone.step is not None]
    if len(steps) < len(found):
        return f"{which}diverged in {_range('epoch', [gone.epoch for gone in found])}"
    totals = {gone.steps for gone in found}
    total = _of(totals.pop()) if len(totals) == 1 else ""
    return f"{which}diverged at {_range('step', steps)}{total}"


def _range(what: str, values: list[int]) -> str:
    """Numbers from the least to the most.

    >>> _range("epoch", [3, 2]), _range("epoch", [2, 2])
    ('epochs 2 to 3', 'epoch 2')
    """
    least, most = min(values), max(values)
    return f"{what} {least}" if least == most else f"{what}s {least} to {most}"


def _of(steps: int | None) -> str:
    return f" of {steps}" if steps is not None else ""
