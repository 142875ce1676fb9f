import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from dnn_techniques.data import ImageData
from dnn_techniques.layers import AlphaDropout
from dnn_techniques.modules import DefaultNet, SelfNormalizingNet


def kernel_std(net: nn.Module) -> float:
    weight = net.get_submodule("hidden1").weight
    assert isinstance(weight, torch.Tensor)
    return weight.std().item()


def test_default_is_he_elu_without_normalization() -> None:
    net = DefaultNet().net
    assert kernel_std(net) == pytest.approx((2 / 784) ** 0.5, rel=0.01)
    assert isinstance(net.get_submodule("activation1"), nn.ELU)
    assert not any("norm" in name or "dropout" in name for name, _ in net.named_modules())


def test_self_normalizing_is_lecun_selu_with_alpha_dropout() -> None:
    net = SelfNormalizingNet(rate=0.2).net
    assert kernel_std(net) == pytest.approx((1 / 784) ** 0.5, rel=0.01)
    assert isinstance(net.get_submodule("activation2"), nn.SELU)
    assert not any("norm" in name for name, _ in net.named_modules())
    rates = [m.p for m in net.modules() if isinstance(m, AlphaDropout)]
    assert rates == [0.2] * 3


def test_the_default_penalizes_every_kernel() -> None:
    module = DefaultNet(l2=0.5)
    logits, labels = torch.zeros(1, 10), torch.tensor([0])
    squares = sum(m.weight.square().sum() for m in module.modules() if isinstance(m, nn.Linear))
    penalty = module.loss(logits, labels) - module.data_loss(logits, labels)
    torch.testing.assert_close(penalty, 0.5 * torch.as_tensor(squares))


@pytest.mark.parametrize("preset", [DefaultNet, SelfNormalizingNet])
def test_the_cycle_spans_the_training(
    preset: type[DefaultNet | SelfNormalizingNet],
) -> None:
    rates: list[float] = []

    class Record(pl.Callback):
        def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            optimizer = trainer.optimizers[0]
            optimizer.register_step_pre_hook(
                lambda *_: rates.append(optimizer.param_groups[0]["lr"])
            )

    trainer = pl.Trainer(
        max_epochs=2,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        accelerator="cpu",
        num_sanity_val_steps=0,
        callbacks=[Record()],
    )
    trainer.fit(preset(hidden=(8,), max_lr=0.1), ImageData("digits", batch_size=1000))
    assert len(rates) == 2 * 55
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1, rel=0.03)
    assert rates.index(max(rates)) in range(47, 53)  # the middle of all but the last tenth
    assert rates[-1] < 0.001
