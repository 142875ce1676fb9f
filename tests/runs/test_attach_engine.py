"""The package without its engine."""

import pytest
import pytorch_lightning as pl

from dnn_techniques.cli import main
from dnn_techniques.runs import attach_engine
from dnn_techniques.runs.options import Engine


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach_engine, "find_spec", lambda name: None)


@pytest.mark.parametrize("engine", ["fast", "plain"])
def test_trains_plainly(engine: Engine) -> None:
    trainer = pl.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
    loop = trainer.fit_loop.epoch_loop
    attach_engine.attach_engine(trainer, engine, pytest.fail)
    assert trainer.fit_loop.epoch_loop is loop


def test_stacks_are_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "bn/without", "--stacked"]) == 2
    assert capfd.readouterr().err.endswith(
        "error: --stacked needs the folder dnn_techniques/engine, which is not here\n"
    )
