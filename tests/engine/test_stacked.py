import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.data import ImageData, ShuffledBatches
from dnn_techniques.engine.epoch_loop import FastEpochLoop
from dnn_techniques.engine.graph import GraphStep
from dnn_techniques.engine.stacked import FiguresBySeed, StackedClassifier, why_not_stackable
from dnn_techniques.layers import MLP, he_normal
from dnn_techniques.modules import (
    AugmentedNet,
    BNBeforeActivation,
    Classifier,
    DropoutNet,
    OneCycleSchedule,
    PerformanceSchedule,
    PlainStack,
)
from dnn_techniques.optim import Clipping, MaxNorm, Penalty
from tests.engine.recorder import recorder

Archive = Callable[..., Path]
SEEDS = (1, 2, 3)


class Everything(Classifier):
    """A net with all that a step may have beside the net."""

    def __init__(self) -> None:
        super().__init__(
            MLP(784, (12, 12), 10, "prelu", he_normal, norm="after"),
            optimizer="nadam",
            penalties=[Penalty(l2=0.01)],
            constraints=[MaxNorm(0.5)],
            clipping=Clipping(norm=0.05),
        )


def trainer(precision: Any, callback: pl.Callback) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=2,
        precision=precision,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[callback],
    )


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        (Everything, "64-true"),  # Nadam divides tiny gradients by themselves, rounding included
        (BNBeforeActivation, "32-true"),
        (OneCycleSchedule, "32-true"),
    ],
)
def test_each_seed_gets_what_it_gets_alone(
    archive: Archive,
    kind: Callable[[], Classifier],
    precision: str,
    recorded: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    members, alone, figures, data = [], [], [], []
    for seed in SEEDS:
        pl.seed_everything(seed, verbose=False)
        module = kind()
        members.append(copy.deepcopy(module))
        data.append(ImageData(root=archive().parent, validation=50))
        fit = trainer(precision, PrintedMeans())
        fit.fit(module, data[-1])
        alone.append(module)
        figures.append({name: value.item() for name, value in fit.callback_metrics.items()})

    for seed, one in zip(SEEDS, data, strict=True):
        one.generator.manual_seed(seed)
    first = data[0]
    batches = ShuffledBatches(
        *first.train, first.batch_size, lambda n: torch.stack([d.order(n) for d in data], dim=1)
    )
    stacked, by_seed = StackedClassifier(members), FiguresBySeed()
    fit = trainer(precision, by_seed)
    if recorded:
        monkeypatch.setattr(GraphStep, "why_not", staticmethod(lambda module: None))
        step = partial(GraphStep, record=recorder(stacked))
        fit.fit_loop.epoch_loop = FastEpochLoop(fit, step, "cpu", pytest.fail)
    fit.fit(stacked, batches, first.val_dataloader())
    assert fit.global_step == 16
    for i, state in enumerate(stacked.members()):
        for name, expected in alone[i].net.state_dict().items():
            torch.testing.assert_close(state[name], expected, atol=2e-6, rtol=1e-4)
        assert by_seed.figures.keys() == figures[i].keys()
        for name, value in figures[i].items():
            assert by_seed.figures[name][i].item() == pytest.approx(value, rel=1e-4), name
    mean = sum(f["val_loss"] for f in figures) / len(SEEDS)
    assert fit.callback_metrics["val_loss"].item() == pytest.approx(mean, rel=1e-4)


def test_some_train_alone() -> None:
    class OwnStep(BNBeforeActivation):
        def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
            pass

    assert why_not_stackable(BNBeforeActivation()) is None
    assert why_not_stackable(OneCycleSchedule()) is None
    assert why_not_stackable(OwnStep()) == "OwnStep has its own optimizer_step"
    assert "dropout would draw other masks" in str(why_not_stackable(DropoutNet()))
    assert "in other ways" in str(why_not_stackable(AugmentedNet(augment=True)))
    assert why_not_stackable(AugmentedNet()) is None
    assert "own validation loss" in str(why_not_stackable(PerformanceSchedule()))
    assert why_not_stackable(PlainStack()) == "PlainStack measures one net as it trains"
    random = Classifier(MLP(4, (3,), 2, "rrelu"))
    assert "RReLU would draw other slopes" in str(why_not_stackable(random))
    with pytest.raises(ValueError, match="seeds cannot be trained at once: dropout"):
        StackedClassifier([DropoutNet(), DropoutNet()])
