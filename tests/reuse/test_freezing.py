"""Phases of a training, on small data."""

import math
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.demos.boring_classes import BoringModel
from pytorch_lightning.strategies import DDPStrategy
from torch import Tensor, nn
from torch.optim import Optimizer

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import Classifier
from dnn_techniques.modules.experiment import Schedule
from dnn_techniques.optim import KerasNadam, KerasSGD, MaxNorm
from dnn_techniques.optim.schedules import power
from dnn_techniques.reuse import Freezing, Phase, freeze

Archive = Callable[..., Path]


class Net(Classifier):
    """Two hidden layers with batch normalization, trained by Nadam."""

    def __init__(self, dropout: float = 0.0, constraints: Sequence[MaxNorm] = ()) -> None:
        torch.manual_seed(7)
        drop = (lambda: Dropout(dropout)) if dropout else None
        super().__init__(
            MLP(784, (12, 8), 10, "tanh", norm="after", norm_first=True, dropout=drop),
            optimizer="nadam",
            lr=0.01,
            constraints=constraints,
        )


def data(archive: Archive, root: Path | None = None) -> ImageData:
    torch.manual_seed(1)
    return ImageData("fashion_mnist", root or archive().parent, validation=50)


def trainer(epochs: int, *callbacks: pl.Callback, **options: Any) -> pl.Trainer:
    return pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        devices=1,
        callbacks=list(callbacks),
        logger=False,
        enable_checkpointing=any(isinstance(c, ModelCheckpoint) for c in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **options,
    )


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def changed(a: dict[str, Tensor], b: dict[str, Tensor]) -> set[str]:
    """Names of the layers that differ."""
    return {k.removeprefix("net.").rpartition(".")[0] for k in a if not a[k].equal(b[k])}


def test_frozen_layers_keep_weights_and_statistics(archive: Archive) -> None:
    module = Net()
    before = state(module)
    phases = [Phase(frozen=["hidden1", "norm0", 4]), Phase(after=1, frozen=["output"])]
    fit = trainer(1, Freezing(phases))
    fit.fit(module, data(archive))
    assert changed(before, state(module)) == {"hidden2", "norm2", "output"}
    middle = state(module)
    fit = trainer(2, Freezing([Phase(frozen=["output"])]))
    fit.fit(module, data(archive))
    assert changed(middle, state(module)) == {"norm0", "hidden1", "norm1", "hidden2", "norm2"}


def by_hand(images: ImageData, phases: list[tuple[list[str], int]], module: Net) -> None:
    """The same in a plain loop: requires_grad, eval and a new optimizer for each phase."""
    images.setup("fit")
    for frozen, epochs in phases:
        net = module.net.train()
        for name, layer in net.named_children():
            layer.requires_grad_(name not in frozen)
            if name in frozen and name.startswith("norm"):
                layer.eval()
        optimizer = KerasNadam([p for p in net.parameters() if p.requires_grad], lr=0.01)
        for _ in range(epochs):
            for x, y in images.train_dataloader():
                optimizer.zero_grad()
                F.cross_entropy(net(x), y).backward()
                optimizer.step()


def test_a_phase_begins_with_a_new_optimizer(archive: Archive) -> None:
    root = archive().parent
    lower = ["norm0", "hidden1", "norm1"]
    module = Net()
    fit = trainer(4, Freezing([Phase(lower), Phase((), after=1), Phase(["output"], after=3)]))
    fit.fit(module, data(archive, root))
    other = Net()
    by_hand(data(archive, root), [(lower, 1), ([], 2), (["output"], 1)], other)
    for name, value in other.state_dict().items():
        torch.testing.assert_close(module.state_dict()[name], value, atol=2e-5, rtol=1e-4)
    # The same without a new optimizer is something else: the test can fail.
    unbroken = Net()
    by_hand(data(archive, root), [([], 3)], unbroken)
    kept = Net()
    by_hand(data(archive, root), [([], 1), ([], 2)], kept)
    assert not torch.allclose(
        unbroken.net.get_parameter("hidden1.weight"),
        kept.net.get_parameter("hidden1.weight"),
        atol=2e-4,
    )


def test_two_phases_are_two_runs_one_after_the_other(archive: Archive) -> None:
    """If the second goes on with the batches of the first."""
    root = archive().parent
    phases = [Phase(["hidden1"]), Phase(after=2)]
    one = Net()
    trainer(4, Freezing(phases)).fit(one, data(archive, root))
    two, images = Net(), data(archive, root)
    trainer(2, Freezing(phases[:1])).fit(two, images)
    order, setup = images.generator.get_state(), images.setup

    def go_on(stage: str) -> None:
        setup(stage)
        images.generator.set_state(order)

    images.setup = go_on  # type: ignore[method-assign]
    trainer(2, Freezing([Phase()])).fit(two, images)
    assert not changed(state(one), state(two))


def test_dropout_goes_on_in_frozen_layers() -> None:
    net = MLP(6, (5,), 2, norm="after", dropout=lambda: Dropout(0.5))
    freeze(net, ["*"])
    assert [name for name, layer in net.named_children() if not layer.training] == ["norm1"]
    freeze(net)
    assert all(layer.training for layer in net.children())
    assert all(p.requires_grad for p in net.parameters())


def test_constraints_leave_frozen_layers_alone(archive: Archive) -> None:
    """Keras constrains a weight after its update."""
    module = Net(constraints=[MaxNorm(0.01)])
    before = state(module)
    trainer(1, Freezing([Phase(["hidden1"])])).fit(module, data(archive))
    assert not changed(before, state(module)) & {"hidden1"}
    assert module.net.get_parameter("hidden2.weight").norm(dim=1).max() < 0.011


