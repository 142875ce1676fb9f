"""Makes keras_files.zip with real Keras, and predictions.json with what Keras predicts.

They are committed; to make them anew, with tensorflow, tf_keras and keras installed:

    python tests/weights/make_keras_files.py

The net: batch normalization, dense 5 without bias, batch normalization, PReLU, dense 4, leaky ReLU,
dense 3 with softmax, its weights random. Every file holds the same weights. The `wide_deep` files
hold the book's net of two inputs and two outputs, at a smaller size.
"""

import json
import os
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def make_net(keras: Any) -> Any:
    layers = keras.layers
    net = keras.Sequential(
        [
            layers.Input((2, 2)),
            layers.Flatten(),
            layers.BatchNormalization(name="norm0"),
            layers.Dense(5, use_bias=False, name="hidden1"),
            layers.BatchNormalization(name="norm1"),
            layers.PReLU(name="activation1"),
            layers.Dropout(0.2),
            layers.Dense(4, name="hidden2"),
            layers.LeakyReLU(),
            layers.Dense(3, activation="softmax", name="output"),
        ]
    )
    random = np.random.RandomState(42)
    net.set_weights([random.uniform(0.3, 1.5, w.shape) - (w.ndim == 2) for w in net.get_weights()])
    return net


def make_wide_deep(keras: Any) -> Any:
    layers = keras.layers
    wide = layers.Input((2,), name="wide_input")
    deep = layers.Input((3,), name="deep_input")
    hidden = layers.Dense(4, activation="relu", name="first")(deep)
    hidden = layers.Dense(4, activation="relu", name="second")(hidden)
    output = layers.Dense(1, name="main_output")(layers.concatenate([wide, hidden]))
    auxiliary = layers.Dense(1, name="aux_output")(hidden)
    net = keras.Model(inputs=[wide, deep], outputs=[output, auxiliary])
    random = np.random.RandomState(42)
    net.set_weights([random.normal(0, 1, w.shape) for w in net.get_weights()])
    return net


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tf_keras

    tensorflow, keras3 = make_net(tf_keras), make_net(keras)
    with TemporaryDirectory() as name:
        folder = Path(name)
        tensorflow.save(folder / "tf_model.h5")
        tensorflow.save_weights(folder / "tf_weights.h5", save_format="h5")
        tensorflow.save(folder / "tf_model.keras")
        keras3.save(folder / "keras3_model.h5")
        keras3.save(folder / "keras3_model.keras")
        keras3.save_weights(folder / "keras3.weights.h5")
        for name, library in {"tf": tf_keras, "keras3": keras}.items():
            wide_deep = make_wide_deep(library)
            wide_deep.save(folder / f"{name}_wide_deep.h5")
            wide_deep.save(folder / f"{name}_wide_deep.keras")
            wide_deep.save_weights(folder / f"{name}_wide_deep.weights.h5")
        with zipfile.ZipFile(HERE / "keras_files.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
    x = np.random.RandomState(0).normal(0, 1, (6, 2, 2)).astype(np.float32)
    probabilities = tensorflow(x).numpy()
    tensorflow.layers[-1].activation = tf_keras.activations.linear
    wide_deep_outputs = np.stack(make_wide_deep(tf_keras)([x[:, 0], x.reshape(6, 4)[:, 1:]]))
    predictions = {
        "x": x.tolist(),
        "probabilities": probabilities.tolist(),
        "logits": tensorflow(x).numpy().tolist(),
        "wide_deep": wide_deep_outputs[..., 0].tolist(),
        "versions": {"tf_keras": tf_keras.__version__, "keras": keras.__version__},
    }
    (HERE / "predictions.json").write_text(json.dumps(predictions) + "\n")


if __name__ == "__main__":
    main()
