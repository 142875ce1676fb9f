"""``python -m faults``: try what can be done to a run; goes on when it is given again."""

import argparse
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults import damages, inputs, kills, resources, starts
from faults.bench import Bench, elsewhere, preload
from faults.case import FINE, WRONG, Case, Outcome, remove
from faults.page import latest, page

# The quick ones first.
PARTS = {
    "inputs": inputs,
    "starts": starts,
    "resources": resources,
    "damages": damages,
    "kills": kills,
}
PAGE = Path("docs", "results", "faults.md")


def main(words: Sequence[str] | None = None) -> int:
    """Try the cases that were not tried yet, or ended as they may not.

    Returns:
        1 if one of all that were tried ended as it may not.
    """
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--cases", type=int, help="at most so many of each part, drawn by the seed")
    parser.add_argument("--only", default="", help="only cases whose names have this text in them")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (default 2)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="of trainings")
    parser.add_argument("--work", default="build/faults", help="folder of all that is made")
    parser.add_argument("--anew", action="store_true", help="forget what was tried before")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE}")
    options = parser.parse_args(words)
    work = Path(options.work).resolve()
    records = work / f"tried-{options.seed}.jsonl"
    work.mkdir(parents=True, exist_ok=True)
    if options.anew:
        records.unlink(missing_ok=True)
    start = time.monotonic()
    preload(work)
    bench = Bench(work, options.device)
    for part in options.part or PARTS:
        every = PARTS[part].cases(bench, options.seed)
        found = [case for case in every if options.only in case.name]
        random.Random(options.seed).shuffle(found)
        todo = found[: options.cases]
        known = latest(read(records))
        fine = {(r["part"], r["name"]) for r in known if r.get("kind") in FINE}
        left = [case for case in todo if (part, case.name) not in fine]
        print(f"{part}: {len(left)} of {len(todo)} cases to try, {len(every)} known", flush=True)
        side_by_side(left, options.jobs, work, records)
    session = {
        "name": f"session {time.time_ns()}",
        "command": command(words),
        "code": code(),
        "minutes": (time.monotonic() - start) / 60,
    }
    with records.open("a") as file:
        file.write(json.dumps(session) + "\n")
    text = page(read(records))
    print(text)
    if options.page:
        PAGE.write_text(text)
    wrong = [r for r in latest(read(records)) if r.get("kind") in WRONG]
    for record in wrong:
        print(f"{record['kind']}: {record['part']}, {record['name']}: {record['said']}")
    return int(bool(wrong))


def command(words: Sequence[str] | None) -> str:
    """What was typed."""
    return shlex.join(["python", "-m", "faults", *(sys.argv[1:] if words is None else words)])


def code() -> str:
    """The last commit that changed what is tried, and whether there are later changes."""
    here, what = Path(__file__).parents[1], ("--", "dnn_techniques", "faults")

    def git(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["git", *words, *what], cwd=here, capture_output=True, text=True)

    commit = git("log", "-1", "--format=%h").stdout.strip() or "unknown"
    return commit if git("diff", "--quiet", "HEAD").returncode == 0 else f"{commit} and changes"


def side_by_side(cases: Sequence[Case], jobs: int, work: Path, records: Path) -> None:
    """Try cases in so many processes, and write a record of each."""
    pids = []
    for job in range(jobs):
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            failed = False
            try:
                for case in cases[job::jobs]:
                    _try(case, work / f"job-{job}", records)
            except BaseException:
                traceback.print_exc()
                failed = True
            remove(elsewhere())
            os._exit(failed)
        pids.append(pid)
    ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    if any(ends):
        raise SystemExit("a process of the machine itself failed")


def _try(case: Case, folder: Path, records: Path) -> None:
    """Try a case in an empty folder, which stays if it ends as it may not."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.monotonic()
    outcome: Outcome = case.run(folder)
    record = {"part": case.part, "what": case.what, "name": case.name}
    record |= {"kind": outcome.kind, "said": outcome.said}
    line = json.dumps(record | {"seconds": round(time.monotonic() - start, 2)})
    with records.open("a") as file:
        file.write(line + "\n")
    if outcome.kind in WRONG:
        print(f"{outcome.kind}: {case.name}: {outcome.said}", flush=True)
        kept = folder.parent / "kept" / str(abs(hash(case.name)))
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, symlinks=True)
        print(f"  see {kept}", flush=True)
    remove(folder)


def read(records: Path) -> list[dict[str, Any]]:
    """What was tried so far, in order."""
    if not records.exists():
        return []
    return [json.loads(line) for line in records.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
