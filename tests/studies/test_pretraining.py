from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from dnn_techniques.data import ShuffledBatches
from dnn_techniques.modules import Autoencoder, FewLabelsNet
from dnn_techniques.reuse import copy_layers
from dnn_techniques.studies import in_memory, pretraining
from dnn_techniques.studies.pretraining import (
    Weights,
    pretrain_in_one_go,
    pretrain_layer_by_layer,
    pretrain_on_pairs,
)

HIDDEN = (6, 5, 4)
Pretrain = Callable[[Tensor, int], Weights]


def labels(x: Tensor) -> Tensor:
    return (x.flatten(1)[:, 0] * 2).long()


WAYS: dict[str, Pretrain] = {
    "in one go": lambda x, epochs: pretrain_in_one_go(x, HIDDEN, epochs),
    "layer by layer": lambda x, epochs: pretrain_layer_by_layer(x, HIDDEN, epochs),
    "on pairs": lambda x, epochs: pretrain_on_pairs(x, labels(x), HIDDEN, epochs),
}


def pretrained(way: str, seed: int = 0, epochs: int = 1) -> Weights:
    x = torch.rand(300, 3, 4, generator=torch.Generator().manual_seed(5))
    torch.manual_seed(seed)
    return WAYS[way](x, epochs)


@pytest.mark.parametrize("way", WAYS)
def test_gives_every_hidden_layer_its_weights_and_the_same_for_a_seed(way: str) -> None:
    weights = pretrained(way)
    net = FewLabelsNet(12, HIDDEN).net
    output = net.state_dict()["output.weight"].clone()
    assert set(weights) == {f"hidden{i}.{k}" for i in (1, 2, 3) for k in ("weight", "bias")}
    copy_layers(weights, net)
    assert all(torch.equal(net.state_dict()[name], value) for name, value in weights.items())
    assert torch.equal(net.state_dict()["output.weight"], output)
    again, other = pretrained(way), pretrained(way, seed=1)
    longer = pretrained(way, epochs=2)
    for name, value in weights.items():
        assert torch.equal(value, again[name])
        assert not torch.equal(value, other[name])
        assert not torch.equal(value, longer[name])


def test_layer_by_layer_each_autoencoder_learns_the_codes_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[tuple[Autoencoder, Tensor]] = []
    real = in_memory.train

    def train(module: Autoencoder, batches: ShuffledBatches, epochs: int, callbacks: Any) -> None:
        real(module, batches, epochs, callbacks)
        trained.append((module, batches.x))

    monkeypatch.setattr(pretraining, "train", train)
    pretrained("layer by layer")
    first = "net.hidden1.weight"
    assert [module.state_dict()[first].shape for module, _ in trained] == [(6, 12), (5, 6), (4, 5)]
    for (module, x), (_, codes) in pairwise(trained):
        with torch.no_grad():
            assert torch.equal(module.encode(x), codes)
