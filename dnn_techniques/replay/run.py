"""Making a training start from Keras's weights and take its batches and dropout masks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pytorch_lightning as pl
import torch

from dnn_techniques.data import ImageData
from dnn_techniques.layers.named_layers import net_of
from dnn_techniques.replay.callback import ReplayedStreams
from dnn_techniques.replay.dropout import replay_dropout
from dnn_techniques.replay.initialization import keras_like_init
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


def replay_run(
    module: pl.LightningModule,
    data: ImageData,
    run: KerasRun,
    perturbation: float = 0.0,
    reused: Collection[str] = (),
) -> ReplayedStreams:
    """Give a new module Keras's weights and dropout layers, and its data Keras's order.

    Args:
        module: The experiment, with its layers in `net`.
        data: Its data.
        run: What to replay.
        perturbation: Standard deviation of normal numbers from torch's generator that are added to
            all kernels: what a run makes of a change of 1e-7 says how far it can be replayed at
            all.
        reused: Names of the layers that begin with weights of another run; these draw none.

    Returns:
        A callback for the Trainer, so that the training can be resumed and tested.

    Raises:
        InputError: If the module has no `net`.
        ValueError: If a value is out of range, or the net has a layer that cannot be replayed.
    """
    if run.first_draw < 0:
        raise ValueError(f"first_draw must be at least 0, got {run.first_draw}")
    if not 0 <= run.seed < 2**32:
        raise ValueError(f"the seed to replay must be in [0, 2**32), got {run.seed}")
    if perturbation < 0:
        raise ValueError(f"perturbation must be at least 0, got {perturbation}")
    net = net_of(module)
    keras_like_init(net, run.seed, run.first_draw, without=reused)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            if weight.ndim > 1 and name.rpartition(".")[0] not in reused:
                weight.add_(torch.randn_like(weight), alpha=perturbation)
    layers = replay_dropout(net, run.seed)
    data.order = shuffle = KerasShuffle(run.seed, run.fits)
    return ReplayedStreams(run.seed, shuffle, layers)
