from typing import Any

import pytest

from dnn_techniques.runs.settings import changes, settings

CONFIG = {
    "seed_everything": 1,
    "out": "runs",
    "trainer": {"max_epochs": 10, "accelerator": "cpu"},
    "model": {"class_path": "M", "init_args": {"lr": 0.1}},
    "data": {"class_path": "D", "init_args": {"root": "here", "batch_size": 32}},
}


def test_neutral_settings_are_left_out() -> None:
    assert settings(CONFIG) == {
        "trainer.max_epochs": 10,
        "model.class_path": "M",
        "model.init_args.lr": 0.1,
        "data.class_path": "D",
        "data.init_args.batch_size": 32,
    }


def test_changes_are_named() -> None:
    other = {**CONFIG, "out": "elsewhere", "model": {"class_path": "M", "init_args": {"lr": 0.2}}}
    assert changes(other, CONFIG) == ["model.init_args.lr 0.1 -> 0.2"]
    assert changes(CONFIG, CONFIG) == []


def callbacks(*classes: tuple[str, int]) -> dict[str, Any]:
    made = [{"class_path": name, "init_args": {"patience": patience}} for name, patience in classes]
    return {"trainer": {"callbacks": made}}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({}, callbacks(("Stop", 2)), ["trainer.callbacks[0].class_path None -> Stop"]),
        (callbacks(("Stop", 2)), {}, ["trainer.callbacks[0].class_path Stop -> None"]),
        (
            callbacks(("Stop", 2)),
            callbacks(("Stop", 3), ("Wait", 2)),
            [
                "trainer.callbacks[0].init_args.patience 2 -> 3",
                "trainer.callbacks[1].class_path None -> Wait",
            ],
        ),
        (
            callbacks(("Stop", 2)),
            callbacks(("Wait", 3)),
            ["trainer.callbacks[0].class_path Stop -> Wait"],
        ),
    ],
)
def test_changes_of_callbacks_are_told_one_by_one(
    old: dict[str, Any], new: dict[str, Any], told: list[str]
) -> None:
    assert changes(new, old) == told


def test_an_option_that_is_not_used_is_no_setting() -> None:
    """So that runs from before an option was there are still the same."""
    assert settings({**CONFIG, "reuse": None}) == settings(CONFIG)
