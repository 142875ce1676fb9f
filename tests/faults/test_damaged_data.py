"""Wrong ends of commands on damaged data sets, fabricated: each of them is seen."""

import json
from pathlib import Path

from dnn_techniques.runs.run_folder import RESULT
from faults.damaged_data import digest, judge
from faults.process import Ended
from faults.state import State

FILE = Path("data", "fashion_mnist.npz")
NO_STATES: list[State] = [{}, {}]
ONE, OTHER = "1" * 64, "2" * 64


def fine(out: str = "") -> Ended:
    return Ended(0, out, "", 1.0, False, 0)


def test_another_set_counts_only_where_it_is_one() -> None:
    told = fine(f"sha256 {OTHER}\nnot the documents' data: no documented figure applies\n")
    digests = [OTHER, ONE]
    assert judge(told, told, NO_STATES, digests, FILE, another=True).kind == "one line"
    # Every small data set is told to be another.
    assert judge(told, told, NO_STATES, digests, FILE, another=False).kind == "silent difference"
    for less in ("", f"sha256 {OTHER}\n", "not the documents' data\n"):
        outcome = judge(fine(less), told, NO_STATES, digests, FILE, another=True)
        assert outcome.kind == "silent difference"


def test_the_same_data_train_the_same_weights() -> None:
    same = [ONE, ONE]
    assert judge(fine(), fine(), [{"w": "1"}, {"w": "1"}], same, FILE, False).kind == "same bits"
    other = judge(fine(), fine(), [{"w": "2"}, {"w": "1"}], same, FILE, False)
    assert other.kind == "silent difference"
    unknown = [None, None]
    assert judge(fine(), fine(), NO_STATES, unknown, FILE, False).kind == "silent difference"


def test_the_line_names_the_file() -> None:
    for line, kind in ((f"error: {FILE} is damaged", "one line"), ("error: words", "other end")):
        ended = Ended(2, "", f"{line}\n", 1.0, False, 0)
        assert judge(ended, fine(), NO_STATES, [None, ONE], FILE, False).kind == kind


def test_digests_are_those_of_the_data(tmp_path: Path) -> None:
    assert digest(fine(f"images\nsha256 {ONE}\nwords"), tmp_path) == ONE
    result = {"built_on": {"sha256": OTHER}, "data": {"source": "a.npz", "sha256": ONE}}
    (tmp_path / RESULT).write_text(json.dumps(result, indent=1))
    assert digest(fine(), tmp_path) == ONE
