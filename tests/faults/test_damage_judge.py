"""Wrong ends of commands on damaged runs, fabricated: each of them is seen."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, RESULT
from faults.damage_judge import Right, Tried, files, judge, made, plain
from faults.process import Ended
from faults.state import state_of
from tests.results.runs_by_hand import write_run


@dataclass
class Case:
    """A finished run, written by hand, and a command that is told how it ended."""

    run: Path
    name: str = METRICS

    @property
    def out(self) -> Path:
        return self.run.parents[2]

    def tried(
        self, command: str, data: bytes | None, ended: Ended, kind: str = "finished"
    ) -> Tried:
        file = self.run / self.name
        whole = file.read_bytes()
        file.unlink() if data is None else file.write_bytes(data)
        return Tried(kind, command, self.run, self.name, whole, files(self.out), ended)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    write_run(tmp_path / "out", 42, "a/run")
    return Case(tmp_path / "out" / "a" / "run" / "seed-42")


def fine(out: str = "words\n") -> Ended:
    return Ended(0, out, "", 1.0, False, 0)


def refused(line: str) -> Ended:
    return Ended(2, "", f"error: {line}\n", 1.0, False, 0)


def right_of(case: Case, ended: Ended) -> Right:
    folder = case.out.parent
    last, text = plain(ended.last, folder), plain(ended.out, folder)
    return Right(ended, last, text, {}, state_of(case.out))


@pytest.mark.parametrize("command", ["run", "fit", "train on", "reuse"])
def test_another_run_with_the_right_text(case: Case, command: str) -> None:
    right = right_of(case, fine())
    tried = case.tried(command, (case.run / METRICS).read_bytes(), fine())
    assert judge(tried, right).kind == "same bits"
    text = (case.run / METRICS).read_text()
    (case.run / METRICS).write_text(text.replace("0.422", "0.421", 1))
    outcome = judge(tried, right)
    assert outcome.kind == "silent difference"
    assert "0.421" in outcome.said


def test_a_damaged_file_that_is_left(case: Case) -> None:
    right = right_of(case, fine())
    tried = case.tried("train on", b"", fine())
    outcome = judge(tried, right)
    assert (outcome.kind, outcome.said[:4]) == ("silent difference", "BAD ")
    # The run that another one reuses is not its own, and its table is not needed.
    assert judge(replace(tried, command="reuse"), right).kind == "same bits"


def test_another_text(case: Case) -> None:
    right = right_of(case, fine("loss 0.5, 1.2 s\n"))
    data = (case.run / METRICS).read_bytes()
    assert judge(case.tried("test", data, fine("loss 0.5, 3 s\n")), right).kind == "same bits"
    tried = case.tried("test", data, fine("loss 0.6, 1.2 s\n"))
    assert judge(tried, right).kind == "silent difference"


def test_a_line_without_a_path_has_to_be_the_usual_one(case: Case) -> None:
    usual = f"{case.out} holds no group"
    right = right_of(case, refused(usual))
    assert right.last == "error: /out holds no group"
    assert judge(case.tried("compare", b"", refused(usual)), right).kind == "one line"
    other = judge(case.tried("compare", b"", refused("it cannot be used")), right)
    assert other.kind == "other end"
    named = refused(f"{case.run / METRICS} is damaged")
    assert judge(case.tried("compare", b"", named), right).kind == "one line"


def test_what_refuses_changes_nothing(case: Case) -> None:
    tried = case.tried("fit", b"", refused(f"{case.run} is damaged"))
    right = right_of(case, tried.ended)
    assert judge(tried, right).kind == "one line"
    (case.run / CONFIG).write_text("lr: 0.2\n")
    assert judge(tried, right).kind == "other end"


def test_what_only_reads_changes_no_file_of_the_run(case: Case) -> None:
    tried = case.tried("predict", b"", fine())
    right = right_of(case, fine())
    (case.run / "predictions.csv").write_text("")
    assert judge(tried, right).kind == "silent difference"
    made_too = replace(right, made={"a/run/seed-42/predictions.csv": ""})
    assert judge(tried, made_too).kind == "same bits"
    (case.run / RESULT).write_text("{}")
    assert judge(tried, made_too).kind == "other end"


def test_the_last_weights_are_taken_only_without_best_ones(case: Case) -> None:
    right = right_of(case, fine("loss 0.5\n"))
    (case.run / BEST).parent.mkdir()
    (case.run / BEST).write_bytes(b"weights")
    case.name = str(BEST)
    ended = fine(f"weights of {case.run / LAST}\nloss 0.5\n")
    assert judge(case.tried("test", b"", ended), right).kind == "silent difference"
    assert judge(case.tried("test", None, ended), right).kind == "same bits"


@pytest.mark.slow
def test_exported_programs_are_compared_by_their_weights(tmp_path: Path) -> None:
    states = []
    for value in (1.0, 1.0, 2.0):
        net = nn.Linear(2, 1)
        nn.init.constant_(net.weight, value)
        nn.init.zeros_(net.bias)
        torch.export.save(torch.export.export(net, (torch.ones(1, 2),)), tmp_path / "net.pt2")
        (tmp_path / "out").mkdir(exist_ok=True)
        shutil.move(tmp_path / "net.pt2", tmp_path / "out" / "net")
        states.append(made(tmp_path / "out", {}))
    assert set(states[0]) == {"net.weight", "net.bias"}
    assert states[0] == states[1] != states[2]
