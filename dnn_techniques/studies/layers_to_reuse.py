"""How many layers of a trained net to reuse for a new task: the candidates, and how they did.

Chapter 11, "Reusing Pretrained Layers": freeze all reused layers first, then unfreeze the top ones
one by one; with little data, drop the top ones and freeze the rest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from torch import nn

from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.results.prediction import Prediction, mean_interval
from dnn_techniques.results.tables import markdown_table, mean_and_std


@dataclass(frozen=True)
class Candidate:
    """A way of reusing hidden layers, and its figures on the validation images.

    Attributes:
        reused: Number of hidden layers that are reused, from the lowest up.
        frozen: How many of them stay frozen, from the lowest up.
        dropped: How many are dropped above them.
        accuracies: `val_accuracy` under each seed.
        losses: `val_loss` under each seed.
    """

    reused: int
    frozen: int
    dropped: int = 0
    accuracies: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What is done, in words."""
        if not self.reused:
            return "nothing reused"
        if self.dropped:
            return f"top {self.dropped} dropped, {self.reused} frozen"
        unfrozen = self.reused - self.frozen
        return f"top {unfrozen} unfrozen, {self.frozen} frozen" if unfrozen else "all frozen"

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "name": self.name,
            "reused": self.reused,
            "frozen": self.frozen,
            "dropped": self.dropped,
            "val_accuracy": self.accuracies,
            "val_loss": self.losses,
        }


def candidates(hidden: int) -> list[Candidate]:
    """The book's ways in its order, and a net that reuses nothing.

    >>> [c.name for c in candidates(2)]  # doctest: +NORMALIZE_WHITESPACE
    ['all frozen', 'top 1 unfrozen, 1 frozen', 'top 2 unfrozen, 0 frozen',
     'top 1 dropped, 1 frozen', 'nothing reused']

    Args:
        hidden: Number of hidden layers that could be reused.
    """
    return [
        *(Candidate(hidden, hidden - unfrozen) for unfrozen in range(hidden + 1)),
        *(Candidate(kept, kept, hidden - kept) for kept in range(hidden - 1, 0, -1)),
        Candidate(0, 0),
    ]


def lowest_layers(net: nn.Module, hidden: int) -> list[str]:
    """Names of the lowest `hidden` hidden layers of a net, and of the layers that go with them.

    Hidden layers are called ``hidden1``, ``hidden2``, ...; with each go the layers after it, such
    as its activation and normalization, up to the next one or the output.

    >>> from dnn_techniques.layers import MLP
    >>> lowest_layers(MLP(4, (3, 2), 1), 1)
    ['flatten', 'hidden1', 'activation1']
    """
    names = list(named_layers(net))
    starts = [*hidden_layers(names), len(names) - 1]
    return names[: starts[hidden]] if hidden else []


def hidden_layers(names: Sequence[str]) -> list[int]:
    """Positions of the layers called ``hidden1``, ``hidden2``, ... among all layers' names."""
    return [i for i, name in enumerate(names) if re.fullmatch(r"(.*\.)?hidden\d+", name)]


def best(tried: Sequence[Candidate]) -> Candidate:
    """The candidate with the highest mean accuracy; of equal ones the first."""
    return max(tried, key=lambda candidate: Prediction(candidate.accuracies).mean)


def candidates_table(tried: Sequence[Candidate]) -> str:
    """A row for each candidate, with how far its accuracy is behind the best one's, in points."""
    winner = best(tried)
    header = ["hidden layers", "val_accuracy", "val_loss", "points behind the best"]
    rows = []
    for candidate in tried:
        behind = _behind(candidate, winner)
        interval = mean_interval(behind)
        reach = f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
        rows.append(
            [
                candidate.name,
                mean_and_std(Prediction(candidate.accuracies)),
                mean_and_std(Prediction(candidate.losses)),
                "best" if candidate is winner else f"{Prediction(behind).mean:.2f}{reach}",
            ]
        )
    return markdown_table(header, rows)


def conclusion(tried: Sequence[Candidate]) -> str:
    """Which candidate is best, and which others may be as good, as a paragraph."""
    winner = best(tried)
    n = len(winner.accuracies)
    seeds = f"{n} seeds" if n > 1 else "one seed"
    text = f"Best on the validation images over {seeds}: {winner.name},"
    text += f" {mean_and_std(Prediction(winner.accuracies))}."
    if n == 1:
        return f"{text} One seed proves nothing; give --seeds 5."
    near = [c.name for c in tried if c is not winner and _may_be_as_good(c, winner)]
    if near:
        return f"{text} Not clearly worse (99% interval of the mean difference): {'; '.join(near)}."
    return f"{text} All others are worse, by the 99% interval of the mean difference."


def _behind(candidate: Candidate, winner: Candidate) -> list[float]:
    """Percentage points between the accuracies under each seed."""
    pairs = zip(winner.accuracies, candidate.accuracies, strict=True)
    return [100 * (theirs - own) for theirs, own in pairs]


def _may_be_as_good(candidate: Candidate, winner: Candidate) -> bool:
    interval = mean_interval(_behind(candidate, winner))
    return interval is None or interval[0] <= 0


def draw_candidates(tried: Sequence[Candidate], title: str) -> Figure:
    """Draw the accuracy of each candidate under every seed, and the mean."""
    figure = Figure(figsize=(8, 0.34 * len(tried) + 1.9), layout="constrained")
    axis = figure.subplots()
    for row, candidate in enumerate(tried):
        accuracies = np.array(candidate.accuracies)
        places = row + 0.1 * (np.arange(len(accuracies)) - (len(accuracies) - 1) / 2)
        axis.plot(accuracies, places, "o", color="C0", ms=4, label="a seed")
        mean = accuracies.mean()
        axis.plot(mean, row, "|", color="C1", ms=18, mew=3, zorder=1.5, label="mean of the seeds")
    axis.set_yticks(range(len(tried)), [c.name for c in tried])
    axis.get_yticklabels()[tried.index(best(tried))].set_fontweight("bold")
    axis.set(ylim=(len(tried) - 0.5, -0.5), xlabel="Validation accuracy", title=title)
    axis.grid(alpha=0.3)
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles[:2], labels[:2], loc="outside lower center", ncols=2, frameon=False)
    return figure
