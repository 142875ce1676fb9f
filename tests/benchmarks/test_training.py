import math

import pytest
import pytorch_lightning as pl
import torch

from benchmarks import changes, mc_dropout, seeds, training
from benchmarks.peers import PEERS, Net, Train, torch_net
from benchmarks.startup import run
from benchmarks.training import SETTINGS, measure
from benchmarks.turns import table
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.modules import BNBeforeActivation, count_parameters

WITHOUT_KERAS = {way: make for way, make in PEERS.items() if "Keras" not in way}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_way_trains_the_same_net(name: str) -> None:
    net, shape, _, _ = SETTINGS[name]
    module = net.ours()
    other = torch_net(net, math.prod(shape))
    assert count_parameters(module.net) == count_parameters(other)
    x = torch.randn(2, *shape)
    assert module(x).shape == other(x).shape == (2, net.outputs)


def test_ways_take_turns_and_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PEERS", WITHOUT_KERAS)
    small = Net((5,), "relu", True, lambda: BNBeforeActivation(in_features=4, hidden=(5,)))
    times = measure(small, (2, 2), steps=3, rounds=2)
    assert list(times) == list(WITHOUT_KERAS)
    assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in times.values())


def test_a_regression_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "PEERS", WITHOUT_KERAS)
    net, shape, _, _ = SETTINGS["california"]
    times = measure(net, shape, steps=3, rounds=1)
    assert all(len(seconds) == 1 and seconds[0] > 0 for seconds in times.values())


def test_a_package_that_is_not_there_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(net: Net, inputs: int, device: str) -> Train:
        raise ImportError("No module named 'keras'")

    ways = {"bare PyTorch loop": PEERS["bare PyTorch loop"], "Keras": missing}
    monkeypatch.setattr(training, "PEERS", ways)
    small = Net((5,), "relu", False, BNBeforeActivation)
    assert list(measure(small, (2, 2), steps=1, rounds=1)) == ["bare PyTorch loop"]
    assert "Keras is left out: No module named 'keras'" in capsys.readouterr().err


def test_ratios_are_taken_round_by_round() -> None:
    rows = table("a net", {"ours": [1.0, 2.0, 3.0], "other": [4.0, 4.0, 4.0]}, "epoch").splitlines()
    assert rows[2] == "| ours | 2.00 | 1.00 to 3.00 | 1.00 | 1.00 to 1.00 |"
    assert rows[3] == "| other | 4.00 | 4.00 to 4.00 | 0.50 | 0.25 to 0.75 |"


def test_monte_carlo_dropout_is_timed_beside_the_notebook_s_way() -> None:
    times = mc_dropout.measure(rounds=1, device="cpu", images=5)
    assert list(times)[:2] == ["this package", "the notebook's stack, in torch"]
    mean, std = mc_dropout.stack(mc_dropout.net(), torch.randn(5, 28, 28))
    assert mean.sum(dim=1) == pytest.approx(torch.ones(5))
    assert std.min() > 0


def test_seeds_at_once_are_timed_beside_one() -> None:
    times = seeds.measure(BNBeforeActivation, seeds=2, steps=2, rounds=2, device="cpu")
    assert list(times) == ["all seeds at once", "one seed"]
    assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in times.values())


def test_changes_are_taken_back_one_after_the_other() -> None:
    modules: list[BNBeforeActivation] = []

    def make() -> BNBeforeActivation:
        modules.append(BNBeforeActivation())
        return modules[-1]

    ways = changes.changes(make, torch.randn(64, 28, 28), torch.randint(10, (64,)))
    assert all(train() > 0 for train in ways.values())
    trainer = pl.Trainer(logger=False, enable_checkpointing=False)
    trainer.strategy.connect(modules[0])
    trainer.strategy.optimizers = [modules[0].make_optimizer()]
    found = []
    for step in (FastStep, changes.StoredGradients, changes.Autograd):
        with step(trainer) as made:
            found.append((made.at_once, len(made.nets)))
    assert found == [(True, 1), (False, 1), (True, 0)]


def test_processes_are_timed_with_their_memory() -> None:
    seconds, memory = run(["-c", "x = bytes(200_000_000); import time; time.sleep(0.2)"])
    assert 0.2 < seconds < 60
    assert memory > 200  # and at least what this process has
