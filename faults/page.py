"""The page of all that was tried."""

import os
import platform
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from faults.case import FINE, WRONG

_ABOUT = {
    "kills": "Killed before each change of a file in the run's folder, at random moments, and three"
    " times in a row; then the same command again. Weights, optimizer states, generators,"
    " metrics.csv and result.json (but for times) are compared with those of an unbroken run.",
    "damages": "Each file of a finished and of an unfinished run truncated, empty, text, NUL bytes,"
    " with a flipped bit, missing, or another run's; then each command that reads it. Data sets and"
    " files of weights likewise (.h5 and .safetensors have no checksums: a flipped bit in one of"
    " their numbers cannot be seen, and counts as right).",
    "resources": "Full disks, files that may not grow, folders that may not be written, too little"
    " memory, signals at random moments, two commands on one folder, a clock that jumps.",
    "inputs": "Bad values of options and of arguments, each with a word that its line must have.",
}


def page(records: Sequence[dict[str, Any]]) -> str:
    """A Markdown page of what was tried.

    Args:
        records: One for each case: part, what, name, kind; and one for each session: command, code,
            minutes.
    """
    sessions = [record for record in records if "minutes" in record]
    tried = [record for record in records if "kind" in record]
    wrong = sum(record["kind"] in WRONG for record in tried)
    lines = [
        "# Faults",
        "",
        "The aim: whatever happens to a run, the same command ends with the bits of an unbroken"
        " one, or with one line that names the remedy. Tried by `make faults`. Not tried, and known"
        " to end otherwise here and there: memory that runs out in the middle of a training or"
        " before the start (`ulimit -v`), and damaged files of `transfer-study`.",
        "",
        f"{len(tried)} cases, {wrong} of which ended otherwise, on {os.cpu_count()} cores,"
        f" {_processor()}, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, torch {torch.__version__}:",
        "",
        *(f"- `{s['command']}`, {s['minutes']:.1f} minutes, commit {s['code']}" for s in sessions),
    ]
    if len(sessions) > 1:
        again = "Each command tries what those before it have not, and again what ended otherwise."
        lines += ["", again]
    for part in dict.fromkeys(record["part"] for record in tried):
        rows: dict[str, Counter[str]] = {}
        for record in tried:
            if record["part"] == part:
                rows.setdefault(record["what"], Counter())[record["kind"]] += 1
        rows["all"] = sum(rows.values(), Counter())
        lines += ["", f"## {part.capitalize()}", "", _ABOUT[part], ""]
        lines.append("| | tried | " + " | ".join((*FINE, *WRONG)) + " |")
        lines.append("| --- |" + " ---: |" * (1 + len(FINE) + len(WRONG)))
        for what, counts in sorted(rows.items(), key=lambda row: (row[0] == "all", row[0])):
            cells = [str(counts[kind]) for kind in (*FINE, *WRONG)]
            lines.append(f"| {what} | {counts.total()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _processor() -> str:
    """The name of the processor, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
