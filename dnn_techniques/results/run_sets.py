"""Reading run folders: everything that a comparison knows comes from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dnn_techniques.documents.catalog import CATALOG
from dnn_techniques.documents.documented import Documented, documented
from dnn_techniques.errors import InputError
from dnn_techniques.runs.run_folder import RESULT, read_config, read_metrics, read_result
from dnn_techniques.runs.settings import settings


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        seed: Its seed.
        curves: Values after each epoch, by column of metrics.csv, where all epochs have one.
        result: What result.json says.
        settings: The settings in config.yaml that decide the figures, and the data's digest.
        last: The last value of each column.
    """

    seed: int
    curves: dict[str, list[float]]
    result: dict[str, Any]
    settings: dict[str, Any]
    last: dict[str, float] = field(default_factory=dict)

    def at(self, metric: str, epoch: int) -> float | None:
        """The value of a metric after `epoch` (from 1), None if there is none."""
        epochs = self.curves["epoch"]
        if metric not in self.curves or epoch not in epochs:
            return None
        return self.curves[metric][epochs.index(epoch)]

    @property
    def finished(self) -> dict[str, float]:
        """Figures of the finished net by name: `train_*`, `test_*` and what its module measured.

        The values of a measured list are called ``<name> [<k>]``. `best_epoch`, `best_val_loss` and
        so on are those of the lowest validation loss.
        """
        figures = {
            f"{part}_{name}": value
            for part in ("train", "test")
            for name, value in self.result.get(part, {}).items()
        }
        best = (self.result.get("best") or {}).items()
        figures |= {f"best_{k}": v for k, v in best if k == "epoch" or k.startswith("val_")}
        for name, values in self.result.get("measured", {}).items():
            if isinstance(values, list):
                figures |= {f"{name} [{k}]": value for k, value in enumerate(values)}
        return figures


@dataclass(frozen=True)
class RunSet:
    """The finished runs of one experiment, one or more, with the same settings.

    Attributes:
        name: ``<group>/<name>``.
        runs: By seed.
        documented: The printed figures to compare with, None if there are none for this data.
    """

    name: str
    runs: list[Run]
    documented: Documented | None

    @property
    def epoch(self) -> int | None:
        """The last epoch, None if the runs ended at different ones."""
        last = {int(run.curves["epoch"][-1]) for run in self.runs}
        return last.pop() if len(last) == 1 else None

    @property
    def changes(self) -> list[str]:
        """Settings that differ from the experiment file's."""
        return list(self.runs[0].result["changes"])

    @property
    def data(self) -> dict[str, Any]:
        """What was trained on: name, digest, source, what it stands in for."""
        return self.runs[0].result["data"] or {}

    def at(self, metric: str, epoch: int) -> list[float]:
        """The value of a metric after `epoch` in each run, empty if one of them has none."""
        values = [run.at(metric, epoch) for run in self.runs]
        return [value for value in values if value is not None] if None not in values else []

    def finished(self, figure: str) -> list[float]:
        """A figure of each finished net, empty if one of them has none."""
        values = [run.finished.get(figure) for run in self.runs]
        return [value for value in values if value is not None] if None not in values else []

    def final(self, metric: str) -> list[float]:
        """The last value of a metric in each run, empty if one of them has none."""
        values = [run.last.get(metric) for run in self.runs]
        return [value for value in values if value is not None] if None not in values else []


def read_runs(out: Path, name: str) -> RunSet:
    """Read the finished runs of the experiment `name` below `out`.

    Raises:
        InputError: If there is none, or if they were trained with different settings.
    """
    folders = sorted((out / name).glob("seed-*/" + RESULT))
    runs = sorted((read_run(path.parent) for path in folders), key=lambda run: run.seed)
    if not runs:
        raise InputError(f"no finished run of {name} below {out}; make one: run {name}")
    for run in runs[1:]:
        if run.settings != runs[0].settings:
            raise InputError(
                f"{out / name}: seeds {runs[0].seed} and {run.seed} were trained with different"
                " settings; give one of them another --out"
            )
    id = runs[0].result["documented"]
    printed = documented(id) if id else None
    if printed and not is_documents_data(printed, runs[0].result["data"] or {}):
        printed = None
    return RunSet(name, runs, printed)


def is_documents_data(printed: Documented, data: dict[str, Any]) -> bool:
    """Whether `data`, as result.json describes it, is what the documents trained on."""
    name = data.get("name")
    if printed.data_set != name:
        return False
    return bool(CATALOG[name].sha256 == data["sha256"])


def read_run(folder: Path) -> Run:
    """Read the finished run in `folder`.

    Raises:
        InputError: If one of its files is missing or damaged, or an earlier version made it.
    """
    result = read_result(folder)
    rows = read_metrics(folder)
    return Run(
        seed=result["seed"],
        last={name: float(value) for row in rows for name, value in row.items() if value},
        curves={
            column: [float(row[column]) for row in rows]
            for column in rows[0]
            if all(row[column] for row in rows)
        },
        result=result,
        settings={**settings(read_config(folder)), "data": (result["data"] or {}).get("sha256")},
    )


def has_finished_runs(out: Path, name: str) -> bool:
    """Whether the experiment `name` has a finished run below `out`."""
    return any((out / name).glob(f"seed-*/{RESULT}"))
