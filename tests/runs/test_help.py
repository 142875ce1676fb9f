import pytest

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.runs.help import help_text

Capture = pytest.CaptureFixture[str]


def test_the_options_of_the_module_come_first_with_the_values_of_the_experiment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = help_text("fit", ["-c", "optimizers/adam"])
    lines = text.splitlines()
    assert lines[0] == "usage: python -m dnn_techniques fit -c optimizers/adam [options]"
    assert text.index("OptimizerNet:") < text.index("--model.optimizer") < text.index("ImageData:")
    assert text.index("ImageData:") < text.index("--trainer.max_epochs") < text.index("--out")
    assert "default: standardize)" in text  # the class has unit
    assert max(map(len, lines)) <= 80
    assert len(lines) < 120


def test_without_an_experiment_the_options_are_those_of_every_classifier() -> None:
    assert "--model.lr" in help_text("fit", [])


def test_an_unknown_experiment_is_named() -> None:
    with pytest.raises(InputError, match="bn/befor"):
        help_text("fit", ["-c", "bn/befor"])


def test_a_command_shows_its_own_options(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["find-lr", "-c", "bn/without", "--help"])
    assert not stop.value.code
    printed = capsys.readouterr().out
    assert printed.startswith("usage: python -m dnn_techniques find-lr -c bn/without [options]")
    assert "--max_lr" in printed


def test_help_all_has_every_option_of_the_trainer(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--help_all"])
    assert "--trainer.profiler" in capsys.readouterr().out
