"""The project beside the real tf_keras and its legacy optimizers.

Twenty random nets train for 50 steps on both sides, from the same weights with the same batches.
Every choice in `CHOICES` occurs. To see the differences: ``pytest -m oracle -rP``.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.utils.data import DataLoader, TensorDataset

from dnn_techniques.callbacks import best_checkpoint, early_stopping
from dnn_techniques.layers.activations import make_activation
from dnn_techniques.layers.batch_norm import KerasBatchNorm1d
from dnn_techniques.layers.dropout import MCAlphaDropout
from dnn_techniques.optim.adadelta import KerasAdadelta
from dnn_techniques.optim.adagrad import KerasAdagrad
from dnn_techniques.optim.adam import KerasAdam
from dnn_techniques.optim.adamax import KerasAdamax
from dnn_techniques.optim.clipping import Clipping
from dnn_techniques.optim.constraints import MaxNorm
from dnn_techniques.optim.ftrl import Ftrl
from dnn_techniques.optim.nadam import KerasNadam
from dnn_techniques.optim.penalties import Penalty
from dnn_techniques.optim.plateau import reduce_on_plateau
from dnn_techniques.optim.rmsprop import KerasRMSprop
from dnn_techniques.optim.schedules import exponential, piecewise_constant, power
from dnn_techniques.optim.sgd import KerasSGD

pytestmark = pytest.mark.oracle

SEEDS = 20
STEPS = 50
SAMPLES = 200
# In float64 no rounding is amplified, so that every weight can be compared; what remains is that
# Keras holds learning rates and the decay of batch normalization in float32.
TOLERANCES = {"float32": 1e-4, "float64": 1e-6}
LEARNING_RATES = {
    "sgd": 0.1,
    "momentum": 0.05,
    "nesterov": 0.05,
    "adagrad": 0.05,
    "rmsprop": 0.005,
    "rmsprop_momentum": 0.002,
    "adam": 0.01,
    "adamax": 0.01,
    "nadam": 0.01,
    "adadelta": 0.5,
    "ftrl": 0.5,
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "optimizer": tuple(LEARNING_RATES),
    "activation": ("relu", "leaky_relu", "prelu", "elu", "selu", "tanh", "sigmoid"),
    "norm": ("none", "first", "before", "before_with_bias", "after"),
    "clipping": ("none", "value", "norm", "global_norm"),
    "penalty": ("none", "l1", "l2", "l1_l2"),
    "max_norm_axis": (None, 0, 1),
    "schedule": ("constant", "power", "exponential", "staircase", "piecewise"),
    "output": ("softmax", "sigmoid"),
}


@dataclass(frozen=True)
class Setting:
    """The choices of one random training."""

    seed: int
    optimizer: str
    activation: str
    norm: str
    clipping: str
    penalty: str
    max_norm_axis: int | None
    schedule: str
    output: str

    def __str__(self) -> str:
        return "-".join(str(value) for value in vars(self).values())


def make_settings() -> list[Setting]:
    """Deal every choice out as evenly as it goes, in a random order."""
    random = np.random.RandomState(149)  # one with what `test_settings_cover_the_choices` wants
    columns = {
        name: [choices[i % len(choices)] for i in random.permutation(SEEDS)]
        for name, choices in CHOICES.items()
    }
    return [Setting(seed, **{k: v[seed] for k, v in columns.items()}) for seed in range(SEEDS)]


class Numbers:
    """The numbers of one random training, with those that its choices leave unused."""

    def __init__(self, setting: Setting) -> None:
        random = np.random.RandomState(setting.seed)

        def uniform(low: float, high: float) -> float:
            """A value that float32 holds exactly: Keras keeps hyperparameters in float32."""
            return float(np.float32(random.uniform(low, high)))

        rate = LEARNING_RATES[setting.optimizer]
        self.lr = uniform(0.5 * rate, 1.5 * rate)
        self.momentum = uniform(0.5, 0.95)
        self.rho = uniform(0.8, 0.99)
        self.betas = uniform(0.8, 0.95), uniform(0.98, 0.999)
        self.l1, self.l2 = uniform(1e-4, 2e-3), uniform(1e-3, 3e-2)
        self.clip_at = {
            "value": uniform(0.002, 0.05),
            "norm": uniform(0.02, 0.2),
            "global_norm": uniform(0.05, 0.4),
        }
        self.max_norm = uniform(0.4, 1.2)
        self.decay_steps = random.randint(10, 40)
        self.boundaries = sorted(random.choice(range(5, 45), 2, replace=False).tolist())
        self.factors = [1.0, uniform(0.3, 0.6), uniform(0.05, 0.2)]

        self.inputs = random.randint(3, 13)
        self.hidden = random.randint(3, 17, random.randint(1, 4)).tolist()
        self.outputs = 1 if setting.output == "sigmoid" else random.randint(2, 8)
        self.x = random.normal(random.normal(0, 1, self.inputs), 2, (SAMPLES, self.inputs))
        scores = self.x @ random.normal(0, 1, (self.inputs, max(self.outputs, 2)))
        self.labels = (scores + random.normal(0, 1, scores.shape)).argmax(axis=1)
        # As in Keras, every epoch is shuffled anew and its last batch may be smaller.
        size = random.randint(8, 49)
        self.batches: list[np.ndarray] = []
        while len(self.batches) < STEPS:
            order = random.permutation(SAMPLES)
            self.batches += [order[i : i + size] for i in range(0, SAMPLES, size)]
        del self.batches[STEPS:]


class Trained(NamedTuple):
    """What a training leaves behind; weights in Keras's order and layout."""

    losses: np.ndarray
    weights: list[np.ndarray]
    probabilities: np.ndarray


