"""Every experiment file runs: a block of minibatches, validation, no files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dnn_techniques.cli import main
from dnn_techniques.study.experiments import Experiment, all_experiments

Archive = Callable[..., Path]


@pytest.mark.parametrize("experiment", all_experiments(), ids=lambda e: e.name)
def test_fast_dev_run(
    experiment: Experiment, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = archive().parent
    small = ["--data.root", str(root), "--data.validation", "50", "--data.batch_size", "16"]
    status = main(
        [
            "fit",
            "-c",
            str(experiment.path),
            *experiment.arguments,
            "--trainer.fast_dev_run",
            "true",
            *small,
        ]
    )
    assert status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
