"""The study of one pair of classes, kept in files: the net for the other classes, its cases."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.files import digest_of_values, write_bytes, write_json
from dnn_techniques.runs.checkpoint_file import check_finite, read_saved
from dnn_techniques.runs.provenance import describe_data, describe_device, digest_of, versions
from dnn_techniques.studies.transfer.case import Case, Images, Transferred, run_case
from dnn_techniques.studies.transfer.recipe import RECIPES
from dnn_techniques.studies.transfer.task_a import ALL_PAIRS, DATA, VALIDATION, Pair, train_task_a

FOLDER = "transfer-study"
REMEDY = "delete it to have it made again"


@dataclass(frozen=True)
class Plan:
    """What is to be there in the end.

    Attributes:
        out: Folder of all runs; the study has one of its own in it.
        pairs: Pairs of classes.
        sizes: Numbers of training images.
        seeds: Seeds of the cases.
        validation: Number of training images that are set aside, as in the documents.
    """

    out: Path
    pairs: list[Pair]
    sizes: list[int]
    seeds: list[int]
    validation: int = VALIDATION

    def path(self, pair: Pair, size: int) -> Path:
        """File of the cases of a pair with so many images."""
        return self._folder(pair) / f"size-{size}.json"

    def task_a(self, pair: Pair) -> Path:
        """File of the net for the other classes."""
        return self._folder(pair) / "task_a.pt"

    @contextlib.contextmanager
    def locked(self, pair: Pair) -> Iterator[None]:
        """Keep other processes from the files of a pair.

        Raises:
            InputError: If another one does.
        """
        folder = self._folder(pair)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = FileLock(folder / ".lock").acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"{folder}: another process is at work on this pair; wait for it, or give --out"
            ) from error
        with lock:
            yield

    def _folder(self, pair: Pair) -> Path:
        return self.out / FOLDER / "{}-{}".format(*pair)

    def data(self, pair: Pair) -> ImageData:
        """The images of a pair."""
        return ImageData(DATA, classes=pair, validation=self.validation)

    @cached_property
    def made_from(self) -> dict[str, Any]:
        """What the files of the study are made from, beside the seeds."""
        return {
            "data": digest_of(describe_data(ImageData(DATA))),
            "validation": self.validation,
        }


def finished_plan(out: Path) -> Plan | None:
    """What a study below `out` has made: the pairs that have cases of every size; None if none.

    Raises:
        InputError: If a file is damaged.
    """
    files = {
        (pair, size): path
        for pair in ALL_PAIRS
        for path in (out / FOLDER / "{}-{}".format(*pair)).glob("size-*.json")
        for size in [int(path.stem.removeprefix("size-"))]
    }
    sizes = sorted({size for _, size in files})
    pairs = [
        pair
        for pair in dict.fromkeys(pair for pair, _ in files)
        if all((pair, size) in files for size in sizes)
    ]
    if not pairs:
        return None
    first = files[pairs[0], sizes[0]]
    with _usable(first):
        validation = json.loads(first.read_text())["made_from"]["validation"]
    return Plan(out, pairs, sizes, [], validation)


def study_pair(pair: Pair, plan: Plan, show: Callable[[str], None]) -> None:
    """Make what is missing of a pair, a file at a time.

    Args:
        pair: The two classes.
        plan: What is to be there.
        show: Called with a line when a file is written.

    Raises:
        InputError: If a file was made from other data, or another process is at work.
    """
    with plan.locked(pair):
        _make_missing(pair, plan, show)


def _make_missing(pair: Pair, plan: Plan, show: Callable[[str], None]) -> None:
    kept = {size: read_cases(plan, pair, size) for size in plan.sizes}
    missing = {
        size: [seed for seed in plan.seeds if seed not in {case.seed for case in cases}]
        for size, cases in kept.items()
    }
    if not any(missing.values()):
        return
    name = "{}-{}".format(*pair)
    weights = read_task_a(plan, pair)
    if weights is None:
        weights, accuracy = _make_task_a(plan, pair)
        show(f"{name} the other classes: validation accuracy {accuracy:.4f}")
    images = _images(plan.data(pair))
    for size, seeds in missing.items():
        if seeds:
            new = [run_case(pair, size, seed, weights, images) for seed in seeds]
            _write_cases(plan, pair, size, sorted([*kept[size], *new]))
            show(f"{name} {size} images: {_mean_errors(new)}")


def _mean_errors(cases: Sequence[Case]) -> str:
    alone = fmean(case.alone for case in cases)
    with_transfer = (
        f"{fmean(case.transferred[k].errors for case in cases):.0f} by the {recipe.whose}'s"
        for k, recipe in enumerate(RECIPES)
    )
    return f"{alone:.0f} errors alone, {', '.join(with_transfer)} transfer"


def read_cases(plan: Plan, pair: Pair, size: int) -> list[Case]:
    """The cases of a pair that are there, by seed.

    Raises:
        InputError: If they were made from other data or by other recipes, or the file is damaged.
    """
    path = plan.path(pair, size)
    if not path.exists():
        return []
    with _usable(path):
        values = json.loads(path.read_text())
        _check(path, values, plan, pair)
        if values.get("recipes") != _recipes():
            raise InputError(
                f"{path} was made by other recipes than this version's; delete it to have it made"
                " again, or give another --out"
            )
        digest = values.pop("sha256", None)  # studies of version 0.1 know none
        if digest not in (None, digest_of_values(values)):
            raise ValueError("it is not as the study wrote it")
        return [
            Case(seed, alone, tuple(Transferred(*own) for own in transferred))
            for seed, alone, transferred in values["cases"]
        ]


def read_task_a(plan: Plan, pair: Pair) -> dict[str, Tensor] | None:
    """Weights of the net for the other classes, None if it is not there.

    Raises:
        InputError: If it was made from other data, or the file is damaged.
    """
    path = plan.task_a(pair)
    if not path.exists():
        return None
    with _usable(path):
        saved: dict[str, Any] = read_saved(path, REMEDY)
        _check(path, saved, plan, pair)
        weights: dict[str, Tensor] = saved["net"]
        check_finite(weights, path, REMEDY)
        return weights


def _write_cases(plan: Plan, pair: Pair, size: int, cases: list[Case]) -> None:
    values: dict[str, Any] = {
        "pair": pair,
        "made_from": plan.made_from,
        "recipes": _recipes(),
        # Seed, errors alone, and for each recipe errors, those of both, and frozen accuracy.
        "cases": cases,
        "device": describe_device(torch.device("cpu")),
        "versions": versions(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_json(plan.path(pair, size), values | {"sha256": digest_of_values(values)})


def _make_task_a(plan: Plan, pair: Pair) -> tuple[dict[str, Tensor], float]:
    """Train the net for the other classes and keep it: its weights and validation accuracy."""
    module, accuracy = train_task_a(pair, plan.validation)
    weights = module.net.state_dict()
    buffer = io.BytesIO()
    saved = {"pair": pair, "net": weights, "val_accuracy": accuracy, "made_from": plan.made_from}
    torch.save(saved, buffer)
    write_bytes(plan.task_a(pair), buffer.getvalue())
    return weights, accuracy


def _recipes() -> list[dict[str, Any]]:
    """What the cases are made by; files of another version differ in it or have none."""
    return [asdict(recipe) for recipe in RECIPES]


def _images(data: ImageData) -> Images:
    """The images of a pair with their labels."""
    data.setup("fit")
    data.setup("test")
    return Images(data.train, data.valid, data.test)


def _check(path: Path, saved: dict[str, Any], plan: Plan, pair: Pair) -> None:
    if tuple(saved.get("pair", pair)) != pair:  # version 0.1 did not write it
        raise InputError("{} is of the classes {} and {}; {}".format(path, *saved["pair"], REMEDY))
    if saved["made_from"] != plan.made_from:
        raise InputError(
            f"{path} was made from other data or with another --validation; give another --out"
        )


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    """Say which file is damaged, if one is."""
    try:
        yield
    except InputError:
        raise
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged; {REMEDY}") from error
