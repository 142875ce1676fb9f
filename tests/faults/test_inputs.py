"""What may come of a bad value: one line of error alone, with a whole word in it."""

from pathlib import Path

import pytest

from faults import inputs
from faults.bench import Bench
from faults.case import Outcome
from faults.process import Ended


def ended(err: str, status: int = 2) -> Ended:
    return Ended(status, "", err, 1.0, False, 0)


def test_a_line_alone_is_all_that_may_be_printed() -> None:
    line = "error: --trainer.max_epochs must be at least 1, got 0"
    assert inputs.judge(ended(f"{line}\n"), "max_epochs") == Outcome("one line", line)
    for noise in ("UserWarning: words\n", "\n", "usage: fit [-h]\n"):
        after_noise = ended(f"{noise}{line}\n")
        assert after_noise.one_line
        assert inputs.judge(after_noise, "max_epochs").kind == "other end"
    assert inputs.judge(ended(f"{line}\n", 1), "max_epochs").kind == "other end"
    assert inputs.judge(ended("Traceback (most recent\n", 1), "a").kind == "traceback"


@pytest.mark.parametrize(
    ("line", "word", "found"),
    [
        ("error: s must be above 0, got nan", "s", True),
        ("error: --model.c must be finite", "c", True),
        ("error: the rate must be above 0", "s", False),
        ("error: it must be finite, see /some/c/s.yaml", "c", False),
        ("error: --outside is no option", "out", False),
        ("error: give a path to it", "--to", False),
        ("error: argument -c/--config: expected one argument", "config", True),
        ("error: required: group[/name]|file|folder", "group", True),
        ("error: /dev/null: no such folder", "/dev/null", True),
        ("error: /dev/null2: no such folder", "/dev/null", False),
    ],
)
def test_only_whole_words_count_and_none_of_a_path(line: str, word: str, found: bool) -> None:
    assert word in line or not found
    assert inputs.has_word(line, word) == found


def test_calls_have_to_name_the_argument(tmp_path: Path) -> None:
    def call(error: Exception) -> Outcome:
        def refuse() -> None:
            raise error

        return inputs._call(refuse, "s", tmp_path)

    assert call(ValueError("s must be above 0")).kind == "one line"
    assert call(ValueError("steps must be above 0")).kind == "other end"
    assert call(TypeError("'<' not supported between s and 0")).kind == "other end"
    assert call(ZeroDivisionError("s")).kind == "traceback"
    assert inputs._call(lambda: None, "s", tmp_path).kind == "silent difference"


def test_a_folder_that_is_left_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaving:
        def __init__(self, words: list[str], log: Path, folder: Path) -> None:
            (tmp_path / "out" / "empty").mkdir(parents=True)

        def wait(self) -> Ended:
            return ended("error: words\n")

    monkeypatch.setattr(inputs, "Process", Leaving)
    outcome = inputs._command(Bench(tmp_path), ["words"], "words", tmp_path)
    assert outcome == Outcome("other end", f"{tmp_path / 'out' / 'empty'} is written")
