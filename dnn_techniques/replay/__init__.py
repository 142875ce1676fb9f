"""Keras's random numbers: the same initial weights, batch order and dropout masks in PyTorch.

To port a notebook that called ``tf.random.set_seed(42)`` (TensorFlow 2.0 to 2.4): fill the net with
`keras_like_init`, take the samples in the order of a `KerasShuffle`, and replace the dropout layers
by `replay_dropout`. `replay_run` does all of it for a LightningModule with a `net` and its data.
"""

from dnn_techniques.replay.callback import ReplayedStreams
from dnn_techniques.replay.draws import normal, truncated_normal, uniform
from dnn_techniques.replay.dropout import (
    ReplayedAlphaDropout,
    ReplayedDropout,
    replay_dropout,
)
from dnn_techniques.replay.initialization import keras_like_init
from dnn_techniques.replay.masks import CallMasks, TrainingMasks
from dnn_techniques.replay.philox import philox
from dnn_techniques.replay.run import KerasRun, replay_run
from dnn_techniques.replay.seeds import draw_seed, numpy_seed
from dnn_techniques.replay.shuffle import KerasShuffle

__all__ = [
    "CallMasks",
    "KerasRun",
    "KerasShuffle",
    "ReplayedAlphaDropout",
    "ReplayedDropout",
    "ReplayedStreams",
    "TrainingMasks",
    "draw_seed",
    "keras_like_init",
    "normal",
    "numpy_seed",
    "philox",
    "replay_dropout",
    "replay_run",
    "truncated_normal",
    "uniform",
]
