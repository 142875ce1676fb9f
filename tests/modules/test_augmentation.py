from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dnn_techniques.data import ImageData
from dnn_techniques.layers import Augment
from dnn_techniques.modules import AugmentedNet
from tests.modules.trainer import trainer

Archive = Callable[..., Path]


def test_augmentation_comes_first_and_is_off_by_default() -> None:
    torch.manual_seed(0)
    without = AugmentedNet(hidden=(20, 10))
    torch.manual_seed(0)
    augmented = AugmentedNet(hidden=(20, 10), augment=True, max_shift=3, max_angle=7, lighting=0.3)
    assert not any(isinstance(layer, Augment) for layer in without.net.modules())
    name, first = next(augmented.net.named_children())
    assert (name, str(first)) == (
        "augment",
        "Augment(max_shift=3, max_angle=7, lighting=0.3)",
    )
    assert list(dict(augmented.net.named_children()))[1:] == list(
        dict(without.net.named_children())
    )
    assert without.state_dict().keys() == augmented.state_dict().keys()
    for one, other in zip(without.parameters(), augmented.parameters(), strict=True):
        assert torch.equal(one, other)
    x = torch.rand(4, 28, 28)
    assert torch.equal(augmented.eval()(x), without.eval()(x))
    assert not torch.equal(augmented.train()(x), without.train()(x))


@pytest.mark.parametrize("augment", [False, True])
def test_bad_limits_are_refused_before_training(augment: bool) -> None:
    with pytest.raises(ValueError, match="max_angle must be at least 0, got -1"):
        AugmentedNet(augment=augment, max_angle=-1)


def test_a_test_changes_images_alike_for_every_net(archive: Archive) -> None:
    data = ImageData("fashion_mnist", archive().parent, validation=50)
    nets = [AugmentedNet(hidden=(20, 10), augment=augment) for augment in (False, True)]
    nets[1].load_state_dict(nets[0].state_dict())
    figures = []
    for seed, net in enumerate(nets):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        (found,) = trainer().test(net, data, verbose=False)
        assert torch.equal(torch.get_rng_state(), before)
        figures.append(found)
    assert figures[0] == figures[1]
    x, labels = data.test
    torch.manual_seed(0)
    changed = Augment(1, 5, 0.1)(x)
    right = nets[0].eval()(changed).argmax(dim=1) == labels
    assert figures[0]["test_changed_accuracy"] == pytest.approx(right.float().mean().item())
    plain = nets[0](x).argmax(dim=1) == labels
    assert figures[0]["test_accuracy"] == pytest.approx(plain.float().mean().item())
