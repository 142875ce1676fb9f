"""Wrong ends of the study of transfer, fabricated: each of them is seen."""

import json
from pathlib import Path

import pytest
import torch

from faults.damaged_study import FILES, PAIR, judge, study_state
from faults.process import Ended

FINE = Ended(0, "", "", 1.0, False, 0)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    pair = tmp_path / "out" / "transfer-study" / PAIR
    pair.mkdir(parents=True)
    write_net(pair, 1.0)
    (pair / FILES[1]).write_text(json.dumps({"cases": [[42, 3]]}))
    (pair.parent / "transfer_study.json").write_text(json.dumps([{"errors": 3}]))
    return tmp_path / "out"


def write_net(pair: Path, value: float) -> None:
    torch.save({"net": {"weight": torch.full((2,), value)}}, pair / FILES[0])


def test_another_net_is_seen(out: Path) -> None:
    right, pair = study_state(out), out / "transfer-study" / PAIR
    assert judge(FINE, pair / FILES[0], right).kind == "same bits"
    write_net(pair, 2.0)
    assert judge(FINE, pair / FILES[0], right).kind == "silent difference"


def test_other_cases_and_figures_are_seen(out: Path) -> None:
    right, pair = study_state(out), out / "transfer-study" / PAIR
    for file in (pair / FILES[1], pair.parent / "transfer_study.json"):
        text = file.read_text()
        file.write_text(text.replace("3", "4"))
        assert judge(FINE, pair / FILES[1], right).kind == "silent difference"
        file.write_text(text)
    assert judge(FINE, pair / FILES[1], right).kind == "same bits"


def test_the_line_names_the_file(out: Path) -> None:
    file = out / "transfer-study" / PAIR / FILES[0]
    for line, kind in ((f"error: {file} is damaged", "one line"), ("error: words", "other end")):
        assert judge(Ended(2, "", f"{line}\n", 1.0, False, 0), file, {}).kind == kind
