"""The study of one pair of classes, kept in files: the net for the other classes, its cases."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dnn_techniques.data import ImageData
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_bytes, write_json
from dnn_techniques.study.provenance import describe_data, describe_device, digest_of, versions
from dnn_techniques.transfer_study.case import Case, run_case
from dnn_techniques.transfer_study.task_a import DATA, Pair, train_task_a

FOLDER = "transfer-study"
TASK_A = "task_a.pt"


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
    validation: int = 5000

    def path(self, pair: Pair, size: int) -> Path:
        """File of the cases of a pair with so many images."""
        return self.out / FOLDER / "{}-{}".format(*pair) / f"size-{size}.json"

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


def study_pair(pair: Pair, plan: Plan, show: Callable[[str], None]) -> None:
    """Make what is missing of a pair, a file at a time.

    Args:
        pair: The two classes.
        plan: What is to be there.
        show: Called with a line when a file is written.

    Raises:
        InputError: If a file was made from other data.
    """
    kept = {size: read_cases(plan, pair, size) for size in plan.sizes}
    missing = {
        size: [seed for seed in plan.seeds if seed not in {case.seed for case in cases}]
        for size, cases in kept.items()
    }
    if not any(missing.values()):
        return
    name = "{}-{}".format(*pair)
    weights = _task_a(pair, plan, lambda text: show(f"{name} {text}"))
    train, test = _images(plan.data(pair))
    for size, seeds in missing.items():
        if seeds:
            new = [run_case(pair, size, seed, weights, train, test) for seed in seeds]
            _write_cases(plan, pair, size, sorted([*kept[size], *new]))
            errors = [sum(counts) / len(new) for counts in zip(*new, strict=True)]
            text = f"{size} images: {errors[1]:.0f} errors alone, {errors[2]:.0f} with transfer"
            show(f"{name} {text} (mean of {len(new)})")


def read_cases(plan: Plan, pair: Pair, size: int) -> list[Case]:
    """The cases of a pair that are there, by seed.

    Raises:
        InputError: If they were made from other data.
    """
    path = plan.path(pair, size)
    if not path.exists():
        return []
    values = json.loads(path.read_text())
    _check(path, values["made_from"], plan)
    return [Case(*case) for case in values["cases"]]


def _write_cases(plan: Plan, pair: Pair, size: int, cases: list[Case]) -> None:
    values = {
        "made_from": plan.made_from,
        "cases": cases,  # seed, errors alone, with transfer, of both
        "device": describe_device(torch.device("cpu")),
        "versions": versions(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_json(plan.path(pair, size), values)


def _task_a(pair: Pair, plan: Plan, show: Callable[[str], None]) -> dict[str, Tensor]:
    """Weights of the net for the other classes, trained if they are not there."""
    path = plan.path(pair, 0).with_name(TASK_A)
    if path.exists():
        saved: dict[str, Any] = torch.load(path, weights_only=True)
        _check(path, saved["made_from"], plan)
        weights: dict[str, Tensor] = saved["net"]
        return weights
    module, accuracy = train_task_a(pair, validation=plan.validation)
    buffer = io.BytesIO()
    saved = {"net": module.net.state_dict(), "val_accuracy": accuracy}
    torch.save({**saved, "made_from": plan.made_from}, buffer)
    write_bytes(path, buffer.getvalue())
    show(f"the other classes: validation accuracy {accuracy:.4f}")
    return module.net.state_dict()


def _images(data: ImageData) -> tuple[Batch, Batch]:
    """Training and test images of a pair with their labels."""
    data.setup("fit")
    data.setup("test")
    return data.train, data.test


def _check(path: Path, made_from: dict[str, Any], plan: Plan) -> None:
    if made_from != plan.made_from:
        raise InputError(
            f"{path} was made from other data or with another --validation; give another --out"
        )
