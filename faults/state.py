"""What runs leave, as texts to compare bit for bit."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dnn_techniques.runs.run_folder import BEST, LAST, METRICS, RESULT
from dnn_techniques.runs.verify import run_folders

# Times, and what names the folder or the machine.
LEFT_OUT = {"seconds", "seconds_per_epoch", "finished", "sha256", "dirpath", "versions", "device"}
LEFT_OUT |= {"time_elapsed"}
# What Lightning's ModelCheckpoint saves and does not take back; nothing depends on it.
LEFT_OUT |= {"current_score"}
# Of a checkpoint: weights, optimizers, schedules, generators, tables, counts.
KEPT = (
    "state_dict",
    "optimizer_states",
    "lr_schedulers",
    "callbacks",
    "ImageData",
    "TableData",
    "epoch",
    "global_step",
)

State = dict[str, str]


def state_of(out: Path) -> State:
    """Everything that has to be the same after every way to the end of a command, by name."""
    found: State = {}
    for run in run_folders(out):
        name = run.relative_to(out).as_posix()
        found[name] = "a run"
        for checkpoint in (LAST, BEST):
            if (run / checkpoint).exists():
                saved = torch.load(run / checkpoint, map_location="cpu", weights_only=True)
                kept = {key: saved[key] for key in KEPT if key in saved}
                found |= flat(kept, f"{name}/{checkpoint}")
        if (run / METRICS).exists():
            rows = list(csv.DictReader(io.StringIO((run / METRICS).read_text())))
            found |= flat(rows, f"{name}/{METRICS}")
        if (run / RESULT).exists():
            found |= flat(json.loads((run / RESULT).read_text()), f"{name}/{RESULT}")
    return found


def difference(found: Mapping[str, str], expected: Mapping[str, str]) -> str | None:
    """The first difference of two states, None if there is none."""
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            return f"{name} is {found.get(name)}, not {expected.get(name)}"
    return None


def flat(values: Any, name: str) -> State:
    """Leaves by name; paths of checkpoints, which may have been moved, without their folders."""
    return {
        re.sub(r"best_k_models\./.*/", "best_k_models.", key): text
        for key, text in _leaves(values, name)
    }


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key not in LEFT_OUT:
                yield from _leaves(part, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from _leaves(part, f"{name}.{i}")
    elif isinstance(value, Tensor):
        data = value.detach().reshape(-1).view(torch.uint8).numpy().data
        yield name, f"{tuple(value.shape)} {hashlib.sha256(data).hexdigest()[:16]}"
    elif isinstance(value, str):
        yield name, repr(re.sub(r"^/.*/", "", value))
    else:
        yield name, repr(value)
