"""Other ways of training the same nets, to compare the speed with.

Each is a function that trains on given images for about an epoch and returns the seconds of it. The
first call warms up. All of them shuffle, and report mean loss and accuracy of the epoch; a net with
one output predicts numbers, and they report its absolute error instead.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.data.minibatches import ShuffledBatches
from dnn_techniques.engine import attach
from dnn_techniques.errors import InputError
from dnn_techniques.layers import lecun_normal
from dnn_techniques.modules import Experiment

BATCH_SIZE = 32
LR = 1e-3

Train = Callable[[Tensor, Tensor], float]
Make = Callable[["Net", int, str], Train]


@dataclass(frozen=True)
class Net:
    """A net that every way can build.

    Attributes:
        hidden: Widths of the hidden layers.
        activation: ``relu``, ``leaky_relu``, ``elu`` or ``selu``.
        norm: Batch normalization of the inputs and before every activation.
        ours: Makes the experiment of this package.
        norm_bias: Whether dense layers before batch normalization keep their bias.
        alpha_dropout: Share of the values that is dropped before the output layer.
        optimizer: ``sgd`` or ``nadam``, at a constant rate; ours follows its schedule.
        batch_size: Samples in a minibatch.
        outputs: Number of classes, or 1 for a regression.
    """

    hidden: tuple[int, ...]
    activation: str
    norm: bool
    ours: Callable[[], Experiment]
    norm_bias: bool = False
    alpha_dropout: float = 0.0
    optimizer: str = "sgd"
    batch_size: int = BATCH_SIZE
    outputs: int = 10

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean loss of a batch: cross-entropy, or the squared error."""
        if self.outputs > 1:
            return F.cross_entropy(outputs, targets)
        return F.mse_loss(outputs[:, 0], targets)

    def score(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Number of hits in a batch, or the sum of the absolute errors."""
        if self.outputs > 1:
            return (outputs.argmax(dim=1) == targets).sum()
        return (outputs.detach()[:, 0] - targets).abs().sum()

    @property
    def bias(self) -> bool:
        """Whether the hidden dense layers have one."""
        return self.norm_bias or not self.norm


def torch_net(net: Net, inputs: int) -> nn.Sequential:
    """The net of torch's own layers."""
    activations: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "leaky_relu": partial(nn.LeakyReLU, 0.3),
        "elu": nn.ELU,
        "selu": nn.SELU,
    }
    layers: list[nn.Module] = [nn.Flatten()]
    if net.norm:
        layers.append(nn.BatchNorm1d(inputs))
    for units in net.hidden:
        layers.append(nn.Linear(inputs, units, bias=net.bias))
        if net.norm:
            layers.append(nn.BatchNorm1d(units))
        layers.append(activations[net.activation]())
        inputs = units
    if net.alpha_dropout:
        layers.append(nn.AlphaDropout(net.alpha_dropout))
    model = nn.Sequential(*layers, nn.Linear(inputs, net.outputs))
    for layer in model:
        if isinstance(layer, nn.Linear):
            # torch's own would let the signal of a deep net fade to numbers that are slow to add.
            lecun_normal(layer.weight)
    return model


def torch_optimizer(net: Net, model: nn.Module) -> torch.optim.Optimizer:
    """Torch's own optimizer, its several-tensors-at-once version where it has one."""
    optimizers: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "sgd": torch.optim.SGD,
        "nadam": partial(torch.optim.NAdam, foreach=True),
    }
    return optimizers[net.optimizer](model.parameters(), lr=LR)


def ours(net: Net, inputs: int, device: str) -> Train:
    """This package: its module in Lightning's Trainer, with its engine."""
    return _trained(net, device, attach)


def ours_plainly(net: Net, inputs: int, device: str) -> Train:
    """The same in Lightning's own loop: ``--engine plain``."""
    return _trained(net, device, lambda trainer: None)


def _trained(net: Net, device: str, prepare: Callable[[pl.Trainer], None]) -> Train:
    module = net.ours()

    def train(x: Tensor, y: Tensor) -> float:
        return fit(module, ShuffledBatches(x, y, net.batch_size, torch.randperm), device, prepare)

    return train


