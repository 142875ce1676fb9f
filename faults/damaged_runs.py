"""Damaged files of runs, and every command that reads them."""

import os
import random
import shutil
from functools import cache, partial
from pathlib import Path

from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, RESULT
from dnn_techniques.runs.verify import run_folders
from faults.bench import Bench, Scenario
from faults.case import Case, Outcome
from faults.damage import Damage, apply, damages
from faults.damage_judge import (
    FINISHED,
    UNFINISHED,
    UNTESTED,
    Right,
    Tried,
    files,
    judge,
    made,
    plain,
)
from faults.process import Ended, killed_before
from faults.state import state_of

_OPTIONS = (
    "--model.hidden [6,5] --trainer.max_epochs 3 --data.validation 50 --trainer.accelerator cpu"
    " --data.root DATA --out OUT"
)
_OF = f"-c bn/before_activation {_OPTIONS}"
_LATER = f"{_OF} --experiment b/later --reuse.run RUNNAME"
SCENARIO = Scenario("a run to damage", f"run bn/before_activation --jobs 1 {_OPTIONS}")
FILES = (CONFIG, METRICS, RESULT, str(LAST), str(BEST))

# Of the killed ones: after which share of the changes of files, and the epochs trained by then.
KILLED = {UNFINISHED: (0.35, 1), UNTESTED: (0.7, 3)}
_ALL, _BEGUN = (FINISHED, UNFINISHED, UNTESTED), (FINISHED, UNFINISHED)

# By name; RUN is the folder of the run. The second value says of which kinds.
COMMANDS = {
    "run": (SCENARIO.words, _ALL),
    "fit": (f"fit {_OF}", _ALL),
    "verify": ("verify OUT", _ALL),
    "validate": (f"validate {_OF}", _BEGUN),
    "test": (f"test {_OF}", _BEGUN),
    "predict": (f"predict {_OF}", _BEGUN),
    "export, torch": (
        f"export --ckpt_path RUN/{LAST} --format torch --to OUT/net --input_shape 784",
        _BEGUN,
    ),
    "export, safetensors": (
        f"export --ckpt_path RUN/{BEST} --format safetensors --to OUT/net",
        _BEGUN,
    ),
    "compare": ("compare bn --out OUT", (FINISHED,)),
    "report": ("report bn --html --out OUT --page OUT/page.html", (FINISHED,)),
    "compare two": ("compare RUN/.. RUN/.. --out OUT", (FINISHED,)),
    "figures": ("figures RUN --out OUT", (FINISHED,)),
    "train on": (
        f"fit {_OF.replace('max_epochs 3', 'max_epochs 4')} --ckpt_path RUN/{LAST}",
        (FINISHED,),
    ),
    "reuse": (f"fit {_LATER}", (FINISHED,)),
    "find-lr": (f"find-lr {_LATER} --steps 50", (FINISHED,)),
    "find-reuse": (f"find-reuse {_LATER} --seeds 1 --warm_up 1", (FINISHED,)),
}


def cases(bench: Bench, seed: int) -> list[Case]:
    """Every file of all kinds of runs, every damage, every command that reads it."""
    _make(bench)
    draw = random.Random(seed)
    return [
        Case(
            "damages",
            f"{kind} run: {Path(file).name}",
            f"{kind} run, {file} {name}: {command}",
            partial(_damaged, bench, kind, file, damage, command),
        )
        for kind in _ALL
        for file in FILES
        if kind == FINISHED or file != RESULT
        for name, damage in damages(draw).items()
        for command, (_, kinds) in COMMANDS.items()
        if kind in kinds
    ]


def _made(bench: Bench, kind: str) -> Path:
    """Folder with a run of a kind, or of another seed; `_make` made it."""
    return bench.reference(SCENARIO).out if kind == FINISHED else bench.work / "made" / kind


def _make(bench: Bench) -> None:
    """Make the runs that are damaged.

    Raises:
        RuntimeError: If none is left of a kind, wherever it is killed.
    """
    changes = bench.reference(SCENARIO).changes
    shutil.rmtree(bench.work / "made", ignore_errors=True)
    log = bench.work / "made" / "log"
    for kind, (share, epochs) in KILLED.items():
        out = _made(bench, kind)
        for number in range(int(share * changes), changes, 4):
            shutil.rmtree(out, ignore_errors=True)
            bench.start(SCENARIO.words, out, log, killed_before(number, out)).wait()
            if _epochs(out) == epochs:
                break
        else:
            raise RuntimeError(f"no run of {epochs} epochs is left, wherever it is killed")
    bench.start(f"{SCENARIO.words} --seed_everything 43", _made(bench, "another"), log).wait()


def _epochs(out: Path) -> int | None:
    """How many epochs the run below a folder has trained, None if there is nothing to go on from.

    One with a result is none of these.
    """
    for run in run_folders(out):
        if (run / LAST).exists() and not (run / RESULT).exists():
            return (run / METRICS).read_text().count("\n") - 1
    return None


@cache
def _right(bench: Bench, kind: str, command: str, further: str = "") -> Right:
    folder = bench.work / "right" / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_made(bench, kind), folder / "out")
    before = files(folder / "out")
    ended = _run(bench, command, folder, further)
    if ended.fault or not (ended.status == 0 or ended.one_line):
        raise RuntimeError(f"{command} on whole files: {ended.fault} {ended.last}")
    return Right(
        ended,
        plain(ended.last, folder),
        plain(ended.out, folder),
        made(folder / "out", before),
        state_of(folder / "out"),
    )


def _run(bench: Bench, command: str, folder: Path, further: str = "") -> Ended:
    out = folder / "out"
    (run,) = run_folders(out)
    words = f"{COMMANDS[command][0]} {further}"
    words = words.replace("RUNNAME", run.parent.relative_to(out).as_posix())
    return bench.start(words.replace("RUN", str(run)), out, folder / "log").wait()


def _damaged(
    bench: Bench, kind: str, name: str, damage: Damage, command: str, folder: Path
) -> Outcome:
    right = _right(bench, kind, command)
    out = folder / "out"
    shutil.copytree(_made(bench, kind), out)
    (run,) = run_folders(out)
    (other,) = run_folders(_made(bench, "another"))
    whole = (run / name).read_bytes()
    if not apply(run / name, damage, (other / name).read_bytes()):
        return Outcome("same bits", "the damage is none")
    before = files(out)
    tried = Tried(kind, command, run, name, whole, before, _run(bench, command, folder))
    if tried.from_last:
        right = _right(bench, kind, command, f"--ckpt_path RUN/{LAST}")
    return judge(tried, right)
