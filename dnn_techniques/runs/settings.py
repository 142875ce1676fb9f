"""A run's settings: what of its configuration decides the figures."""

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
    """Changes of a setting, one by one where it is a list of classes, such as the callbacks."""
    if not (_are_classes(old) or _are_classes(new)):
        return [f"{name} {old} -> {new}"]
    olds, news = _spread(name, old), _spread(name, new)
    changed = [key for key in olds | news if olds.get(key) != news.get(key)]
    # Of another class than before, the options are other ones.
    others = tuple(key.removesuffix("class_path") for key in changed if key.endswith(".class_path"))
    told = [key for key in changed if key.endswith(".class_path") or not key.startswith(others)]
    return [f"{key} {olds.get(key)} -> {news.get(key)}" for key in told]


def _are_classes(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _spread(name: str, classes: list[dict[str, Any]] | None) -> dict[str, Any]:
    parts = [_flatten(item, f"{name}[{i}].") for i, item in enumerate(classes or [])]
    return dict(pair for part in parts for pair in part)


def _flatten(config: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat = []
    for key, value in config.items():
        if isinstance(value, dict):
            flat += _flatten(value, f"{prefix}{key}.")
        else:
            flat.append((prefix + key, value))
    return flat
