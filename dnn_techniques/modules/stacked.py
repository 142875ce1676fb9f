"""One experiment under several seeds, trained at once as a stack of nets."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dnn_techniques.layers.dropout import DROPOUT_LAYERS
from dnn_techniques.modules.captured import Recorder, why_not_recordable
from dnn_techniques.modules.classifier import AnySchedule, Classifier, Interval

# What a stack does for all seeds together; a subclass with its own has to train alone.
SHARED = ("training_step", "validation_step", "before_step", "after_step", "on_train_epoch_end")


class StackedClassifier(Classifier):
    """Trains nets that differ in their weights and batches only, in the same operators.

    Every weight has the seeds as its first dimension (`torch.func`). A training batch has images
    (n, seeds, *) and labels (n, seeds), a validation batch (n, *) and (n,). Each net gets the steps
    that it would get alone, up to rounding. The logged figures are means over the seeds; those of
    each seed are in `figures`.

    Attributes:
        figures: The latest logged figures of each seed by name, (seeds,).

    Args:
        members: Experiments of one class with the same settings.

    Raises:
        ValueError: If they cannot be trained together, see `why_not_stackable`.
    """

    def __init__(self, members: Sequence[Classifier]) -> None:
        reason = why_not_stackable(members[0])
        if reason:
            raise ValueError(f"seeds cannot be trained at once: {reason}")
        super().__init__(_StackedNet(members))
        self.seeds = len(members)
        self.figures: dict[str, Tensor] = {}

    @property
    def _stack(self) -> "_StackedNet":
        assert isinstance(self.net, _StackedNet)
        return self.net

    def members(self) -> list[dict[str, Tensor]]:
        """State dictionaries of the nets as they are now, one for each seed."""
        state = self._stack.state()
        return [{k: v[i].detach().clone() for k, v in state.items()} for i in range(self.seeds)]

    def make_optimizer(self) -> Optimizer:
        """The members' optimizer, over the stacked weights."""
        return self._stack.template.make_optimizer()

    def make_schedule(self, optimizer: Optimizer) -> tuple[AnySchedule, Interval] | None:
        """The members' schedule."""
        self._stack.template.trainer = self.trainer
        return self._stack.template.make_schedule(optimizer)

    def hits(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Which samples are classified rightly, bool, (n, seeds)."""
        flat = self._stack.template.hits(logits.flatten(0, 1), labels.flatten())
        return flat.view(labels.shape)

    def _recorder(self) -> Recorder | None:
        return None if why_not_recordable(self._stack.template) else super()._recorder()

    def _gradients(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        for parameter in self.parameters():
            parameter.grad = None
        losses, logits = self._stack(x, labels)
        losses.sum().backward()  # a seed's loss depends on its own weights only
        self.before_step()
        return losses.detach(), logits.detach()

    def before_step(self) -> None:
        """Clip the gradients of each seed."""
        clipping = self._stack.template.clipping
        if clipping is not None:
            for i in range(self.seeds):
                clipping(_with_gradient(p, i) for p in self.parameters() if p.grad is not None)

    def after_step(self) -> None:
        """Make the constraints hold for each seed."""
        if self._stack.template.constraints:
            self._stack.constrain()

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Add a batch to the means."""
        x, labels = (part[:, None].expand(-1, self.seeds, *part.shape[1:]) for part in batch)
        losses, logits = self._stack(x, labels)
        self.evaluation_means.update([losses], self.hits(logits, labels), len(labels))

    def _log_means(self, means: Tensor, prefix: str = "") -> None:
        self.figures |= {f"{prefix}loss": means[0], f"{prefix}accuracy": means[1]}
        super()._log_means(means.mean(dim=1), prefix)


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
    if any(isinstance(layer, DROPOUT_LAYERS) for layer in member.modules()):
        return "dropout would draw other masks than for each seed alone"
    if _follows_validation(member):
        return "the learning rate follows each seed's own validation loss"
    return None


def _follows_validation(member: Classifier) -> bool:
    try:
        made = member.make_schedule(member.make_optimizer())
    except RuntimeError:  # it asks a trainer for the number of steps, which is known beforehand
        return False
    return made is not None and isinstance(made[0], ReduceLROnPlateau)


def _with_gradient(parameter: Tensor, seed: int) -> Tensor:
    """A seed's part of a parameter and its gradient, as views."""
    assert parameter.grad is not None
    part = parameter.detach()[seed]
    part.grad = parameter.grad[seed]
    return part


def _key(name: str) -> str:
    """Name of a buffer; a module's may have no dots."""
    return name.replace(".", "-")
