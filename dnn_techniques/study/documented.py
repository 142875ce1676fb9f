"""The figures that the documents print."""

import json
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from dnn_techniques.errors import InputError, near

EDITIONS = {
    "004_557f3f16784d4c4f.txt": "TF 2.4",
    "000_7d97c2cfc63f826c.txt": "TF 2.0",
    "003_e1f3f0e36e0b44ea.txt": "notes",
    "001_b743e4fffd684483.txt": "book",
}

# The progress bar of TF 2.4 averages twice only in the first fit after `compile`; these were
# trained on: the 1cycle net after a range test, the other for one epoch after its twenty.
PRINTED_AS_TRUE_MEANS = {"schedule-1cycle", "mc-dropout"}

# What `result` entries call their figures, and what they are called here.
RESULT_NAMES = {
    "accuracy": "test_mc_accuracy",
    "dropout off accuracy": "test_accuracy",
    "test accuracy": "test_accuracy",
    "train accuracy": "train_accuracy",
}

# What curves call their figures, and the column of metrics.csv where it has another name. The
# second is measured on the last minibatch of the epoch; a run of that experiment has it so.
CURVE_NAMES = {"train_batch_accuracy": "train_accuracy"}


@dataclass(frozen=True)
class Documented:
    """One experiment of the documents.

    Attributes:
        id: Its name in `documented_results.json`; where an edition used another optimizer than the
            first, with that optimizer's name: `l2-adam`; a second run of the first edition is
            `l2-partial`.
        data_set: Name of the data set.
        curves: For each edition that prints them the values after each epoch, by metric: `loss`,
            `accuracy`, `val_loss`, `val_accuracy`.
        finished: For each edition the printed figures of the finished net, by name: `test_loss`
            and the like.
        parameters: Printed numbers of parameters, empty if there are none.
    """

    id: str
    data_set: str
    curves: dict[str, dict[str, list[float]]]
    finished: dict[str, dict[str, float]] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)

    def at(self, edition: str, metric: str, epoch: int) -> float | None:
        """The printed value of `metric` after `epoch` (from 1), None where none is printed."""
        epochs = self.curves[edition]["epoch"]
        if metric not in self.curves[edition] or epoch not in epochs:
            return None
        return self.curves[edition][metric][epochs.index(epoch)]

    def column(self, edition: str, metric: str) -> str:
        """The column of metrics.csv with which a printed curve has to be compared."""
        metric = CURVE_NAMES.get(metric, metric)
        twice = edition.startswith("TF 2.4") and self.id not in PRINTED_AS_TRUE_MEANS
        return f"printed_{metric}" if twice and metric in ("loss", "accuracy") else metric


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


def documented_table(name: str) -> dict[str, Any]:
    """A table of the documents that is no experiment, for example `optimizer_stars`."""
    table: dict[str, Any] = _document()["tables"][name]
    return table


@cache
def _document() -> dict[str, Any]:
    text = files("dnn_techniques.study").joinpath("documented_results.json").read_text()
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def _experiments() -> dict[str, Documented]:
    entries = {entry["id"]: entry for entry in _document()["experiments"]}
    experiments = {}
    for id, entry in entries.items():
        for variant, sources in _by_optimizer(id, entry).items():
            experiments[variant] = Documented(
                id=variant,
                data_set=_data_set(entry, entries),
                curves={
                    _edition(source): _curves(source, run)
                    for source, run in entry["runs"].items()
                    if "epoch" in run and source in sources
                },
                finished=_finished(entry),
                parameters=entry.get("parameters", {}),
            )
    # Built by functools.partial, which gives the output layer another initializer.
    l2 = experiments["l2"]
    partial = {e: curves for e, curves in l2.curves.items() if "partial" in e}
    experiments["l2"] = replace(l2, curves={e: c for e, c in l2.curves.items() if e not in partial})
    experiments["l2-partial"] = replace(
        l2, id="l2-partial", curves={edition.split(" (")[0]: c for edition, c in partial.items()}
    )
    # Printed among the figures of the 20 epochs before it.
    for source, figures in entries["alpha-dropout"]["evaluate"].items():
        last = {k: [v] for k, v in figures["one more epoch of training"].items()}
        experiments["mc-dropout"].curves[_edition(source)] = {"epoch": [21], **last}
    return experiments


def _by_optimizer(id: str, entry: dict[str, Any]) -> dict[str, list[str]]:
    """The runs of an entry by optimizer: those of the first edition's keep the id."""
    optimizers = entry["setup"].get("optimizer")
    if not isinstance(optimizers, dict):
        return {id: list(entry["runs"])}
    first, *others = dict.fromkeys(optimizers.values())
    return {
        name: [s for s in entry["runs"] if optimizers[s.partition(" ")[0]] == optimizer]
        for name, optimizer in [(id, first), *((f"{id}-{other}", other) for other in others)]
    }


def _curves(source: str, run: dict[str, Any]) -> dict[str, list[float]]:
    """The curves of a run, by metric; epochs from 1 (the notes count theirs from 0)."""
    curves = {k: v for k, v in run.items() if isinstance(v, list)}
    first = 1 if _edition(source) == "notes" else 0
    return {**curves, "epoch": [epoch + first for epoch in curves["epoch"]]}


def _data_set(entry: dict[str, Any], entries: dict[str, Any]) -> str:
    if entry["id"].startswith("mnist-"):  # most of these name only what they build on
        return "mnist"
    setup = entry["setup"]
    if "dataset" in setup:
        return str(setup["dataset"]).split(" ")[0]
    earlier = str(setup.get("from", "")).split(" ")[0].rstrip(",")
    return _data_set(entries[earlier], entries) if earlier in entries else ""


def _finished(entry: dict[str, Any]) -> dict[str, dict[str, float]]:
    finished: dict[str, dict[str, float]] = {}
    for source, figures in entry.get("test", {}).items():
        finished[_edition(source)] = {f"test_{k}": v for k, v in figures.items()}
    for source, parts in entry.get("evaluate", {}).items():
        finished[_edition(source)] = {
            f"{prefix}_{k}": v
            for prefix, name in (("test", "test"), ("train", "train, dropout off"))
            for k, v in parts[name].items()
        }
    for source, figures in entry.get("result", {}).items():
        named = {RESULT_NAMES[k]: v for k, v in figures.items() if k in RESULT_NAMES}
        for name, values in figures.items():
            if isinstance(values, list):
                named |= {f"{name} [{k}]": v for k, v in enumerate(values) if v}
        finished[_edition(source)] = named
    return finished


def _edition(source: str) -> str:
    """Label of a source: a file's name, for a second run in the same document with a remark."""
    file, _, remark = source.partition(" ")
    return f"{EDITIONS[file]} {remark}".strip()