def test_an_optimizer_of_the_phase_s_own(archive: Archive) -> None:
    rates: list[tuple[str, float]] = []

    class Watch(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            (optimizer,) = trainer.optimizers
            rates.append((type(optimizer).__name__, optimizer.param_groups[0]["lr"]))

    phases = [Phase(["hidden1"]), Phase(after=1, optimizer=lambda p: KerasSGD(p, lr=0.5))]
    trainer(2, Freezing(phases), Watch()).fit(Net(), data(archive))
    assert rates == [("KerasNadam", 0.01), ("KerasSGD", 0.5)]


def test_a_schedule_begins_anew_with_its_phase(archive: Archive) -> None:
    rates = []

    class Scheduled(Net):
        def make_schedule(self, optimizer: Optimizer) -> Schedule:
            return power(optimizer, 8)

    class Watch(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    phases = [Phase(["hidden1"]), Phase(after=2), Phase(after=3, optimizer=lambda p: KerasSGD(p))]
    trainer(4, Freezing(phases), Watch()).fit(Scheduled(), data(archive))
    assert rates == pytest.approx([0.01 / 2, 0.01 / 3, 0.01 / 2, 0.01])


def test_gradients_of_the_phase_before_are_gone(archive: Archive) -> None:
    """Else the frozen layers' last ones would count where all gradients are clipped together."""

    class Trained(Net):
        def make_optimizer(self) -> Optimizer:
            return KerasSGD([p for p in self.parameters() if p.requires_grad], lr=0.1)

    class Watch(pl.Callback):
        def on_before_optimizer_step(
            self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
        ) -> None:
            moving = {k for k, p in pl_module.named_parameters() if p.grad is not None}
            seen.append({name.rpartition(".")[0].removeprefix("net.") for name in moving})

    seen: list[set[str]] = []
    phases = [Phase(), Phase(["output"], after=1)]
    # Lightning takes all gradients away before a validation.
    trainer(2, Freezing(phases), Watch(), limit_val_batches=0).fit(Trained(), data(archive))
    every = {"norm0", "hidden1", "norm1", "hidden2", "norm2", "output"}
    assert (seen[0], seen[-1]) == (every, every - {"output"})


def test_phases_in_distributed_training(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the gradients of all that is trained, and for no others."""
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)  # Lightning would seed torch with it again
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # and take other threads than the training alone
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
        monkeypatch.setenv("MASTER_PORT", str(free.getsockname()[1]))
    root = archive().parent
    alone, together = Net(), Net()

    def freezing() -> Freezing:
        return Freezing([Phase(["hidden1"]), Phase(["output"], after=1), Phase(after=2)])

    trainer(3, freezing()).fit(alone, data(archive, root))
    distributed = trainer(3, freezing(), strategy=DDPStrategy(process_group_backend="gloo"))
    try:
        distributed.fit(together, data(archive, root))
    finally:
        torch.distributed.destroy_process_group()
    assert not changed(state(alone), state(together))


@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize("cached", [False, True])
def test_a_resumed_run_goes_on_in_its_phase(
    archive: Archive, tmp_path: Path, stop: int, cached: bool
) -> None:
    """After the first phase, in the middle of the second and after it."""
    root = archive().parent
    lower = ["norm0", "hidden1", "norm1"]

    def phases() -> Freezing:
        return Freezing(
            [
                Phase(["hidden2"]),
                Phase(lower, after=1, optimizer=lambda p: KerasSGD(p, 0.1, 0.9), cached=cached),
                Phase(after=3),
            ]
        )

    unbroken = Net()
    trainer(5, phases()).fit(unbroken, data(archive, root))
    keep = ModelCheckpoint(tmp_path, "last", enable_version_counter=False)
    trainer(stop, phases(), keep).fit(Net(), data(archive, root))
    resumed = Net()
    path = tmp_path / "last.ckpt"
    trainer(5, phases()).fit(resumed, data(archive, root), ckpt_path=path, weights_only=True)
    assert not changed(state(unbroken), state(resumed))


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([], r"phases must begin with one after 0 epochs, got \[\]"),
        ([Phase(after=1)], r"phases must begin with one after 0 epochs, got \[1\]"),
        ([Phase(), Phase()], r"phases must come one after the other, got them after \[0, 0\]"),
    ],
)
def test_bad_phases_are_refused(phases: list[Phase], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Freezing(phases)


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        (Phase(["hiden1"], after=1), "layer 'hiden1': the net has no such layer"),
        (Phase(["*"], after=1), "phase after 1 epochs: nothing is left to train"),
        (Phase(after=1, cached=True), "caching: no layer is frozen below the first one"),
    ],
)
def test_phases_that_do_not_fit_are_refused_before_the_training(
    phase: Phase, message: str, archive: Archive
) -> None:
    module = Net()
    before = state(module)
    with pytest.raises(InputError, match=message):
        trainer(2, Freezing([Phase(), phase])).fit(module, data(archive))
    assert not changed(before, state(module))


@pytest.mark.parametrize("after", [-1, 1.5, math.nan])
def test_a_phase_begins_after_whole_epochs(after: Any) -> None:
    with pytest.raises(InputError, match=f"a whole number and at least 0, got {after}"):
        Phase(after=after)


def test_a_module_without_a_net_is_refused() -> None:
    freezing = Freezing([Phase(["layer"])])
    with pytest.raises(InputError, match="BoringModel has no net whose layers could be chosen"):
        trainer(1, freezing).fit(BoringModel())
