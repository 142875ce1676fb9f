"""A training step of a plain module, by its own code, with less around it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.loops.optimization.automatic import Closure, ClosureResult
from pytorch_lightning.plugins.precision import Precision
from pytorch_lightning.utilities.signature_utils import is_param_in_hook_signature
from torch import Tensor, nn

from dnn_techniques.engine.conditions import overridden
from dnn_techniques.engine.fast_net import FastNet, sequences
from dnn_techniques.engine.optimizers import has_keras_step, takes_products
from dnn_techniques.modules.experiment import Experiment
from dnn_techniques.optim.outer_product import Gradient, OuterProduct

# Whose steps need no closure.
OPTIMIZERS = ("torch.optim.", "dnn_techniques.optim.")


class FastStep:
    """Calls `training_step`, differentiates its loss, and moves the weights by the optimizer.

    As a context it lets the module's sequences of layers be passed by rules (`FastNet`).

    Where a step does nothing but w - lr g, the optimizer's `update` moves a layer's weights as soon
    as the factors of their gradient are known; otherwise the gradients are stored, clipped by the
    module's own hook, and the optimizer steps.

    Args:
        trainer: Ready to fit.
    """

    def __init__(self, trainer: pl.Trainer) -> None:
        self.trainer = trainer
        self.module = trainer.lightning_module
        self.optimizer: Any = trainer.optimizers[0]
        self.tape: list[FastNet] = []
        self.stored = True  # whether there are gradients
        self.keep = True  # whether there have to be, for others to see
        self.nets = [FastNet(net, self.tape) for net in sequences(self.module)]
        self.takes_index = is_param_in_hook_signature(
            self.module.training_step, "batch_idx", min_args=2
        )
        self.takes_products = takes_products(self.optimizer)

    @staticmethod
    def why_not(module: pl.LightningModule) -> str | None:
        """Why steps of a module cannot be made in this way; they all can."""
        return None

    def __enter__(self) -> "FastStep":
        """Look at what is trained and how, which may have changed since the last steps."""
        optimizer = self.optimizer
        self.training_step = _training_step(self.trainer)
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.group = optimizer.param_groups[0]
        self._look_at_hooks()
        self.without_hooks = has_keras_step(optimizer)
        for net in self.nets:
            net.prepare()
        self.passed = [net for net in self.nets if net.rules]
        trained = {p for net in self.passed for p in net.parameters if p.requires_grad}
        self.at_once = (
            self.takes_products
            and self.without_hooks
            and optimizer.plain
            and not self.by_hook
            and not self.clipped
            and trained <= set(self.parameters)
            and all(net.once for net in self.passed)
        )
        optimizer._opt_called = True  # we step past what sets it
        for net in self.passed:
            net.stand_in()
        return self

    def _look_at_hooks(self) -> None:
        """Find out by whom gradients are clipped, and who makes the optimizer step."""
        module, plain = self.module, pl.LightningModule
        ours = isinstance(module, Experiment)

        def own(hook: str) -> bool:
            return overridden(module, plain, hook) and overridden(module, Experiment, hook)

        foreign = not f"{type(self.optimizer).__module__}.".startswith(OPTIMIZERS)
        wrapped = foreign or own("optimizer_step")
        self.by_hook = wrapped or (ours and bool(module.constraints))
        # The wrapper is what the hooks of others expect; it clips the gradients, too.
        wrapper = self.trainer.strategy._lightning_optimizers[0]
        self.handed = wrapper if wrapped else self.optimizer
        self.clipped = not wrapped and (
            self.trainer.gradient_clip_val is not None
            or (ours and module.clipping is not None)
            or own("configure_gradient_clipping")
            or own("clip_gradients")
        )

    def __exit__(self, *args: object) -> None:
        """Leave the sequences as they were."""
        for net in self.passed:
            net.stand_aside()
        self.tape.clear()

    def __call__(self, batch: Any, index: int, keep: bool = True) -> dict[str, Any]:
        """Make a step.

        Args:
            batch: What to train on.
            index: Number of the batch in the epoch.
            keep: Whether the gradients have to be there afterwards, for others to see.

        Returns:
            What `training_step` returned, detached, for the callbacks.
        """
        self.keep = keep
        if self.by_hook:
            return self._by_hook(batch, index)
        outputs = self.gradients(batch, index)
        if not self.stored:
            return outputs
        if self.without_hooks:
            self.optimizer.step_without_hooks()
        else:
            self.optimizer.step()
        return outputs

    def _by_hook(self, batch: Any, index: int) -> dict[str, Any]:
        """Make a step through the module's hook `optimizer_step`.

        Raises:
            MisconfigurationException: If the hook does not call its closure.
        """
        results: list[dict[str, Any]] = []

        @torch.enable_grad()
        def closure() -> Tensor | None:
            results.append(self.gradients(batch, index))
            return results[-1].get("loss")

        self.module.optimizer_step(self.trainer.current_epoch, index, self.handed, closure)
        if not results:
            raise MisconfigurationException("optimizer_step has to call its optimizer_closure")
        return results[-1]

    def gradients(self, batch: Any, index: int) -> dict[str, Any]:
        """The module's step up to the gradients, which are stored or followed at once."""
        args = (batch, index) if self.takes_index else (batch,)
        output = self.training_step(*args)
        loss = output.get("loss") if isinstance(output, Mapping) else output
        if self.stored:
            for parameter in self.parameters:
                parameter.grad = None
        self.stored = True
        if not isinstance(loss, Tensor):
            return self._without_loss(output)
        tape = self.tape
        loss.backward(retain_graph=bool(tape))
        take = self._store
        if self.at_once and not self.keep and self._tape_has_all():
            self.stored, take = False, self._follow
            self.group["steps"] += 1
        with torch.no_grad():
            while tape:
                tape.pop().backward(take)
        if self.clipped:
            self.module.configure_gradient_clipping(
                self.optimizer,
                gradient_clip_val=self.trainer.gradient_clip_val,
                gradient_clip_algorithm=self.trainer.gradient_clip_algorithm,
            )
        outputs = output if isinstance(output, Mapping) else {"loss": loss}
        return {k: v.detach() if isinstance(v, Tensor) else v for k, v in outputs.items()}

    def _tape_has_all(self) -> bool:
        """Whether the layers of one net get all of the gradient: no penalty, nothing beside it."""
        return (
            len(self.tape) == 1
            and not self.tape[0].input.requires_grad
            and all(p.grad is None for p in self.parameters)
        )

    def _without_loss(self, output: Any) -> dict[str, Any]:
        """What is left of a step whose `training_step` returned None.

        Raises:
            MisconfigurationException: If it returned something else that is no loss.
        """
        self.tape.clear()
        ClosureResult.from_training_step_output(output)
        Closure.warning_cache.warn(
            "`training_step` returned `None`. If this was on purpose, ignore this warning..."
        )
        return {}

    def _store(self, parameters: list[nn.Parameter], gradients: Sequence[Gradient]) -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            whole = gradient.multiplied_out() if isinstance(gradient, OuterProduct) else gradient
            parameter.grad = whole if parameter.grad is None else parameter.grad + whole

    def _follow(self, parameters: list[nn.Parameter], gradients: Sequence[Gradient]) -> None:
        self.optimizer.update(parameters, gradients, self.group)


def _training_step(trainer: pl.Trainer) -> Callable[..., Any]:
    """A module's `training_step`, with the default type of number that the precision asks for."""
    module, precision = trainer.lightning_module, trainer.precision_plugin
    if type(precision) is Precision:
        return module.training_step

    def step(*args: Any) -> Any:
        with precision.train_step_context():
            return module.training_step(*args)

    return step
