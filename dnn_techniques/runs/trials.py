"""Trials: runs of an experiment with other options, in folders named by what differs."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

# Longer names do not fit on every disk.
_LONGEST = 120
# Options that name a class and its arguments.
_CLASSES = ("model", "data", "optimizer", "lr_scheduler")
_TRIAL = re.compile(r"^(.+?)-((?:[\w.]+=).*)$")


def trial_name(name: str, differences: Mapping[str, Any]) -> str:
    """Name of a trial's folder.

    Args:
        name: Of the experiment, or of another trial of it, whose differences stay.
        differences: Values that differ from the experiment's, by short or dotted name.

    >>> trial_name("bn/without", {"lr": 0.01})
    'bn/without-lr=0.01'
    >>> trial_name("bn/without-lr=0.01,max_epochs=2", {"model.init_args.lr": 0.02})
    'bn/without-lr=0.02,max_epochs=2'
    """
    base, kept = split_trial(name)
    said = kept | {short_name(full_name(k)): _said(v) for k, v in differences.items()}
    if not said:
        return name
    text = ",".join(f"{key}={value}" for key, value in said.items())
    if len(text) > _LONGEST:
        text = f"options={hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return f"{base}-{text}"


def split_trial(name: str) -> tuple[str, dict[str, str]]:
    """The experiment's name and the differences in the name of a trial, or none.

    >>> split_trial("mc-dropout/alpha_dropout-lr=0.01,hidden=[30,10]")
    ('mc-dropout/alpha_dropout', {'lr': '0.01', 'hidden': '[30,10]'})
    """
    found = _TRIAL.match(name)
    if not found:
        return name, {}
    parts = re.split(r",(?=[\w.]+=)", found[2])
    return found[1], dict(part.split("=", 1) for part in parts)


def short_name(option: str) -> str:
    """What an option is called in a folder's name and in a sweep.

    >>> options = ("model.init_args.lr", "data.init_args.train", "trainer.max_epochs")
    >>> [short_name(option) for option in options]
    ['lr', 'data.train', 'max_epochs']
    """
    option = option.replace(".init_args", "").replace(".class_path", "")
    return option.removeprefix("model.").removeprefix("trainer.")


def full_name(option: str) -> str:
    """The option that a short or dotted name means; one without a dot is the module's.

    >>> [full_name(o) for o in ("lr", "data.train", "trainer.max_epochs")]
    ['model.init_args.lr', 'data.init_args.train', 'trainer.max_epochs']
    """
    first, _, rest = option.partition(".")
    if not rest:
        first, rest = "model", option
    if first not in _CLASSES or rest == "class_path":
        return f"{first}.{rest}"
    return f"{first}.init_args.{rest.removeprefix('init_args.')}"


def as_tree(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by short or dotted name, as an experiment file would nest them.

    >>> as_tree({"lr": 0.1, "hidden": [30], "trainer.max_epochs": 2})
    {'model': {'init_args': {'lr': 0.1, 'hidden': [30]}}, 'trainer': {'max_epochs': 2}}
    """
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = full_name(name).split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = value
    return tree


def _said(value: Any) -> str:
    """A value as a part of a file name."""
    text = str(value).replace(" ", "").replace("'", "")
    if re.fullmatch(r"[A-Za-z_][\w.]*", text):  # the path of a class
        text = text.rpartition(".")[2]
    return re.sub(r"[^\w.,+\-\[\]]", "_", text)
