"""Data sets of the documents: where they come from, how they are split, scaled and fed."""

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.data.catalog import CATALOG
from dnn_techniques.data.image_data import ImageData
from dnn_techniques.data.minibatches import Batches, ShuffledBatches
from dnn_techniques.data.pairs import PairData, SplitData, draw_pairs
from dnn_techniques.data.scaling import Scaling
from dnn_techniques.data.sources import data_root, load

__all__ = [
    "CATALOG",
    "Batches",
    "ImageArrays",
    "ImageData",
    "PairData",
    "Scaling",
    "ShuffledBatches",
    "SplitData",
    "data_root",
    "draw_pairs",
    "load",
]
