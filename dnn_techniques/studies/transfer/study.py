"""All pairs of the study, one after the other or in processes side by side."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from dnn_techniques.errors import InputError
from dnn_techniques.runs.pool import Task, run_in_processes
from dnn_techniques.runs.quiet import quiet_lightning
from dnn_techniques.runs.seeds import DEFAULT_SEED
from dnn_techniques.studies.transfer.pair_study import Plan, read_cases, read_task_a, study_pair
from dnn_techniques.studies.transfer.task_a import ALL_PAIRS, Pair
from dnn_techniques.terminal import say

MAX_SEEDS = 1000 - DEFAULT_SEED


def make_plan(
    out: Path, pairs: Sequence[str], sizes: Sequence[int], seeds: int, validation: int
) -> Plan:
    """Check what is wanted, before any training.

    Args:
        out: Folder of all runs.
        pairs: Pairs of classes as ``5-6``; all 45 if there is none.
        sizes: Numbers of training images.
        seeds: Number of seeds.
        validation: Number of training images that are set aside.

    Raises:
        InputError: If a value is out of range, there are too few images, or the data cannot be had.
    """
    known = {"{}-{}".format(*pair): pair for pair in ALL_PAIRS}
    for text in pairs:
        if text not in known:
            raise InputError(
                f"--pairs: {text!r} is no pair of classes; give the lower first, as in 5-6"
            )
    if not 1 <= seeds <= MAX_SEEDS:
        raise InputError(f"--seeds must be from 1 to {MAX_SEEDS}, got {seeds}")
    if min(sizes) < 1:
        raise InputError(f"--sizes must be at least 1, got {min(sizes)}")
    wanted = list(dict.fromkeys(known[text] for text in pairs)) or ALL_PAIRS
    numbers = range(DEFAULT_SEED, DEFAULT_SEED + seeds)
    plan = Plan(out, wanted, sorted(set(sizes)), list(numbers), validation)
    for pair in plan.pairs:
        data = plan.data(pair)
        data.prepare_data()
        labels = torch.from_numpy(data.arrays.y_train)[plan.validation :]
        images = len(data.part.trained(labels)[1])
        if max(sizes) > images:
            name = " and ".join(data.class_names)
            raise InputError(f"--sizes must be at most {images}, the training images of {name}")
    return plan


def study_pairs(plan: Plan, jobs: int) -> None:
    """Make what is missing of every pair; what is there is kept.

    Args:
        plan: What is to be there.
        jobs: Number of processes; with 1 all is done in this one.

    Raises:
        InputError: If what is there was made from other data, or a process fails; what it finished
            is kept.
    """
    for pair in plan.pairs:
        read_task_a(plan, pair)
        for size in plan.sizes:
            read_cases(plan, pair, size)
    tasks = [
        Task("{}-{}".format(*pair), (f"{number}/{len(plan.pairs)} ", pair, plan))
        for number, pair in enumerate(plan.pairs, start=1)
    ]
    show = partial(say, hang=4)
    if min(jobs, len(tasks)) > 1:
        run_in_processes(_study, tasks, min(jobs, len(tasks)), lambda task, line: show(line))
        return
    for task in tasks:
        _study(task.work, show)


@quiet_lightning()
def _study(work: tuple[str, Pair, Plan], show: Callable[[str], None]) -> None:
    place, pair, plan = work
    study_pair(pair, plan, lambda line: show(place + line))