# The side of Keras


def keras_net(keras: Any, setting: Setting, numbers: Numbers) -> Any:
    layers = keras.layers
    axis = setting.max_norm_axis
    dense = partial(
        layers.Dense,
        kernel_regularizer={
            "none": None,
            "l1": keras.regularizers.l1(numbers.l1),
            "l2": keras.regularizers.l2(numbers.l2),
            "l1_l2": keras.regularizers.l1_l2(numbers.l1, numbers.l2),
        }[setting.penalty],
        kernel_constraint=(
            None if axis is None else keras.constraints.max_norm(numbers.max_norm, axis=axis)
        ),
    )
    net = keras.Sequential([layers.Input((numbers.inputs,))])
    if setting.norm == "first":
        net.add(layers.BatchNormalization())
    for units in numbers.hidden:
        net.add(dense(units, use_bias=setting.norm != "before"))
        if setting.norm.startswith("before"):
            net.add(layers.BatchNormalization())
        if setting.activation == "leaky_relu":
            net.add(layers.LeakyReLU())
        elif setting.activation == "prelu":
            net.add(layers.PReLU())
        else:
            net.add(layers.Activation(setting.activation))
        if setting.norm == "after":
            net.add(layers.BatchNormalization())
    net.add(dense(numbers.outputs, activation=setting.output))
    return net


def keras_schedule(keras: Any, setting: Setting, numbers: Numbers) -> Any:
    schedules, lr, steps = keras.optimizers.schedules, numbers.lr, numbers.decay_steps
    rates = [lr * factor for factor in numbers.factors]
    return {
        "power": schedules.InverseTimeDecay(lr, steps, 1),
        "exponential": schedules.ExponentialDecay(lr, steps, 0.1),
        "staircase": schedules.ExponentialDecay(lr, steps, 0.1, staircase=True),
        "piecewise": schedules.PiecewiseConstantDecay(numbers.boundaries, rates),
    }.get(setting.schedule, lambda step: lr)


