"""The page of all that was tried."""

import os
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from faults.case import FINE, WRONG

_ABOUT = {
    "kills": "Killed before each change of a file in the run's folder (every second one, where a"
    " command makes several runs), at random moments, and three times in a row; then the same"
    " command again. Weights, optimizer states, generators,"
    " metrics.csv and result.json (but for times) are compared with those of an unbroken run.",
    "damages": "Each file of a finished run, of one with epochs left and of one without"
    " result.json truncated, empty, text, NUL bytes, with a flipped bit, missing, or another run's;"
    " then each command that reads it. What it prints, writes and trains is compared with what it"
    " does on whole files, `verify` has to find the trained runs fine, and a command that refuses"
    " may change no file. Data sets, files of weights and those of `transfer-study` likewise (.h5"
    " and .safetensors have no checksums: a flipped bit in one of their numbers cannot be seen, and"
    " counts as right).",
    "resources": "Full disks, files that may not grow, folders that may not be written, memory that"
    " runs out before and in a training, signals at random moments, one of several processes"
    " killed, two commands on one folder, a clock that jumps.",
    "starts": "A Python that has still to import everything: under `ulimit -v`, and ended by"
    " signals in its first seconds.",
    "inputs": "Bad values of options and of arguments, each with a word that its line must have.",
}


def page(records: Sequence[dict[str, Any]]) -> str:
    """A Markdown page of what was tried.

    Args:
        records: In order, one for each case that was tried: part, what, name, kind; and one at the
            end of each session: command, code, minutes.
    """
    sessions = [record for record in records if "minutes" in record]
    tried = [record for record in latest(records) if "kind" in record]
    wrong = sum(record["kind"] in WRONG for record in tried)
    lines = [
        "# Faults",
        "",
        "The aim: whatever happens to a run, the same command ends with the bits of an unbroken"
        " one, or with one line that names the remedy. Tried by `make faults`.",
        "",
        f"{len(tried)} cases, {wrong} of which ended otherwise, on {os.cpu_count()} cores,"
        f" {_processor()}, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, torch {torch.__version__}:",
        "",
        *_sessions(records),
    ]
    if len(sessions) > 1:
        again = "Each command tries what those before it have not, and again what ended otherwise."
        lines += ["", again]
    for part in _ABOUT:
        rows: dict[str, Counter[str]] = {}
        for record in tried:
            if record["part"] == part:
                rows.setdefault(record["what"], Counter())[record["kind"]] += 1
        if not rows:
            continue
        rows["all"] = sum(rows.values(), Counter())
        lines += ["", f"## {part.capitalize()}", "", _ABOUT[part], ""]
        lines.append("| | tried | " + " | ".join((*FINE, *WRONG)) + " |")
        lines.append("| --- |" + " ---: |" * (1 + len(FINE) + len(WRONG)))
        for what, counts in sorted(rows.items(), key=lambda row: (row[0] == "all", row[0])):
            cells = [str(counts[kind]) for kind in (*FINE, *WRONG)]
            lines.append(f"| {what} | {counts.total()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def latest(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each case as it ended the last time, and every session."""
    return list({(record.get("part"), record["name"]): record for record in records}.values())


def _sessions(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each session: what it tried, and how much of that ended otherwise."""
    kinds: Counter[str] = Counter()
    for record in records:
        if "kind" in record:
            kinds[record["kind"]] += 1
        else:
            wrong = sum(kinds[kind] for kind in WRONG)
            yield (
                f"- `{record['command']}`, {record['minutes']:.1f} minutes, commit"
                f" {record['code']}: {kinds.total()} tried, {wrong} otherwise"
            )
            kinds.clear()


def _processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
