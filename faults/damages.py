"""A damaged file gives the right result all the same, or one line that names it."""

from faults import damaged_data, damaged_runs, damaged_study
from faults.bench import Bench
from faults.case import Case


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases."""
    of_study = damaged_study.cases(bench, seed)
    return damaged_runs.cases(bench, seed) + damaged_data.cases(bench, seed) + of_study
