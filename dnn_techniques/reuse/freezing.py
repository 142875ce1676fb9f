"""Freezing layers in phases of a training, as Keras does by ``trainable`` and ``compile``.

Chapter 11, "Transfer Learning with Keras": freeze the reused layers during the first few epochs,
so that the new layer can learn reasonable weights, then unfreeze them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.strategies import DDPStrategy
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from dnn_techniques.errors import InputError
from dnn_techniques.layers.named_layers import Layers, choose_layers, named_layers, net_of
from dnn_techniques.reuse.caching import CachedOutputs, frozen_prefix


@dataclass(frozen=True)
class Phase:
    """A part of a training.

    Args:
        frozen: Layers that keep their weights, see `choose_layers`; all others are trained.
        after: Number of epochs before the phase.
        optimizer: Makes the phase's optimizer from the parameters, with a constant rate; None for
            the module's own, made anew with its schedule.
        cached: Compute the outputs of the frozen first layers once.

    Raises:
        InputError: If `after` is negative or no whole number.
    """

    frozen: Layers = ()
    after: int = 0
    optimizer: Callable[[Iterable], Optimizer] | None = None
    cached: bool = False

    def __post_init__(self) -> None:
        if not (self.after >= 0 and self.after % 1 == 0):
            raise InputError(
                f"phase: after must be a whole number and at least 0, got {self.after}"
            )


def freeze(net: nn.Module, layers: Layers = ()) -> None:
    """Freeze these layers of a net, see `choose_layers`, and no others.

    As Keras's ``layer.trainable = False``: the weights keep their values, and batch normalization
    is in inference mode, with its moving statistics fixed; dropout goes on dropping.
    """
    frozen = choose_layers(net, layers)
    for name, layer in named_layers(net).items():
        layer.requires_grad_(name not in frozen)
        for part in layer.modules():
            if isinstance(part, _BatchNorm):
                part.train(net.training and name not in frozen)


class Freezing(pl.Callback):
    """Trains in phases, each with layers of its own that are frozen.

    A phase begins as after Keras's ``compile``: with a new optimizer, whose velocities and moments
    are zero, in which the steps are counted from zero. A resumed run goes on in the phase of its
    checkpoint.

    Args:
        phases: The phases in order; the first begins with the training.

    Raises:
        InputError: If there is none, the first does not begin with the training, or one does not
            begin after the one before.

    Example:
        >>> Freezing([Phase(frozen=["hidden*"], cached=True), Phase(after=4)]).phases[1].after
        4
    """

    def __init__(self, phases: Sequence[Phase]) -> None:
        starts = [phase.after for phase in phases]
        if not starts or starts[0] != 0:
            raise InputError(f"phases must begin with one after 0 epochs, got {starts}")
        if any(a >= b for a, b in pairwise(starts)):
            raise InputError(f"phases must come one after the other, got them after {starts}")
        self.phases = phases
        self.current = 0
        self.cache: CachedOutputs | None = None

    def check(self, module: pl.LightningModule) -> None:
        """Make sure that every phase has its layers, something to train, and outputs to cache.

        Raises:
            InputError: If not, or if the module has no `net`.
        """
        net = net_of(module)
        for phase in self.phases:
            freeze(net, phase.frozen)
            if not any(p.requires_grad for p in net.parameters()):
                raise InputError(f"phase after {phase.after} epochs: nothing is left to train")
            if phase.cached:
                frozen_prefix(net)
        freeze(net, self.phases[0].frozen)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Check the phases before a training, and begin with the first."""
        if stage == "fit":
            self.check(pl_module)
            self.current = 0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first phase, or that of the checkpoint, whose optimizer is then restored."""
        self._begin(trainer, pl_module)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the next phase if it is time, and cache the outputs if it wants that."""
        begun = [i for i, phase in enumerate(self.phases) if phase.after <= trainer.current_epoch]
        if begun[-1] != self.current:
            self.current = begun[-1]
            self._begin(trainer, pl_module)
        if self.phases[self.current].cached:
            if self.cache is None:
                self.cache = CachedOutputs(pl_module, trainer.precision_plugin)
            self.cache.put_into(trainer.train_dataloader)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Cache the outputs for the validation images too."""
        if self.cache is not None:
            self.cache.put_into(trainer.val_dataloaders)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Put the images back."""
        self._release()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Put the images back."""
        self._release()

    def state_dict(self) -> dict[str, Any]:
        """The phase, so that a resumed run can make its optimizer."""
        return {"phase": self.current}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on in the phase of a checkpoint."""
        self.current = state_dict["phase"]

    def _begin(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._release()
        phase = self.phases[self.current]
        freeze(net_of(module), phase.frozen)
        module.zero_grad()  # of layers that are frozen now, which clipping would count
        strategy = trainer.strategy
        if isinstance(strategy, DDPStrategy):
            # It looks only once at what is trained, and would leave each process alone with layers
            # that are unfrozen later.
            strategy.model = module
            strategy.configure_ddp()
        if phase.optimizer is None:
            strategy.setup_optimizers(trainer)
        else:
            strategy.optimizers = [phase.optimizer(module.parameters())]
            strategy.lr_scheduler_configs = []

    def _release(self) -> None:
        if self.cache is not None:
            self.cache.release()
            self.cache = None
