"""The same experiment under several seeds as one stack of nets, for GPUs."""

import copy
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dnn_techniques.callbacks.printed_means import printed_mean
from dnn_techniques.layers.augmentation import Augment
from dnn_techniques.layers.dropout import DROPOUT_LAYERS
from dnn_techniques.modules.classifier import Classifier
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.modules.measured import Measured

# What a stack does for all seeds together; a subclass with its own has to train alone.
SHARED = (
    "figures",
    "training_step",
    "validation_step",
    "optimizer_step",
    "configure_gradient_clipping",
    "on_train_epoch_end",
)


class StackedClassifier(Classifier):
    """Trains nets that differ in their weights and batches only, in the same operators.

    Every weight has the seeds as its first dimension (`torch.func`). A training batch has images
    (n, seeds, *) and labels (n, seeds), a validation batch (n, *) and (n,). Each net gets the steps
    that it would get alone, up to rounding. The logged figures are means over the seeds; those of
    each seed are for `FiguresBySeed`.

    Args:
        members: Experiments of one class with the same settings.

    Raises:
        ValueError: If they cannot be trained together, see `why_not_stackable`.
    """

    net: "_StackedNet"

    def __init__(self, members: Sequence[Classifier]) -> None:
        reason = why_not_stackable(members[0])
        if reason:
            raise ValueError(f"seeds cannot be trained at once: {reason}")
        super().__init__(_StackedNet(members))
        self.seeds = len(members)

    def members(self) -> list[dict[str, Tensor]]:
        """State dictionaries of the nets as they are now, one for each seed."""
        state = self.net.state()
        return [{k: v[i].detach().clone() for k, v in state.items()} for i in range(self.seeds)]

    def make_optimizer(self) -> Optimizer:
        """The members' optimizer, over the stacked weights."""
        return self.net.template.make_optimizer()

    def make_schedule(self, optimizer: Optimizer) -> Schedule | None:
        """The members' schedule."""
        template = self.net.template
        template.trainer, self.interval = self.trainer, template.interval
        return template.make_schedule(optimizer)

    def training_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """Sum of the seeds' losses: each depends on its own weights only."""
        x, labels = batch
        return self._figures(x, labels, "")

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        """The same of images that all seeds see."""
        x, labels = (part[:, None].expand(-1, self.seeds, *part.shape[1:]) for part in batch)
        return self._figures(x, labels, "val_")

    def _figures(self, x: Tensor, labels: Tensor, prefix: str) -> dict[str, Tensor]:
        losses, logits = self.net(x, labels)
        hits = self.net.template.hits(logits.flatten(0, 1), labels.flatten()).view(labels.shape)
        accuracies = hits.float().mean(dim=0)
        self.log_dict(
            {f"{prefix}loss": losses.detach().mean(), f"{prefix}accuracy": accuracies.mean()},
            on_step=False,
            on_epoch=True,
            batch_size=len(labels),
        )
        return {"loss": losses.sum(), "losses": losses.detach(), "accuracies": accuracies}

    def configure_gradient_clipping(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
        """Clip the gradients of each seed."""
        clipping = self.net.template.clipping
        if clipping is not None:
            for i in range(self.seeds):
                clipping(_with_gradient(p, i) for p in self.parameters() if p.grad is not None)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Make a step, and make the constraints hold for each seed."""
        super().optimizer_step(*args, **kwargs)
        if self.net.template.constraints:
            self.net.constrain()


class FiguresBySeed(pl.Callback):
    """Keeps the figures of each seed of a `StackedClassifier`.

    Attributes:
        figures: Latest epoch means of each seed by name, (seeds,): `loss`, `accuracy`,
            `printed_loss` and `printed_accuracy` (see `printed_mean`), `val_loss`, `val_accuracy`.
        losses: Those of the batches of the latest epoch, (seeds, batches), on the CPU.
    """

    def __init__(self) -> None:
        self.figures: dict[str, Tensor] = {}
        self.losses = torch.empty(0, 0)
        self.train: list[tuple[Tensor, Tensor, int]] = []
        self.valid: list[tuple[Tensor, Tensor, int]] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, i: int
    ) -> None:
        """Keep the figures of a batch."""
        self.train.append((outputs["losses"], outputs["accuracies"], len(batch[1])))

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the figures of a batch."""
        self.valid.append((outputs["losses"], outputs["accuracies"], len(batch[1])))

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the means of the validation."""
        self.figures |= _means(self.valid, "val_")
        self.valid = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the means of the epoch."""
        self.figures |= _means(self.train, "")
        losses, accuracies, sizes = zip(*self.train, strict=True)
        by_seed = [torch.stack(parts, dim=1).cpu() for parts in (losses, accuracies)]
        self.losses = by_seed[0]
        for name, values in zip(("printed_loss", "printed_accuracy"), by_seed, strict=True):
            self.figures[name] = torch.tensor([printed_mean(list(v), sizes) for v in values])
        self.train = []


def _means(parts: Sequence[tuple[Tensor, Tensor, int]], prefix: str) -> dict[str, Tensor]:
    losses, accuracies, sizes = zip(*parts, strict=True)
    weights = losses[0].new_tensor(sizes)[:, None] / sum(sizes)
    return {
        f"{prefix}loss": (torch.stack(losses) * weights).sum(dim=0),
        f"{prefix}accuracy": (torch.stack(accuracies) * weights).sum(dim=0),
    }


class _StackedNet(nn.Module):
    """The weights of all members, and a member that computes and optimizes with them."""

    def __init__(self, members: Sequence[Classifier]) -> None:
        super().__init__()
        weights, buffers = stack_module_state([member.net for member in members])
        self.names, self.buffer_names = list(weights), list(buffers)
        self.weights = nn.ParameterList(weights.values())
        for name, buffer in buffers.items():
            self.register_buffer(_key(name), buffer)
        # Hidden in a tuple: its parameters are those above.
        self._template = (_Loss(copy.deepcopy(members[0])),)
        for name, weight in zip(self.names, self.weights, strict=True):
            owner, _, last = name.rpartition(".")
            setattr(self.template.net.get_submodule(owner), last, weight)

    @property
    def template(self) -> Classifier:
        return self._template[0].classifier

    def state(self) -> dict[str, Tensor]:
        buffers = {name: self.get_buffer(_key(name)) for name in self.buffer_names}
        return {**dict(zip(self.names, self.weights, strict=True)), **buffers}

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Losses (seeds,) and logits (n, seeds, classes)."""
        loss = self._template[0].train(self.training)

        def one(state: dict[str, Tensor], x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
            named = {f"classifier.net.{name}": value for name, value in state.items()}
            result: tuple[Tensor, Tensor] = functional_call(loss, named, (x, labels))
            return result

        losses, logits = vmap(one, (0, 1, 1), (0, 1))(self.state(), x, labels)
        return losses, logits

    @torch.no_grad()
    def constrain(self) -> None:
        """Make the constraints of the members hold."""
        constraints = _Constraints(self.template)
        for i in range(len(self.weights[0])):
            weights = zip(self.names, self.weights, strict=True)
            functional_call(constraints, {f"classifier.net.{k}": w[i] for k, w in weights}, ())


class _Loss(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.classifier(x)
        return self.classifier.loss(logits, labels), logits


class _Constraints(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self) -> None:
        for constraint in self.classifier.constraints:
            constraint(self.classifier.net)


def why_not_stackable(member: Classifier) -> str | None:
    """Why an experiment cannot be trained under several seeds at once, None if it can."""
    kind = type(member)
    own = [name for name in SHARED if getattr(kind, name) is not getattr(Classifier, name)]
    if own:
        return f"{kind.__name__} has its own {own[0]}"
    if isinstance(member, Measured):
        return f"{kind.__name__} measures one net as it trains"
    if any(isinstance(layer, DROPOUT_LAYERS) for layer in member.modules()):
        return "dropout would draw other masks than for each seed alone"
    if any(isinstance(layer, nn.RReLU) for layer in member.modules()):
        return "RReLU would draw other slopes than for each seed alone"
    if any(isinstance(layer, Augment) for layer in member.modules()):
        return "images would be changed in other ways than for each seed alone"
    if _follows_validation(member):
        return "the learning rate follows each seed's own validation loss"
    return None


def _follows_validation(member: Classifier) -> bool:
    try:
        schedule = member.make_schedule(member.make_optimizer())
    except RuntimeError:  # it asks a trainer for the number of steps, which is known beforehand
        return False
    return isinstance(schedule, ReduceLROnPlateau)


def _with_gradient(parameter: Tensor, seed: int) -> Tensor:
    """A seed's part of a parameter and its gradient, as views."""
    assert parameter.grad is not None
    part = parameter.detach()[seed]
    part.grad = parameter.grad[seed]
    return part


def _key(name: str) -> str:
    """Name of a buffer; a module's may have no dots."""
    return name.replace(".", "-")
