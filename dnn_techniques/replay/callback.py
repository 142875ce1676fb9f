"""Training a LightningModule on the random numbers of Keras."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from dnn_techniques.data import ImageData
from dnn_techniques.modules import Classifier
from dnn_techniques.replay.dropout import ReplayedAlphaDropout, replay_dropout
from dnn_techniques.replay.initialization import keras_like_init
from dnn_techniques.replay.masks import CallMasks, TrainingMasks
from dnn_techniques.replay.shuffle import KerasShuffle


@dataclass(frozen=True)
class KerasRun:
    """Where the random numbers of a Keras run (TensorFlow 2.4) came from.

    Args:
        seed: What was given to ``tf.random.set_seed`` and ``np.random.seed``.
        first_draw: Number of kernels that were drawn between then and the run's own first one.
        fits: Numbers of epochs of the calls of `fit`, if there were several.
    """

    seed: int = 42
    first_draw: int = 0
    fits: Sequence[int] = ()


class Replay(pl.Callback):
    """Makes a training start from Keras's weights and take its batches and dropout masks.

    The module's net gets its weights and its dropout layers, the data its order, when the callback
    is made. A test after the training draws the masks of calls ``model(x, training=True)`` after
    the seed was set again, as the documents do for Monte Carlo dropout.

    Args:
        module: The experiment, new.
        data: Its data.
        run: What to replay.
        perturbation: Standard deviation of normal numbers from torch's generator that are added to
            all kernels: what a run makes of a change of 1e-7 says how far it can be replayed at
            all.
        reused: Names of the layers that begin with weights of another run; these draw none.

    Raises:
        ValueError: If a value is out of range, or the net has a layer that cannot be replayed.
    """

    def __init__(
        self,
        module: Classifier,
        data: ImageData,
        run: KerasRun,
        perturbation: float = 0.0,
        reused: Collection[str] = (),
    ) -> None:
        if run.first_draw < 0:
            raise ValueError(f"first_draw must be at least 0, got {run.first_draw}")
        if not 0 <= run.seed < 2**32:
            raise ValueError(f"the seed to replay must be in [0, 2**32), got {run.seed}")
        if perturbation < 0:
            raise ValueError(f"perturbation must be at least 0, got {perturbation}")
        self.run = run
        keras_like_init(module.net, run.seed, run.first_draw, without=reused)
        with torch.no_grad():
            for name, weight in module.net.named_parameters():
                if weight.ndim > 1 and name.rpartition(".")[0] not in reused:
                    weight.add_(torch.randn_like(weight), alpha=perturbation)
        self.layers = replay_dropout(module.net, run.seed)
        self.shuffle = data.order = KerasShuffle(run.seed, run.fits)

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go over to the masks of single calls."""
        layers = [layer for layer in self.layers if isinstance(layer, ReplayedAlphaDropout)]
        self.calls = [CallMasks(self.run.seed, i, len(layers)) for i in range(len(layers))]
        for layer, masks in zip(layers, self.calls, strict=True):
            layer.masks = masks
        self.rows = 0

    def on_test_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: tuple[Tensor, Tensor],
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Begin the calls again for other rows: Keras passed them all in each call."""
        for masks in self.calls:
            masks.call, masks.row = 0, self.rows
        self.rows += len(batch[0])

    def state_dict(self) -> dict[str, Any]:
        """Where the streams stand, so that a resumed run goes on as it would have."""
        return {
            "shuffle": (self.shuffle.position, self.shuffle.epochs),
            "masks": [
                layer.masks.position
                for layer in self.layers
                if isinstance(layer.masks, TrainingMasks)
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the streams of a checkpoint stood."""
        self.shuffle.position, self.shuffle.epochs = state_dict["shuffle"]
        for layer, position in zip(self.layers, state_dict["masks"], strict=True):
            assert isinstance(layer.masks, TrainingMasks)
            layer.masks.position = position
