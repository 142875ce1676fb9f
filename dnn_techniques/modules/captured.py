"""The gradients of a training step as a CUDA graph."""

import warnings
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

# Calls before the recording, in which libraries make what they keep, such as their workspaces.
WARM_UP = 3

# Layers and experiments from here run the same kernels in every step, whatever the data.
RECORDABLE = ("torch.nn.", "dnn_techniques.layers.", "dnn_techniques.modules.")

Gradients = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Outputs = tuple[Tensor, Tensor, list[Tensor | None]]
Recorder = Callable[[Callable[[], Outputs]], Callable[[], Outputs]]


class CapturedGradients:
    """Calls a function that computes gradients; from the fourth call on as one launch.

    The kernels of a small net take less time on a GPU than it takes to launch them one by one. A
    CUDA graph launches those of a whole step together, always on the same memory: inputs are copied
    into it, and what comes out is copied where it is kept. Nothing waits for the GPU.

    Minibatches of another size than the first, such as an epoch's last one, are computed as they
    are. If the recording fails, all are from then on, and a line says so.

    Args:
        gradients: Maps images and labels to the loss, a scalar, and the logits, and leaves
            gradients in ``parameter.grad``. It may neither wait for the device nor depend on
            numbers of Python that change.
        parameters: The parameters that get gradients.
        record: Records a function, which it may or may not run, and returns what repeats it.
    """

    def __init__(
        self, gradients: Gradients, parameters: Iterable[nn.Parameter], record: Recorder
    ) -> None:
        self.gradients = gradients
        self.parameters = [p for p in parameters if p.requires_grad]
        self.record = record
        self.replay: Callable[[], Outputs] | None = None
        self.calls = 0

    def __call__(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and logits of a minibatch; its gradients are in ``parameter.grad`` then."""
        self.calls += 1
        if self.calls == 1:
            self.x, self.labels = x.clone(), labels.clone()
        if self.calls <= WARM_UP or x.shape != self.x.shape:
            return self.gradients(x, labels)
        if self.replay is None:
            try:
                self.replay = self.record(self._step)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                warnings.warn(f"training without a CUDA graph: {reason}", stacklevel=2)
                self.replay = self._step
        self.x.copy_(x)
        self.labels.copy_(labels)
        loss, logits, grads = self.replay()
        for parameter, grad in zip(self.parameters, grads, strict=True):
            parameter.grad = grad
        return loss.clone(), logits.clone()

    def _step(self) -> Outputs:
        loss, logits = self.gradients(self.x, self.labels)
        return loss, logits, [p.grad for p in self.parameters]


def cuda_graph(function: Callable[[], Outputs]) -> Callable[[], Outputs]:
    """Record the kernels of a function, without running them, and return what launches them.

    Raises:
        RuntimeError: If the function does what a CUDA graph cannot hold.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = function()

    def replay() -> Outputs:
        graph.replay()
        return outputs

    return replay


def why_not_recordable(module: nn.Module) -> str | None:
    """Why a step of a Classifier may not be the same kernels each time, None if it is."""
    for layer in module.modules():
        if not f"{type(layer).__module__}.".startswith(RECORDABLE):
            return f"{type(layer).__qualname__} may do something else in each step"
    return None