def keras_optimizer(keras: Any, setting: Setting, numbers: Numbers) -> Any:
    beta_1, beta_2 = numbers.betas
    betas = {"beta_1": beta_1, "beta_2": beta_2}
    legacy = keras.optimizers.legacy
    make = {
        "sgd": legacy.SGD,
        "momentum": partial(legacy.SGD, momentum=numbers.momentum),
        "nesterov": partial(legacy.SGD, momentum=numbers.momentum, nesterov=True),
        "adagrad": legacy.Adagrad,
        "rmsprop": partial(legacy.RMSprop, rho=numbers.rho),
        "rmsprop_momentum": partial(legacy.RMSprop, rho=numbers.rho, momentum=numbers.momentum),
        "adam": partial(legacy.Adam, **betas),
        "adamax": partial(legacy.Adamax, **betas),
        "nadam": partial(legacy.Nadam, **betas),
        "adadelta": partial(legacy.Adadelta, rho=numbers.rho),
        "ftrl": partial(
            legacy.Ftrl,
            l1_regularization_strength=numbers.l1,
            l2_regularization_strength=numbers.l2,
        ),
    }[setting.optimizer]
    names = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
    arguments = {names[k]: v for k, v in numbers.clip_at.items() if k == setting.clipping}
    if setting.schedule == "constant" or setting.optimizer == "nadam":
        return make(numbers.lr, **arguments)
    if setting.schedule == "power":
        return make(numbers.lr, decay=1 / numbers.decay_steps, **arguments)
    return make(keras_schedule(keras, setting, numbers), **arguments)


def train_keras(keras: Any, setting: Setting, numbers: Numbers) -> tuple[list[np.ndarray], Trained]:
    """Return the initial weights too."""
    keras.utils.set_random_seed(setting.seed)
    net = keras_net(keras, setting, numbers)
    # Away from 0 and 1, so that biases, slopes and statistics count from the first step.
    random = np.random.RandomState(setting.seed)
    initial = [w + random.uniform(0.05, 0.2, w.shape) for w in net.get_weights()]
    net.set_weights(initial)
    optimizer = keras_optimizer(keras, setting, numbers)
    sigmoid = setting.output == "sigmoid"
    loss = "binary_crossentropy" if sigmoid else "sparse_categorical_crossentropy"
    net.compile(optimizer, loss)
    schedule = keras_schedule(keras, setting, numbers)
    losses = []
    for step, batch in enumerate(numbers.batches):
        if setting.optimizer == "nadam":  # takes no schedule; a callback can set its rate
            keras.backend.set_value(optimizer.learning_rate, schedule(step))
        losses.append(net.train_on_batch(numbers.x[batch], numbers.labels[batch]))
    return initial, Trained(np.array(losses), net.get_weights(), net(numbers.x).numpy())


# Our side


def our_net(setting: Setting, numbers: Numbers) -> nn.Sequential:
    net = nn.Sequential()
    width = numbers.inputs
    if setting.norm == "first":
        net.append(KerasBatchNorm1d(width))
    for units in numbers.hidden:
        net.append(nn.Linear(width, units, bias=setting.norm != "before"))
        if setting.norm.startswith("before"):
            net.append(KerasBatchNorm1d(units))
        net.append(make_activation(setting.activation, units))
        if setting.norm == "after":
            net.append(KerasBatchNorm1d(units))
        width = units
    return net.append(nn.Linear(width, numbers.outputs))


def our_optimizer(setting: Setting, numbers: Numbers, params: list[nn.Parameter]) -> Optimizer:
    make: dict[str, Callable[..., Optimizer]] = {
        "sgd": KerasSGD,
        "momentum": partial(KerasSGD, momentum=numbers.momentum),
        "nesterov": partial(KerasSGD, momentum=numbers.momentum, nesterov=True),
        "adagrad": KerasAdagrad,
        "rmsprop": partial(KerasRMSprop, rho=numbers.rho),
        "rmsprop_momentum": partial(KerasRMSprop, rho=numbers.rho, momentum=numbers.momentum),
        "adam": partial(KerasAdam, betas=numbers.betas),
        "adamax": partial(KerasAdamax, betas=numbers.betas),
        "nadam": partial(KerasNadam, betas=numbers.betas),
        "adadelta": partial(KerasAdadelta, rho=numbers.rho),
        "ftrl": partial(Ftrl, l1=numbers.l1, l2=numbers.l2),
    }
    return make[setting.optimizer](params, lr=numbers.lr)


