"""What a module does in its own way is done, fast or plainly."""

from functools import partial
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.loops.optimization.automatic import Closure

from dnn_techniques.engine import attach
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier
from dnn_techniques.optim import MaxNorm
from tests.engine.modules import Make, Plain, Twin, line, small
from tests.engine.training import Loaders, both, train


class ManyOptimizers(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: Any, batch_idx: int) -> None:
        for optimizer in self.optimizers():  # type: ignore[union-attr]
            optimizer.zero_grad()
            self.manual_backward(super().training_step(batch, batch_idx))
            optimizer.step()

    def configure_optimizers(self) -> Any:
        return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (self.net[1], self.net[4])]


class Warm(Plain):
    """As Lightning's documentation warms up."""

    def optimizer_step(self, epoch: Any, batch_idx: Any, optimizer: Any, closure: Any) -> None:  # type: ignore[override]
        optimizer.step(closure=closure)
        for group in optimizer.param_groups:
            group["lr"] = min(1.0, (self.trainer.global_step + 1) / 10) * self.lr


class WarmExperiment(Classifier):
    def __init__(self) -> None:
        super().__init__(MLP(784, (12,), 10), lr=0.1, constraints=[MaxNorm(0.5)])

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = min(1.0, (self.trainer.global_step + 1) / 10) * self.lr
        super().optimizer_step(*args, **kwargs)


class EverySecond(Plain):
    def optimizer_step(self, epoch: Any, batch_idx: Any, optimizer: Any, closure: Any) -> None:  # type: ignore[override]
        if batch_idx % 2:
            optimizer.step(closure=closure)
        else:
            closure()


class OwnClipping(Plain):
    def configure_gradient_clipping(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        self.clip_gradients(optimizer, gradient_clip_val=0.05, gradient_clip_algorithm="norm")


class OwnClipGradients(Plain):
    def clip_gradients(self, *args: Any, **kwargs: Any) -> None:
        for parameter in self.parameters():
            parameter.grad.mul_(0.5)  # type: ignore[union-attr]


class WithoutIndex(Plain):
    def training_step(self, batch: Any) -> Any:  # type: ignore[override]
        return super().training_step(batch, 0)


class SomeSteps(Plain):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = super().training_step(batch, batch_idx)
        return None if batch_idx % 3 == 1 else {"loss": loss, "batch_idx": batch_idx}


class SomeStepsOfOurs(Classifier):
    def __init__(self) -> None:
        super().__init__(MLP(784, (12,), 10), lr=0.1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        outputs = super().training_step(batch, batch_idx)
        return None if batch_idx in (0, 4, 5) else outputs


class Stops(Plain):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.trainer.should_stop = self.trainer.global_step == 4
        return super().training_step(batch, batch_idx)


class Skips(Plain):
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> int | None:
        return -1 if batch_idx == 5 else None

    def configure_optimizers(self) -> Any:
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


class DefaultNumbers(Plain):
    """Makes numbers of the default type."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        assert torch.ones(()).dtype == self.net[1].weight.dtype
        return super().training_step(batch, batch_idx) * torch.tensor(1 / 3)


class Frozen(Plain):
    """Freezes a layer while it trains."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.net[1].requires_grad_(batch_idx < 3)
        return super().training_step(batch, batch_idx)


class InEvaluation(BNBeforeActivation):
    """Holds its first normalization by putting it into evaluation mode within the step."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        self.net.get_submodule("norm0").eval()
        return super().training_step(batch, batch_idx)


class Quadratic(Plain):
    def configure_optimizers(self) -> Any:
        return torch.optim.LBFGS(self.parameters(), max_iter=3)


class Gradients(Plain):
    def on_before_optimizer_step(self, optimizer: Any) -> None:
        self.log("gradient", self.net[1].get_parameter("weight").grad.norm())  # type: ignore[union-attr]


OWN_WAYS: dict[str, tuple[Make, str | None]] = {
    "manual": (ManyOptimizers, "ManyOptimizers optimizes manually"),
    "LBFGS": (Quadratic, "LBFGS asks for several gradients in a step"),
    "on_before_optimizer_step": (Gradients, "Gradients has the hook on_before_optimizer_step"),
    "warm-up": (Warm, None),
    "warm-up of an experiment": (WarmExperiment, None),
    "every second batch": (EverySecond, None),
    "own clipping": (OwnClipping, None),
    "own clip_gradients": (OwnClipGradients, None),
    "no batch_idx": (WithoutIndex, None),
    "some steps": (SomeSteps, None),
    "some steps of ours": (SomeStepsOfOurs, None),
    "should_stop": (Stops, None),
    "-1": (Skips, None),
    "frozen": (Frozen, None),
    "in evaluation": (partial(InEvaluation, hidden=(12,), lr=0.1), None),
}


@pytest.mark.parametrize(("make", "reason"), OWN_WAYS.values(), ids=OWN_WAYS)
@pytest.mark.filterwarnings("ignore:`training_step` returned `None`")
def test_own_ways(make: Make, reason: str | None, loaders: Loaders) -> None:
    _, fast = both(make, loaders, max_epochs=2)
    assert fast.said == line(reason)


class NoLoss(Plain):
    def training_step(self, batch: Any, batch_idx: int) -> Any:
        return {"accuracy": super().training_step(batch, batch_idx)}


class NoClosure(Plain):
    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        pass


@pytest.mark.parametrize("make", [NoLoss, NoClosure])
def test_mistakes_are_told(make: Make, images: Loaders) -> None:
    for fast in (False, True):
        with pytest.raises(MisconfigurationException, match=r"loss|closure"):
            train(make(), images, fast)


def test_a_step_without_a_loss_is_warned_of(images: Loaders) -> None:
    Closure.warning_cache.clear()
    with pytest.warns(UserWarning, match="`training_step` returned `None`"):
        train(SomeSteps(), images, fast=True)


def test_a_compiled_module_trains_plainly(images: Loaders) -> None:
    compiled: Any = torch.compile(Twin(small()), backend="eager")
    assert train(compiled, images, fast=True, max_steps=2).said == line("Twin is compiled")


def test_the_reason_is_printed(images: Loaders, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = pl.Trainer(fast_dev_run=2, accelerator="cpu", profiler="simple", logger=False)
    attach(trainer)
    trainer.fit(small(), **images())
    printed = capsys.readouterr().out
    assert printed.count("trained by Lightning's own loop: the steps are profiled") == 1


def test_numbers_are_as_precise_as_the_training(loaders: Loaders) -> None:
    for precision in ("32-true", "64-true"):
        both(DefaultNumbers, loaders, precision=precision)
