"""A changed layer, loss, penalty, constraint, clipping or optimizer changes what is trained."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from pkgutil import resolve_name
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.layers import ELU, MLP, SELU, KerasBatchNorm1d
from dnn_techniques.modules import BinaryClassifier, BNBeforeActivation, Classifier, LeakyReLUNet
from dnn_techniques.optim import Clipping, KerasSGD, MaxNorm, Penalty
from dnn_techniques.optim.outer_product import OuterProduct
from dnn_techniques.runs.trials import as_tree
from tests.engine.training import Trained, inputs_like, same_weights, train
from tests.experiment_files import FILES

Make = Callable[[], pl.LightningModule]
Patch = Callable[[pytest.MonkeyPatch], None]


def experiments() -> Iterator[Make]:
    """What makes each experiment's module, of a sweep each combination, at a rate that shows."""
    for file in FILES:
        sweep = file.values.get("sweep") or {}
        for values in itertools.product(*sweep.values()):
            model = file.values["model"]
            swept = as_tree(dict(zip(sweep, values, strict=True))).get("model", {})
            options = {**model.get("init_args", {}), **swept.get("init_args", {})}
            if "clipping" in options:
                options["clipping"] = Clipping(**options["clipping"])
            kind = resolve_name(model["class_path"])
            if "lr" in signature(kind).parameters:
                # Signals grow along connections that skip layers, and so does rounding.
                options["lr"] = 1e-4 if options.get("added") == "skip_connections" else 0.05
            yield partial(kind, **options)


def used() -> tuple[dict[type, Make], dict[type, Make]]:
    """The layers' and the optimizers' classes, and what makes the smallest module that has them."""
    layers: dict[type, tuple[int, Make]] = {}
    optimizers: dict[type, tuple[int, Make]] = {}
    for make in experiments():
        with torch.device("meta"):  # nothing is filled
            module: Any = make()
            size = sum(p.numel() for p in module.parameters())
            # In one order, or pytest-xdist's processes disagree about the tests.
            kinds = dict.fromkeys(type(layer) for layer in module.net.modules())
            kinds.pop(nn.Sequential, None)
            optimizer = type(module.make_optimizer())
        for found, classes in ((layers, kinds), (optimizers, {optimizer})):
            for kind in classes:
                if kind not in found or size < found[kind][0]:
                    found[kind] = size, make
    smallest = [{kind: make for kind, (_, make) in found.items()} for found in (layers, optimizers)]
    return smallest[0], smallest[1]


LAYERS, OPTIMIZERS = used()


def trained(make: Make, fast: bool) -> Trained:
    """Four steps in float64, in which adaptive optimizers do not amplify rounding."""
    torch.manual_seed(1)
    module: Any = make()
    inputs = inputs_like(module, partial(torch.rand, dtype=torch.float64), 64)
    x = inputs if len(inputs) > 1 else inputs[0]
    y = torch.randint(2 if isinstance(module, BinaryClassifier) else 5, (64,))
    loaders = {
        "train_dataloaders": ShuffledBatches(x, y, 16, torch.randperm),
        "val_dataloaders": Batches(x, y, 64),  # some experiments measure something on it
    }
    return train(module, lambda: loaders, fast, precision="64-true")


def check(make: Make, patch: Patch, monkeypatch: pytest.MonkeyPatch, shows: bool = True) -> None:
    """Whether a patch makes the same difference with the engine as without."""
    before = trained(make, fast=True)
    assert before.said == []
    with monkeypatch.context() as context:
        patch(context)
        plain, fast = (trained(make, way) for way in (False, True))
    same_weights(plain.weights, fast.weights)
    changes = [
        (value - before.weights[name]).abs().max().item() for name, value in fast.weights.items()
    ]
    assert max(changes) > 1e-5 if shows else max(changes) <= 1e-6


