"""Training steps whose kernels are recorded once, as a CUDA graph, and repeated."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from dnn_techniques.engine.fast_step import FastStep

# Steps before the recording, in which libraries make what they keep, such as their workspaces.
WARM_UP = 3

# Layers and experiments from here run the same kernels in every step, whatever the data.
RECORDABLE = (
    "torch.nn.",
    "dnn_techniques.layers.",
    "dnn_techniques.modules.",
    "dnn_techniques.engine.stacked.",
)

# What a step returns, what it logs, and the gradients.
Recorded = tuple[dict[str, Any], list[tuple[tuple[Any, ...], dict[str, Any]]], list[Tensor | None]]
Recorder = Callable[[Callable[[], Recorded]], Callable[[], Recorded]]


def cuda_graph(function: Callable[[], Recorded]) -> Callable[[], Recorded]:
    """Record the kernels of a function, without running them, and return what launches them.

    Raises:
        RuntimeError: If the function does what a CUDA graph cannot hold.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = function()

    def replay() -> Recorded:
        graph.replay()
        return outputs

    return replay


class GraphStep(FastStep):
    """A `FastStep` whose gradients are computed by one launch from the fourth step on.

    The kernels of a small net take less time on a GPU than it takes to launch them one by one. A
    CUDA graph launches those of a whole step together, always on the same memory: the batch is
    copied into it, and what comes out is copied where it is kept. Nothing waits for the GPU. The
    optimizer's few kernels stay outside, so that any optimizer and schedule will do.

    Batches of another size than the first, such as an epoch's last one, are computed as they are.
    If the recording fails, all are from then on, and a warning says so.

    Args:
        trainer: Ready to fit.
        record: Records a function, which it may or may not run, and returns what repeats it.
    """

    def __init__(self, trainer: pl.Trainer, record: Recorder = cuda_graph) -> None:
        super().__init__(trainer)
        self.record = record
        self.replay: Callable[[], Recorded] | None = None
        self.calls = 0

    @staticmethod
    def why_not(module: pl.LightningModule) -> str | None:
        """Why a step of a module may not be the same kernels each time, None if it is."""
        return why_not_recordable(module)

    def __enter__(self) -> "GraphStep":
        """Look at what is trained; a number of Python in a step would be recorded as it is."""
        super().__enter__()
        self.at_once = False
        rules = [rule for net in self.nets for rule in net.rules]
        if rules != getattr(self, "recorded_rules", rules):  # a layer was frozen, perhaps
            self.replay, self.calls = None, 0
        self.recorded_rules = rules
        return self

    def gradients(self, batch: Any, index: int) -> dict[str, Any]:
        """The module's step up to the gradients, which are stored."""
        self.calls += 1
        if self.calls == 1:
            self.static = tree_map(torch.clone, batch)
        if self.calls <= WARM_UP or _shapes(batch) != _shapes(self.static):
            return super().gradients(batch, index)
        if self.replay is None:
            try:
                self.replay = self.record(self._step)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                warnings.warn(f"training without a CUDA graph: {reason}", stacklevel=2)
                self.replay = self._step
        for place, value in zip(tree_leaves(self.static), tree_leaves(batch), strict=True):
            place.copy_(value)
        outputs, logged, gradients = self.replay()
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        for args, options in logged:
            self.module.log(*map(_kept, args), **{k: _kept(v) for k, v in options.items()})
        self.stored = True
        return {name: _kept(value) for name, value in outputs.items()}

    def _step(self) -> Recorded:
        """A step on the static batch."""
        logged: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        own = vars(self.module)
        stand_ins = {name: own[name] for name in ("log", "log_dict")}  # of `StepLogs`
        own["log"] = lambda *args, **options: logged.append((args, options))
        own["log_dict"] = partial(type(self.module).log_dict, self.module)
        try:
            outputs = super().gradients(self.static, 0)
        finally:
            own.update(stand_ins)
        return outputs, logged, [p.grad for p in self.parameters]


def why_not_recordable(module: nn.Module) -> str | None:
    """Why a step of a module may not be the same kernels each time, None if it is."""
    for layer in module.modules():
        if not f"{type(layer).__module__}.".startswith(RECORDABLE):
            return f"{type(layer).__qualname__} may do something else in each step"
    return None


def _shapes(batch: Any) -> list[torch.Size]:
    return [part.shape for part in tree_leaves(batch)]


def _kept(value: Any) -> Any:
    """A copy of a tensor, or of the tensors in something, that the next step would overwrite."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict | list | tuple):
        return tree_map(_kept, value)
    return value
