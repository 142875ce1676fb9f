"""A damaged file gives the right result all the same, or one line that names it."""

import os
import random
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.files import sha256_of
from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, PREDICTIONS, RESULT
from dnn_techniques.runs.verify import run_folders
from faults.bench import Bench, Scenario
from faults.case import Case, Outcome, judge
from faults.process import Ended, Process, killed_before

_OPTIONS = (
    "--model.hidden [6,5] --trainer.max_epochs 3 --data.validation 50 --trainer.accelerator cpu"
    " --data.root DATA --out OUT"
)
_OF = f"-c bn/before_activation {_OPTIONS}"
SCENARIO = Scenario("a run to damage", f"run bn/before_activation --jobs 1 {_OPTIONS}")

# By name; RUN is the folder of the run. The second value says of which runs.
COMMANDS = {
    "run": (SCENARIO.words, "both"),
    "fit": (f"fit {_OF}", "both"),
    "validate": (f"validate {_OF}", "both"),
    "test": (f"test {_OF}", "both"),
    "predict": (f"predict {_OF}", "both"),
    "verify": ("verify OUT", "both"),
    "export, torch": (
        f"export --ckpt_path RUN/{LAST} --format torch --to OUT/net --input_shape 784",
        "both",
    ),
    "export, safetensors": (
        f"export --ckpt_path RUN/{BEST} --format safetensors --to OUT/net",
        "both",
    ),
    "compare": ("compare bn --out OUT", "finished"),
    "report": ("report bn --html --out OUT --page OUT/page.html", "finished"),
    "compare two": ("compare RUN/.. RUN/.. --out OUT", "finished"),
    "train on": (
        f"fit {_OF.replace('max_epochs 3', 'max_epochs 4')} --ckpt_path RUN/{LAST}",
        "finished",
    ),
    "reuse": (f"fit {_OF} --experiment b/later --reuse.run RUNNAME", "finished"),
}


def _flip(data: bytes, where: float) -> bytes:
    changed = bytearray(data)
    bit = int(where * 8 * len(data))
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


Damage = Callable[[bytes, bytes], bytes | None]


def damages(draw: random.Random) -> dict[str, Damage]:
    """What is made of a file, and of another run's in its place; None removes it."""
    places = [draw.random() for _ in range(4)]
    return {
        "truncated": lambda data, other: data[: len(data) // 2],
        "without its end": lambda data, other: data[:-3],
        "empty": lambda data, other: b"",
        "text": lambda data, other: b"these are words\n",
        "NUL bytes": lambda data, other: bytes(len(data)),
        "missing": lambda data, other: None,
        "another run's": lambda data, other: other,
        **{
            f"bit flipped at {place:.2f}": partial(lambda p, data, other: _flip(data, p), place)
            for place in places
        },
    }


def cases(bench: Bench, seed: int) -> list[Case]:
    """Every file of both kinds of runs, every damage, every command that reads it."""
    _make(bench)
    draw = random.Random(seed)
    found = []
    for kind in ("finished", "unfinished"):
        for file in (CONFIG, METRICS, RESULT, str(LAST), str(BEST)):
            if kind == "unfinished" and file == RESULT:
                continue
            for name, damage in damages(draw).items():
                for command, (_, which) in COMMANDS.items():
                    if which in (kind, "both"):
                        run = partial(_damaged, bench, kind, file, damage, command)
                        case = f"{kind} run, {file} {name}: {command}"
                        found.append(Case("damages", f"{kind} run: {Path(file).name}", case, run))
    for archive in ("fashion_mnist.npz", "cal_housing_py3.pkz"):
        for name, damage in damages(draw).items():
            for command in ("data", "fit") if name != "missing" else ():  # it would be downloaded
                run = partial(_archive, bench, archive, damage, command)
                found.append(Case("damages", "data set", f"{archive} {name}: {command}", run))
    for weights in ("net.h5", "net.keras", "net.safetensors"):
        for name, damage in damages(draw).items():
            run = partial(_weights, bench, weights, damage, "flipped" in name)
            found.append(Case("damages", "file of weights", f"{weights} {name}", run))
    return found


def _made(bench: Bench, kind: str) -> Path:
    """Folder with a run: finished, unfinished, or of another seed; `_make` made it."""
    return bench.reference(SCENARIO).out if kind == "finished" else bench.work / "made" / kind


def _make(bench: Bench) -> None:
    """Make the runs that are damaged."""
    changes = bench.reference(SCENARIO).changes
    shutil.rmtree(bench.work / "made", ignore_errors=True)
    log, out = bench.work / "made" / "log", _made(bench, "unfinished")
    bench.start(SCENARIO.words, out, log, killed_before(int(0.75 * changes), out)).wait()
    bench.start(f"{SCENARIO.words} --seed_everything 43", _made(bench, "another"), log).wait()


@cache
def _right(bench: Bench, kind: str, command: str) -> tuple[Ended, str]:
    """How a command ends on the whole folder, and what it prints and writes."""
    folder = bench.work / "right" / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_made(bench, kind), folder / "out")
    ended = _run(bench, command, folder)
    return ended, _made_text(ended, folder)


def _run(bench: Bench, command: str, folder: Path) -> Ended:
    out = folder / "out"
    (run,) = run_folders(out)
    words = COMMANDS[command][0].replace("RUNNAME", run.parent.relative_to(out).as_posix())
    return bench.start(words.replace("RUN", str(run)), out, folder / "log").wait()


