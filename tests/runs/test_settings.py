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


def stop(name: str, patience: int) -> dict[str, Any]:
    return {"class_path": name, "init_args": {"patience": patience}}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ([stop("Stop", 2)], [stop("Stop", 3)], ["a.b[0].init_args.patience 2 -> 3"]),
        (
            [stop("Stop", 2)],
            [stop("Stop", 2), stop("Wait", 3)],
            [f"a.b[1] None -> {stop('Wait', 3)}"],
        ),
        ([stop("Stop", 2)], [stop("Wait", 2)], [f"a.b[0] {stop('Stop', 2)} -> {stop('Wait', 2)}"]),
        ([stop("Stop", 2)], None, [f"a.b {[stop('Stop', 2)]} -> None"]),
        ([10, 20], [10, {"u": 20}], ["a.b [10, 20] -> [10, {'u': 20}]"]),
        (3, [{"u": 20}], ["a.b 3 -> [{'u': 20}]"]),
    ],
)
def test_changes_of_a_list_of_classes_are_told_one_by_one(
    old: object, new: object, told: list[str]
) -> None:
    assert changes({"a": {"b": new}}, {"a": {"b": old}}) == told


def test_an_option_that_is_not_used_is_no_setting() -> None:
    """So that runs from before an option was there are still the same."""
    assert settings({**CONFIG, "reuse": None}) == settings(CONFIG)
