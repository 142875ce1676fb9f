"""Replays of whole trainings, on small data."""

from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.data import ImageData
from dnn_techniques.errors import InputError
from dnn_techniques.layers import Dropout
from dnn_techniques.modules import AlphaDropoutNet, Classifier, DropoutNet
from dnn_techniques.replay import (
    KerasRun,
    KerasShuffle,
    ReplayedAlphaDropout,
    ReplayedDropout,
    ReplayedStreams,
    TrainingMasks,
    keras_like_init,
    numpy_seed,
    replay_run,
)

Archive = Callable[..., Path]


def data(archive: Archive) -> ImageData:
    return ImageData("fashion_mnist", archive().parent, validation=50)


def fit(
    module: Classifier,
    data: ImageData,
    replay: ReplayedStreams,
    epochs: int,
    checkpoint: Path | None = None,
) -> pl.Trainer:
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        callbacks=[replay],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(module, data, ckpt_path=checkpoint, weights_only=True)
    return trainer


def weights(module: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(module.parameters()).detach()


def test_reused_layers_draw_nothing(archive: Archive) -> None:
    """A reused layer keeps its weights; the new one takes the first draw."""
    torch.manual_seed(1)
    module, images = DropoutNet(hidden=(20, 10)), data(archive)
    before = {name: value.clone() for name, value in module.net.state_dict().items()}
    run = KerasRun(42, first_draw=25)
    replay_run(module, images, run, perturbation=0.1, reused=["hidden1", "hidden2"])
    same = {n for n, value in module.net.state_dict().items() if value.equal(before[n])}
    assert before.keys() - same == {"output.weight"}
    module = DropoutNet(hidden=(20, 10))
    replay_run(module, images, run, reused=["hidden1", "hidden2"])
    last = nn.Linear(10, 10)
    assert keras_like_init(last, 42, first_draw=25) == 26
    assert module.net.get_parameter("output.weight").equal(last.weight)


def test_any_module_with_a_net_can_be_replayed(archive: Archive) -> None:
    class Own(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Flatten(), Dropout(0.2), nn.Linear(784, 10))

    module, images, expected = Own(), data(archive), nn.Linear(784, 10)
    replay_run(module, images, KerasRun(42, first_draw=3))
    keras_like_init(expected, 42, first_draw=3)
    assert module.net.get_parameter("2.weight").equal(expected.weight)
    assert isinstance(module.net[1], ReplayedDropout)
    assert isinstance(images.order, KerasShuffle)
    with pytest.raises(InputError, match="LightningModule has no net whose layers"):
        replay_run(pl.LightningModule(), images, KerasRun(42))


def test_training_takes_keras_s_weights_orders_and_masks(archive: Archive) -> None:
    torch.manual_seed(1)
    module, images = DropoutNet(hidden=(20, 10)), data(archive)
    fit(module, images, replay_run(module, images, KerasRun(42, first_draw=5)), epochs=2)

    # The same in a plain loop.
    torch.manual_seed(2)
    expected = DropoutNet(hidden=(20, 10))
    keras_like_init(expected.net, 42, first_draw=5)
    optimizer = expected.make_optimizer()
    shuffle, masks = KerasShuffle(42), [TrainingMasks(42, i) for i in range(3)]
    images.setup("fit")
    x, y = images.train
    for _ in range(2):
        for chosen in shuffle(len(x)).split(32):
            h = x[chosen].flatten(1)
            h = h * 1.25 * masks[0](h.shape, 0.2)
            h = expected.net.activation1(expected.net.hidden1(h))  # type: ignore[operator]
            h = h * 1.25 * masks[1](h.shape, 0.2)
            h = expected.net.activation2(expected.net.hidden2(h))  # type: ignore[operator]
            h = h * 1.25 * masks[2](h.shape, 0.2)
            loss = nn.functional.cross_entropy(expected.net.output(h), y[chosen])  # type: ignore[operator]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    torch.testing.assert_close(weights(module), weights(expected))


def test_a_resumed_replay_goes_on_as_an_unbroken_one(archive: Archive, tmp_path: Path) -> None:
    run = KerasRun(42, fits=(2, 1))
    whole, images = AlphaDropoutNet(hidden=(20, 10)), data(archive)
    fit(whole, images, replay_run(whole, images, run), epochs=3)
    broken, images = AlphaDropoutNet(hidden=(20, 10)), data(archive)
    trainer = fit(broken, images, replay_run(broken, images, run), epochs=1)
    trainer.save_checkpoint(tmp_path / "one.ckpt")
    resumed, images = AlphaDropoutNet(hidden=(20, 10)), data(archive)
    fit(
        resumed,
        images,
        replay_run(resumed, images, run),
        epochs=3,
        checkpoint=tmp_path / "one.ckpt",
    )
    assert weights(resumed).equal(weights(whole))


def test_a_perturbation_moves_every_kernel_a_little(archive: Archive) -> None:
    nets = []
    for seed, perturbation in ((1, 0.0), (1, 1e-3), (2, 1e-3)):
        module = AlphaDropoutNet(hidden=(20, 10))
        torch.manual_seed(seed)
        replay_run(module, data(archive), KerasRun(42), perturbation)
        nets.append(module.net)
    first, moved, otherwise = ([p.detach() for p in net.parameters()] for net in nets)
    for a, b, c in zip(first, moved, otherwise, strict=True):
        if a.ndim == 1:
            assert a.equal(b)
        else:
            assert (b - a).std() == pytest.approx(1e-3, rel=0.2)
            assert not b.equal(c)


def test_a_test_takes_the_masks_of_single_calls(archive: Archive) -> None:
    module, images = AlphaDropoutNet(hidden=(20, 10)), data(archive)
    replay = replay_run(module, images, KerasRun(42))
    trainer = fit(module, images, replay, epochs=1)
    trainer.test(module, images, verbose=False)
    layer = replay.layers[1]
    assert isinstance(layer, ReplayedAlphaDropout)
    assert replay.rows == 100
    dropped = layer.train()(torch.ones(100, 20))
    masks = TrainingMasks(42, numpy_seed(42, 1))
    assert dropped.eq(dropped.max()).equal(masks((100, 20), 0.2))


@pytest.mark.parametrize(
    ("run", "perturbation", "message"),
    [
        (KerasRun(42, -1), 0.0, "first_draw must be at least 0, got -1"),
        (KerasRun(-1), 0.0, "seed to replay must be in"),
        (KerasRun(2**32), 0.0, "seed to replay must be in"),
        (KerasRun(42), -1.0, "perturbation must be at least 0, got -1"),
    ],
)
def test_values_out_of_range(
    archive: Archive, run: KerasRun, perturbation: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replay_run(AlphaDropoutNet(), data(archive), run, perturbation)
