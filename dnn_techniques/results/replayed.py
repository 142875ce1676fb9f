"""Replayed runs beside the printed digits."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dnn_techniques.documents.documented import Documented, documented
from dnn_techniques.results.run_sets import Run, is_documents_data, read_run
from dnn_techniques.runs.run_folder import PERTURBED, REPLAY, RESULT

# All replayed runs are of this edition.
EDITION = "TF 2.4"
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")

# How far a validation figure may lie from the printed one in a run that counts as replayed, in
# units of the last printed digit, 1e-4.
TOLERANCES = {"val_loss": 15, "val_accuracy": 20}


# How far the first weights of the perturbed runs are moved that are compared.
PERTURBATION = 1e-7


@dataclass(frozen=True)
class ReplayedFigure:
    """A printed figure and ours.

    Attributes:
        figure: What the document prints.
        epoch: After which epoch; None for a figure of the finished net.
        printed: The documented value.
        ours: The replayed run's.
    """

    figure: str
    epoch: int | None
    printed: float
    ours: float

    @property
    def digit(self) -> float:
        """Unit of the last digit that is compared: probabilities are printed with two."""
        return 1e-2 if " image" in self.figure else 1e-4

    @property
    def difference(self) -> float:
        """Ours, rounded as the printed one, minus the printed one, in units of the last digit."""
        return float(round(self.ours / self.digit) - round(self.printed / self.digit))


@dataclass(frozen=True)
class Replayed:
    """A replayed run, compared.

    Attributes:
        name: ``<group>/<name>``.
        run: The replayed run.
        perturbed: The same run begun with weights moved by `PERTURBATION`, any number of times.
        figures: Every printed figure that it has too; none if it was trained on other data than
            the documents'.
    """

    name: str
    run: Run
    perturbed: list[Run]
    figures: list[ReplayedFigure]

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(self.run.curves["epoch"])

    @property
    def changes(self) -> list[str]:
        """Settings that differ from the experiment file's."""
        return list(self.run.result["changes"])

    @property
    def parts(self) -> int | None:
        """The first epoch whose validation figures lie further from the printed ones than allowed.

        None if there is none.
        """
        return min(
            (
                f.epoch
                for f in self.figures
                if f.epoch and abs(f.difference) > TOLERANCES.get(f.figure, math.inf)
            ),
            default=None,
        )

    @property
    def perturbed_parts(self) -> int | None:
        """The first epoch at which a perturbed run lies further from the replayed one than that."""
        epochs = []
        for other in self.perturbed:
            for metric, tolerance in TOLERANCES.items():
                pairs = self.beside(other, metric)
                far = (
                    e for e, (a, b) in enumerate(pairs, start=1) if abs(a - b) / 1e-4 > tolerance
                )
                epochs += list(far)[:1]
        return min(epochs, default=None)

    def beside(self, other: Run, metric: str) -> list[tuple[float, float]]:
        """A metric of this and of a perturbed run; early stopping may end one of them sooner."""
        return list(zip(self.run.curves[metric], other.curves[metric], strict=False))

    def worst(self, figure: str, last_epoch: int | None = None) -> float | None:
        """Largest difference of a figure, in units of the last digit; None if none is printed."""
        differences = [
            abs(f.difference)
            for f in self.figures
            if f.figure == figure and (last_epoch is None or (f.epoch or 0) <= last_epoch)
        ]
        return max(differences, default=None)

    def perturbed_by(self, metric: str) -> float | None:
        """Largest change of a metric by the perturbation, at any epoch, in units of 1e-4."""
        changes = [abs(a - b) / 1e-4 for run in self.perturbed for a, b in self.beside(run, metric)]
        return max(changes, default=None)

    @property
    def verdict(self) -> str:
        """Whether the run was replayed, and if not, from which epoch, and whether it could be."""
        if not any(f.figure in TOLERANCES for f in self.figures):
            return "no validation figure is printed"
        if self.parts is None:
            return "replayed"
        until = f"parts at epoch {self.parts}"
        if self.perturbed_parts is None:
            return until
        return f"{until}; moved by 1e-7 it parts from itself at epoch {self.perturbed_parts}"


def has_replay(out: Path, name: str) -> bool:
    """Whether the experiment `name` has a finished replayed run below `out`."""
    return (out / name / REPLAY / RESULT).exists()


def read_replayed(out: Path, name: str) -> Replayed | None:
    """The replayed run of an experiment below `out`, None if there is no finished one."""
    if not has_replay(out, name):
        return None
    run = read_run(out / name / REPLAY)
    others = sorted((out / name).glob(f"{PERTURBED}-*/{RESULT}"))
    same = {**run.settings, "perturbation": PERTURBATION}
    perturbed = [r for path in others if (r := read_run(path.parent)).settings == same]
    id, data = run.result["documented"], run.result["data"] or {}
    comparable = id is not None and is_documents_data(documented(id), data)
    figures = list(_figures(documented(id), run)) if comparable else []
    return Replayed(name, run, perturbed, figures)


def _figures(printed: Documented, run: Run) -> Iterator[ReplayedFigure]:
    for epoch in map(int, printed.curves.get(EDITION, {}).get("epoch", ())):
        for figure in FIGURES:
            value = printed.at(EDITION, figure, epoch)
            ours = run.at(printed.column(EDITION, figure), epoch)
            if value is not None and ours is not None:
                yield ReplayedFigure(figure, epoch, value, ours)
    for figure, value in printed.finished.get(EDITION, {}).items():
        if figure in run.finished:
            yield ReplayedFigure(figure, None, value, run.finished[figure])
