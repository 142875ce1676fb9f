"""Learning-rate range test: train while the rate grows exponentially, and watch the loss."""

import copy
import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import torch
from matplotlib.axes import Axes
from torch import Tensor, nn
from torch.optim import Optimizer

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class LRRangeTest:
    """What a range test measured, one value an optimizer step.

    Attributes:
        rates: Learning rate of the step.
        losses: Loss of the step's batch before the step; what Keras logged before TensorFlow 2.2
            and the book draws. A loss that is not finite is left out.
        running_means: Mean loss over all samples so far; in one pass over the data it is what Keras
            logs since TensorFlow 2.2 and the notebook draws. It lags behind the batch loss.
        diverged: Whether the loss exploded, which ends the test.
    """

    rates: list[float]
    losses: list[float]
    running_means: list[float]
    diverged: bool

    @property
    def smoothed(self) -> list[float]:
        """Mean of the batch losses around each step, over a twentieth of the steps.

        Unlike the running mean it does not lag: in a long test the running mean still falls when
        the loss has been climbing for two decades of the rate.
        """
        half = len(self.losses) // 40
        around = (self.losses[max(0, i - half) : i + half + 1] for i in range(len(self.losses)))
        return [statistics.fmean(losses) for losses in around]

    @property
    def turning_point(self) -> float:
        """Rate at the lowest smoothed loss: from here on the loss climbs."""
        smoothed = self.smoothed
        return self.rates[smoothed.index(min(smoothed))]

    def suggest(self) -> float:
        """A tenth of the turning point.

        The book's rule: somewhat lower than the rate at which the loss starts to climb, typically
        ten times lower than the turning point (chapters 10 and 11).

        Raises:
            ValueError: If there is no turning point: one step only, or a loss that fell all the way
                or never.
        """
        if len(self.rates) == 1 and not self.diverged:
            raise ValueError("the loss of one step has no turning point: make more steps")
        if self.turning_point == self.rates[0]:
            raise ValueError(f"the loss never fell from min_lr = {self.rates[0]:g} on: lower it")
        if self.turning_point == self.rates[-1] and not self.diverged:
            raise ValueError(f"the loss still fell at {self.rates[-1]:g}: raise max_lr")
        return self.turning_point / 10

    def plot(self, ax: Axes) -> None:
        """Draw the loss against the rate on a logarithmic axis, as the notebook does.

        The loss axis ends halfway between the first loss and the lowest smoothed one, which leaves
        the explosion out of the picture.
        """
        smoothed = self.smoothed
        lowest = min(smoothed)
        bottom, top = min(self.losses), (self.losses[0] + lowest) / 2
        ax.plot(self.rates, self.losses, color="0.8", linewidth=1, label="batch loss")
        ax.plot(self.rates, self.running_means, "--", color="C1", label="running mean")
        ax.plot(self.rates, smoothed, color="C0", label="smoothed batch loss")
        ax.plot(self.turning_point, lowest, "o", color="C3", label="turning point")
        ax.hlines(lowest, self.rates[0], self.rates[-1], color="0.3", linewidth=0.8)
        ax.set_xscale("log")
        if len(self.rates) > 1:
            ax.set_xlim(self.rates[0], self.rates[-1])
        if bottom < top:
            ax.set_ylim(bottom, top)
        ax.set_xlabel("Learning rate")
        ax.set_ylabel("Loss")
        ax.legend()


