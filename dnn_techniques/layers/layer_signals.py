"""How a signal and its gradient fare on their way through the layers of a net."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dnn_techniques.layers.activations import derivative

# A unit is saturated where its activation is a hundred times flatter than at its steepest.
FLAT = 0.01


@dataclass(frozen=True)
class LayerSignals:
    """Statistics at each of the layers, float64, (layers,).

    Attributes:
        std: Standard deviation of the layer's outputs over all samples and units.
        saturated: Share of them where the activation's derivative is below a hundredth of its
            largest, so that hardly any gradient passes.
        gradient_rms: Root mean square of the gradient of the loss with respect to the outputs.
    """

    std: Tensor
    saturated: Tensor
    gradient_rms: Tensor


def layer_signals(
    net: nn.Module, activations: Sequence[nn.Module], x: Tensor, loss_fn: Callable[[Tensor], Tensor]
) -> LayerSignals:
    """Measure one forward and one backward pass; gradients of parameters stay as they are.

    Glorot & Bengio 2010, figures 2 to 7; chapter 11, "The Vanishing/Exploding Gradients Problems".

    Args:
        net: Maps `x` to what `loss_fn` takes.
        activations: Its activation modules, elementwise, in the order of the pass.
        x: Inputs, (n, *).
        loss_fn: Maps the net's outputs to a scalar.

    Example:
        >>> net = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 1))
        >>> signals = layer_signals(net, [net[1]], torch.ones(2, 3), torch.sum)
        >>> signals.std.shape
        torch.Size([1])
    """
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []

    def keep(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        inputs.append(args[0].detach())
        outputs.append(output)

    hooks = [module.register_forward_hook(keep) for module in activations]
    try:
        with torch.enable_grad():
            loss = loss_fn(net(x.detach().requires_grad_()))
            gradients = torch.autograd.grad(loss, outputs)
    finally:
        for hook in hooks:
            hook.remove()
    slopes = [derivative(m, z).abs() for m, z in zip(activations, inputs, strict=True)]
    grid = torch.linspace(-5, 5, 1001, dtype=x.dtype, device=x.device)
    steepest = [
        derivative(m, grid[:, None].expand(-1, z.shape[-1])).max()
        for m, z in zip(activations, inputs, strict=True)
    ]
    return LayerSignals(
        # To the CPU first: Apple's MPS has no float64.
        std=torch.stack([o.detach().cpu().double().std(correction=0) for o in outputs]),
        saturated=torch.stack(
            [
                (s < FLAT * top).cpu().double().mean()
                for s, top in zip(slopes, steepest, strict=True)
            ]
        ),
        gradient_rms=torch.stack([g.cpu().double().square().mean().sqrt() for g in gradients]),
    )
