"""Each loop goes on from what the other began."""

import copy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier
from dnn_techniques.optim import power
from dnn_techniques.reuse import Freezing, Phase
from tests.engine.modules import Make, Ordered, Plain, small, small_bn
from tests.engine.training import STEPS, Loaders, Trained, same_values, same_weights, train


@pytest.mark.parametrize("first", [False, True], ids=["plain first", "fast first"])
@pytest.mark.parametrize("step", [STEPS, 5, 12], ids=["epoch", "step 5", "step 12"])
@pytest.mark.parametrize(
    "make",
    [
        small_bn,
        Plain,
        partial(small, optimizer="nadam", schedule=partial(power, s=STEPS), lr=1e-3),
    ],
    ids=["bn", "foreign", "nadam"],
)
def test_each_goes_on_from_what_the_other_began(
    make: Make, step: int, first: bool, root: Path, tmp_path: Path
) -> None:
    def loaders() -> dict[str, Any]:
        return {"train_dataloaders": Ordered(root)}

    torch.manual_seed(1)
    module = make()
    unbroken = train(copy.deepcopy(module), loaders, fast=False, max_epochs=3)
    kept = ModelCheckpoint(tmp_path, "at", every_n_train_steps=step, save_top_k=-1)
    options: dict[str, Any] = {"enable_checkpointing": True, "callbacks": [kept]}
    train(copy.deepcopy(module), loaders, first, max_steps=step, max_epochs=-1, **options)
    path = tmp_path / "at.ckpt"
    other = train(make(), loaders, not first, path, max_epochs=3)
    assert other.trainer.global_step == 3 * STEPS
    assert other.said == []
    same_weights(unbroken.weights, other.weights)
    same_values(
        unbroken.trainer.callback_metrics,
        other.trainer.callback_metrics,
    )


def test_an_epoch_of_image_data_goes_on(images: Loaders, tmp_path: Path) -> None:
    torch.manual_seed(1)
    module = small_bn()
    unbroken = train(copy.deepcopy(module), images, fast=False, max_epochs=3)
    for first in (False, True):
        start = train(copy.deepcopy(module), images, first)
        start.trainer.save_checkpoint(tmp_path / "last.ckpt")
        rest = train(small_bn(), images, not first, tmp_path / "last.ckpt", max_epochs=3)
        same_weights(unbroken.weights, rest.weights)


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
def test_a_training_on_cached_outputs_goes_on_with_the_same_bits(
    images: Loaders, tmp_path: Path, fast: bool
) -> None:
    def trained(*args: Any, **options: Any) -> Trained:
        torch.manual_seed(1)
        module = Classifier(MLP(784, (7, 6, 5), 10), optimizer="sgd", lr=0.01)
        freezing = Freezing([Phase(["hidden1"], cached=True)])
        return train(module, images, fast, *args, callbacks=[freezing], **options)

    unbroken = trained(max_epochs=3)
    trained().trainer.save_checkpoint(tmp_path / "last.ckpt")
    resumed = trained(tmp_path / "last.ckpt", max_epochs=3)
    assert resumed.said == []
    same_weights(unbroken.weights, resumed.weights, close=0)