def lr_range_test(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    batches: Iterable[Batch],
    min_lr: float = 1e-5,
    max_lr: float = 10.0,
    steps: int | None = None,
    divergence: float = 4.0,
) -> LRRangeTest:
    """Learning-rate range test (Smith 2015; chapter 11, "Learning Rate Scheduling").

    Trains in training mode while the rate of all parameter groups grows from `min_lr` by the
    factor ``exp(log(max_lr / min_lr) / steps)`` a step, so that it would reach `max_lr` after the
    last one. It ends early when the loss of a batch is not finite or far above the best running
    mean.

    Nothing that it touches stays changed, even if it fails: parameters, buffers and gradients of
    the model, its modules' train or eval modes, the optimizer's state and options, the state of
    torch's random generators on the CPU and on the model's CUDA devices and that of
    ``batches.generator`` and ``batches.sampler.generator`` (of a `torch.utils.data.DataLoader`).

    Args:
        model: Maps a batch's inputs to what `loss_fn` takes.
        optimizer: Of the model's parameters.
        loss_fn: Maps outputs and targets to the batch's mean loss, a scalar.
        batches: Pairs of inputs (n, *) and targets (n, *) on the model's device; gone through
            again when they run out.
        min_lr: First rate, above 0.
        max_lr: Rate after the last step, above `min_lr`.
        steps: Number of steps, at least 1; one pass over `batches` by default.
        divergence: The test ends after a batch loss of more than so many times the lowest running
            mean, above 1. With infinity it goes on to the last step as the notebook's does, even
            through losses that are not finite, which are left out.

    Raises:
        ValueError: If an argument is out of range, `batches` end before `steps`, or the first loss
            is not finite.
    """
    if steps is None:
        if not isinstance(batches, Sized):
            raise ValueError("steps must be given for batches without a length, got None")
        steps = len(batches)
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if not 0 < min_lr < math.inf:
        raise ValueError(f"min_lr must be in (0, inf), got {min_lr}")
    if not min_lr < max_lr < math.inf:
        raise ValueError(f"max_lr must be in ({min_lr}, inf), got {max_lr}")
    if not divergence > 1:
        raise ValueError(f"divergence must be above 1, got {divergence}")

    rates: list[float] = []
    losses: list[float] = []
    running_means: list[float] = []
    diverged = False
    total, samples, best = 0.0, 0, math.inf
    with _restored(model, optimizer, _generators(batches)):
        model.train()
        for step, (x, y) in enumerate(islice(_repeated(batches), steps)):
            rate = min_lr * (max_lr / min_lr) ** (step / steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = loss_fn(model(x), y)
            value = loss.item()
            # With a loss above 0 this is value > divergence * best.
            diverged |= not math.isfinite(value) or value - best > (divergence - 1) * abs(best)
            if math.isfinite(value):
                total += value * len(y)
                samples += len(y)
                best = min(best, total / samples)
                rates.append(rate)
                losses.append(value)
                running_means.append(total / samples)
            if diverged and divergence < math.inf:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    if not rates and diverged:
        raise ValueError(f"the first loss must be finite, got {value}")
    if len(rates) < steps and not diverged:
        raise ValueError(f"batches must last for {steps} steps, got {len(rates)}")
    return LRRangeTest(rates, losses, running_means, diverged)


def _repeated(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Go through `batches` again and again, until they yield nothing more."""
    empty = False
    while not empty:
        empty = True
        for batch in batches:
            empty = False
            yield batch


@contextmanager
def _restored(
    model: nn.Module, optimizer: Optimizer, generators: list[torch.Generator]
) -> Iterator[None]:
    """Undo on exit whatever training does to the model, the optimizer and the generators."""
    tensors = {name: tensor.detach().clone() for name, tensor in _tensors(model).items()}
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    modes = [(module, module.training) for module in model.modules()]
    state = {parameter: copy.deepcopy(values) for parameter, values in optimizer.state.items()}
    groups = [dict(group) for group in optimizer.param_groups]
    devices = {tensor.device for tensor in tensors.values() if tensor.is_cuda}
    generator_states = [generator.get_state() for generator in generators]
    for parameter, _ in gradients:
        parameter.grad = None  # the kept one is put back; adding to it would change it
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        with torch.no_grad():
            after = _tensors(model)  # by name: a module may have replaced a buffer
            for name, before in tensors.items():
                after[name].copy_(before)
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for module, mode in modes:
            module.training = mode
        optimizer.state.clear()
        optimizer.state.update(state)
        for group, kept in zip(optimizer.param_groups, groups, strict=True):
            group.update(kept)
        for generator, generator_state in zip(generators, generator_states, strict=True):
            generator.set_state(generator_state)


def _generators(batches: object) -> list[torch.Generator]:
    """The generators of a DataLoader and of its sampler, as far as they have their own."""
    owners = (batches, getattr(batches, "sampler", None))
    generators = [getattr(owner, "generator", None) for owner in owners]
    return [generator for generator in generators if generator is not None]


def _tensors(model: nn.Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
