"""Cached outputs of frozen layers, on small data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP, Augment, Dropout, KerasBatchNorm1d, MCDropout
from dnn_techniques.modules import Classifier
from dnn_techniques.optim import Penalty
from dnn_techniques.reuse import CachedOutputs, Freezing, Phase, freeze, frozen_prefix

Archive = Callable[..., Path]
LOWER = ["norm0", "hidden1", "norm1", "hidden2", "norm2"]


class Net(Classifier):
    def __init__(self, net: nn.Module | None = None) -> None:
        torch.manual_seed(7)
        mlp = MLP(784, (12, 8, 6), 10, "tanh", norm="after", norm_first=True)
        super().__init__(net or mlp, optimizer="nadam", lr=0.01, penalties=[Penalty(l2=1e-3)])


class Shapes(pl.Callback):
    """Of the first training batch of each epoch."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: object, batch_idx: int
    ) -> None:
        assert isinstance(batch, tuple)
        if batch_idx == 0:
            self.seen.append(tuple(batch[0].shape[1:]))


def works(module: pl.LightningModule) -> bool:
    """Whether all layers do what their class says."""
    return all("forward" not in vars(layer) for layer in module.modules()) and not any(
        layer._forward_pre_hooks for layer in module.modules()
    )


def train(
    root: Path, phases: list[Phase], module: Classifier | None = None, **options: Any
) -> tuple[Classifier, list[tuple[int, ...]], dict[str, Tensor]]:
    """The trained module, the shapes of its batches, and its last figures with those of a test."""
    torch.manual_seed(1)
    images, shapes = ImageData("fashion_mnist", root, validation=50), Shapes()
    module = module or Net()
    trainer = pl.Trainer(
        max_epochs=4,
        accelerator="cpu",
        callbacks=[Freezing(phases), shapes],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **{"num_sanity_val_steps": 0, **options},
    )
    trainer.fit(module, images)
    figures = dict(trainer.callback_metrics)
    (after,) = trainer.validate(module, images, verbose=False)
    assert after["val_loss"] == pytest.approx(figures["val_loss"].item(), abs=1e-6)
    assert images.train[0].shape[1:] == images.valid[0].shape[1:] == (28, 28)
    assert works(module)
    return module, shapes.seen, figures


def test_a_cached_training_gives_the_same_weights(archive: Archive) -> None:
    root = archive().parent

    def phases(cached: bool) -> list[Phase]:
        first = Phase(LOWER, cached=cached)
        return [first, Phase(["hidden1"], after=2), Phase(LOWER, after=3, cached=cached)]

    module, shapes, figures = train(root, phases(cached=True))
    plain, plain_shapes, plain_figures = train(root, phases(cached=False))
    assert shapes == [(8,), (8,), (28, 28), (8,)]
    assert plain_shapes == [(28, 28)] * 4
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(module.state_dict()[name], value, atol=2e-5, rtol=1e-4)
    for name, value in plain_figures.items():
        torch.testing.assert_close(figures[name], value, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "options",
    [
        {"check_val_every_n_epoch": 2},  # the validation images are loaded after the first epoch
        {"reload_dataloaders_every_n_epochs": 1},
        {"num_sanity_val_steps": 2},
        {"precision": "64-true"},
        {"precision": "bf16-mixed"},
    ],
    ids=lambda options: "-".join(map(str, *options.items())),
)
def test_caching_goes_with_options_of_the_trainer(archive: Archive, options: Any) -> None:
    def figures(cached: bool) -> dict[str, Tensor]:
        return train(archive().parent, [Phase(LOWER, cached=cached)], None, **options)[2]

    plain = figures(cached=False)
    for name, value in figures(cached=True).items():
        torch.testing.assert_close(value, plain[name], atol=1e-5, rtol=1e-4)


def mlp(dropout: Callable[[], nn.Module] | None = None) -> MLP:
    return MLP(784, (12, 8), 10, dropout=dropout)


def refusal(net: nn.Module, frozen: list[int | str]) -> str:
    freeze(net, frozen)
    with pytest.raises(InputError) as error:
        frozen_prefix(net)
    return str(error.value)


def test_outputs_that_vary_are_refused() -> None:
    assert refusal(mlp(lambda: Dropout(0.2)), ["hidden1"]).startswith(
        "caching: dropout0 drops values at random, so that the outputs of the frozen layers after"
    )
    inner = nn.Sequential(nn.Flatten(), nn.Linear(784, 5), nn.RReLU(), nn.Linear(5, 10))
    inner.append(nn.Linear(10, 10))
    assert "2 has random slopes" in refusal(inner, [1, 3])
    norm = nn.BatchNorm1d(784, affine=False)
    net = nn.Sequential(nn.Flatten(), norm, nn.Linear(784, 5), nn.Linear(5, 10))
    assert "1 normalizes with the statistics of each batch" in refusal(net, [2])
    net[1] = nn.BatchNorm1d(784, affine=False, track_running_stats=False).eval()
    assert "1 normalizes with the statistics of each batch" in refusal(net, [2])
    assert "no layer is frozen below" in refusal(mlp(), ["output"])
    augmented = nn.Sequential(Augment(max_shift=1), *mlp())
    assert "0 changes images at random" in refusal(augmented, [2])
    assert frozen_prefix(augmented.eval()) > 2
    monte_carlo = mlp(lambda: MCDropout(0.2)).eval()
    assert "dropout0 drops values at random" in refusal(monte_carlo, ["hidden1"])


