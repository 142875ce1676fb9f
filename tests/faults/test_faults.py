"""The machine that finds faults: a small part of it, and that it sees faults at all."""

import datetime
import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch

from dnn_techniques.runs.run_folder import RESULT
from faults import damages, inputs, kills, resources
from faults.bench import SCENARIOS, Bench, preload
from faults.case import FINE, WRONG, Case, Outcome, judge
from faults.library_calls import CALLS
from faults.page import page
from faults.process import Ended, Process, at_changes, clock_jumps, killed_before
from faults.state import difference, state_of
from tests.results.runs_by_hand import write_run


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    work = tmp_path_factory.mktemp("faults")
    preload(work)
    return Bench(work)


def tried(cases: list[Case], number: int, folder: Path, *names: str) -> list[Outcome]:
    """So many cases, spread over all with one of these texts in their names."""
    chosen = [case for case in cases if any(name in case.name for name in names)]
    assert chosen
    outcomes = []
    for i, case in enumerate(chosen[:: max(1, len(chosen) // number)][:number]):
        own = folder / str(i)
        own.mkdir()
        outcomes.append(case.run(own))
    return outcomes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "number"),
    [("plateau", 3), ("EarlyStopping", 3), ("stacked seeds", 1), ("freezing, cached, staged", 1)],
)
def test_killed_runs(bench: Bench, tmp_path: Path, scenario: str, number: int) -> None:
    every = kills.of_scenario(bench, scenario, 1)
    assert len(every) > 40
    for outcome in tried(every, number, tmp_path, "before change "):
        assert outcome.kind == "same bits", outcome


@pytest.mark.slow
def test_damaged_runs(bench: Bench, tmp_path: Path) -> None:
    every = damages.cases(bench, 1)
    assert len(every) > 500
    for outcome in tried(
        every, 8, tmp_path, "test", "verify", "net.", "export", "compare", "report"
    ):
        assert outcome.kind in FINE, outcome


@pytest.mark.slow
def test_lacking_resources(bench: Bench, tmp_path: Path) -> None:
    every = resources.of_one_run(bench, 1)
    for outcome in tried(every, 5, tmp_path, "little", "grow", "right", "SIGTERM", "clock"):
        assert outcome.kind in FINE, outcome


@pytest.mark.slow
def test_a_run_that_is_another_in_silence(bench: Bench, tmp_path: Path) -> None:
    """The last bit of one weight is changed between two commands, and the checksum with it."""
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == "plateau")
    out, changes = tmp_path / "out", bench.reference(scenario).changes
    killed = killed_before(changes // 2, out)
    bench.start(scenario.words, out, tmp_path / "killed", killed).wait()
    (last,) = out.rglob("last.ckpt")
    saved = torch.load(last, weights_only=True)
    weight = next(iter(saved["state_dict"].values()))
    weight.view(-1)[:1].view(torch.int32).bitwise_xor_(torch.tensor(1, dtype=torch.int32))
    torch.save(saved, last)
    ended = bench.start(scenario.words, out, tmp_path / "log").wait()
    outcome = judge(ended, out, bench.reference(scenario).state)
    assert outcome.kind == "silent difference", outcome


@pytest.mark.slow
def test_bad_inputs(bench: Bench, tmp_path: Path) -> None:
    every = inputs.cases(bench, 1)
    assert len(every) > 500
    for outcome in tried(every, 24, tmp_path, ""):
        assert outcome.kind == "one line", outcome


def test_names_are_different() -> None:
    names = [name for name, _, _ in CALLS]
    assert len(names) == len(set(names))
    assert not set(FINE) & set(WRONG)


def test_what_a_process_did_is_seen(tmp_path: Path) -> None:
    def trace() -> int:
        raise ValueError("words")

    def refuse() -> int:
        os.write(2, b"error: words\n")
        return 2

    def sleep() -> int:
        signal.pause()
        return 0

    def leave() -> int:
        if os.fork() == 0:
            signal.pause()
        return 0

    ended = Process(trace, tmp_path / "log").wait()
    assert (ended.fault, ended.last) == ("traceback", "ValueError: words")
    assert Process(refuse, tmp_path / "log").wait().one_line
    assert Process(sleep, tmp_path / "log").wait(0.2).fault == "hang"
    assert Process(leave, tmp_path / "log").wait(grace=0.2).fault == "orphan"


def test_a_process_is_killed_before_a_change(tmp_path: Path) -> None:
    def change() -> int:
        for number in range(4):
            (tmp_path / "in" / str(number)).write_text("")
        return 0

    (tmp_path / "in").mkdir()
    ended = Process(change, tmp_path / "log", killed_before(3, tmp_path / "in")).wait()
    assert ended.status == -signal.SIGKILL
    assert len(list((tmp_path / "in").iterdir())) == 2


def test_a_clock_jumps(tmp_path: Path) -> None:
    def tell() -> int:
        before, going = time.time(), time.monotonic()
        (tmp_path / "in").write_text("")
        ahead = time.time() - before
        day = datetime.datetime.now(datetime.UTC).timestamp() - before
        return 0 if min(ahead, day) >= 3600 > time.monotonic() - going else 1

    def read() -> int:
        return 0 if time.time() - time.time() > 3000 else 1

    act = clock_jumps(1, tmp_path / "in", 3600)
    assert Process(tell, tmp_path / "log", act).wait().status == 0
    act = clock_jumps(0, tmp_path / "in", -3600, always=True)
    assert Process(read, tmp_path / "log", act).wait().status == 0
    assert time.time() < tmp_path.stat().st_mtime + 1800


def test_reading_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "it").write_text("words")
    counted = tmp_path / "counted"

    def read() -> int:
        return len((tmp_path / "in" / "it").read_text()) - 5

    def count(number: int) -> None:
        counted.write_text(str(number))

    act = at_changes(tmp_path / "in", count)
    assert Process(read, tmp_path / "log", act).wait().status == 0
    assert not counted.exists()