def bare_loop(net: Net, inputs: int, device: str) -> Train:
    """A loop over minibatches in PyTorch, and nothing else."""
    model = torch_net(net, inputs).to(device)
    optimizer = torch_optimizer(net, model)

    def train(x: Tensor, y: Tensor) -> float:
        start = time.perf_counter()
        total, score = torch.zeros((), device=device), torch.zeros((), device=device)
        for chosen in torch.randperm(len(x)).to(device).split(net.batch_size):
            inputs, targets = x[chosen], y[chosen]
            outputs = model(inputs)
            loss = net.loss(outputs, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(targets)
            score += net.score(outputs, targets)
        _ = (total / len(x)).item(), (score / len(x)).item()
        return time.perf_counter() - start

    return train


class _PlainModule(pl.LightningModule):
    """What the documentation of Lightning and torchmetrics shows."""

    def __init__(self, net: Net, inputs: int) -> None:
        super().__init__()
        import torchmetrics

        self.benchmarked = net
        self.model = torch_net(net, inputs)
        self.metric: Any = (
            torchmetrics.Accuracy("multiclass", num_classes=net.outputs)
            if net.outputs > 1
            else torchmetrics.MeanAbsoluteError()
        )

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        x, y = batch
        outputs = self.model(x)
        loss = self.benchmarked.loss(outputs, y)
        self.metric(outputs if self.benchmarked.outputs > 1 else outputs[:, 0], y)
        self.log("loss", loss, on_step=False, on_epoch=True)
        self.log("metric", self.metric, on_step=False, on_epoch=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch_optimizer(self.benchmarked, self.model)


def plain_lightning(net: Net, inputs: int, device: str) -> Train:
    """Lightning with a DataLoader and torchmetrics, a batch at a time."""
    module = _PlainModule(net, inputs)

    def train(x: Tensor, y: Tensor) -> float:
        data = TensorDataset(x.cpu(), y.cpu())
        return fit(module, DataLoader(data, net.batch_size, shuffle=True), device)

    return train


class _Clock(pl.Callback):
    """Takes the time of the epoch."""

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.start = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if pl_module.device.type == "cuda":
            torch.cuda.synchronize()
        self.seconds = time.perf_counter() - self.start


def fit(
    module: pl.LightningModule,
    batches: Any,
    device: str,
    prepare: Callable[[pl.Trainer], None] = lambda trainer: None,
) -> float:
    """Seconds of an epoch in Lightning's Trainer, which `prepare` may give an engine."""
    clock = _Clock()
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator=device,
        devices=1,
        callbacks=[clock],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    prepare(trainer)
    trainer.fit(module, batches)
    return clock.seconds


def keras_on_tensorflow(net: Net, inputs: int, device: str) -> Train:
    """tf_keras: Keras 2 on TensorFlow."""
    return _keras(tensorflow_keras(device), net)


def tensorflow_keras(device: str) -> Any:
    """The module tf_keras, on as many threads as torch has.

    Raises:
        InputError: If `device` is not the CPU.
        ImportError: If it is not installed.
    """
    _check_cpu(device)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    import tf_keras

    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(torch.get_num_threads())
    tf.config.threading.set_inter_op_parallelism_threads(torch.get_num_threads())
    return tf_keras


def keras_on_torch(net: Net, inputs: int, device: str) -> Train:
    """Keras 3 on torch."""
    _check_cpu(device)
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    return _keras(keras, net)


def _check_cpu(device: str) -> None:
    if device != "cpu":
        raise InputError("Keras is measured on a CPU only")


def _keras(keras: Any, net: Net) -> Train:
    layers = keras.layers
    model = keras.Sequential([layers.Flatten()])
    if net.norm:
        model.add(layers.BatchNormalization())
    for units in net.hidden:
        model.add(layers.Dense(units, use_bias=net.bias, kernel_initializer="lecun_normal"))
        if net.norm:
            model.add(layers.BatchNormalization())
        leaky = net.activation == "leaky_relu"
        model.add(layers.LeakyReLU(0.3) if leaky else layers.Activation(net.activation))
    if net.alpha_dropout:
        model.add(layers.AlphaDropout(net.alpha_dropout))
    classes = net.outputs > 1
    model.add(layers.Dense(net.outputs, activation="softmax" if classes else "linear"))
    optimizers = {"sgd": keras.optimizers.SGD, "nadam": keras.optimizers.Nadam}
    model.compile(
        optimizer=optimizers[net.optimizer](LR),
        loss="sparse_categorical_crossentropy" if classes else "mse",
        metrics=["accuracy" if classes else "mae"],
    )

    def train(x: Tensor, y: Tensor) -> float:
        inputs, targets = x.numpy(), y.numpy()
        start = time.perf_counter()
        model.fit(inputs, targets, batch_size=net.batch_size, verbose=0)
        return time.perf_counter() - start

    return train


def matrix_products(net: Net, inputs: int, device: str) -> Train:
    """The arithmetic floor: the products of a step with the weights, and nothing else."""
    sizes = [inputs, *net.hidden, net.outputs]
    weights = [torch.randn(units, width, device=device) for width, units in pairwise(sizes)]
    values = [torch.randn(net.batch_size, size, device=device) for size in sizes]

    def train(x: Tensor, y: Tensor) -> float:
        start = time.perf_counter()
        with torch.no_grad():
            for _ in range(-(-len(x) // net.batch_size)):
                for i, weight in enumerate(weights):
                    torch.mm(values[i], weight.t())
                    torch.mm(values[i + 1].t(), values[i])
                    if i:
                        torch.mm(values[i + 1], weight)
        values[0].sum().item()  # waits for a GPU
        return time.perf_counter() - start

    return train


PEERS: dict[str, Make] = {
    "this package": ours,
    "bare PyTorch loop": bare_loop,
    "this package, --engine plain": ours_plainly,
    "plain Lightning": plain_lightning,
    "Keras on TensorFlow": keras_on_tensorflow,
    "Keras on torch": keras_on_torch,
    "matrix products alone": matrix_products,
}