def our_schedule(setting: Setting, numbers: Numbers, optimizer: Optimizer) -> LRScheduler | None:
    match setting.schedule:
        case "power":
            return power(optimizer, numbers.decay_steps)
        case "exponential" | "staircase" as kind:
            return exponential(optimizer, numbers.decay_steps, staircase=kind == "staircase")
        case "piecewise":
            return piecewise_constant(optimizer, numbers.boundaries, numbers.factors)
    return None


def in_keras_layout(net: nn.Sequential) -> dict[str, Tensor]:
    """Views of the weights as Keras orders and lays them out."""
    views: dict[str, Tensor | None] = {}
    for name, layer in net.named_children():
        if isinstance(layer, nn.Linear):
            views |= {f"{name}.kernel": layer.weight.T, f"{name}.bias": layer.bias}
        elif isinstance(layer, KerasBatchNorm1d):
            views |= {f"{name}.gamma": layer.weight, f"{name}.beta": layer.bias}
            views |= {f"{name}.mean": layer.running_mean, f"{name}.variance": layer.running_var}
        elif isinstance(layer, nn.PReLU):
            views[f"{name}.alpha"] = layer.weight
    return {name: view.detach() for name, view in views.items() if view is not None}


def undetermined(net: nn.Sequential) -> set[str]:
    """Weights that float32 does not determine.

    Batch normalization subtracts the bias before it again, so that the true gradient of that bias
    is zero. What there is instead is rounding, and an optimizer that divides by the size of the
    gradient makes steps of it. The moving mean, and with it the inference, follows the bias.
    """
    return {
        weight
        for (dense, layer), (norm, next_layer) in pairwise(net.named_children())
        if isinstance(layer, nn.Linear)
        and layer.bias is not None
        and isinstance(next_layer, KerasBatchNorm1d)
        for weight in (f"{dense}.bias", f"{norm}.mean")
    }


def train_ours(
    setting: Setting, numbers: Numbers, initial: list[np.ndarray], dtype: torch.dtype
) -> tuple[nn.Sequential, Trained]:
    net = our_net(setting, numbers).to(dtype)
    for view, w in zip(in_keras_layout(net).values(), initial, strict=True):
        view.copy_(torch.from_numpy(w))
    clipping = Clipping(**{k: v for k, v in numbers.clip_at.items() if k == setting.clipping})
    penalty = Penalty(
        l1=numbers.l1 if "l1" in setting.penalty else 0.0,
        l2=numbers.l2 if "l2" in setting.penalty else 0.0,
    )
    axis = setting.max_norm_axis
    max_norm = None if axis is None else MaxNorm(numbers.max_norm, axis)
    optimizer = our_optimizer(setting, numbers, list(net.parameters()))
    schedule = our_schedule(setting, numbers, optimizer)
    x, labels = torch.tensor(numbers.x, dtype=dtype), torch.tensor(numbers.labels)
    losses = []
    for batch in numbers.batches:
        logits, y = net(x[batch]), labels[batch]
        if setting.output == "sigmoid":
            loss = F.binary_cross_entropy_with_logits(logits[:, 0], y.to(dtype))
        else:
            loss = F.cross_entropy(logits, y)
        loss = loss + penalty(net)
        optimizer.zero_grad()
        loss.backward()
        clipping(net.parameters())
        optimizer.step()
        if max_norm:
            max_norm(net)
        if schedule:
            schedule.step()
        losses.append(loss.item())
    with torch.no_grad():
        logits = net.eval()(x)
        p = logits.sigmoid() if setting.output == "sigmoid" else logits.softmax(dim=1)
    weights = [view.numpy() for view in in_keras_layout(net).values()]
    return net, Trained(np.array(losses), weights, p.numpy())


def test_settings_cover_the_choices() -> None:
    settings = make_settings()
    for name, choices in CHOICES.items():
        assert {getattr(setting, name) for setting in settings} == set(choices)
    # A rate that changes tells optimizers apart that agree while it is constant.
    assert {s.optimizer for s in settings if s.schedule != "constant"} == set(LEARNING_RATES)
    # Adaptive optimizers hide a constant factor, so that wrong clipping shows best in the others.
    plain = {"sgd", "momentum", "nesterov", "adagrad", "ftrl"}
    assert {s.clipping for s in settings if s.optimizer in plain} == set(CHOICES["clipping"])


