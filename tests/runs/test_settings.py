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


def test_an_option_that_is_not_used_is_no_setting() -> None:
    """So that runs from before an option was there are still the same."""
    assert settings({**CONFIG, "reuse": None}) == settings(CONFIG)
