import pytest
import torch
from torch import nn

from dnn_techniques.modules import L1L2Net, L2Net


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 0.0), (0.1, 0.01)])
def test_l1_is_in_the_loss_and_in_the_gradient_of_every_kernel(l1: float, l2: float) -> None:
    module = L1L2Net(in_features=6, hidden=(5, 4), l1=l1, l2=l2)
    x, labels = torch.randn(8, 6), torch.zeros(8, dtype=torch.long)
    outputs = module(x)
    added = module.loss(outputs, labels) - module.data_loss(outputs, labels)
    layers = [layer for layer in module.net.modules() if isinstance(layer, nn.Linear)]
    kernels = [layer.weight for layer in layers]
    assert len(kernels) == 3
    expected = sum(l1 * w.abs().sum() + l2 * w.square().sum() for w in kernels)
    torch.testing.assert_close(added, expected)
    gradients = torch.autograd.grad(added, kernels)
    for gradient, w in zip(gradients, kernels, strict=True):
        torch.testing.assert_close(gradient, l1 * w.sign() + 2 * l2 * w)


def test_only_the_penalty_differs_from_the_l2_net() -> None:
    torch.manual_seed(0)
    l1 = L1L2Net(in_features=6, hidden=(5, 4))
    torch.manual_seed(0)
    l2 = L2Net(in_features=6, hidden=(5, 4))
    assert str(l1.net) == str(l2.net)
    assert all(torch.equal(*pair) for pair in zip(l1.parameters(), l2.parameters(), strict=True))
    assert str(l1.make_optimizer()) == str(l2.make_optimizer())
    assert l1.penalties != l2.penalties
