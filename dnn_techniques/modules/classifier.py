"""What all classification experiments share, without any architecture."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from dnn_techniques.data import Block, ShuffledBlocks
from dnn_techniques.data.minibatches import BLOCK
from dnn_techniques.layers.backprop import (
    Backprop,
    cross_entropy_with_gradient,
    describe_layers,
)
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.modules.captured import (
    CapturedGradients,
    Recorder,
    cuda_graph,
    why_not_recordable,
)
from dnn_techniques.modules.metrics import EpochMeans
from dnn_techniques.optim import Clipping, KerasSGD, MaxNorm, Penalty
from dnn_techniques.optim.keras_optimizer import KerasOptimizer
from dnn_techniques.optim.kernels import kernels

AnySchedule = LRScheduler | ReduceLROnPlateau
Interval = Literal["step", "epoch"]


class Classifier(pl.LightningModule):
    """Trains `net` with cross-entropy on logits and logs what Keras would report.

    A subclass is an experiment: its constructor makes the net and calls `save_hyperparameters`,
    `make_optimizer` makes the optimizer and `make_schedule` the learning-rate schedule, if any.

    The loss, in training and in validation, includes the penalties; the constraints hold after each
    step. The schedule is stepped after every optimizer step or at the end of every epoch, as
    `make_schedule` says, a `ReduceLROnPlateau` with val_loss.

    A training batch is a pair (images, labels), as from any DataLoader, or a `Block` of several
    minibatches, with an optimizer step for each: Lightning's work between two batches takes longer
    than a step of a small net. Therefore optimization is manual.

    Logged once an epoch: `loss` and `accuracy` (means over the samples of the epoch, measured while
    the weights move), `printed_loss` and `printed_accuracy` (the same as TensorFlow 2.4's progress
    bar shows them, see `EpochMeans`), `val_loss` and `val_accuracy`; `test_loss` and
    `test_accuracy` by a test.

    Attributes:
        start: Position of the layer with which a pass begins; above 0 while the layers before it
            are frozen and their outputs, which take the place of the images, cached.
        measured: What the experiment measures beside these figures, by name; JSON values. It goes
            into the run's result.json.

    Args:
        net: Maps images (n, *) to logits (n, classes).
        penalties: Added to the loss, each for the layers of its pattern.
        constraints: Applied after each optimizer step, each to the layers of its pattern.
        clipping: Applied to the gradients before each optimizer step.

    Raises:
        ValueError: If a pattern matches no layer of `net`.
    """

    def __init__(
        self,
        net: nn.Module,
        penalties: Sequence[Penalty] = (),
        constraints: Sequence[MaxNorm] = (),
        clipping: Clipping | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.net = net
        self.penalties = penalties
        self.constraints = constraints
        self.clipping = clipping
        for pattern in [p.pattern for p in penalties] + [c.pattern for c in constraints]:
            kernels(net, pattern)
        self.start = 0
        self.layers: list[object] = []
        self.measured: dict[str, Any] = {}
        self.means = EpochMeans()
        self.evaluation_means = EpochMeans()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes) of images (n, *)."""
        logits: Tensor = self._layers()(x)
        return logits

    def _layers(self) -> nn.Module:
        """The net, without the layers whose outputs are cached."""
        if self.start == 0:
            return self.net
        return nn.Sequential(*list(named_layers(self.net).values())[self.start :])

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Loss of a batch with the penalties, a scalar."""
        loss = self.data_loss(logits, labels)
        for penalty in self.penalties:
            loss = loss + penalty(self.net)
        return loss

    def data_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy of a batch in nats, a scalar.

        Keras takes it from the probabilities of a softmax layer and recovers the logits; here the
        net has no softmax layer.
        """
        return F.cross_entropy(logits, labels)

    def loss_with_gradient(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of a batch with the penalties, and its gradient with respect to the logits.

        The penalties' gradients are added to ``parameter.grad``.
        """
        kind = type(self)
        standard = kind.loss is Classifier.loss and kind.data_loss is Classifier.data_loss
        if standard and not self.penalties and "mixed" not in self._precision:
            return cross_entropy_with_gradient(logits, labels)
        leaf = logits.detach().requires_grad_()
        loss = self.loss(leaf, labels)
        loss.backward()
        assert leaf.grad is not None
        return loss.detach(), leaf.grad

    def hits(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Which samples are classified rightly, bool, (n,)."""
        return logits.argmax(dim=1) == labels

    def make_optimizer(self) -> Optimizer:
        """The optimizer of the net's parameters."""
        raise MisconfigurationException(f"{type(self).__name__} has no make_optimizer")

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval] | None:
        """The learning-rate schedule and whether it counts steps or epochs; none by default."""
        return None

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Optimizer and schedule in Lightning's form."""
        optimizer = self.make_optimizer()
        optimizer._opt_called = True  # type: ignore[attr-defined]  # we step past what sets it
        made = self.make_schedule(optimizer)
        if made is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": made[0], "interval": made[1]},
        }

    def total_steps(self) -> int:
        """Number of optimizer steps of the whole training, for schedules that need it.

        Lightning's own estimate counts blocks.
        """
        trainer = self.trainer
        blocks = int(trainer.estimated_stepping_batches)  # makes the trainer get its data
        loader = trainer.train_dataloader
        if not isinstance(loader, ShuffledBlocks):
            return blocks
        assert trainer.max_epochs is not None
        return trainer.max_epochs * min(loader.steps, int(trainer.num_training_batches) * BLOCK)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was measured, for a resumed run."""
        checkpoint["measured"] = self.measured

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over what was measured."""
        self.measured = checkpoint.get("measured", {})

    def on_train_epoch_start(self) -> None:
        """Start the means of the epoch, and look at the layers, which may have been frozen."""
        self.means = EpochMeans()
        layers = [self.start, *describe_layers(self)]
        if layers == self.layers:
            return
        self.layers = layers
        own = type(self).forward is not Classifier.forward
        # Autocast needs autograd, which casts the gradients back.
        self.backprop = Backprop(
            self if own else self._layers(), by_layers="mixed" not in self._precision
        )
        record = self._recorder()
        self.captured = (
            CapturedGradients(self._gradients, self.parameters(), record) if record else None
        )

    def _recorder(self) -> Recorder | None:
        """What records a training step: nothing on a CPU, nor what cannot be recorded."""
        if self.device.type != "cuda" or "mixed" in self._precision:
            return None
        reason = why_not_recordable(self)
        if reason and self.trainer.current_epoch == 0:
            warnings.warn(f"training without a CUDA graph: {reason}", stacklevel=2)
        return None if reason else cuda_graph

    @property
    def _precision(self) -> str:
        return str(self.trainer.precision)

    def training_step(self, batch: Any, batch_idx: int) -> None:
        """Make an optimizer step for each minibatch; with the epoch's last one log its means."""
        if not isinstance(batch, Block):
            batch = Block(batch[0], batch[1], len(batch[1]))
        optimizer = self.optimizers()
        assert isinstance(optimizer, LightningOptimizer)
        schedules = [s for s in self.trainer.lr_scheduler_configs if s.interval == "step"]
        descent = self._descent(optimizer.optimizer)
        losses, outputs = [], []
        for x, labels in batch.minibatches():
            optimizer._on_before_step()  # by these two the trainer counts the steps
            if self.captured is None and descent:
                logits = self.backprop.forward(x)
                loss, gradient = self.loss_with_gradient(logits, labels)
                self.backprop.descend(gradient, descent["lr"])
            else:
                loss, logits = (self.captured or self._gradients)(x, labels)
                self._step(optimizer.optimizer)
            optimizer._on_after_step()
            self.after_step()
            for schedule in schedules:
                schedule.scheduler.step()  # type: ignore[call-arg]
            losses.append(loss)
            outputs.append(logits)
        self.means.update(losses, self.hits(torch.cat(outputs), batch.y), batch.batch_size)
        if self.trainer.is_last_batch:
            self._log_means(self.means.compute())
            self._log_means(self.means.compute_printed(), "printed_")

    def _descent(self, optimizer: Optimizer) -> dict[str, Any] | None:
        """The optimizer's parameter group, if all that a step does is w - lr g."""
        as_it_is = type(self).before_step is Classifier.before_step and self.clipping is None
        if not as_it_is or self.penalties or _hooked(optimizer):
            return None
        if not isinstance(optimizer, KerasSGD) or not optimizer.plain:
            return None
        (group,) = optimizer.param_groups
        trained = {p for p in self.net.parameters() if p.requires_grad}
        return group if trained == {p for p in group["params"] if p.requires_grad} else None

    def _gradients(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and logits of a minibatch; its gradients, clipped, are in ``parameter.grad``."""
        for parameter in self.parameters():
            parameter.grad = None
        logits = self.backprop.forward(x)
        loss, gradient = self.loss_with_gradient(logits, labels)
        self.backprop.backward(gradient)
        self.before_step()
        return loss, logits

    def _step(self, optimizer: Optimizer) -> None:
        """Make a step of the optimizer.

        Not by Lightning's own `step`, which goes through strategy, precision and closures; nor, if
        it can be helped, by torch's, which goes through the profiler. For a small net either takes
        as long as the update.
        """
        if isinstance(optimizer, KerasOptimizer) and not _hooked(optimizer):
            optimizer.step_without_hooks()
        else:
            optimizer.step()

    def on_train_epoch_end(self) -> None:
        """Step the schedules that count epochs."""
        for schedule in self.trainer.lr_scheduler_configs:
            if isinstance(schedule.scheduler, ReduceLROnPlateau):
                schedule.scheduler.step(self.trainer.callback_metrics["val_loss"])
            elif schedule.interval == "epoch":
                schedule.scheduler.step()

    def before_step(self) -> None:
        """Clip the gradients."""
        if self.clipping is not None:
            self.clipping(self.parameters())

    def after_step(self) -> None:
        """Make the constraints hold."""
        for constraint in self.constraints:
            constraint(self.net)

    def on_validation_epoch_start(self) -> None:
        """Start the means of the validation, which may come in the middle of an epoch."""
        self.evaluation_means = EpochMeans()

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Add a batch to the means."""
        x, labels = batch
        logits = self(x)
        hits = self.hits(logits, labels)
        self.evaluation_means.update([self.loss(logits, labels)], hits, len(hits))

    def on_validation_epoch_end(self) -> None:
        """Log the means of the validation."""
        self._log_means(self.evaluation_means.compute(), "val_")

    def on_test_epoch_start(self) -> None:
        """Start the means of the test."""
        self.evaluation_means = EpochMeans()

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Add a batch to the means."""
        self.validation_step(batch, batch_idx)

    def on_test_epoch_end(self) -> None:
        """Log the means of the test."""
        self._log_means(self.evaluation_means.compute(), "test_")

    def predict_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Class probabilities (n, classes)."""
        return self.probabilities(self(batch[0]))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Class probabilities (n, classes) of logits (n, classes)."""
        return logits.softmax(dim=1)

    def _log_means(self, means: Tensor, prefix: str = "") -> None:
        loss, accuracy = means
        self.log_dict(
            {f"{prefix}loss": loss, f"{prefix}accuracy": accuracy},
            on_step=False,
            on_epoch=True,
            batch_size=1,
        )


def _hooked(optimizer: Optimizer) -> bool:
    return bool(optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
