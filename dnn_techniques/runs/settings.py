"""A run's settings: what of its configuration decides the figures."""

import itertools
from typing import Any

# What changes where and how a run is made, not what is measured. The name of the data set is not
# here by mistake: what was really trained on is known from its digest.
NEUTRAL = {
    "ckpt_path",
    "data.init_args.name",
    "data.init_args.root",
    "engine",
    "experiment",
    "out",
    "overwrite",
    "return_predictions",
    "replay",  # replayed runs have folders of their own
    "seed_everything",
    "threads",
    "trainer.accelerator",
    "trainer.default_root_dir",
    "trainer.enable_checkpointing",
    "trainer.enable_model_summary",
    "trainer.enable_progress_bar",
    "trainer.log_every_n_steps",
    "trainer.logger",
    "trainer.profiler",
    "verbose",
    "weights_only",
}

# What a run no longer has when it is made.
PLANNED = ("sweep",)

# What only a replayed run reads.
REPLAY_ONLY = ("tensorflow", "perturbation")


def settings(config: dict[str, Any]) -> dict[str, Any]:
    """The settings of a configuration by dotted name, without the neutral ones.

    An option that is not used is none: a run from before there was the option has the same ones.

    >>> settings({"out": "runs", "trainer": {"max_epochs": 10}})
    {'trainer.max_epochs': 10}
    """
    unread = PLANNED if config.get("replay") else (*PLANNED, *REPLAY_ONLY)
    return {
        name: value
        for name, value in _flatten(config)
        if value is not None and name not in NEUTRAL and name.partition(".")[0] not in unread
    }


def changes(config: dict[str, Any], base: dict[str, Any]) -> list[str]:
    """How the settings of `config` differ from those of `base`, as ``name old -> new``.

    >>> changes({"trainer": {"max_epochs": 2}}, {"trainer": {"max_epochs": 10}})
    ['trainer.max_epochs 10 -> 2']
    """
    old = settings(base)
    found = differences(config, base)
    return [line for name, new in found.items() for line in _changes(name, old.get(name), new)]


def differences(config: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """The settings of `config` that differ from those of `base`, by dotted name.

    >>> differences({"trainer": {"max_epochs": 2}}, {"trainer": {"max_epochs": 10}})
    {'trainer.max_epochs': 2}
    """
    new, old = settings(config), settings(base)
    return {name: new.get(name) for name in sorted(new | old) if new.get(name) != old.get(name)}


def _changes(name: str, old: Any, new: Any) -> list[str]:
    """Changes of a setting, one by one in a list of classes, such as the callbacks."""
    if not (_are_classes(old) and _are_classes(new)):
        return [f"{name} {old} -> {new}"]
    found = []
    for i, (one, other) in enumerate(itertools.zip_longest(old, new)):
        if one is None or other is None or one["class_path"] != other["class_path"]:
            found.append(f"{name}[{i}] {one} -> {other}")
        else:
            olds, news = (dict(_flatten(item, f"{name}[{i}].")) for item in (one, other))
            changed = [key for key in olds | news if olds.get(key) != news.get(key)]
            found += [f"{key} {olds.get(key)} -> {news.get(key)}" for key in changed]
    return found


def _are_classes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and "class_path" in item for item in value
    )


def _flatten(config: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat = []
    for key, value in config.items():
        if isinstance(value, dict):
            flat += _flatten(value, f"{prefix}{key}.")
        else:
            flat.append((prefix + key, value))
    return flat
