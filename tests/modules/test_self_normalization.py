from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import AlphaDropout, Dense, Dropout, SkipConnection
from dnn_techniques.modules import SELUStack
from tests.modules.trainer import trainer

NAMES = {"untrained_mean", "untrained_std", "mean", "std"}


def loader(n: int) -> DataLoader[tuple[torch.Tensor, ...]]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 100, generator=generator)
    return DataLoader(TensorDataset(x, x[:, :10].argmax(dim=1)), batch_size=32)


def trained(added: Any, epochs: int = 1, **settings: Any) -> SELUStack:
    torch.manual_seed(0)
    module = SELUStack(100, added=added, **settings)
    trainer(max_epochs=epochs).fit(module, loader(64), loader(400))
    return module


def test_a_new_plain_net_normalizes_itself_and_others_do_not() -> None:
    plain = trained("nothing").measured
    assert set(plain) == NAMES
    assert {len(values) for values in plain.values()} == {20}
    assert plain["std"] != plain["untrained_std"]
    assert all(0.8 < std < 1.2 for std in plain["untrained_std"])
    assert all(0.8 < std < 1.2 for std in trained("alpha_dropout").measured["untrained_std"])
    assert trained("dropout", rate=0.2).measured["untrained_std"][-1] > 1.25
    skipping = trained("skip_connections").measured["untrained_std"]
    assert skipping[-1] > 4


def test_a_penalty_shrinks_the_signal() -> None:
    weak = trained("nothing", epochs=5).measured["std"]
    strong = trained("l2", epochs=5, lr=0.02, l2=0.3).measured["std"]
    assert strong[-1] < 0.8 * weak[-1]


def test_what_is_added() -> None:
    def layers(added: Any, kind: type[nn.Module]) -> int:
        return sum(isinstance(m, kind) for m in SELUStack(added=added).modules())

    assert layers("nothing", nn.Module) == layers("l2", nn.Module)
    assert layers("dropout", Dropout) == layers("alpha_dropout", AlphaDropout) == 21
    assert layers("skip_connections", SkipConnection) == 10
    assert layers("skip_connections", Dense) == layers("nothing", Dense) == 21
    assert [bool(SELUStack(added=a).penalties) for a in ("nothing", "l2")] == [False, True]


def test_all_begin_with_the_same_weights() -> None:
    def weights(added: Any) -> list[torch.Tensor]:
        torch.manual_seed(0)
        return list(SELUStack(100, depth=4, added=added).parameters())

    for added in ("l2", "dropout", "skip_connections"):
        assert all(map(torch.equal, weights("nothing"), weights(added)))


def test_measuring_leaves_random_numbers_alone_and_stays_in_the_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = SELUStack(100, depth=3, added="dropout")
    fit = trainer(max_epochs=1)
    fit.fit(module, loader(64), loader(40))
    state = torch.get_rng_state()
    module.signals()
    assert torch.equal(torch.get_rng_state(), state)
    fit.save_checkpoint(tmp_path / "last.ckpt")
    loaded = SELUStack.load_from_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    assert loaded.measured == module.measured
    assert set(loaded.measured) == NAMES


def test_bad_values() -> None:
    with pytest.raises(ValueError, match=r"added must be one of .*'l2'.*, got 'l1'"):
        SELUStack(added="l1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="rate must be"):
        SELUStack(added="dropout", rate=1)
