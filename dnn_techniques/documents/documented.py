"""The figures that the documents print."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dnn_techniques.errors import InputError, near


@dataclass(frozen=True)
class Documented:
    """One experiment of the documents, as an entry of `documented_results.json` tells it.

    Attributes:
        id: Its name there.
        section: Where it stands.
        editions: The documents that print figures of it, by their short names.
        data_set: Name of the data set.
        setup: Its settings, in the documents' words, with searches and range tests.
        parameters: Printed numbers of parameters, empty if there are none.
        curves: For each edition that prints them the values after each epoch, by column of
            metrics.csv; `epoch` counts from 1.
        finished: For each edition the printed figures of the finished net, by name: `test_loss`
            and the like.
        double_means: The editions whose training loss and accuracy are means of running means, as
            the progress bar of TF 2.4 prints them.
    """

    id: str
    section: str
    editions: list[str]
    data_set: str
    setup: dict[str, Any]
    parameters: dict[str, int]
    curves: dict[str, dict[str, list[float]]]
    finished: dict[str, dict[str, float]]
    double_means: list[str]

    def at(self, edition: str, metric: str, epoch: int) -> float | None:
        """The printed value of `metric` after `epoch` (from 1), None where none is printed."""
        epochs = self.curves[edition]["epoch"]
        if metric not in self.curves[edition] or epoch not in epochs:
            return None
        return self.curves[edition][metric][epochs.index(epoch)]

    def column(self, edition: str, metric: str) -> str:
        """The column of metrics.csv with which a printed curve has to be compared."""
        twice = edition in self.double_means and metric in ("loss", "accuracy")
        return f"printed_{metric}" if twice else metric


def documented(id: str) -> Documented:
    """The printed figures of the experiment `id`.

    Raises:
        InputError: If the documents have no experiment of that name.
    """
    experiments = all_documented()
    if id not in experiments:
        raise InputError(
            f"documented: no experiment {id!r} in the documents: {near(id, experiments)}"
        )
    return experiments[id]


@cache
def all_documented() -> dict[str, Documented]:
    """Every experiment of the documents, by id."""
    experiments = {}
    for id, entry in _document()["experiments"].items():
        editions = entry["editions"]
        experiments[id] = Documented(
            id=id,
            section=entry["section"],
            editions=list(editions),
            data_set=entry["data_set"],
            setup=entry["setup"],
            parameters=entry.get("parameters", {}),
            curves={name: e["curves"] for name, e in editions.items() if "curves" in e},
            finished={name: e["finished"] for name, e in editions.items() if "finished" in e},
            double_means=[name for name, e in editions.items() if e.get("double_means")],
        )
    return experiments


def document_titles() -> dict[str, str]:
    """What each edition is, by its short name."""
    return {edition: source["document"] for edition, source in _document()["sources"].items()}


def documented_table(name: str) -> dict[str, Any]:
    """A table of the documents that is no experiment, for example `optimizer_stars`."""
    table: dict[str, Any] = _document()["tables"][name]
    return table


@cache
def _document() -> dict[str, Any]:
    text = files("dnn_techniques.documents").joinpath("documented_results.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document
