"""Every experiment trains to the same with the engine and without, and resumed by either."""

import copy
import itertools
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from dnn_techniques.callbacks import PrintedMeans
from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.engine import attach
from dnn_techniques.modules import BinaryClassifier
from dnn_techniques.runs.trials import as_tree
from tests.engine.training import inputs_like
from tests.experiment_files import FILES, ExperimentFile, parser

STEPS, BATCH = 25, 16  # of each of two epochs

# Only these are compared in float32: adaptive optimizers divide tiny gradients by themselves,
# rounding included, deep nets and high rates amplify it.
IN_FLOAT32 = ("activations", "bn", "transfer")


def variants() -> list[Any]:
    """Every experiment, of a sweep every combination of names, with the values of the sweep.

    Of a sweep's numbers, such as rates, the first one: they change no code that is run.
    """
    found = []
    for file in FILES:
        sweep = file.values.get("sweep") or {}
        tried = [v[:1] if isinstance(v[0], int | float) else v for v in sweep.values()]
        for combination in itertools.product(*tried):
            values = dict(zip(sweep, combination, strict=True))
            found.append(
                pytest.param(file, values, id="-".join([file.name, *map(str, combination)]))
            )
    return found


def make(file: ExperimentFile, values: dict[str, Any]) -> tuple[Any, list[pl.Callback]]:
    """The module and the callbacks of an experiment."""
    model = copy.deepcopy(file.values["model"])
    swept = as_tree(values).get("model", {})
    model["init_args"] = model.get("init_args", {}) | swept.get("init_args", {})
    given = {"model": model, "data": file.values["data"]}
    given["callbacks"] = file.trainer.get("callbacks", [])
    torch.manual_seed(0)
    made = parser().instantiate_classes(parser().parse_object(given))
    return made.model, made.callbacks


class Reseeded(pl.Callback):
    """Seeds torch with the number of the epoch: a resumed training has the same dropout masks."""

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        torch.manual_seed(trainer.current_epoch)


def train(
    file: ExperimentFile,
    values: dict[str, Any],
    folder: Path,
    fast: bool,
    start: Path | None,
    device: str,
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Train two epochs, or the second of them, keeping the checkpoint of the first."""
    module, callbacks = make(file, values)
    precise = file.group not in IN_FLOAT32
    if precise:  # Lightning converts it, but after loading a checkpoint, which it thus rounds
        module.double()
    generator = torch.Generator().manual_seed(1)
    # A hundred layers, or twenty with weights of deviation 1 or the large steps of the group
    # clipping, are chaotic: twelve steps make 1e-3 of float64's rounding. So are connections that
    # skip layers, whose signals grow.
    deep = file.group in ("depth", "clipping") or values.get("initializer") == "naive"
    # The cycle of twenty SELU layers goes up to large steps, too.
    cycle = file.name == "cifar10/one_cycle"
    chaotic = deep or cycle or values.get("added") == "skip_connections"
    steps = 2 if chaotic else STEPS
    n = steps * BATCH
    inputs = inputs_like(module, lambda *shape: 0.3 * torch.randn(shape, generator=generator), n)
    classes = 2 if isinstance(module, BinaryClassifier) else module.hparams.get("classes", 4)
    y = torch.randint(classes, (n,), generator=generator)
    for x in inputs:
        x.flatten(1)[torch.arange(n), y] += 3  # there is something to be learned
    orders = [torch.randperm(n, generator=generator) for _ in range(2)]
    if start is not None:
        orders = orders[1:]
    kept = ModelCheckpoint(folder, "{epoch}", save_top_k=-1, save_on_train_epoch_end=True)
    trainer = pl.Trainer(
        max_epochs=2,
        precision="64-true" if precise else "32-true",
        accelerator=device,
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        callbacks=[*callbacks, Reseeded(), PrintedMeans(), kept],
    )
    if fast:
        attach(trainer, say=pytest.fail)
    few = tuple(x[:50] for x in inputs)
    one = len(inputs) == 1
    batches = ShuffledBatches(inputs[0] if one else inputs, y, BATCH, lambda n: orders.pop(0))
    valid = Batches(few[0] if one else few, y[:50], 50)
    trainer.fit(module, batches, valid, ckpt_path=start, weights_only=True)
    figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
    return module.state_dict(), figures


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.filterwarnings("error:training without a CUDA graph")
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize(("file", "values"), variants())
def test_fast_and_plain_are_the_same(
    file: ExperimentFile, values: dict[str, Any], device: str, tmp_path: Path
) -> None:
    plain, figures = train(file, values, tmp_path / "plain", fast=False, start=None, device=device)
    ways = [train(file, values, tmp_path / "fast", fast=True, start=None, device=device)]
    for first, fast in (("plain", True), ("fast", False)):
        start = tmp_path / first / "epoch=0.ckpt"
        ways.append(train(file, values, tmp_path / f"{first}-resumed", fast, start, device))
    for weights, others in ways:
        for name, value in plain.items():
            difference = (weights[name] - value).abs().max().item()
            tolerance = 1e-9 if value.dtype == torch.float64 else 1e-6
            both_diverged = value.isnan().any() and torch.equal(
                weights[name].isnan(), value.isnan()
            )
            assert difference <= tolerance or both_diverged, name
        assert others == pytest.approx(figures, rel=1e-5, abs=1e-6, nan_ok=True)
