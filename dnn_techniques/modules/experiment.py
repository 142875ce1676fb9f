"""What all experiments share: net, loss, metrics, optimizer and schedule, in plain Lightning."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.utils.data import DataLoader

from dnn_techniques.optim import Clipping, MaxNorm, Penalty, make_optimizer
from dnn_techniques.optim.kernels import kernels

Schedule = LRScheduler | ReduceLROnPlateau
Interval = Literal["step", "epoch"]


class Experiment(pl.LightningModule):
    """Trains `net` on batches (inputs, targets), and logs what Keras would report.

    Inputs are a tensor, or several for a net that takes several.

    A subclass says by `data_loss` what is minimized, and by `metrics` what else is reported. The
    loss, in training and in validation, includes the penalties; the gradients are clipped before
    each optimizer step, and the constraints hold after it.

    Logged once an epoch, as means over the samples: `loss` and the metrics (while the weights
    move), the same with `val_` and, by a test, with `test_` before their names.

    Args:
        net: Maps inputs (n, *), one or several, to outputs (n, *).
        optimizer: A name in `dnn_techniques.optim.OPTIMIZERS`, or what makes an optimizer of
            parameters and ``lr``, as ``torch.optim.SGD`` does.
        lr: Learning rate.
        schedule: What makes a learning-rate schedule of the optimizer; none by default.
        interval: What a schedule counts: optimizer steps, or epochs as a `ReduceLROnPlateau` does,
            which is given `val_loss`.
        penalties: Added to the loss, each for the layers of its pattern.
        constraints: Applied after each optimizer step, each to the layers of its pattern.
        clipping: Applied to the gradients before each optimizer step.

    Raises:
        ValueError: If a pattern matches no layer of `net`, or the optimizer is unknown.
    """

    def __init__(
        self,
        net: nn.Module,
        optimizer: str | Callable[..., Optimizer] = "sgd",
        lr: float = 0.01,
        schedule: Callable[[Optimizer], Schedule] | None = None,
        interval: Interval = "step",
        penalties: Sequence[Penalty] = (),
        constraints: Sequence[MaxNorm] = (),
        clipping: Clipping | None = None,
    ) -> None:
        super().__init__()
        self.net = net
        self.optimizer = optimizer
        self.lr = lr
        self.schedule = schedule
        self.interval: Interval = interval
        self.penalties = penalties
        self.constraints = constraints
        self.clipping = clipping
        for pattern in [p.pattern for p in penalties] + [c.pattern for c in constraints]:
            kernels(net, pattern)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Outputs of the net for its inputs (n, *)."""
        return self.net(*args, **kwargs)

    def outputs(self, inputs: Any) -> Any:
        """Outputs of the net for the inputs of a batch: a tensor, or a tuple or list of them."""
        return self(*inputs) if isinstance(inputs, tuple | list) else self(inputs)

    def data_loss(self, outputs: Any, targets: Tensor) -> Tensor:
        """Mean loss of a batch without penalties, a scalar."""
        raise NotImplementedError

    def metrics(self, outputs: Any, targets: Tensor) -> dict[str, Tensor]:
        """Means over a batch of what is reported beside the loss, scalars, by name."""
        return {}

    def loss(self, outputs: Any, targets: Tensor) -> Tensor:
        """Mean loss of a batch with the penalties, a scalar."""
        loss = self.data_loss(outputs, targets)
        for penalty in self.penalties:
            loss = loss + penalty(self.net)
        return loss

    def training_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Loss and metrics of a batch; Lightning minimizes the loss."""
        return self._report(batch, "")

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Loss and metrics of a batch."""
        return self._report(batch, "val_")

    def test_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Loss and metrics of a batch."""
        return self._report(batch, "test_")

    def predict_step(self, batch: Any, batch_idx: int) -> Any:
        """Outputs of the net for the inputs of a batch."""
        return self.outputs(batch[0])

    def figures(self, batch: Any) -> dict[str, Tensor]:
        """`loss` and the metrics of a batch (inputs, targets), scalars, by name."""
        inputs, targets = batch
        outputs = self.outputs(inputs)
        return {"loss": self.loss(outputs, targets), **self.metrics(outputs, targets)}

    def _report(self, batch: Any, prefix: str) -> dict[str, Tensor]:
        figures = self.figures(batch)
        self.log_dict(
            {prefix + name: value for name, value in figures.items()},
            prog_bar=True,
            on_step=False,
            on_epoch=True,
            sync_dist=True,
            batch_size=len(batch[1]),
        )
        return figures

    def make_optimizer(self) -> Optimizer:
        """The optimizer of all parameters."""
        if isinstance(self.optimizer, str):
            return make_optimizer(self.optimizer, self.parameters(), self.lr)
        return self.optimizer(self.parameters(), lr=self.lr)

    def make_schedule(self, optimizer: Optimizer) -> Schedule | None:
        """The learning-rate schedule, if there is one."""
        return None if self.schedule is None else self.schedule(optimizer)

    def total_steps(self) -> int:
        """Number of optimizer steps of the whole training, for schedules that need it."""
        return int(self.trainer.estimated_stepping_batches)

    def steps_per_epoch(self) -> int:
        """Number of optimizer steps of an epoch, for schedules that need it."""
        self.trainer.fit_loop.setup_data()
        return -(-int(self.trainer.num_training_batches) // self.trainer.accumulate_grad_batches)

    def steps_in(self, epochs: int) -> int:
        """Number of steps in which `epochs` times the training samples fit, rounded down.

        The documents' ``20 * len(X_train) // 32``: a little less than the steps of 20 epochs, each
        of which ends with a smaller batch.
        """
        self.trainer.fit_loop.setup_data()
        loader: Any = self.trainer.train_dataloader
        samples: Any = loader.dataset if isinstance(loader, DataLoader) else loader.y
        batches = self.trainer.accumulate_grad_batches * self.trainer.world_size
        return epochs * len(samples) // int(loader.batch_size * batches)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Optimizer and schedule in Lightning's form."""
        optimizer = self.make_optimizer()
        schedule = self.make_schedule(optimizer)
        if schedule is None:
            return optimizer
        by_epoch = isinstance(schedule, ReduceLROnPlateau)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {
                "scheduler": schedule,
                "interval": "epoch" if by_epoch else self.interval,
                "monitor": "val_loss",
            },
        }

    def configure_gradient_clipping(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
        """Clip as the Trainer was told to, then as the experiment does."""
        super().configure_gradient_clipping(optimizer, *args, **kwargs)
        if self.clipping is not None:
            self.clipping(self.parameters())

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Make a step, and make the constraints hold."""
        super().optimizer_step(*args, **kwargs)
        with torch.no_grad():
            for constraint in self.constraints:
                constraint(self.net)
