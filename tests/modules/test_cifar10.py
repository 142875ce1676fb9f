import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.documents.documented import documented
from dnn_techniques.layers import AlphaDropout
from dnn_techniques.modules import (
    CIFAR10AlphaDropoutNet,
    CIFAR10BNNet,
    CIFAR10ConvNet,
    CIFAR10MCDropoutNet,
    CIFAR10OneCycleNet,
    count_parameters,
)
from dnn_techniques.modules.cifar10 import ChannelsFirst
from tests.documents.setup_checks import named
from tests.modules.trainer import trainer


def test_the_normalized_layers_keep_their_bias() -> None:
    net = CIFAR10BNNet()
    count = count_parameters(net)
    assert (count.total, count.trainable) == (520_498, 510_354)
    assert all(m.bias is not None for m in net.net.modules() if isinstance(m, nn.Linear))


def test_alpha_dropout_comes_before_the_output_only() -> None:
    names = [name for name, m in CIFAR10AlphaDropoutNet().net.named_children()]
    assert names[-3:] == ["activation20", "dropout20", "output"]
    assert [name for name in names if "dropout" in name] == ["dropout20"]
    assert [m.p for m in CIFAR10OneCycleNet(rate=0.2).modules() if isinstance(m, AlphaDropout)] == [
        0.2
    ]


def test_1cycle_is_of_sgd() -> None:
    net = CIFAR10OneCycleNet()
    optimizer = net.make_optimizer()
    assert type(optimizer).__name__ == "KerasSGD"
    net.total_steps = lambda: 352 * 15  # type: ignore[method-assign]
    assert net.make_schedule(optimizer) is not None
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.005)


def test_mc_dropout_is_validated_beside_the_single_prediction() -> None:
    torch.manual_seed(0)
    net = CIFAR10MCDropoutNet(hidden=[20] * 3, rate=0.3, samples=50)
    batch = torch.randn(40, 32, 32, 3), torch.randint(10, (40,))
    (figures,) = trainer().validate(net, DataLoader(TensorDataset(*batch), 40), verbose=False)
    with torch.no_grad():
        net.train()
        probabilities = torch.stack([net(batch[0]).softmax(dim=1) for _ in range(5000)]).mean(dim=0)
        net.eval()
        single = net.loss(net(batch[0]), batch[1])
    loss = nn.functional.nll_loss(probabilities.log(), batch[1]).item()
    assert figures["val_mc_loss"] == pytest.approx(loss, rel=0.03)
    assert figures["val_loss"] == pytest.approx(single.item(), rel=1e-5)
    assert abs(figures["val_mc_loss"] / figures["val_loss"] - 1) > 1e-3


def test_samples_are_checked() -> None:
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        CIFAR10MCDropoutNet(samples=0)


def test_the_convolutional_net_takes_images_and_flattened_ones() -> None:
    net = CIFAR10ConvNet().eval()
    images = torch.randn(4, 32, 32, 3)
    outputs = net(images)
    assert outputs.shape == (4, 10)
    torch.testing.assert_close(net(images.flatten(1)), outputs)
    torch.testing.assert_close(ChannelsFirst(32, 32, 3)(images)[1, 2], images[1, :, :, 2])


def test_the_search_of_both_rates_is_the_documented_one() -> None:
    told = documented("cifar10-alpha-dropout").setup["search"]
    sweep = named("cifar10-rates/alpha_dropout").values["sweep"]
    assert (sweep["rate"], sweep["lr"]) == (told["dropout"], told["rates"])
    net = CIFAR10AlphaDropoutNet()
    assert [net.rate, net.lr] == told["chosen"]
