"""The runs that are damaged, and a case of each kind."""

from pathlib import Path

import pytest

from dnn_techniques.runs.run_folder import LAST, METRICS, RESULT
from faults.bench import Bench, preload
from faults.damaged_runs import cases


@pytest.mark.slow
def test_runs_that_are_left_unfinished(tmp_path: Path) -> None:
    """One has epochs left, one has trained all of them and tested nothing; both are damaged."""
    preload(tmp_path)
    every = cases(Bench(tmp_path), 1)
    for i, kind in enumerate(("unfinished", "untested")):
        (run,) = (path.parent for path in (tmp_path / "made" / kind).rglob(METRICS))
        assert (run / METRICS).read_text().count("\n") == (2, 4)[i]
        assert not (run / RESULT).exists()
        (one,) = (c for c in every if c.name == f"{kind} run, {LAST} missing: fit")
        (tmp_path / kind).mkdir()
        assert one.run(tmp_path / kind).kind == "same bits"
