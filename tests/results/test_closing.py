import json
from pathlib import Path
from typing import Any

from dnn_techniques.results.closing import closing
from tests.results.runs_by_hand import NAME, write_run

FINAL: dict[str, Any] = {"epoch": 10, "loss": 0.5, "val_loss": 0.39, "val_accuracy": 0.86}
TEST = {"loss": 0.4, "accuracy": None}
PRINTED: list[dict[str, Any]] = [
    {"edition": "TF 2.4", "figure": "val_loss", "epoch": 10, "documented": 0.3875},
    {"edition": "TF 2.4", "figure": "loss", "epoch": 10, "documented": 0.39},
    {"edition": "TF 2.0", "figure": "val_loss", "epoch": 10, "documented": 0.3817},
    {"edition": "TF 2.0", "figure": "test_loss", "epoch": None, "documented": 0.3},
]
VERDICTS = ("inside", "inside", "OUTSIDE", "inside")


def said(tmp_path: Path, **changed: Any) -> list[str]:
    write_run(tmp_path, 1, final=FINAL, test=TEST, experiment=NAME, **changed)
    judged = [{**p, "verdict": v} for p, v in zip(PRINTED, VERDICTS, strict=True)]
    page = {"claims": [], "experiments": {NAME: {"documented": judged}}}
    (tmp_path / "page.json").write_text(json.dumps(page))
    return closing(tmp_path / NAME / "seed-1", tmp_path).splitlines()


def test_figures_documented_ones_in_words_and_what_is_next(tmp_path: Path) -> None:
    folder = (tmp_path / NAME).as_posix()
    assert said(tmp_path) == [
        "validation  loss 0.3900  accuracy 0.8600  (epoch 10)",
        "test        loss 0.4000  accuracy nan",
        "documented  val_loss 0.3875 (TF 2.4): within what seeds vary",
        "documented  val_loss 0.3817 (TF 2.0): outside of what seeds vary",
        f"run folder  {folder}/seed-1",
        f"next        python -m dnn_techniques compare {folder}",
        f"            tensorboard --logdir {folder}",
        f"            python -m dnn_techniques figures {folder}/seed-1",
    ]


def test_other_settings_have_no_documented_figures(tmp_path: Path) -> None:
    assert not [line for line in said(tmp_path, changes=["lr 1 -> 2"]) if "documented" in line]