def test_a_difference_is_seen(tmp_path: Path) -> None:
    assert difference({"a": "1"}, {"a": "1"}) is None
    assert difference({"a": "1"}, {"a": "2"}) == "a is 1, not 2"
    assert difference({}, {"a": "2"}) == "a is None, not 2"
    fine = Ended(0, "", "", 1.0, False, 0)
    assert judge(fine, tmp_path, {}).kind == "same bits"
    assert judge(fine, tmp_path, {"a": "1"}).kind == "silent difference"


def test_what_verify_says_counts(tmp_path: Path) -> None:
    run = tmp_path / "a" / "run" / "seed-42"
    write_run(tmp_path, 42, "a/run")
    fine = Ended(0, "", "", 1.0, False, 0)
    expected = state_of(tmp_path)
    assert judge(fine, tmp_path, expected).kind == "same bits"
    (run / "config.yaml").write_text("")  # which no state has
    outcome = judge(fine, tmp_path, expected)
    assert outcome.kind == "silent difference"
    assert "config.yaml" in outcome.said


def test_folders_make_no_difference(tmp_path: Path) -> None:
    for name in ("one", "another's"):
        (tmp_path / name).mkdir()
        text = json.dumps({"best": str(tmp_path / name / "best.ckpt")})
        (tmp_path / name / RESULT).write_text(text)
    assert state_of(tmp_path / "one") == state_of(tmp_path / "another's")


def test_the_page_says_what_was_tried_where_and_how_long() -> None:
    case = {"part": "kills", "what": "plateau", "name": "before 1", "kind": "same bits"}
    wrong = case | {"name": "before 2", "kind": "hang"}
    session = {"name": "s", "command": "python -m faults", "code": "abc", "minutes": 12.3}
    text = page([case, wrong, session])
    assert "2 cases, 1 of which ended otherwise, on " in text
    assert "- `python -m faults`, 12.3 minutes, commit abc: 2 tried, 1 otherwise" in text
    assert "again what ended otherwise" not in text
    mended = page([case, wrong, session, wrong | {"kind": "same bits"}, session])
    assert "again what ended otherwise" in mended
    assert "2 cases, 0 of which ended otherwise, on " in mended
    assert "commit abc: 2 tried, 1 otherwise\n" in mended
    assert "commit abc: 1 tried, 0 otherwise\n" in mended
    assert "| plateau | 2 | 1 | 0 | 0 | 1 | 0 | 0 | 0 |" in text


def test_what_is_written_after_a_kill_is_seen(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("")
    now = time.time()
    assert kills.written_after(tmp_path, now + 1) is None
    os.utime(tmp_path / "in" / "file", (now + 2, now + 2))
    assert kills.written_after(tmp_path, now + 1) == tmp_path / "in" / "file"
