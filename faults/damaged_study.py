"""Damaged files of ``transfer-study``, and the command that goes on with them."""

import json
import os
import random
import shutil
from functools import cache, partial
from pathlib import Path

import torch

from faults.bench import Bench
from faults.case import Case, Outcome
from faults.damage import Damage, apply, damages
from faults.process import Ended
from faults.state import State, difference, flat

FILES = ("task_a.pt", "size-10.json")
PAIR, OTHER = "5-6", "0-1"
_STUDY = "transfer-study --sizes 10 --validation 50 --jobs 1 --out OUT --pairs"
BEGUN = f"{_STUDY} {PAIR} {OTHER} --seeds 1"
# The net for the other classes is needed again, the first seed's case is not made again.
GOES_ON = f"{_STUDY} {PAIR} --seeds 2"


def cases(bench: Bench, seed: int) -> list[Case]:
    """Every damage of the two files of a pair."""
    shutil.rmtree(_made(bench), ignore_errors=True)
    ended = _run(bench, BEGUN, _made(bench))
    if ended.status:
        raise RuntimeError(f"{BEGUN}: {ended.last}")
    draw = random.Random(seed)
    return [
        Case("damages", "transfer study", f"{name} {how}", partial(_damaged, bench, name, damage))
        for name in FILES
        for how, damage in damages(draw).items()
    ]


def _made(bench: Bench) -> Path:
    return bench.work / "made-study"


def _run(bench: Bench, words: str, folder: Path) -> Ended:
    def prepare() -> None:
        os.environ["DNN_TECHNIQUES_DATA"] = str(bench.data)

    return bench.start(words, folder / "out", folder / "log", prepare).wait()


@cache
def _right(bench: Bench) -> State:
    folder = bench.work / "right" / f"study-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_made(bench), folder)
    ended = _run(bench, GOES_ON, folder)
    if ended.status:
        raise RuntimeError(f"{GOES_ON}: {ended.last}")
    return study_state(folder / "out")


def _damaged(bench: Bench, name: str, damage: Damage, folder: Path) -> Outcome:
    right = _right(bench)
    shutil.copytree(_made(bench) / "out", folder / "out")
    pair, other = (folder / "out" / "transfer-study" / p for p in (PAIR, OTHER))
    if not apply(pair / name, damage, (other / name).read_bytes()):
        return Outcome("same bits", "the damage is none")
    ended = _run(bench, GOES_ON, folder)
    return judge(ended, pair / name, right)


def judge(ended: Ended, file: Path, right: State) -> Outcome:
    """What came of a study with a damaged file: the whole study all the same, or one line."""
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.one_line:
        return Outcome("one line" if str(file) in ended.last else "other end", ended.last)
    if ended.status:
        return Outcome("other end", f"status {ended.status}: {ended.last}")
    differs = difference(study_state(file.parents[2]), right)
    return Outcome("silent difference", differs) if differs else Outcome("same bits")


def study_state(out: Path) -> State:
    """The nets, the cases and the figures of a study."""
    study = out / "transfer-study"
    found = flat(json.loads((study / "transfer_study.json").read_text()), "figures")
    pair = study / PAIR
    found |= flat(json.loads((pair / FILES[1]).read_text())["cases"], FILES[1])
    net = torch.load(pair / FILES[0], weights_only=True)["net"]
    return found | flat(dict(net), FILES[0])
