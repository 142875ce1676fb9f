"""Trainings that the parity tests look at; each is made once, side by side on all CPUs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.many import jobs_for, train_all
from dnn_techniques.runs.plan import Plan

BN = tuple(f"bn/{name}" for name in ("after_activation", "before_activation", "without"))
QUICK = (
    *BN,
    *(f"activations/{name}" for name in ("leaky_relu", "prelu")),
    *(f"regularization/{name}" for name in ("dropout", "l2", "l2_adam", "max_norm")),
)
# Not among the seeds of the measured spread.
NEW_SEED = 47
CLAIM_SEEDS = (42, 43, 44)


def names(selections: Sequence[str]) -> list[str]:
    return [e.name for selection in selections for e in select(selection)]


def train(out: Path, selections: Sequence[str], seeds: Sequence[int], *options: str) -> None:
    experiments = [e for selection in selections for e in select(selection)]
    words = ["--data.name", "fashion_mnist", "--seed_everything", str(seeds[0]), *options]
    fixed = {"out": str(out), "replay": False, "perturbation": 0.0}
    tasks = Plan(experiments, words, len(seeds), fixed).tasks
    train_all(tasks, jobs_for(tasks[0].work))


def train_shorter(out: Path, group: str, epochs: int) -> None:
    """Train for fewer epochs, into the folders of the whole runs, where the claims look."""
    train(out, [group], CLAIM_SEEDS, "--trainer.max_epochs", str(epochs))
    for trial in (out / group).glob("*-max_epochs=*"):
        trial.rename(trial.with_name(trial.name.partition("-max_epochs=")[0]))


@pytest.fixture(scope="session")
def measured() -> dict[str, Any]:
    """The figures of five seeds that docs/results/fashion_mnist.md reports."""
    path = Path(__file__).parents[2] / "docs" / "results" / "fashion_mnist.json"
    figures: dict[str, Any] = json.loads(path.read_text())["experiments"]
    return figures


@pytest.fixture(scope="session")
def quick_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("quick")
    train(out, QUICK, [NEW_SEED])
    return out


@pytest.fixture(scope="session")
def bn_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bn")
    train(out, BN, CLAIM_SEEDS)
    return out


@pytest.fixture(scope="session")
def one_cycle_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("one_cycle")
    train(out, ["schedules/one_cycle", "schedules/constant"], CLAIM_SEEDS)
    return out


@pytest.fixture(scope="session")
def mc_dropout_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mc_dropout")
    train_shorter(out, "mc-dropout", epochs=5)
    return out


@pytest.fixture(scope="session")
def depth_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("depth")
    train_shorter(out, "depth", epochs=2)
    return out
