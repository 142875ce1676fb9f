from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from dnn_techniques.data import ImageData
from dnn_techniques.layers import prune_below, prune_to_fraction, sparsity_report
from dnn_techniques.modules import FTRLNet, PrunedNet, SparseNet
from dnn_techniques.modules.sparse import SHARES
from dnn_techniques.optim import Ftrl, Penalty
from tests.modules.trainer import trainer

Archive = Callable[..., Path]
SMALL = (20, 10)


def data(archive: Archive) -> ImageData:
    root = archive().parent
    return ImageData("fashion_mnist", root, validation=50, batch_size=16, scaling="standardize")


def test_a_test_says_how_sparse_and_accurate_the_cut_nets_are(archive: Archive) -> None:
    pl.seed_everything(0)
    module, images = SparseNet(hidden=SMALL, tiny=0.02), data(archive)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    (figures,) = trainer().test(module, images, verbose=False)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    x, labels = images.test

    def accuracy() -> float:
        return float((module.net(x).argmax(dim=1) == labels).float().mean())

    assert figures["test_accuracy"] == pytest.approx(accuracy())
    assert module.measured["share"] == list(SHARES)
    assert module.measured["zeros"] == pytest.approx(SHARES, abs=1e-4)
    prune_below(module.net, 0.02)
    assert figures["test_zeros"] == pytest.approx(sparsity_report(module.net).total)
    assert 0.05 < figures["test_zeros"] < 0.95
    assert figures["test_sparse_accuracy"] == pytest.approx(accuracy())
    module.load_state_dict(before)
    for share, measured in zip(SHARES, module.measured["accuracy"], strict=True):
        prune_to_fraction(module.net, share)
        assert measured == pytest.approx(accuracy())


def test_l1_is_a_penalty_of_the_loss_but_ftrls_is_not() -> None:
    assert SparseNet(hidden=SMALL).penalties == []
    assert SparseNet(hidden=SMALL, l1=0.1).penalties == [Penalty(l1=0.1)]
    module = FTRLNet(hidden=SMALL, l1=0.1)
    assert module.penalties == []
    optimizer = module.make_optimizer()
    assert type(optimizer) is Ftrl
    assert optimizer.defaults["l1"] == 0.1
    assert optimizer.defaults["initial_accumulator_value"] == 1e-3


def test_a_pruned_net_ends_with_its_share_of_exact_zeros(archive: Archive) -> None:
    module = PrunedNet(hidden=SMALL, share=0.8)
    fit = trainer(max_epochs=2)
    fit.fit(module, data(archive))
    assert sparsity_report(module.net).total == pytest.approx(0.8, abs=1e-4)
    (figures,) = fit.test(module, data(archive), verbose=False)
    assert module.measured["zeros"][0] == pytest.approx(0.8, abs=1e-4)
    assert figures["test_zeros"] >= 0.8 - 1e-4


def test_a_share_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"share must be in \[0, 1\), got 1"):
        PrunedNet(share=1)
