"""How long Monte Carlo dropout takes for 1,000 images: part of ``make bench``."""

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.peers import tensorflow_keras
from benchmarks.turns import machine, options, table, take_turns
from dnn_techniques.errors import InputError
from dnn_techniques.layers import Dropout, mc_predict

IMAGES, SAMPLES = 1000, 100


def main() -> None:
    """Print a Markdown table."""
    given = options(__doc__, rounds=5)
    threads = f"{given.threads} thread{'s' * (given.threads > 1)}"
    print(f"## Monte Carlo dropout with {threads}\n")
    print(f"Medians of {given.rounds} rounds. {machine(given.device)}\n")
    name = f"{SAMPLES} passes of {IMAGES} images"
    print(table(name, measure(given.rounds, given.device), "prediction"))


def net() -> nn.Sequential:
    """The net of the documents' dropout experiments."""
    layers = [nn.Flatten(), Dropout(0.2), nn.Linear(784, 300), nn.ELU(), Dropout(0.2)]
    return nn.Sequential(*layers, nn.Linear(300, 100), nn.ELU(), Dropout(0.2), nn.Linear(100, 10))


def measure(rounds: int, device: str, images: int = IMAGES) -> dict[str, list[float]]:
    """Seconds of each round of every way whose packages are installed."""
    torch.manual_seed(0)
    x, model = torch.randn(images, 28, 28, device=device), net().to(device)
    ways: dict[str, Callable[[], float]] = {
        "this package": partial(_timed, lambda: mc_predict(model, x, SAMPLES)),
        "the notebook's stack, in torch": partial(_timed, lambda: stack(model, x)),
    }
    try:
        ways["the notebook's stack, in Keras on TensorFlow"] = keras_stack(x, device)
    except (ImportError, InputError) as error:
        print(f"Keras is left out: {error}", file=sys.stderr)
    return take_turns(ways, rounds)


def _timed(predict: Callable[[], object]) -> float:
    start = time.perf_counter()
    predict()
    return time.perf_counter() - start


def stack(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of all passes, kept in memory, as the notebook takes them."""
    model.train()
    with torch.no_grad():
        passes = torch.stack([model(x).softmax(dim=1) for _ in range(SAMPLES)])
    return passes.mean(dim=0).cpu(), passes.std(dim=0).cpu()


def keras_stack(x: Tensor, device: str) -> Callable[[], float]:
    """The same in tf_keras."""
    tf_keras = tensorflow_keras(device)
    layers = tf_keras.layers
    model = tf_keras.Sequential([layers.Flatten(), layers.Dropout(0.2)])
    for units in (300, 100):
        model.add(layers.Dense(units, "elu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(10, "softmax"))
    images = tf_keras.backend.constant(x.numpy())

    def predict() -> object:
        passes = np.stack([model(images, training=True) for _ in range(SAMPLES)])
        return passes.mean(axis=0), passes.std(axis=0)

    return partial(_timed, predict)


if __name__ == "__main__":
    main()
