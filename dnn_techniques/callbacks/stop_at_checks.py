"""Early stopping as the notes' own training loops do it: on the training loss, now and then."""

import math
from collections.abc import Iterable
from typing import Any, Literal, get_args

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.checks import check_count
from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.data.in_memory_data import EVALUATION_BATCH_SIZE
from dnn_techniques.data.minibatches import Batch
from dnn_techniques.errors import InputError
from dnn_techniques.modules import Experiment

Watched = Literal["train_set", "last_batch"]


class StopAtChecks(pl.Callback):
    """Stop when the training loss was no better at `patience` checks in a row.

    The first check is after the first epoch, then there is one every `every` epochs. Only a
    strictly lower loss is better. The loss is that of the weights after the epoch, in inference
    mode; after every epoch it is logged as `train_loss`, and the experiment's metrics likewise, as
    `train_accuracy`.

    `early_stopping` in `dnn_techniques.callbacks` is Keras's way: a logged figure, each epoch.

    Args:
        patience: Number of checks without improvement, at least 1.
        every: Epochs between two checks, at least 1.
        watched: Whose loss: that of the whole training set, or of the last minibatch of the epoch.
        restore_best: When stopping go back to the weights of the best check.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        patience: int,
        every: int = 5,
        watched: Watched = "train_set",
        restore_best: bool = True,
    ) -> None:
        for name, value in (("patience", patience), ("every", every)):
            check_count(**{name: value})
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if watched not in get_args(Watched):
            raise ValueError(f"watched must be one of {', '.join(get_args(Watched))}")
        self.patience = patience
        self.every = every
        self.watched = watched
        self.restore_best = restore_best
        self.best_loss = math.inf
        self.rounds = 0
        self.best_weights: dict[str, Tensor] = {}
        self.last_batch: Batch | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refuse what cannot be measured; a resumed training that had stopped stops again.

        Raises:
            InputError: If the module is no `Experiment`, or its training set is not at hand.
        """
        if not isinstance(pl_module, Experiment):
            raise InputError(
                f"StopAtChecks measures an Experiment, got {type(pl_module).__name__}; make it one,"
                " or stop by early_stopping"
            )
        loader = trainer.train_dataloader
        if self.watched == "train_set" and not isinstance(loader, ShuffledBatches):
            raise InputError(
                "StopAtChecks: only the training set of ImageData can be measured, not that of"
                f" {type(loader).__name__}; watched: last_batch needs none"
            )
        if self.rounds >= self.patience:
            trainer.should_stop = True

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, i: int
    ) -> None:
        """Keep the last minibatch."""
        if self.watched == "last_batch" and trainer.is_last_batch:
            self.last_batch = batch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure, and every few epochs check."""
        assert isinstance(pl_module, Experiment)
        precision = trainer.precision_plugin
        batches = (precision.convert_input(batch) for batch in self._batches(trainer))
        with precision.forward_context():
            own = training_figures(pl_module, batches)
        # All processes must come to the same verdict.
        figures = {name: trainer.strategy.reduce(value) for name, value in own.items()}
        named = {f"train_{name}": value for name, value in figures.items()}
        pl_module.log_dict(named, batch_size=1)
        if trainer.current_epoch % self.every:
            return
        loss = float(figures["loss"])
        if loss < self.best_loss:
            self.best_loss, self.rounds = loss, 0
            self.best_weights = {k: v.clone() for k, v in pl_module.state_dict().items()}
            return
        self.rounds += 1
        if self.rounds >= self.patience:
            trainer.should_stop = True
            if self.restore_best and self.best_weights:
                pl_module.load_state_dict(self.best_weights)

    def _batches(self, trainer: pl.Trainer) -> Iterable[Batch]:
        if self.watched == "last_batch":
            assert self.last_batch is not None
            return [self.last_batch]
        loader = trainer.train_dataloader
        assert isinstance(loader, ShuffledBatches)
        return Batches(loader.x, loader.y, EVALUATION_BATCH_SIZE)  # or cached outputs of them

    def state_dict(self) -> dict[str, Any]:
        """What the checks found so far."""
        return {
            "best_loss": self.best_loss,
            "rounds": self.rounds,
            "best_weights": self.best_weights,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the checks of a checkpoint."""
        self.best_loss = state_dict["best_loss"]
        self.rounds = state_dict["rounds"]
        self.best_weights = state_dict["best_weights"]


@torch.no_grad()
def training_figures(module: Experiment, batches: Iterable[Batch]) -> dict[str, Tensor]:
    """Loss and metrics in inference mode, means over the samples of all batches, scalars."""
    sums: dict[str, Tensor] = {}
    samples = 0
    modes = {layer: layer.training for layer in module.modules()}
    module.eval()
    for x, targets in batches:
        batch = x.to(module.device), targets.to(module.device)
        for name, value in module.figures(batch).items():
            sums[name] = sums.get(name, 0.0) + value * len(targets)
        samples += len(targets)
    for layer, training in modes.items():
        layer.training = training
    return {name: value / samples for name, value in sums.items()}