@pytest.fixture(params=TOLERANCES)
def dtype(request: pytest.FixtureRequest, keras: Any) -> Iterator[str]:
    keras.backend.set_floatx(request.param)
    yield request.param
    keras.backend.set_floatx("float32")


@pytest.mark.parametrize("setting", make_settings(), ids=str)
def test_training(keras: Any, setting: Setting, dtype: str) -> None:
    numbers = Numbers(setting)
    initial, expected = train_keras(keras, setting, numbers)
    net, actual = train_ours(setting, numbers, initial, getattr(torch, dtype))

    names = list(in_keras_layout(net))
    unmoved = {n for n, i, w in zip(names, initial, actual.weights, strict=True) if (i == w).all()}
    assert unmoved <= undetermined(net)
    pairs = {
        "losses": (actual.losses, expected.losses),
        "probabilities": (actual.probabilities, expected.probabilities),
        **dict(zip(names, zip(actual.weights, expected.weights, strict=True), strict=True)),
    }
    differences = {name: float(np.abs(a - e).max()) for name, (a, e) in pairs.items()}
    excused = undetermined(net) if dtype == "float32" else set()
    if excused:
        excused.add("probabilities")
    compared = {name: d for name, d in differences.items() if name not in excused}
    worst = max(compared, key=lambda name: compared[name])
    print(f"{setting} {dtype}: {worst} {compared[worst]:.1e}", sorted(excused))
    assert not {name: d for name, d in compared.items() if not d < TOLERANCES[dtype]}


@pytest.mark.parametrize(
    ("shape", "decay", "eps"),
    [((16, 5), 0.99, 1e-3), ((1, 5), 0.99, 1e-3), ((7, 5), 0.9, 1e-2), ((8, 7, 5), 0.99, 1e-3)],
)
def test_batch_norm(keras: Any, shape: tuple[int, ...], decay: float, eps: float) -> None:
    import tensorflow as tf

    random = np.random.RandomState(1)
    theirs = keras.layers.BatchNormalization(momentum=decay, epsilon=eps)
    ours = KerasBatchNorm1d(shape[-1], decay, eps)
    theirs.build(shape)
    start = [random.uniform(0.5, 2, shape[-1]).astype(np.float32) for _ in range(4)]
    theirs.set_weights(start)
    views = in_keras_layout(nn.Sequential(ours)).values()
    for view, w in zip(views, start, strict=True):
        view.copy_(torch.from_numpy(w))

    def channels_second(x: np.ndarray) -> Tensor:
        """Keras has the channels last."""
        return torch.from_numpy(np.moveaxis(x, -1, 1).copy())

    for step in range(30):
        training = step % 10 < 9
        x, g = random.normal(2, 3, (2, *shape)).astype(np.float32)
        with tf.GradientTape() as tape:
            z = tf.constant(x)
            tape.watch(z)
            expected = theirs(z, training=training)
        expected_gradient = tape.gradient(expected, z, output_gradients=tf.constant(g))
        z = channels_second(x).requires_grad_()
        actual = ours.train(training)(z)
        (gradient,) = torch.autograd.grad(actual, z, channels_second(g))
        torch.testing.assert_close(actual, channels_second(expected.numpy()), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            gradient, channels_second(expected_gradient.numpy()), atol=1e-5, rtol=1e-5
        )
    for view, w in zip(views, theirs.get_weights(), strict=True):
        torch.testing.assert_close(view, torch.from_numpy(w), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
@pytest.mark.parametrize(("layer", "training"), [(nn.AlphaDropout, True), (MCAlphaDropout, False)])
def test_alpha_dropout(
    keras: Any, layer: Callable[[float], nn.Module], training: bool, rate: float
) -> None:
    keras.utils.set_random_seed(1)
    torch.manual_seed(1)
    theirs, ours = keras.layers.AlphaDropout(rate), layer(rate).train(training)

    def dropped(x: np.ndarray) -> list[np.ndarray]:
        return [theirs(x, training=True).numpy(), ours(torch.from_numpy(x)).numpy()]

    # Of a constant two values remain: the kept one, and the dropped one with share `rate`.
    n = 200_000
    expected, actual = (np.unique(y, return_counts=True) for y in dropped(np.ones(n, np.float32)))
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-6)
    for _, counts in (expected, actual):
        assert counts[0] / n == pytest.approx(rate, abs=5 * math.sqrt(rate * (1 - rate) / n))
    # Of standard normal values the mean and the variance remain.
    for y in dropped(np.random.RandomState(1).normal(size=n).astype(np.float32)):
        assert y.mean() == pytest.approx(0, abs=5 / math.sqrt(n))
        assert y.var() == pytest.approx(1, abs=10 / math.sqrt(n))


