"""Damaged data sets, and damaged files of weights."""

import random
import re
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.runs.run_folder import RESULT
from faults.bench import Bench
from faults.case import Case, Outcome
from faults.damage import ANOTHER, FLIPPED, MISSING, Damage, apply, damages
from faults.process import Ended, Process
from faults.state import State, difference, state_of

ARCHIVES = ("fashion_mnist.npz", "cal_housing_py3.pkz")
WEIGHTS = ("net.h5", "net.keras", "net.safetensors")
_RUN = "--jobs 1 --trainer.max_epochs 1 --trainer.accelerator cpu --data.root DATA --out OUT"
COMMANDS = {
    ("fashion_mnist.npz", "data"): "data fashion_mnist --root DATA --out OUT",
    ("fashion_mnist.npz", "run"): "run bn/before_activation --model.hidden [6,5]"
    f" --data.validation 50 {_RUN}",
    ("cal_housing_py3.pkz", "data"): "data california_housing --root DATA --out OUT",
    ("cal_housing_py3.pkz", "run"): f"run california/mlp --model.hidden [6] {_RUN}",
}


def cases(bench: Bench, seed: int) -> list[Case]:
    """All cases."""
    draw = random.Random(seed)
    found = []
    for archive in ARCHIVES:
        for name, damage in damages(draw).items():
            for command in ("data", "run") if name != MISSING else ():  # it would be downloaded
                run = partial(_archive, bench, archive, damage, command, name == ANOTHER)
                found.append(Case("damages", "data set", f"{archive} {name}: {command}", run))
    for weights in WEIGHTS:
        for name, damage in damages(draw).items():
            run = partial(_weights, weights, damage, name.startswith(FLIPPED))
            found.append(Case("damages", "file of weights", f"{weights} {name}", run))
    return found


def _archive(
    bench: Bench, name: str, damage: Damage, command: str, another: bool, folder: Path
) -> Outcome:
    shutil.copytree(bench.data, folder / "data")
    words = COMMANDS[name, command]

    def run(data: Path, out: Path) -> Ended:
        given = [w.replace("DATA", str(data)).replace("OUT", str(out)) for w in words.split()]
        return Process(given, folder / "log").wait()

    file = folder / "data" / name
    if not apply(file, damage, (bench.data / "mnist.npz").read_bytes()):
        return Outcome("same bits", "the damage is none")
    right = run(bench.data, folder / "right")
    ended = run(folder / "data", folder / "out")
    states = [state_of(folder / part) for part in ("out", "right")]
    digests = [digest(ended, folder / "out"), digest(right, folder / "right")]
    return judge(ended, right, states, digests, file, another)


def judge(
    ended: Ended,
    right: Ended,
    states: Sequence[State],
    digests: Sequence[str | None],
    file: Path,
    another: bool,
) -> Outcome:
    """What came of a damaged data set: described or trained on as it was, or one line.

    Another set in its place can be used, if it is said that it is another.

    Args:
        ended: How the command ended.
        right: How it ends on the whole file.
        states: What both left, see `state_of`.
        digests: What both said of the data.
        file: The damaged file.
        another: Whether it is another data set's.
    """
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    if ended.one_line:
        return Outcome("one line" if str(file) in ended.last else "other end", ended.last)
    if ended.status or right.status:
        return Outcome("other end", f"status {ended.status}, right {right.status}: {ended.last}")
    if None in digests:
        return Outcome("silent difference", f"it says no digest: {ended.out[-300:]}")
    told = "not the documents' data" in ended.out and str(digests[0]) in ended.out
    if another and digests[0] != digests[1] and told:
        return Outcome("one line", "it says that these are other data")
    differs = f"digest {digests[0]}" if digests[0] != digests[1] else difference(*states)
    return Outcome("silent difference", differs) if differs else Outcome("same bits")


def digest(ended: Ended, out: Path) -> str | None:
    """SHA-256 of the data, as a command printed it or wrote it to result.json."""
    said = ended.out + " ".join(file.read_text() for file in out.rglob(RESULT))
    found = re.search(r"\"source\": .*?\"sha256\": \"(\w{64})\"|^sha256 (\w{64})$", said, _LINES)
    return found and (found[1] or found[2])


_LINES = re.DOTALL | re.MULTILINE


def _weights(name: str, damage: Damage, flipped: bool, folder: Path) -> Outcome:
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
    if not apply(folder / name, damage, (folder / f"other-{name}").read_bytes()):
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
