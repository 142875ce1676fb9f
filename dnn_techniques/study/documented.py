"""The figures that the documents print."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dnn_techniques.errors import InputError, near

EDITIONS = {
    "004_557f3f16784d4c4f.txt": "TF 2.4",
    "000_7d97c2cfc63f826c.txt": "TF 2.0",
    "003_e1f3f0e36e0b44ea.txt": "notes",
    "001_b743e4fffd684483.txt": "book",
}


@dataclass(frozen=True)
class Documented:
    """One experiment of the documents.

    Attributes:
        id: Its name in `documented_results.json`.
        data_set: Name of the data set.
        curves: For each edition that prints them the values after each epoch, by metric: `loss`,
            `accuracy`, `val_loss`, `val_accuracy`.
    """

    id: str
    data_set: str
    curves: dict[str, dict[str, list[float]]]

    def at(self, edition: str, metric: str, epoch: int) -> float | None:
        """The printed value of `metric` after `epoch` (from 1), None where none is printed."""
        epochs = self.curves[edition]["epoch"]
        if metric not in self.curves[edition] or epoch not in epochs:
            return None
        return self.curves[edition][metric][epochs.index(epoch)]


def documented(id: str) -> Documented:
    """The printed figures of the experiment `id`.

    Raises:
        InputError: If the documents have no experiment of that name.
    """
    experiments = _experiments()
    if id not in experiments:
        raise InputError(
            f"documented: no experiment {id!r} in the documents: {near(id, experiments)}"
        )
    return experiments[id]


@cache
def _experiments() -> dict[str, Documented]:
    text = files("dnn_techniques.study").joinpath("documented_results.json").read_text()
    return {
        entry["id"]: Documented(
            id=entry["id"],
            data_set=entry["setup"].get("dataset", "").split(" ")[0],
            curves={
                _edition(source): {k: v for k, v in run.items() if isinstance(v, list)}
                for source, run in entry["runs"].items()
                if "epoch" in run
            },
        )
        for entry in json.loads(text)["experiments"]
    }


def _edition(source: str) -> str:
    """Label of a source: a file's name, for a second run in the same document with a remark."""
    file, _, remark = source.partition(" ")
    return f"{EDITIONS[file]} {remark}".strip()
