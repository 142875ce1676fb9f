import math

import numpy as np
import pytest
from torch import nn

from dnn_techniques.documents.documented import documented
from dnn_techniques.modules import SearchedMLP
from dnn_techniques.modules.search import draw_candidate
from tests.documents.setup_checks import named

SPACE = documented("ch10-california-search").setup["space"]


def test_candidates_are_drawn_from_the_documented_space() -> None:
    assert (SPACE["n_neurons"], SPACE["learning_rate"]) == ("1..99", "reciprocal(3e-4, 3e-2)")
    drawn = [draw_candidate(number) for number in range(1, 2001)]
    layers = [len(hidden) for hidden, _ in drawn]
    assert sorted(set(layers)) == SPACE["n_hidden"]
    assert min(layers.count(n) for n in range(4)) > 400
    widths = [hidden[0] for hidden, _ in drawn if hidden]
    assert (min(widths), max(widths)) == (1, 99)
    assert all(len(set(hidden)) <= 1 for hidden, _ in drawn)
    powers = np.log10([lr for _, lr in drawn])
    assert math.log10(3e-4) < powers.min()
    assert powers.max() < math.log10(3e-2)
    # Uniform in the logarithm over two powers of ten.
    assert powers.mean() == pytest.approx(math.log10(3e-3), abs=0.05)
    assert powers.std() == pytest.approx(2 / math.sqrt(12), abs=0.03)


def test_the_first_candidate_is_what_the_book_found() -> None:
    module = SearchedMLP()
    dense = [layer for layer in module.net.children() if isinstance(layer, nn.Linear)]
    assert [layer.out_features for layer in dense] == [42, 42, 1]
    assert module.lr == 0.0033625641252688094
    assert module.make_optimizer().param_groups[0]["lr"] == module.lr


def test_the_file_searches_as_the_book_does() -> None:
    file = named("california/search")
    told = documented("ch10-california-search").setup["search"]
    assert told == "RandomizedSearchCV, 10 candidates, cv 3, up to 100 epochs, early stopping 10"
    assert len(file.values["sweep"]["candidate"]) == 1 + 10
    stop = file.callbacks["EarlyStopping"]
    assert (file.trainer["max_epochs"], stop.monitor, stop.patience) == (100, "val_loss", 10)
    assert (stop.min_delta, stop.mode) == (0, "min")


def test_candidates_count_from_0() -> None:
    with pytest.raises(ValueError, match="candidate must be at least 0, got -1"):
        SearchedMLP(candidate=-1)
