"""What all cards have in common: options with help, and checkpoints that need nothing else."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import docstring_parser
import pytest
import torch
from jsonargparse import ArgumentParser
from pytorch_lightning.cli import LightningCLI

import dnn_techniques.modules
from dnn_techniques.data import Batches
from dnn_techniques.modules import Card, PowerSchedule
from tests.experiment_files import FILES, ExperimentFile
from tests.modules.trainer import QUIET, Rates, trainer

CARDS = [
    value
    for value in vars(dnn_techniques.modules).values()
    if isinstance(value, type) and issubclass(value, Card)
]
# One file for each card and its options.
DIFFERENT = {json.dumps(file.values["model"], sort_keys=True): file for file in FILES}.values()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.__name__)
def test_every_field_is_an_option_with_help(card: type[Card]) -> None:
    names = [field.name for field in fields(card) if field.init]
    parser = ArgumentParser()
    parser.add_class_arguments(card, "model")
    options = {option.dest: option.help for option in parser._actions}
    assert set(names) <= {dest.removeprefix("model.") for dest in options}
    for name in names:
        assert options[f"model.{name}"], name
    documented = docstring_parser.parse(card.__doc__ or "").params
    own = [name for name in card.__annotations__ if name in names]
    assert [parameter.arg_name for parameter in documented] == own


@pytest.mark.parametrize("file", DIFFERENT, ids=lambda file: file.name)
def test_a_checkpoint_alone_makes_the_same_net(file: ExperimentFile, tmp_path: Path) -> None:
    made = file.model
    fit = trainer()
    fit.strategy.connect(made)
    fit.save_checkpoint(tmp_path / "last.ckpt")
    loaded: Any = type(made).load_from_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    assert str(loaded) == str(made)
    weights = loaded.state_dict()
    assert list(weights) == list(made.state_dict())
    assert all(torch.equal(weights[name], value) for name, value in made.state_dict().items())
    assert loaded.hparams == made.hparams
    for rules in ("penalties", "constraints", "clipping", "interval", "example_input_array"):
        one, other = getattr(loaded, rules), getattr(made, rules)
        if rules == "example_input_array":  # a net of several inputs has a tuple
            assert [x.tolist() for x in one] == [x.tolist() for x in other]
        else:
            assert one == other
    assert str(loaded.make_optimizer()) == str(made.make_optimizer())


def test_lightning_cli_may_choose_optimizer_and_schedule() -> None:
    """As with any module: its classes take the place of the card's."""
    rates = Rates()
    cli = LightningCLI(
        PowerSchedule,
        run=False,
        save_config_callback=None,
        trainer_defaults={**QUIET, "max_epochs": 3, "callbacks": rates},
        args=[
            *("--model.in_features", "6", "--model.hidden", "[5]"),
            *("--optimizer", "Adam", "--optimizer.lr", "0.4"),
            *("--lr_scheduler", "ExponentialLR", "--lr_scheduler.gamma", "0.5"),
        ],
    )
    cli.trainer.fit(cli.model, Batches(torch.rand(8, 6), torch.zeros(8, dtype=torch.long), 4))
    assert type(cli.trainer.optimizers[0]) is torch.optim.Adam
    assert rates.rates == pytest.approx([0.4, 0.4, 0.2, 0.2, 0.1, 0.1])
