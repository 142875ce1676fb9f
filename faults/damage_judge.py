"""What may come of a command on a damaged run, and what may not."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from dnn_techniques.files import sha256_of
from dnn_techniques.runs.run_folder import BEST, CONFIG, LAST, METRICS, RESULT
from dnn_techniques.runs.verify import run_folders, verify_run
from faults.case import Outcome
from faults.damage_seen import judge_verify
from faults.process import Ended, Process
from faults.state import State, difference, flat, state_of

# Kinds of runs.
FINISHED, UNFINISHED, UNTESTED = "finished", "unfinished", "untested"
TRAINING = ("run", "fit", "train on", "reuse")
# Files of a finished run that a command leaves as they are, and does not need.
UNREAD: dict[str, tuple[str, ...]] = {
    # It takes over the last weights, for which result.json vouches; the other run is not its own.
    "reuse": (CONFIG, METRICS, str(BEST)),
}


@dataclass(frozen=True)
class Right:
    """What a command does with whole files.

    Attributes:
        ended: How it ends.
        last: Its last line, as `plain` makes it.
        text: What it prints, likewise.
        made: The files it adds to the folder: texts, or digests.
        state: See `state_of`.
    """

    ended: Ended
    last: str
    text: str
    made: State
    state: State


@dataclass(frozen=True)
class Tried:
    """A command on a damaged file.

    Attributes:
        kind: Kind of the run.
        command: Name of the command.
        run: Folder of the run, below the folder ``out``.
        name: Name of the damaged file.
        whole: What was in it.
        before: Digests of the files below ``out``, before the command; see `files`.
        ended: How it ended.
    """

    kind: str
    command: str
    run: Path
    name: str
    whole: bytes
    before: State
    ended: Ended

    @property
    def file(self) -> Path:
        """The damaged file."""
        return self.run / self.name

    @property
    def out(self) -> Path:
        """Folder of all runs."""
        return next(path for path in self.run.parents if path.name == "out")

    @property
    def from_last(self) -> bool:
        """Whether it took the last weights, and said so, because there are no best ones."""
        missing = self.name == str(BEST) and not self.file.exists()
        return missing and f"weights of {self.run / LAST}\n" in self.ended.out


def judge(tried: Tried, right: Right) -> Outcome:
    """What came of a command on a damaged file."""
    ended = tried.ended
    if ended.fault:
        return Outcome(ended.fault, ended.last)
    after = files(tried.out)
    trained = tried.command in TRAINING and ended.status == 0
    own = f"{tried.run.relative_to(tried.out).as_posix()}/"
    old = {name: digest for name, digest in tried.before.items() if name.startswith(own)}
    kept = {name: after.get(name, "gone") for name in old}
    wrong = difference(after, tried.before) if ended.one_line else difference(kept, old)
    if wrong and not trained:
        return Outcome("other end", f"it changes a file: {wrong}")
    if tried.command == "verify":
        return judge_verify(ended, tried.file, tried.whole)
    if ended.one_line:
        # These do not look for a run without result.json.
        among = tried.command in ("compare", "report") and not (tried.run / RESULT).exists()
        named = str(tried.run) in ended.last or (among and f"below {tried.out};" in ended.last)
        if named or plain(ended.last, tried.out.parent) == right.last:
            return Outcome("one line", ended.last)
        return Outcome("other end", f"names no path: {ended.last}")
    if ended.status:
        return Outcome("other end", f"status {ended.status}: {ended.last}")
    if trained and (wrong := _wrongly_trained(tried, right)):
        return Outcome("silent difference", wrong)
    if tried.command in ("run", "fit") and (tried.kind != FINISHED or tried.name == RESULT):
        return Outcome("same bits")  # it prints which epochs it has trained again
    text = plain(ended.out, tried.out.parent)
    if tried.from_last:
        text = re.sub(r"^weights of .*\n", "", text, flags=re.MULTILINE)
    if text != right.text:
        return Outcome("silent difference", f"it prints {text[-300:]}")
    if not trained and (differs := difference(made(tried.out, tried.before), right.made)):
        return Outcome("silent difference", differs)
    return Outcome("same bits")


def _wrongly_trained(tried: Tried, right: Right) -> str | None:
    """What is wrong with the runs that a command left."""
    unread = tried.kind == FINISHED and tried.name in UNREAD.get(tried.command, ())
    name = tried.file.relative_to(tried.out).as_posix()
    if unread and files(tried.out).get(name) == tried.before.get(name):
        tried.file.write_bytes(tried.whole)
    every = [verdict for run in run_folders(tried.out) for verdict in verify_run(run)]
    bad = [str(verdict) for verdict in every if not verdict.fine]
    return bad[0] if bad else difference(state_of(tried.out), right.state)


def files(folder: Path) -> State:
    """Digests of all files below a folder, but for locks and what was half written."""
    found = (path for path in folder.rglob("[!.]*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in found}


def made(out: Path, before: State) -> State:
    """What is in the files below a folder that were not there: texts, or digests."""
    new = files(out).keys() - before.keys()
    return {name: text for file in new for name, text in _said(out / file, out).items()}


def _said(file: Path, out: Path) -> State:
    name = file.relative_to(out).as_posix()
    if file.name == "net" and zipfile.is_zipfile(file):  # its digest changes with every export
        return _program(file, name)
    if file.suffix in (".csv", ".html", ".json", ".md"):
        return {name: plain(file.read_text(), out.parent)}
    return {name: sha256_of(file)}


def _program(file: Path, name: str) -> State:
    """The tensors of an exported program.

    They are read in another process: after it a forked process of this one could not differentiate.
    """

    def tell() -> int:
        import torch

        program = torch.export.load(io.BytesIO(file.read_bytes()))
        print(json.dumps(flat(dict(program.state_dict), name)))
        return 0

    ended = Process(tell, file.parents[1] / "program").wait()
    if ended.status:
        return {name: ended.last}
    tensors: State = json.loads(ended.out)
    return tensors


def plain(text: str, folder: Path) -> str:
    """A text without times and without the folder of the case."""
    return re.sub(r"\d+(\.\d+)? s\b", "s", text.replace(str(folder), ""))
