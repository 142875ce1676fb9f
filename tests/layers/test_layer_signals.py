import torch
from torch import nn

from dnn_techniques.layers import MLP, layer_signals


def test_values_by_hand() -> None:
    """Two units with inputs 0 and 10: the sigmoid is half way up at one, saturated at the other."""
    layer, output = nn.Sigmoid(), nn.Linear(2, 1, bias=False)
    nn.init.constant_(output.weight, 3.0)
    x = torch.tensor([[0.0, 10.0], [10.0, 10.0], [0.0, -10.0], [0.0, 0.0]])
    signals = layer_signals(nn.Sequential(layer, output), [layer], x, torch.mean)
    outputs = torch.sigmoid(x.double())
    torch.testing.assert_close(signals.std, outputs.std(correction=0)[None], atol=1e-6, rtol=0)
    torch.testing.assert_close(signals.saturated, torch.tensor([4 / 8]).double())
    # d mean(3 a + 3 b) / da = 3 / 4 for each of the outputs
    torch.testing.assert_close(signals.gradient_rms, torch.tensor([0.75]).double())


def test_nothing_stays_behind() -> None:
    net = MLP(5, (4, 4), 3, "tanh")
    layers = [net.get_submodule("activation1"), net.get_submodule("activation2")]
    x = torch.ones(2, 5)
    layer_signals(net, layers, x, torch.sum)
    assert all(p.grad is None for p in net.parameters())
    assert not layers[0]._forward_hooks
    assert not x.requires_grad


def test_relu_is_flat_below_zero() -> None:
    layer = nn.ReLU()
    net = nn.Sequential(layer, nn.Linear(4, 1))
    signals = layer_signals(net, [layer], torch.tensor([[-1.0, -2.0, -3.0, 4.0]]), torch.sum)
    assert signals.saturated.item() == 0.75


def test_a_slope_for_each_unit() -> None:
    net = MLP(5, (4,), 3, "prelu")
    signals = layer_signals(net, [net.get_submodule("activation1")], torch.randn(6, 5), torch.sum)
    assert signals.std.shape == (1,)
