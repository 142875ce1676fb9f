"""All pairs of the study, one after the other or in processes side by side."""

import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import torch

from dnn_techniques.errors import InputError
from dnn_techniques.runner import stopped_in_the_end
from dnn_techniques.trainer_cli import DEFAULT_SEED, quiet_lightning
from dnn_techniques.transfer_study.pair_study import Plan, read_cases, read_task_a, study_pair
from dnn_techniques.transfer_study.task_a import ALL_PAIRS, Pair
from dnn_techniques.workers import context, start_server

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
    if min(jobs, len(plan.pairs)) <= 1:
        _study(plan.pairs, plan, partial(print, flush=True))
        return
    start_server()
    shares = [plan.pairs[k::jobs] for k in range(min(jobs, len(plan.pairs)))]
    lines = context.Queue()
    workers = [context.Process(target=_study, args=(share, plan, lines.put)) for share in shares]
    with stopped_in_the_end(workers):
        while any(worker.is_alive() for worker in workers) or not lines.empty():
            with suppress(queue.Empty):
                print(lines.get(timeout=0.5), flush=True)
    if any(worker.exitcode for worker in workers):
        raise InputError(
            "a process of the study failed, see above; for lack of memory perhaps: --jobs 1 needs"
            " least; given again, the command goes on"
        )


@quiet_lightning()
def _study(pairs: Sequence[Pair], plan: Plan, show: Callable[[str], None]) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for number, pair in enumerate(pairs, start=1):
            study_pair(pair, plan, _after(f"{number}/{len(pairs)} ", show))
    finally:
        torch.set_num_threads(threads)


def _after(prefix: str, show: Callable[[str], None]) -> Callable[[str], None]:
    return lambda line: show(prefix + line)
