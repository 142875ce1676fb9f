"""The same training with and without the engine."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers.logger import Logger
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.data import ImageData
from dnn_techniques.engine import attach

STEPS = 8  # of an epoch: 250 images in minibatches of 32

Loaders = Callable[[], dict[str, Any]]  # what `trainer.fit` gets beside the module


class Rows(Logger):
    """Keeps what is logged: number of the step, and values."""

    name = version = "rows"

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int | None, dict[str, float]]] = []

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        self.rows.append((step, dict(metrics)))

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        pass


@dataclass
class Trained:
    """A training that is over."""

    module: pl.LightningModule
    trainer: pl.Trainer
    said: list[str] = field(default_factory=list)

    @property
    def weights(self) -> dict[str, Tensor]:
        return self.module.state_dict()

    @property
    def rows(self) -> list[tuple[int | None, dict[str, float]]]:
        (logger,) = self.trainer.loggers
        assert isinstance(logger, Rows)
        return logger.rows


def inputs_like(module: Any, draw: Callable[..., Tensor], n: int) -> tuple[Tensor, ...]:
    """Inputs (n, *) of the module's shapes, as ``draw(n, *)`` draws them."""
    example = module.example_input_array
    examples = example if isinstance(example, tuple) else (example,)
    return tuple(draw(n, *x.shape[1:]) for x in examples)


def train(
    module: pl.LightningModule,
    loaders: Loaders,
    fast: bool,
    ckpt_path: str | Path | None = None,
    **options: Any,
) -> Trained:
    """Train a module for an epoch, or as the options of the Trainer say."""
    made = {name: value() if callable(value) else value for name, value in options.items()}
    trainer = pl.Trainer(
        **{
            "max_epochs": 1,
            "accelerator": "cpu",
            "logger": not made.get("barebones") and Rows(),
            "log_every_n_steps": 0 if made.get("barebones") else 3,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            **made,
        }
    )
    said: list[str] = []
    if fast:
        attach(trainer, say=said.append)
    pl.seed_everything(0, verbose=False)
    trainer.fit(module, **loaders(), ckpt_path=ckpt_path, weights_only=True)
    return Trained(module, trainer, said)


def both(
    make: Callable[[], pl.LightningModule], loaders: Loaders, **options: Any
) -> tuple[Trained, Trained]:
    """Train twins, one of them fast, and check that they are the same in the end.

    Callable options are called for each, such as what makes callbacks.
    """
    torch.manual_seed(1)
    module = make()
    plain, fast = (train(copy.deepcopy(module), loaders, way, **options) for way in (False, True))
    same_weights(plain.weights, fast.weights)
    assert plain.trainer.fit_loop.state_dict() == fast.trainer.fit_loop.state_dict()
    for kind in ("callback_metrics", "logged_metrics", "progress_bar_metrics"):
        same_values(getattr(plain.trainer, kind), getattr(fast.trainer, kind))
    if isinstance(plain.trainer.logger, Rows):
        assert [step for step, _ in fast.rows] == [step for step, _ in plain.rows]
        for (_, a), (_, b) in zip(plain.rows, fast.rows, strict=True):
            same_values(a, b)
    assert not {"log", "forward"} & set(vars(fast.module))
    return plain, fast


def same_weights(one: dict[str, Tensor], other: dict[str, Tensor], close: float = 1e-6) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.dtype == other[name].dtype
        assert (value - other[name]).abs().max().item() <= close, name


def same_values(one: Any, other: Any) -> None:
    assert {k: float(v) for k, v in other.items()} == pytest.approx(
        {k: float(v) for k, v in one.items()}, rel=1e-5, abs=1e-6, nan_ok=True
    )


def image_data(root: Path) -> Loaders:
    return lambda: {"datamodule": ImageData(root=root, validation=50)}


def data_loaders(root: Path) -> Loaders:
    """The same images in torch's loaders."""
    data = ImageData(root=root, validation=50)
    data.setup("fit")

    def make() -> dict[str, Any]:
        order = torch.Generator().manual_seed(0)
        images = TensorDataset(*data.train)
        return {
            "train_dataloaders": DataLoader(images, 32, shuffle=True, generator=order),
            "val_dataloaders": DataLoader(TensorDataset(*data.valid), 25),
        }

    return make
