"""Weights to and from other frameworks: Keras files, arrays, safetensors, ONNX, torch.export."""

from dnn_techniques.weights.assign import assign_arrays, keras_arrays
from dnn_techniques.weights.export import export_onnx, export_torch
from dnn_techniques.weights.load import load_keras_weights
from dnn_techniques.weights.safetensors_file import load_safetensors, save_safetensors
from dnn_techniques.weights.save_keras import save_keras

__all__ = [
    "assign_arrays",
    "export_onnx",
    "export_torch",
    "keras_arrays",
    "load_keras_weights",
    "load_safetensors",
    "save_keras",
    "save_safetensors",
]
