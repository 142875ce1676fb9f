"""Every experiment file runs: a step, a validation, no files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dnn_techniques.cli import main
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments, with_bases
from tests.data.tables import housing_file

Archive = Callable[..., Path]


def data_of(experiment: ExperimentFile) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(experiment.path.read_text())["data"]
    return values.get("init_args", {})  # type: ignore[no-any-return]


def is_plane(experiment: ExperimentFile) -> bool:
    return "dnn_techniques.data.PlaneData" in experiment.path.read_text()


def is_table(experiment: ExperimentFile) -> bool:
    return "dnn_techniques.data.TableData" in experiment.path.read_text()


def options(experiment: ExperimentFile, root: Path) -> list[str]:
    """Arguments of `fit` for little data, in the number of which the file may not have images."""
    small = ["--data.batch_size", "16"]
    if not is_plane(experiment):
        small += ["--data.root", str(root)]
    if not is_plane(experiment) and not is_table(experiment):
        small += ["--data.validation", "50"]
    for name in ("train", "per_class"):
        if name in data_of(experiment):
            small += [f"--data.{name}", "5"]
    if experiment.builds_on:
        small += ["--reuse.run", f"bases/{experiment.builds_on}"]
    return ["fit", "-c", experiment.name, "--out", "data/runs", *small]


def different() -> list[ExperimentFile]:
    """Every experiment; of those of a sweep that differ in numbers only, the first."""
    found: dict[tuple[object, ...], ExperimentFile] = {}
    for experiment in all_experiments():
        names = [v for v in experiment.values.values() if not isinstance(v, int | float)]
        found.setdefault((experiment.path, *map(str, names)), experiment)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("experiment", different(), ids=lambda e: e.name)
def test_fast_dev_run(
    experiment: ExperimentFile, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if is_table(experiment):
        root = housing_file(tmp_path / "data").parent
    else:
        root = archive(data_of(experiment).get("name", "fashion_mnist")).parent
    *bases, _ = with_bases([experiment])
    for base in bases:
        epoch = ["--trainer.max_epochs", "1", "--experiment", f"bases/{base.name}"]
        assert main([*options(base, root), *epoch]) == 0
    assert main([*options(experiment, root), "--trainer.fast_dev_run", "true"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data" / "runs").is_dir() == bool(bases)
