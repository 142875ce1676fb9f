import pytest
import torch
from torch import nn

from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP
from dnn_techniques.reuse import copy_layers, share_layers


def nets() -> tuple[MLP, MLP]:
    """A net for eight classes and one for two, with batch normalization."""
    torch.manual_seed(0)
    a, b = (MLP(6, (5, 4), n, norm="after", norm_first=True) for n in (8, 1))
    with torch.no_grad():
        for value in a.state_dict().values():
            value += 1
        a.get_parameter("hidden1.weight").normal_()
        a.get_parameter("hidden2.weight").normal_()
    return a, b


def train(net: nn.Module) -> None:
    """A step of gradient descent, with batch normalization in training."""
    net.train()
    net(torch.randn(9, 6)).square().sum().backward()
    with torch.no_grad():
        for parameter in net.parameters():
            assert parameter.grad is not None
            parameter.sub_(parameter.grad, alpha=0.1)


def test_all_layers_but_the_output_are_copied() -> None:
    a, b = nets()
    output = b.get_parameter("output.weight").clone()
    assert "output" not in copy_layers(a, b)
    for name, value in b.state_dict().items():
        assert name.startswith("output") or value.equal(a.state_dict()[name]), name
    assert b.get_parameter("output.weight").equal(output)
    assert b.get_buffer("norm1.running_mean").equal(torch.ones(5))


def test_training_the_new_net_leaves_the_old_one_as_it_is() -> None:
    a, b = nets()
    copy_layers(a, b)
    before = {name: value.clone() for name, value in a.state_dict().items()}
    train(b)
    assert all(value.equal(before[name]) for name, value in a.state_dict().items())
    assert not b.get_parameter("hidden1.weight").equal(before["hidden1.weight"])


def test_training_the_new_net_changes_shared_layers() -> None:
    a, b = nets()
    share_layers(a, b)
    before = {name: value.clone() for name, value in a.state_dict().items()}
    train(b)
    changed = {name for name, value in a.state_dict().items() if not value.equal(before[name])}
    shared = {name for name in before if not name.startswith("output")}
    assert changed == {name for name in shared if "tracked" not in name}
    assert b.hidden1 is a.hidden1
    assert b.output is not a.output


def test_chosen_layers_from_a_state_dict() -> None:
    a, b = nets()
    before = b.get_parameter("hidden2.weight").clone()
    assert copy_layers(a.state_dict(), b, ["hidden1"]) == ["hidden1"]
    assert b.get_parameter("hidden1.weight").equal(a.get_parameter("hidden1.weight"))
    assert b.get_parameter("hidden2.weight").equal(before)


@pytest.mark.parametrize("take", [copy_layers, share_layers])
def test_layers_that_do_not_fit_are_refused(take: object) -> None:
    assert callable(take)
    a, b = nets()
    before = {name: value.clone() for name, value in b.state_dict().items()}
    with pytest.raises(InputError, match=r"output: weight is \(8, 4\) in the source and is \(1, 4"):
        take(a, b, ["output"])
    with pytest.raises(InputError, match="the net has no such layer, did you mean hidden"):
        take(a, b, ["hidden7"])
    with pytest.raises(InputError, match=r"hidden1: bias is .* in the source and does not exist"):
        take(a, MLP(6, (5, 4), 1, norm="before"), ["hidden1"])
    with pytest.raises(InputError, match="hidden3: "):
        take(a, MLP(6, (5, 4, 4), 1), ["hidden3"])
    assert all(value.equal(before[name]) for name, value in b.state_dict().items())
