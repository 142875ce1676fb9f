"""Early stopping and checkpoints with Keras's rules, progress, and what else a run may write."""

from dnn_techniques.callbacks.keras_rules import best_checkpoint, early_stopping
from dnn_techniques.callbacks.predictions import PredictionsFile
from dnn_techniques.callbacks.printed_means import PrintedMeans
from dnn_techniques.callbacks.progress import EpochProgress
from dnn_techniques.callbacks.stop_at_checks import StopAtChecks
from dnn_techniques.callbacks.tensorboard_details import TensorBoardDetails
from dnn_techniques.callbacks.val_train_ratio import ValTrainRatio

__all__ = [
    "EpochProgress",
    "PredictionsFile",
    "PrintedMeans",
    "StopAtChecks",
    "TensorBoardDetails",
    "ValTrainRatio",
    "best_checkpoint",
    "early_stopping",
]
