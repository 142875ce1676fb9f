"""Data sets of the documents: where they come from, how they are split, scaled and fed."""

from dnn_techniques.data.archive import ImageArrays
from dnn_techniques.data.image_data import ImageData
from dnn_techniques.data.in_memory_data import InMemoryData
from dnn_techniques.data.minibatches import Batches, ShuffledBatches
from dnn_techniques.data.pairs import PairData, SplitData, draw_pairs
from dnn_techniques.data.plane_data import PlaneData
from dnn_techniques.data.scaling import Scaling
from dnn_techniques.data.sources import data_root, load
from dnn_techniques.data.table_arrays import TableArrays
from dnn_techniques.data.table_data import TableData, load_table
from dnn_techniques.documents.catalog import CATALOG, IMAGES, TABLES

__all__ = [
    "CATALOG",
    "IMAGES",
    "TABLES",
    "Batches",
    "ImageArrays",
    "ImageData",
    "InMemoryData",
    "PairData",
    "PlaneData",
    "Scaling",
    "ShuffledBatches",
    "SplitData",
    "TableArrays",
    "TableData",
    "data_root",
    "draw_pairs",
    "load",
    "load_table",
]