def times(owner: Any, name: str) -> Patch:
    """Let a method return 1.1 times what it returns, of a tuple the first part."""
    original = getattr(owner, name)

    def changed(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        return (1.1 * result[0], *result[1:]) if isinstance(result, tuple) else 1.1 * result

    return lambda monkeypatch: monkeypatch.setattr(owner, name, changed)


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_layers(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check(LAYERS[kind], times(kind, "forward"), monkeypatch)


def test_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    check(LAYERS[MLP], times(nn.Sequential, "forward"), monkeypatch)


def test_normalization(monkeypatch: pytest.MonkeyPatch) -> None:
    check(LAYERS[KerasBatchNorm1d], times(KerasBatchNorm1d, "normalize"), monkeypatch)


def test_noise_in_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ELU.forward
    noisy = lambda self, x: original(self, x) + 0.1 * torch.randn_like(x)  # noqa: E731
    check(LAYERS[ELU], lambda m: m.setattr(ELU, "forward", noisy), monkeypatch)


def test_a_bound_that_only_large_values_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ELU.forward
    bounded = lambda self, x: original(self, 20 * x).clamp(max=6)  # noqa: E731
    check(LAYERS[ELU], lambda m: m.setattr(ELU, "forward", bounded), monkeypatch)


@pytest.mark.parametrize("kind", [ELU, SELU])
def test_what_a_layer_is_built_of(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check(LAYERS[kind], times(Tensor, "relu"), monkeypatch)


@pytest.mark.parametrize("kind", [ELU, SELU])
def test_a_derivative_that_is_none_is_not_followed(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(LAYERS[kind], times(kind, "derivative"), monkeypatch, shows=False)


def test_the_derivative_of_batch_normalization(monkeypatch: pytest.MonkeyPatch) -> None:
    original = KerasBatchNorm1d.derivative

    def changed(*args: Any) -> Any:
        return [None if g is None else 1.1 * g for g in original(*args)]

    patch = lambda m: m.setattr(KerasBatchNorm1d, "derivative", changed)  # noqa: E731
    check(LAYERS[KerasBatchNorm1d], patch, monkeypatch, shows=False)


# Optimizers


def further(owner: Any, name: str) -> Patch:
    """Let a step of an optimizer go 1.1 times as far."""
    original = getattr(owner, name)

    def changed(self: Any, *args: Any, **kwargs: Any) -> Any:
        parameters = args[0] if name == "update" else self.param_groups[0]["params"]
        before = [p.detach().clone() for p in parameters]
        result = original(self, *args, **kwargs)
        with torch.no_grad():
            for p, old in zip(parameters, before, strict=True):
                p.add_(p - old, alpha=0.1)
        return result

    return lambda monkeypatch: monkeypatch.setattr(owner, name, changed)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, id=f"{kind.__name__}.{name}")
        for kind in OPTIMIZERS
        for name in ("step", "update", "step_without_hooks")
        if hasattr(kind, name)
    ],
)
def test_optimizers(kind: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(OPTIMIZERS[kind], further(kind, name), monkeypatch)


@pytest.mark.parametrize("name", ["step", "update", "step_without_hooks"])
def test_a_descent_that_is_made_layer_by_layer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check(partial(LeakyReLUNet, lr=0.05), further(KerasSGD, name), monkeypatch)


def by_tensors(self: Any, params: Any, grads: Any, group: Any) -> None:
    """Knows nothing of gradients that are not multiplied out."""
    for parameter, gradient in zip(params, grads, strict=True):
        parameter.add_(gradient, alpha=-2 * group["lr"])


def by_all(self: Any, params: Any, grads: Any, group: Any) -> None:
    """Divides by the norm of all gradients."""
    grads = [g.multiplied_out() if isinstance(g, OuterProduct) else g for g in grads]
    norm = torch.nn.utils.get_total_norm(grads)
    torch._foreach_add_(params, torch._foreach_div(grads, norm), alpha=-group["lr"])


def by_steps(self: Any, params: Any, grads: Any, group: Any) -> None:
    """Goes slower from step to step."""
    original(self, params, grads, {**group, "lr": group["lr"] / group["steps"]})


def slower(self: Any, params: Any, grads: Any, group: Any) -> None:
    """Lowers the rate itself."""
    original(self, params, grads, group)
    group["lr"] *= 0.9


original = KerasSGD.update


@pytest.mark.parametrize("update", [by_tensors, by_all, by_steps, slower])
def test_other_ways_of_descending(update: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = lambda m: m.setattr(KerasSGD, "update", update)  # noqa: E731
    for make in (partial(LeakyReLUNet, lr=0.05), partial(BNBeforeActivation, lr=0.05)):
        check(make, patch, monkeypatch)


def test_a_subclass_of_an_optimizer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(KerasSGD):
        def step(self, closure: Any = None) -> Any:
            loss = super().step(closure)
            for parameter in self.param_groups[0]["params"]:
                parameter.data.mul_(0.9)
            return loss

    patch = lambda m: m.setattr(  # noqa: E731
        LeakyReLUNet, "make_optimizer", lambda self: Own(self.parameters(), self.lr)
    )
    check(partial(LeakyReLUNet, lr=0.05), patch, monkeypatch)


# What else a step does


def with_a(name: str) -> Make:
    """The first experiment that has penalties, constraints or the like."""
    for make in experiments():
        with torch.device("meta"):
            if getattr(make(), name):
                return make
    raise AssertionError(name)


def test_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    check(partial(LeakyReLUNet, lr=0.05), times(F, "cross_entropy"), monkeypatch)
    check(partial(LeakyReLUNet, lr=0.05), times(Classifier, "data_loss"), monkeypatch)


def test_penalties(monkeypatch: pytest.MonkeyPatch) -> None:
    check(with_a("penalties"), times(Penalty, "__call__"), monkeypatch)


def test_constraints(monkeypatch: pytest.MonkeyPatch) -> None:
    def tighter(self: MaxNorm, module: nn.Module) -> None:
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(0.9)

    check(with_a("constraints"), lambda m: m.setattr(MaxNorm, "__call__", tighter), monkeypatch)


def test_clipping(monkeypatch: pytest.MonkeyPatch) -> None:
    def halve(self: Clipping, parameters: Any) -> None:
        for parameter in parameters:
            parameter.grad.mul_(0.5)

    check(with_a("clipping"), lambda m: m.setattr(Clipping, "__call__", halve), monkeypatch)


def test_an_error_in_a_layer_or_an_optimizer_ends_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("in the code that is read")

    def forward(self: KerasBatchNorm1d, input: Tensor) -> Tensor:
        if self.training:
            stop()
        return nn.BatchNorm1d.forward(self, input)

    for owner, name, code in ((KerasBatchNorm1d, "forward", forward), (KerasSGD, "update", stop)):
        with monkeypatch.context() as context:
            context.setattr(owner, name, code)
            with pytest.raises(NotImplementedError, match="in the code that is read"):
                trained(BNBeforeActivation, fast=True)