def test_nets_that_are_no_sequence_are_refused() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden1 = nn.Linear(4, 4)
            self.output = nn.Linear(4, 4)

    assert "caching needs a sequence of layers, got Residual" in refusal(Residual(), ["hidden1"])


def test_a_layer_at_two_places_is_refused() -> None:
    relu = nn.ReLU()
    inner = nn.Sequential(nn.Linear(5, 5), relu)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 5), relu, inner, nn.Linear(5, 10))
    assert "a layer stands at two places of the net" in refusal(net, [1])


def test_what_can_be_cached_ends_before_the_dropout_of_the_trained_layers() -> None:
    net = MLP(784, (12, 8), 10, dropout=lambda: Dropout(0.2))
    net.dropout0 = Dropout(0.0)
    freeze(net, ["hidden1"])
    names = list(dict(net.named_children()))
    assert names[: frozen_prefix(net)] == ["flatten", "dropout0", "hidden1", "activation1"]


def test_dropout_in_inference_and_frozen_normalization_can_be_cached() -> None:
    net = nn.Sequential(nn.Flatten(), KerasBatchNorm1d(784), Dropout(0.5), nn.Linear(784, 5))
    net.append(nn.Linear(5, 10))
    net[2].eval()
    freeze(net, [1, 3])
    assert frozen_prefix(net) == 4


def test_dropout_after_the_cached_layers_goes_on(archive: Archive) -> None:
    net = MLP(784, (12, 8), 10, dropout=lambda: Dropout(0.2))
    net.dropout0 = Dropout(0.0)
    _, shapes, _ = train(archive().parent, [Phase(["hidden1"], cached=True)], Net(net))
    assert shapes == [(12,)] * 4


class Own(pl.LightningModule):
    """A module of one's own, which may change the images before its net gets them."""

    def __init__(self, change: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.net = MLP(784, (12, 8, 6), 10, "tanh")
        self.change = change

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        x, labels = batch
        return nn.functional.cross_entropy(self.net(self.change(x)), labels)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit_own(root: Path, module: Own, cached: bool) -> dict[str, Tensor]:
    """The weights after two epochs."""
    torch.manual_seed(1)
    trainer = pl.Trainer(
        max_epochs=2,
        accelerator="cpu",
        callbacks=[Freezing([Phase(["hidden1"], cached=cached)])],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    images = ImageData("fashion_mnist", root, validation=50)
    images.setup("fit")
    trainer.fit(module, images.train_dataloader())
    return module.state_dict()


@pytest.mark.filterwarnings("ignore")
def test_a_module_of_one_s_own_can_be_cached(archive: Archive) -> None:
    root = archive().parent
    cached, plain = (fit_own(root, Own(), cached) for cached in (True, False))
    for name, value in plain.items():
        torch.testing.assert_close(cached[name], value, atol=1e-5, rtol=1e-4)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("change", [lambda x: 2 * x, lambda x: x.flatten(1)[:, :5]])
def test_a_module_that_changes_the_images_is_refused(
    archive: Archive, change: Callable[[Tensor], Tensor]
) -> None:
    module = Own(change)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(InputError, match="the module changes the images of a batch before its net"):
        fit_own(archive().parent, module, cached=True)
    assert works(module)
    assert all(value.equal(before[name]) for name, value in module.state_dict().items())


def test_what_is_put_in_can_be_taken_out_again(archive: Archive) -> None:
    """Weights stay where they are; released, the layers work as before."""
    module = Net()
    freeze(module.net, LOWER)
    images = ImageData("fashion_mnist", archive().parent, validation=50)
    images.setup("fit")
    names, loader = list(module.state_dict()), images.val_dataloader()
    before = module.eval()(loader.x)
    cache = CachedOutputs(module, Precision())
    cache.put_into(loader)
    assert loader.x.shape == (50, 8)
    assert list(module.state_dict()) == names
    torch.testing.assert_close(module(loader.x), before)
    cache.release()
    assert works(module)
    assert module(loader.x).equal(before)


def test_a_loader_of_one_s_own_is_refused(archive: Archive) -> None:
    images = TensorDataset(torch.rand(40, 28, 28), torch.ones(40, dtype=torch.int64))
    loader = DataLoader(images, batch_size=20)
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        callbacks=[Freezing([Phase(LOWER, cached=True)])],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with pytest.raises(InputError, match="caching needs the batches of ImageData, got DataLoader"):
        trainer.fit(Net(), loader, loader)
