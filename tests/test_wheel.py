"""From a built wheel, in an empty folder: experiments of the package and of one's own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dnn_techniques.report.chapter import PAGES
from tests.pages import ROOT, own_experiment

# Runs commands in one process; the first line of its output says where the package lies.
SCRIPT = """
import json, sys
import dnn_techniques
from dnn_techniques.cli import main
print(dnn_techniques.__file__)
for words in json.loads(sys.argv[1]):
    print(">>>", *words, flush=True)
    if main(words):
        sys.exit(1)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is installed, without what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    target = ["install", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run([*pip, *target], check=True)
    return folder / "site"


def run(commands: list[str], folder: Path, site: Path, data: Path) -> str:
    """The output of commands, each the words after ``dnn-techniques``."""
    words = json.dumps([command.split(" ") for command in commands])
    environment = os.environ | {"PYTHONPATH": str(site), "DNN_TECHNIQUES_DATA": str(data)}
    # -P: not the folder of the script, as with the console script.
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.splitlines()[0] == str(site / "dnn_techniques" / "__init__.py")
    return done.stdout


@pytest.mark.slow
def test_an_experiment_of_one_s_own(
    site: Path, tmp_path: Path, archive: Callable[..., Path]
) -> None:
    module, file = own_experiment()
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "my_net.py").write_text(module)
    (folder / "mine.yaml").write_text(file)
    output = run(
        [
            "run mine.yaml --jobs 1",
            "run mine.yaml --sweep.lr [.05,.2] --jobs 2",
            "compare mine.yaml",
            "compare runs/mine-lr=0.05 runs/mine-lr=0.2",
            "find-lr -c mine.yaml --steps 100",
            "test -c mine.yaml",
            "export --ckpt_path runs/mine/seed-42/checkpoints/best.ckpt"
            " --format torch --to net.pt2",
        ],
        folder,
        site,
        archive().parent,
    )
    assert "mine-lr=0.2" in output
    assert "suggested learning rate" in output
    assert (folder / "net.pt2").exists()
    assert {path.name for path in (folder / "runs").iterdir()} >= {"mine", "mine-lr=0.05"}


@pytest.mark.slow
def test_an_experiment_of_the_package(
    site: Path, tmp_path: Path, archive: Callable[..., Path]
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    small = "--data.validation 50 --trainer.max_epochs 1"
    output = run(
        [
            "list bn",
            f"run bn/before_activation --jobs 1 {small}",
            f"run bn/before_activation --sweep.lr [.05,.2] --jobs 2 {small}",
            "compare bn",
            f"find-lr -c bn/before_activation {small} --steps 60 --max_lr 1e5",
            f"test -c bn/before_activation {small}",
            "export --ckpt_path "
            "runs/bn/before_activation-data.validation=50,max_epochs=1/seed-42/checkpoints/best.ckpt"
            " --format torch --to net.pt2",
        ],
        folder,
        site,
        archive().parent,
    )
    assert "bn/before_activation" in output
    findings = {path.name for path in (site / "dnn_techniques" / "findings").iterdir()}
    assert findings == {f"{page}.json" for page in PAGES}
    assert (folder / "net.pt2").exists()
