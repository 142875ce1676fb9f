from pathlib import Path
from typing import Any, Literal

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.layers import MLP, layer_signals
from dnn_techniques.modules import PlainStack
from tests.modules.trainer import trainer


def signals(
    activation: str, initializer: Literal["naive", "recommended"]
) -> dict[str, list[float]]:
    torch.manual_seed(0)
    module = PlainStack(100, activation=activation, initializer=initializer)
    x, labels = torch.randn(64, 100), torch.randint(0, 10, (64,))
    return module.signals(x, labels)


def test_naive_initialization_saturates_sigmoid_and_its_recommended_one_does_not() -> None:
    assert signals("sigmoid", "naive")["saturated"][0] > 0.5
    assert signals("sigmoid", "naive")["saturated"][10] > 0.1
    assert signals("sigmoid", "recommended")["saturated"][10] == 0


def test_gradients_of_deep_sigmoid_layers_vanish() -> None:
    gradient = signals("sigmoid", "recommended")["gradient_rms"]
    assert gradient[0] < 1e-8 * gradient[-1]


def test_gradients_of_naive_relu_layers_explode_and_of_selu_with_lecun_stay() -> None:
    relu = signals("relu", "naive")
    assert relu["output_std"][-1] > 1e10
    selu = signals("selu", "recommended")
    assert 0.2 < selu["gradient_rms"][0] / selu["gradient_rms"][-1] < 5
    assert all(0.6 < std < 1.4 for std in selu["output_std"])


def test_the_naive_kernels_have_deviation_1() -> None:
    net = PlainStack(initializer="naive").net
    assert isinstance(net, MLP)
    weight = net.get_submodule("hidden1").weight
    assert isinstance(weight, torch.Tensor)
    assert weight.std().item() == pytest.approx(1, abs=0.01)


def test_other_initializers_are_for_the_hidden_kernels() -> None:
    net = PlainStack(20, depth=2, units=8, initializer="orthogonal").net
    weight = net.get_parameter("hidden2.weight").detach()
    assert torch.allclose(weight @ weight.T, torch.eye(8), atol=1e-6)
    output = net.get_parameter("output.weight").detach()  # (10, 8)
    assert not torch.allclose(output.T @ output, torch.eye(8), atol=0.1)


def test_batch_normalization_keeps_the_gradient_of_deep_sigmoid_layers() -> None:
    torch.manual_seed(0)
    module = PlainStack(100, activation="sigmoid", norm="before")
    x, labels = torch.randn(64, 100), torch.randint(0, 10, (64,))
    gradient = module.signals(x, labels)["gradient_rms"]
    assert 0.01 < gradient[0] / gradient[-1] < 100


@pytest.mark.parametrize("norm", ["before", "after"])
def test_measuring_leaves_the_moving_averages_alone(norm: Literal["before", "after"]) -> None:
    module = PlainStack(20, depth=2, norm=norm)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.signals(torch.rand(8, 20), torch.zeros(8, dtype=torch.long))
    after = module.state_dict()
    assert any("running_mean" in name for name in before)
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_measuring_leaves_random_numbers_and_gradients_alone() -> None:
    module = PlainStack(20, depth=2)
    state = torch.get_rng_state()
    module.signals(torch.ones(2, 20), torch.tensor([0, 1]))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in module.parameters())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"activation": "swosh"}, "activation must be one of"),
        ({"initializer": "nave"}, "unknown initializer 'nave': did you mean naive"),
        ({"initializer": "orthogonl"}, "did you mean orthogonal"),
        ({"depth": 1, "units": 0}, "units must be at least 1"),
        ({"norm": "befor"}, "norm must be none, before or after, got 'befor'"),
    ],
)
def test_bad_values(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PlainStack(**wrong)  # type: ignore[arg-type]


def test_layer_signals_is_what_it_says() -> None:
    torch.manual_seed(0)
    module = PlainStack(20, depth=3, units=5)
    x, labels = torch.randn(8, 20), torch.randint(0, 10, (8,))
    layers = [module.net.get_submodule(f"activation{i}") for i in (1, 2, 3)]
    expected = layer_signals(module.net, layers, x, lambda logits: module.loss(logits, labels))
    assert module.signals(x, labels)["output_std"] == expected.std.tolist()


def test_the_signal_is_that_before_the_first_step_and_stays_in_the_checkpoint(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    module = PlainStack(20, depth=3, units=5, lr=0.5)
    x, labels = torch.randn(16, 20), torch.randint(0, 10, (16,))
    expected = module.signals(x[:8], labels[:8])
    fit = trainer(max_epochs=2)
    fit.fit(module, DataLoader(TensorDataset(x, labels), batch_size=8))
    assert module.measured == expected != module.signals(x[:8], labels[:8])
    fit.save_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    loaded = PlainStack.load_from_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    assert loaded.measured == expected

    class Compare(pl.Callback):
        def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
            assert pl_module.measured == expected

    resumed = PlainStack(20, depth=3, units=5, lr=0.5)
    fit.save_checkpoint(tmp_path / "last.ckpt")
    trainer(max_epochs=3, callbacks=[Compare()]).fit(
        resumed,
        DataLoader(TensorDataset(x, labels), batch_size=8),
        ckpt_path=tmp_path / "last.ckpt",
        weights_only=True,
    )
    assert resumed.measured == expected
