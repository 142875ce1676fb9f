import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jsonargparse import Namespace

from dnn_techniques.cli import main
from dnn_techniques.runs.many import jobs_for
from dnn_techniques.runs.prepare import Run

Archive = Callable[..., Path]
SMALL = "-data.validation=50,max_epochs=2"


def epochs(folder: Path) -> list[str]:
    """The rows of metrics.csv without the clock's column."""
    rows = (folder / "metrics.csv").read_text().splitlines()
    clock = rows[0].split(",").index("seconds")
    return [",".join(c for i, c in enumerate(row.split(",")) if i != clock) for row in rows]


@pytest.mark.slow
def test_side_by_side_gives_the_figures_of_one_after_the_other(
    archive: Archive, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = ["run", "bn/before_activation", "--data.validation", "50", "--trainer.max_epochs", "2"]
    run += ["--trainer.accelerator", "cpu", "--data.root", str(archive().parent)]
    one, two = tmp_path / "one", tmp_path / "two"
    assert main([*run, "--seeds", "3", "--jobs", "1", "--out", str(one)]) == 0
    assert "run 3 of 3, 0 min " in capfd.readouterr().out
    assert main([*run, "--out", str(two)]) == 0
    capfd.readouterr()
    assert main([*run, "--seeds", "3", "--jobs", "2", "--out", str(two)]) == 0
    printed = capfd.readouterr().out
    assert "3 runs, 2 at a time" in printed
    assert re.search(
        rf"bn/before_activation{SMALL} 42 +finished earlier with the same settings", printed
    )
    assert re.search(rf"bn/before_activation{SMALL} 44 +epoch  2/2  loss ", printed)
    for seed in (43, 44):
        folder = Path("bn", f"before_activation{SMALL}", f"seed-{seed}")
        assert epochs(one / folder) == epochs(two / folder)
        result = json.loads((two / folder / "result.json").read_text())
        assert set(result["test"]) == set(result["train"]) == {"loss", "accuracy"}


def still_there(group: int) -> bool:
    """Whether processes of a process group are still there after half a minute."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_ctrl_c_stops_every_process(archive: Archive, tmp_path: Path, training: bool) -> None:
    command = [sys.executable, "-m", "dnn_techniques", "run", "bn", "--jobs", "2"]
    command += ["--data.validation", "50", "--trainer.max_epochs", "1000"]
    command += ["--trainer.accelerator", "cpu", "--data.root", str(archive().parent)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "runs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "3 runs, 2 at a time\n"
    if training:
        assert "epoch  1/1000" in process.stdout.readline()
    else:
        time.sleep(0.5)  # the processes have just begun
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    # Python may warn of a lock that a process had when it was stopped in its first moments.
    assert error.startswith("interrupted; `run`, `fit` and the like go on when given again\n")
    assert "Traceback" not in error
    assert not still_there(process.pid)
    assert not list(tmp_path.glob("runs/**/result.json"))


def test_an_error_in_a_process_is_one_line(
    archive: Archive, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = ["--data.validation", "50", "--trainer.max_epochs", "1", "--trainer.accelerator", "cpu"]
    small += ["--data.root", str(archive().parent), "--out", str(tmp_path)]
    run = ["run", "bn/without", "--seeds", "2", "--jobs", "2", *small]
    (folder,) = trial_folders(run, tmp_path)
    result = folder / "seed-43" / "result.json"
    result.write_text(json.dumps({"seed": 43}))
    capfd.readouterr()
    assert main(run) == 2
    error = capfd.readouterr().err
    assert error.startswith(f"error: {folder.relative_to(tmp_path).as_posix()} 43: ")
    assert "was made by version 0.1" in error
    assert error.count("\n") == 1


def trial_folders(run: list[str], out: Path) -> list[Path]:
    """Folders of the trials that a command made."""
    assert main(run) == 0
    return sorted(path.parent for path in out.glob("*/*/seed-42"))


def test_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(**trainer: object) -> Run:
        trainer = {"accelerator": "cpu", "devices": 1} | trainer
        return Run(Namespace(threads=1, trainer=Namespace(**trainer)))

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert jobs_for(run()) == 8
    assert jobs_for(run(devices=2)) == 1
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    assert jobs_for(run(accelerator="auto")) == 1
    assert jobs_for(run()) == 8


def test_bad_numbers_of_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "bn", "--jobs", "0"]) == 2
    assert capsys.readouterr().err == "error: --jobs must be at least 1, got 0\n"
