import dataclasses

import pytest
import torch

from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import MNISTTowerNet
from dnn_techniques.studies.layers_to_reuse import (
    Candidate,
    best,
    candidates,
    candidates_table,
    conclusion,
    lowest_layers,
)


def tried(*accuracies: list[float]) -> list[Candidate]:
    losses = [0.5] * len(accuracies[0])
    named = zip(candidates(2), accuracies, strict=False)
    return [dataclasses.replace(c, accuracies=a, losses=losses) for c, a in named]


def test_the_order_is_the_books() -> None:
    tried = [(c.reused, c.frozen, c.dropped) for c in candidates(3)]
    unfrozen = [(3, 3, 0), (3, 2, 0), (3, 1, 0), (3, 0, 0)]
    assert tried == [*unfrozen, (2, 2, 1), (1, 1, 2), (0, 0, 0)]
    assert len({c.name for c in candidates(3)}) == 7


@pytest.mark.parametrize("norm", ["before", "after"])
def test_with_a_hidden_layer_go_its_normalization_and_activation(norm: str) -> None:
    net = MLP(4, (3, 3, 2), 1, norm=norm, norm_first=True, dropout=lambda: Dropout(0.5))  # type: ignore[arg-type]
    assert lowest_layers(net, 0) == []
    chosen = lowest_layers(net, 2)
    assert {"norm0", "hidden1", "norm1", "activation1", "hidden2", "norm2"} <= set(chosen)
    assert not {"hidden3", "norm3", "activation3", "output"} & set(chosen)
    assert "output" not in lowest_layers(net, 3)
    assert {"norm3", "activation3"} <= set(lowest_layers(net, 3))


def test_finds_hidden_layers_inside_a_part_of_the_net() -> None:
    torch.manual_seed(0)
    net = MNISTTowerNet(in_features=4, hidden=(3, 2), classes=2).net
    assert lowest_layers(net, 1)[-2:] == ["tower_a.hidden1", "tower_a.activation1"]


def test_the_best_has_the_highest_mean_and_of_equals_the_one_with_most_frozen() -> None:
    assert best(tried([0.9, 0.7], [0.8, 0.85], [0.7, 0.7])).name == "top 1 unfrozen, 1 frozen"
    assert best(tried([0.8, 0.8], [0.8, 0.8])).name == "all frozen"


def test_what_lies_within_chance_is_not_called_worse() -> None:
    close = [0.90, 0.92, 0.91, 0.93, 0.92]
    found = tried(close, [a - 0.2 for a in close], [0.95, 0.88, 0.93, 0.9, 0.915])
    text = conclusion(found)
    assert text.startswith(
        "Best on the validation images over 5 seeds: all frozen, 0.9160 ± 0.0114"
    )
    assert "Not clearly worse" in text
    assert "top 2 unfrozen, 0 frozen" in text
    assert "top 1 unfrozen" not in text
    clear = tried(close, [a - 0.2 + i / 1000 for i, a in enumerate(close)])
    assert conclusion(clear).endswith("the 99% interval of the mean difference.")
    assert "All others are worse" in conclusion(clear)


def test_one_seed_says_that_it_proves_nothing() -> None:
    found = tried([0.9], [0.8])
    assert "One seed proves nothing" in conclusion(found)
    assert "Not clearly worse" not in conclusion(found)
    rows = [line.split("|") for line in candidates_table(found).splitlines()[2:]]
    assert [row[-2].strip() for row in rows] == ["best", "10.00"]