def _made_text(ended: Ended, folder: Path) -> str:
    """What a command printed, but for times, and the digests of what it wrote."""
    pages = [file.read_text() for file in (folder / "out").glob("page.html")]
    text = re.sub(r"\d+(\.\d+)? s\b", "s", "".join([ended.out, *pages]).replace(str(folder), ""))
    written = [*(folder / "out").rglob(PREDICTIONS), *(folder / "out").glob("net")]
    if "torch" not in text:
        text += " ".join(sha256_of(file) for file in written)
    return text


def _damaged(
    bench: Bench, kind: str, name: str, damage: Damage, command: str, folder: Path
) -> Outcome:
    right, text = _right(bench, kind, command)
    out = folder / "out"
    shutil.copytree(_made(bench, kind), out)
    (run,) = run_folders(out)
    (other,) = run_folders(_made(bench, "another"))
    file = run / name
    if not _apply(file, damage, (other / name).read_bytes()):
        return Outcome("same bits", "the damage is none")
    ended = _run(bench, command, folder)
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.one_line:
        unfinished = not (run / RESULT).exists()  # which none of these commands looks for
        among = command in ("compare", "report") and unfinished and f"below {out};" in ended.err
        named = str(run) in ended.err or among or command == "verify" or right.one_line
        if not named:
            return Outcome("other end", f"names no path: {ended.last}")
        return Outcome("one line", ended.last)
    trained = command in ("fit", "run") and (kind == "unfinished" or name == RESULT)
    if trained:
        return judge(ended, out, bench.reference(SCENARIO).state)
    if ended.status:
        return Outcome("other end", f"status {ended.status}: {ended.last}")
    if command == "verify":
        seen = kind == "unfinished" or not (run / RESULT).exists()
        return Outcome("same bits" if seen else "silent difference", "verify sees nothing")
    if not file.exists() and f"weights of {run / LAST}" in ended.out:
        return Outcome("one line", "says that it takes the last weights")
    made = _made_text(ended, folder)
    return Outcome("same bits") if made == text else Outcome("silent difference", made[-300:])


def _apply(file: Path, damage: Damage, other: bytes) -> bool:
    """Damage a file; whether it is another one then."""
    data = file.read_bytes()
    new = damage(data, other)
    if new is None:
        file.unlink()
    else:
        file.write_bytes(new)
    return new != data


def _archive(bench: Bench, name: str, damage: Damage, command: str, folder: Path) -> Outcome:
    """A data set: described or trained on as it was, or one line."""
    shutil.copytree(bench.data, folder / "data")
    table = name.endswith("pkz")
    other = (bench.data / "mnist.npz").read_bytes()
    if command == "data":
        words = f"data {'california_housing' if table else 'fashion_mnist'} --root DATA --out OUT"
    else:
        words = "fit -c california/mlp --model.hidden [6] --trainer.max_epochs 1 --out OUT"
        words = words if table else SCENARIO.words.replace("max_epochs 3", "max_epochs 1")
        words += " --trainer.accelerator cpu --data.root DATA"

    def run(data: Path, out: Path) -> Ended:
        return Process(
            [w.replace("DATA", str(data)).replace("OUT", str(out)) for w in words.split()],
            folder / "log",
        ).wait()

    def digest(ended: Ended, out: Path) -> Sequence[str]:
        results = [file.read_text() for file in out.rglob(RESULT)]
        return re.findall(r"sha256\"?:? \"?(\w{64})", ended.out + " ".join(results))[:1]

    if not _apply(folder / "data" / name, damage, other):
        return Outcome("same bits", "the damage is none")
    right = run(bench.data, folder / "right")
    ended = run(folder / "data", folder / "out")
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.one_line:
        named = str(folder / "data" / name) in ended.err
        return Outcome("one line" if named else "other end", ended.last)
    if ended.status or right.status:
        return Outcome("other end", f"status {ended.status}, right {right.status}: {ended.last}")
    same = digest(ended, folder / "out") == digest(right, folder / "right")
    told = "not the documents' data" in ended.out  # of another set in its place
    return Outcome("same bits" if same or told else "silent difference", ended.out[-300:])


def _weights(bench: Bench, name: str, damage: Damage, flipped: bool, folder: Path) -> Outcome:
    """A file of weights: loaded as it was, or one line; two formats have no checksums."""
    import torch

    from dnn_techniques.layers import MLP
    from dnn_techniques.weights import (
        load_keras_weights,
        load_safetensors,
        save_keras,
        save_safetensors,
    )

    safe = name.endswith(".safetensors")
    save, load = (save_safetensors if safe else save_keras), load_keras_weights
    torch.manual_seed(0)
    net, other = MLP(4, (3,), 2), MLP(4, (3,), 3)
    save(net, folder / name)
    save(other, folder / f"other-{name}")
    if not _apply(folder / name, damage, (folder / f"other-{name}").read_bytes()):
        return Outcome("same bits", "the damage is none")

    def try_it() -> int:
        again = MLP(4, (3,), 2)
        try:
            (load_safetensors if safe else load)(again, folder / name)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        pairs = zip(net.parameters(), again.parameters(), strict=True)
        return 0 if all(torch.equal(a, b) for a, b in pairs) else 3

    ended = Process(try_it, folder / "log").wait()
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.one_line:
        named = str(folder / name) in ended.err
        return Outcome("one line" if named else "other end", ended.last)
    no_checksum = flipped and not name.endswith(".keras")
    if ended.status == 0 or (ended.status == 3 and no_checksum):
        return Outcome("same bits", "the format has no checksum" if ended.status else "")
    return Outcome("silent difference" if ended.status == 3 else "other end", str(ended.status))
