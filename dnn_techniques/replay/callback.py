"""Where the streams of Keras's random numbers stand in a training."""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from dnn_techniques.replay.dropout import ReplayedAlphaDropout, ReplayedLayer
from dnn_techniques.replay.masks import CallMasks, TrainingMasks
from dnn_techniques.replay.shuffle import KerasShuffle


class ReplayedStreams(pl.Callback):
    """Keeps the positions of a replay's streams in checkpoints, and goes over to those of a test.

    A test after the training draws the masks of calls ``model(x, training=True)`` after the seed
    was set again, as the documents do for Monte Carlo dropout.

    Args:
        seed: What was given to ``tf.random.set_seed`` and ``np.random.seed``.
        shuffle: The order of the training images.
        layers: The replayed dropout layers.
    """

    def __init__(self, seed: int, shuffle: KerasShuffle, layers: Sequence[ReplayedLayer]) -> None:
        self.seed = seed
        self.shuffle = shuffle
        self.layers = layers

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go over to the masks of single calls."""
        layers = [layer for layer in self.layers if isinstance(layer, ReplayedAlphaDropout)]
        self.calls = [CallMasks(self.seed, i, len(layers)) for i in range(len(layers))]
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