def random_losses(random: np.random.RandomState, epochs: int) -> list[float]:
    """A noisy walk on a grid of 1/16, which makes ties exact, with some losses that diverged."""
    losses = np.round(16 * (3 + np.cumsum(random.normal(0, 0.15, epochs)))) / 16
    losses[1:][random.uniform(size=epochs - 1) < 0.05] = np.nan
    return [float(loss) for loss in losses]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_reduce_on_plateau(keras: Any, seed: int) -> None:
    random = np.random.RandomState(seed)
    arguments = {
        "factor": random.uniform(0.1, 0.9),
        "patience": random.randint(0, 5),
        "min_delta": random.choice([0, 1e-4, 1 / 16]),
        "cooldown": random.randint(0, 4),
        "min_lr": random.choice([0, 0.01]),
        "mode": random.choice(["min", "max"]),
    }
    theirs = keras.optimizers.legacy.SGD(1.0)
    callback = keras.callbacks.ReduceLROnPlateau("val_loss", **arguments)
    callback.set_model(SimpleNamespace(optimizer=theirs))
    callback.on_train_begin()
    ours = KerasSGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = reduce_on_plateau(ours, **arguments)
    expected, actual = [], []
    for epoch, loss in enumerate(random_losses(random, 60)):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        ours.step()
        scheduler.step(loss)
        expected.append(float(theirs.learning_rate))
        actual.append(ours.param_groups[0]["lr"])
    assert expected[-1] < 1
    assert actual == pytest.approx(expected, rel=1e-5)


class Replay(pl.LightningModule):
    """Logs the losses that it is given, one an epoch."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.losses = losses
        self.weight = nn.Parameter(torch.zeros(1))

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        return self.weight.sum()

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("val_loss", self.losses[self.current_epoch])

    def configure_optimizers(self) -> Optimizer:
        return KerasSGD(self.parameters())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_early_stopping_and_best_checkpoint(keras: Any, seed: int, tmp_path: Path) -> None:
    random = np.random.RandomState(seed)
    patience = random.randint(0, 8)
    min_delta = random.choice([0, 1 / 16])
    mode = random.choice(["min", "max"])
    losses = random_losses(random, 30)

    model = keras.Sequential([keras.layers.Dense(1, input_shape=(1,))])
    stop = keras.callbacks.EarlyStopping("val_loss", min_delta, patience, mode=mode)
    save = keras.callbacks.ModelCheckpoint(
        tmp_path / "keras" / "{epoch}.h5",
        "val_loss",
        mode=mode,
        save_best_only=True,
        save_weights_only=True,
    )
    for callback in (stop, save):
        callback.set_model(model)
        callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        for callback in (stop, save):
            callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    best = max(int(file.stem) for file in tmp_path.glob("keras/*.h5")) - 1  # counted from 1

    stopping = early_stopping(patience, min_delta=min_delta, mode=mode)
    trainer = pl.Trainer(
        max_epochs=len(losses),
        accelerator="cpu",
        callbacks=[stopping, best_checkpoint(tmp_path / "ours", mode=mode)],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    data: DataLoader = DataLoader(TensorDataset(torch.zeros(1)))
    trainer.fit(Replay(losses), data, data)
    assert stopping.stopped_epoch == stop.stopped_epoch
    assert torch.load(tmp_path / "ours" / "best.ckpt", weights_only=False)["epoch"] == best
