"""What each setting of a documented run means for the experiment that repeats it, key by key.

`CHECKS` has a function for every key of a `setup` in documented_results.json. Where a setting is
told in words the function knows these words; others are a KeyError, so that a changed entry is
looked at again.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dnn_techniques.data import ImageData, PairData, PlaneData, TableData
from dnn_techniques.documents.documented import documented
from dnn_techniques.layers import (
    ELU,
    INITIALIZERS,
    SELU,
    AlphaDropout,
    KerasBatchNorm1d,
    StopGradient,
)
from dnn_techniques.layers.named_layers import named_layers
from dnn_techniques.modules import Regressor
from dnn_techniques.modules.binary_classifier import BinaryClassifier
from dnn_techniques.optim import MaxNorm, Penalty
from tests.experiment_files import FILES, ExperimentFile

Check = Callable[[ExperimentFile, Any], None]

STEPS = 1719  # 55,000 images in batches of 32


def setup_of(file: ExperimentFile) -> dict[str, Any]:
    return documented(file.documented).setup if file.documented else {}


def named(name: str) -> ExperimentFile:
    (found,) = (file for file in FILES if file.name == name)
    return found


def modules(file: ExperimentFile, *kinds: type[nn.Module]) -> list[Any]:
    return [m for m in file.model.net.modules() if isinstance(m, kinds)]


def card(file: ExperimentFile) -> str:
    """Name of its card."""
    return type(file.model).__name__


# The data


def dataset(file: ExperimentFile, words: str) -> None:
    if isinstance(file.data, TableData):  # which splits twice and standardizes
        assert words in (
            "california housing, train_test_split twice, StandardScaler",
            "california housing",
        )
        assert documented(file.documented).data_set == file.data.table == "california_housing"
        assert (file.data.batch_size, file.data.split_seed) == (32, None)
        return
    if isinstance(file.data, PlaneData):
        assert words == "iris, petal length and width, setosa or not"
        assert file.data.arrays.facts.features == ("petal length", "petal width")
        assert file.data.name == documented(file.documented).data_set == "iris"
        return
    part = file.data.part
    kind = type(file.data).__name__
    name = file.data.name or "fashion_mnist"  # its default
    assert (name, kind, part.classes, part.train) == {
        "fashion_mnist": ("fashion_mnist", "ImageData", None, None),
        "fashion_mnist without classes 5 and 6; labels above 6 shifted down by 2": (
            "fashion_mnist",
            "ImageData",
            [0, 1, 2, 3, 4, 7, 8, 9],
            None,
        ),
        "fashion_mnist classes 5 (sandal, 0) and 6 (shirt, 1); first 200 training images": (
            "fashion_mnist",
            "ImageData",
            [5, 6],
            200,
        ),
        "cifar10": ("cifar10", "ImageData", None, None),
        "mnist": ("mnist", "ImageData", None, None),
        "mnist digits 0-4": ("mnist", "ImageData", [0, 1, 2, 3, 4], None),
        "mnist digits 5-9": ("mnist", "ImageData", [5, 6, 7, 8, 9], None),
        "pairs of mnist images, half same class (0), half different (1); split #1: 55,000 images,"
        " split #2: 500 per class": ("mnist", "PairData", None, None),
        "mnist, split #2 of mnist-pairs": ("mnist", "SplitData", None, None),
    }[words]
    assert documented(file.documented).data_set == name
    assert file.data.validation == 5000


def classes(file: ExperimentFile, labels: Sequence[int]) -> None:
    assert file.data.part.classes == labels


def per_class(file: ExperimentFile, images: int) -> None:
    assert file.data.part.per_class == images


def inputs(file: ExperimentFile, words: str) -> None:
    assert (
        file.data.scaling
        == {
            "unit": "unit",
            "standardized per pixel with training statistics": "standardize",
            "standardized per feature": "standardize",
            "raw 0-255": "none",
        }[words]
    )


def batch_size(file: ExperimentFile, size: int) -> None:
    """The notes cut few images into as many nearly equal parts as `size` goes into them."""
    if "per_class" in setup_of(file):
        images = 100 * len(setup_of(file)["classes"])
        size = -(-images // (images // size))
    assert file.data.batch_size == size


# Settings that only the images themselves can show: OF_IMAGES.


def split(file: ExperimentFile, words: str) -> None:
    assert (
        images(file)
        == {
            "first 5,000 training images validate, 55,000 train, 10,000 test": (
                55_000,
                5000,
                10_000,
            ),
            "first 5,000 training images validate, 45,000 train, 10,000 test": (
                45_000,
                5000,
                10_000,
            ),
        }[words]
    )


def train(file: ExperimentFile, count: int | str) -> None:
    if count == "100 images per digit 5-9":
        assert torch.bincount(loaded(file).train[1]).tolist() == [100] * 5
    else:
        assert images(file)[0] == count


def valid(file: ExperimentFile, count: int) -> None:
    assert images(file)[1] == count


def test(file: ExperimentFile, count: int) -> None:
    assert images(file)[2] == count


def first_30_train_labels(file: ExperimentFile, labels: Sequence[int]) -> None:
    assert loaded(file).train[1][:30].tolist() == labels


def images(file: ExperimentFile) -> tuple[int, int, int]:
    data = loaded(file)
    return len(data.train[1]), len(data.valid[1]), len(data.test[1])


def loaded(file: ExperimentFile) -> Any:
    part = file.data.part
    return _loaded(file.data.name, tuple(part.classes or ()), part.train, part.per_class)


@cache
def _loaded(name: str, labels: tuple[int, ...], first: int | None, each: int | None) -> Any:
    data = ImageData(name, classes=labels or None, train=first, per_class=each)
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    return data


# The net


def hidden(file: ExperimentFile, widths: Sequence[int]) -> None:
    linear = modules(file, nn.Linear)
    assert [layer.out_features for layer in linear[:-1]] == list(widths)
    if "output" not in setup_of(file):
        is_pairs = isinstance(file.data, PairData)
        labels = setup_of(file).get("classes", range(10))
        single = is_pairs or isinstance(file.model, Regressor)
        assert linear[-1].out_features == (1 if single else len(labels))
        assert isinstance(file.model, BinaryClassifier) == is_pairs


def output(file: ExperimentFile, units: int | str) -> None:
    expected, binary = {8: (8, False), "1 sigmoid": (1, True)}[units]
    assert modules(file, nn.Linear)[-1].out_features == expected
    assert isinstance(file.model, BinaryClassifier) == binary


def architecture(file: ExperimentFile, words: str) -> None:
    checks: dict[str, Callable[[ExperimentFile], None]] = {
        "two towers of 5x100 elu he, concatenated, dense 10 elu, 1 sigmoid": _towers,
        "hidden 30, 30 relu; inputs concatenated with the second hidden layer; one output": _wide,
        "20 hidden layers of 100": partial(_twenty, before="", around=""),
        "20 hidden layers of 100, BN first and before each activation": partial(
            _twenty, before="BN ", around="BN "
        ),
        "20 hidden layers of 100, alpha dropout 0.1 before the output layer": partial(
            _twenty, before="", around="", last="AlphaDropout "
        ),
    }
    checks[words](file)


def _wide(file: ExperimentFile) -> None:
    """The auxiliary output, if there is one, is another layer after the output."""
    net: Any = file.model.net
    deep = [_layer(m) for m in net.deep.children()]
    assert deep == ["30", "ReLU", "30", "ReLU"]
    features = {"WideDeepNet": 8, "TwoInputsNet": 5, "AuxiliaryOutputNet": 5}[card(file)]
    assert (net.output.in_features, net.output.out_features) == (features + 30, 1)


def model(file: ExperimentFile, words: str) -> None:
    """Its rule is that of `Perceptron.learn`: tests/modules/test_plane.py."""
    assert words == "a single threshold logic unit, perceptron rule"
    assert (card(file), file.data.batch_size) == ("ThresholdUnit", 1)


def task(file: ExperimentFile, words: str) -> None:
    """A deep net, and stopping; checkpoints and TensorBoard are every run's, if not switched off.

    The range test is a command of its own, which takes any experiment.
    """
    assert words == (
        "deep MLP above 98% with a learning-rate range test, checkpoints, early stopping,"
        " TensorBoard"
    )
    assert len(modules(file, nn.Linear)) > 2
    assert "EarlyStopping" in file.callbacks
    assert not {"logger", "enable_checkpointing"} & set(file.trainer)


def variants(file: ExperimentFile, told: Sequence[str]) -> None:
    """Which of the three it is, by what its inputs and outputs are."""
    both = [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6, 7]]
    inputs = {
        "one input": None,
        "two inputs: features 0-4 wide, 2-7 deep": both,
        "two inputs and an auxiliary output, loss weights 0.9 and 0.1": both,
    }
    assert list(inputs) == told
    place = ("WideDeepNet", "TwoInputsNet", "AuxiliaryOutputNet").index(card(file))
    assert file.data.inputs == inputs[told[place]]
    if place == 2:
        model: Any = file.model
        assert (model.weight, model.auxiliary_weight) == (0.9, 0.1)


def loss(file: ExperimentFile, name: str) -> None:
    model: Any = file.model
    assert model.criterion == name


def _twenty(file: ExperimentFile, before: str, around: str, last: str = "") -> None:
    """Flattened CIFAR-10 images through twenty dense layers of 100, to ten classes."""
    found = [m for m in file.model.net.modules() if not list(m.children())][1:]  # not Flatten
    name = {"elu": "ELU", "selu": "SELU"}[setup_of(file)["activation"]]
    assert " ".join(map(_layer, found)) == f"{before}{f'100 {around}{name} ' * 20}{last}10"
    dense = modules(file, nn.Linear)
    assert dense[0].in_features == 3 * 32 * 32
    if last:
        assert [m.p for m in modules(file, AlphaDropout)] == [0.1]


def _towers(file: ExperimentFile) -> None:
    layers: dict[str, Any] = dict(file.model.net.named_children())
    assert list(layers) == ["tower_a", "tower_b", "merged", "activation", "output"]
    for tower in (layers["tower_a"], layers["tower_b"]):
        assert [m.out_features for m in tower.modules() if isinstance(m, nn.Linear)] == [100] * 5
    shapes = [(layers[n].in_features, layers[n].out_features) for n in ("merged", "output")]
    assert shapes == [(200, 10), (10, 1)]


def layers(file: ExperimentFile, words: str) -> None:
    found = [m for m in file.model.net.modules() if not list(m.children())][1:]  # not Flatten
    names = [_layer(m) for m in found]
    expected, decay = {
        "BN, Dense 300 relu, BN, Dense 100 relu, BN, Dense 10": (
            "BN 300 ReLU BN 100 ReLU BN 10",
            0.99,
        ),
        "BN, Dense 300 no bias, BN, relu, Dense 100 no bias, BN, relu, Dense 10": (
            "BN 300- BN ReLU 100- BN ReLU 10",
            0.99,
        ),
        # The hidden biases, which BN takes away again, are left out.
        "Dense, BN(momentum 0.9), elu twice; BN on the logits too": (
            "300- BN ELU 100- BN ELU 10 BN",
            0.9,
        ),
    }[words]
    assert " ".join(names) == expected
    _check_norms(file, decay)


def _layer(module: nn.Module) -> str:
    if isinstance(module, nn.Linear):
        return f"{module.out_features}{'-' if module.bias is None else ''}"
    return "BN" if isinstance(module, KerasBatchNorm1d) else type(module).__name__


def batch_normalization(file: ExperimentFile, words: str) -> None:
    assert words == "momentum 0.95"
    assert len(modules(file, KerasBatchNorm1d)) == len(setup_of(file)["hidden"])
    _check_norms(file, 0.95)


def _check_norms(file: ExperimentFile, decay: float) -> None:
    assert {(m.decay, m.eps) for m in modules(file, KerasBatchNorm1d)} == {(decay, 0.001)}


def activation(file: ExperimentFile, words: str) -> None:
    activations: dict[str, tuple[type[nn.Module], dict[str, float]]] = {
        "relu": (nn.ReLU, {}),
        "elu": (ELU, {"alpha": 1}),
        "selu": (SELU, {}),
        "leaky_relu": (nn.LeakyReLU, {"negative_slope": 0.01}),  # the notes' own function
        "leaky_relu(alpha=0.3, the Keras default)": (nn.LeakyReLU, {"negative_slope": 0.3}),
        "prelu(one alpha per unit, initialised to 0)": (nn.PReLU, {}),
    }
    kind, values = activations[words]
    units = setup_of(file).get("hidden", [100] * 20)
    every = list(file.model.net.modules())
    last = max(i for i, m in enumerate(every) if isinstance(m, nn.Linear))
    others = (nn.Flatten, nn.Linear, nn.Dropout, AlphaDropout, KerasBatchNorm1d, StopGradient)
    leaves = [m for m in every[:last] if not list(m.children())]
    found = [m for m in leaves if not isinstance(m, others)]
    assert [type(m) for m in found] == [kind] * len(units)
    for name, value in values.items():
        assert {getattr(m, name) for m in found} == {value}
    if kind is nn.PReLU:
        slopes = [[p.detach() for p in m.parameters()] for m in found]
        assert [[(s.numel(), s.abs().max().item()) for s in each] for each in slopes] == [
            [(width, 0)] for width in units
        ]


# The initializers


def kernel_initializer(file: ExperimentFile, words: str) -> None:
    """The output layer has the framework's default, where nothing else is said."""
    *hidden_layers, last = modules(file, nn.Linear)
    name = {
        "he_normal": "he_normal",
        "lecun_normal": "lecun_normal",
        "glorot_uniform": "glorot_uniform",
        "glorot_uniform (Keras default)": "glorot_uniform",
        "glorot_uniform (tf.layers default)": "glorot_uniform",
        # TensorFlow 1's has the scale 1: it is LeCun's, whatever the notes call it.
        "he (variance_scaling fan_in)": "lecun_normal",
    }[words]
    assert all(filled_by(layer, name) for layer in hidden_layers)
    if "output_kernel_initializer" not in setup_of(file):
        # In exercise 8 b the notes build the output layer by hand, later with the hidden ones.
        as_hidden = words.startswith("he ") and file.documented != "mnist-0-4"
        assert filled_by(last, name if as_hidden else "glorot_uniform")
    biases = [layer.bias for layer in (*hidden_layers, last) if layer.bias is not None]
    assert all((bias == 0).all() for bias in biases)


def output_kernel_initializer(file: ExperimentFile, name: str) -> None:
    assert filled_by(modules(file, nn.Linear)[-1], name)


@cache
def filled(shape: torch.Size, initializer: str) -> tuple[float, float]:
    """Deviation and largest value of many kernels that the initializer fills."""
    torch.manual_seed(1)
    many = torch.stack([INITIALIZERS[initializer](torch.empty(shape)) for _ in range(20)])
    return many.std().item(), many.abs().max().item()


def filled_by(layer: nn.Linear, initializer: str) -> bool:
    """Whether the deviation and the largest value are those of the initializer."""
    weight = layer.weight.detach()
    deviation, largest = filled(weight.shape, initializer)
    close = abs(weight.std().item() / deviation - 1) < 4 / weight.numel() ** 0.5
    return close and weight.abs().max().item() <= largest * 1.05


# Regularization


def regularizer(file: ExperimentFile, words: str) -> None:
    (penalty,) = file.model.penalties
    assert (
        penalty
        == {
            "l2(0.01) on every kernel incl. the output's; part of the reported losses": Penalty(
                l2=0.01
            ),
            "l1(0.001) on both kernels": Penalty(l1=0.001),
            "l1(0.001) on all kernels": Penalty(l1=0.001),
        }[words]
    )


def dropout(file: ExperimentFile, words: str) -> None:
    rate, where = {
        "0.2 before every dense layer, inputs included": (0.2, "every"),
        "0.5 before every hidden layer": (0.5, "hidden"),
        # The notes' loop never said that it trains: their dropout was off.
        "0.5 on inputs and hidden layers": (0.0, "none"),
    }[words]
    _check_dropout(file, nn.Dropout, rate, where)


def alpha_dropout(file: ExperimentFile, words: str) -> None:
    assert words == "0.2 before every dense layer, inputs included"
    _check_dropout(file, AlphaDropout, 0.2, "every")


def _check_dropout(file: ExperimentFile, kind: type[nn.Module], rate: float, where: str) -> None:
    """Each of these dense layers comes right after a dropout layer, and there are no others."""
    found = modules(file, nn.Dropout, AlphaDropout, nn.Linear)
    dense = [m for m in found if isinstance(m, nn.Linear)]
    wanted: list[Any] = []
    for layer in dense:
        if where == "every" or (where == "hidden" and layer is not dense[-1]):
            wanted.append((kind, rate))
        wanted.append(layer)
    assert [
        m if isinstance(m, nn.Linear) else (kind if isinstance(m, kind) else type(m), m.p)
        for m in found
    ] == wanted


def constraint(file: ExperimentFile, words: str) -> None:
    assert (
        file.model.constraints
        == {
            "max_norm(1.0) on both hidden kernels": [MaxNorm(1.0, 0, "hidden*")],
            "clip_by_norm(1.0, axes=1) on both hidden kernels (shape inputs x units: the norm runs"
            " over the units) after every step": [MaxNorm(1.0, 1, "hidden*")],
            # The notes ran the operations of an empty collection.
            "as mnist-max-norm, written as a regularizer": [],
        }[words]
    )


# The training


def epochs(file: ExperimentFile, words: int | str) -> None:
    if isinstance(words, int):
        assert "StopAtChecks" not in file.callbacks
        assert file.trainer["max_epochs"] == words
        return
    if words == "up to 100, early stopping patience 20, best validation loss restored":
        if documented(file.documented).setup.get("from") == "cifar10-alpha-dropout":
            assert file.trainer["max_epochs"] == 0  # the best weights of the run it is made from
            return
        stop = file.callbacks["EarlyStopping"]
        assert file.trainer["max_epochs"] == 100
        assert (stop.monitor, stop.mode, stop.patience, stop.min_delta) == (
            "val_loss",
            "min",
            20,
            0,
        )
        assert not stop.check_finite  # Keras goes on
        return
    watched, patience, best = {
        "up to 500, early stopping on the training loss, every 5 epochs, patience 4": (
            "train_set",
            4,
            False,
        ),
        "up to 500, early stopping on the training loss, every 5 epochs, patience 5, best"
        " restored": (
            "train_set",
            5,
            True,
        ),
        # Of the pairs, which are drawn anew, it is the loss of the last batch.
        "up to 500, checked every 5, patience 5": (
            "last_batch" if isinstance(file.data, PairData) else "train_set",
            5,
            True,
        ),
    }[words]
    stopping = file.callbacks["StopAtChecks"]
    assert file.trainer["max_epochs"] == 500
    assert (stopping.every, stopping.watched) == (5, watched)
    assert (stopping.patience, stopping.restore_best) == (patience, best)


def patience(file: ExperimentFile, checks: int) -> None:
    assert file.callbacks["StopAtChecks"].patience == checks


def optimizer(file: ExperimentFile, words: str) -> None:
    """All its options: those that are told, the others the framework's defaults."""
    if words == "sgd(lr=1e-3) for two inputs, else sgd":
        # With one input 0.01 diverges: the remark of its file says more.
        rates = {"WideDeepNet": 1e-3, "TwoInputsNet": 1e-3, "AuxiliaryOutputNet": 1e-2}
        words = f"sgd(lr={rates[card(file)]})"
    name, _, options = words.rstrip(")").partition("(")
    made = file.model.make_optimizer()
    (group,) = made.param_groups
    assert type(made).__name__.lower() == f"keras{name}"
    epsilon = 1e-8 if file.documented.startswith("mnist-") else 1e-7  # TensorFlow 1's
    expected: dict[str, Any] = {"lr": 0.001, "betas": (0.9, 0.999), "eps": epsilon}
    if name == "sgd":
        expected = {"lr": 0.01, "momentum": 0, "nesterov": False}
    if file.documented in SCHEDULED_RATES:
        expected["lr"] = SCHEDULED_RATES[file.documented]
    betas = []
    for option in filter(None, options.split(", ")):
        if match := re.fullmatch(r"(lr|momentum)=([\d.e-]+)", option):
            expected[match[1]] = float(match[2])
        elif option == "nesterov":
            expected["nesterov"] = True
        elif option == "decay=1e-4 per step":
            check_rates(file, lambda t: 0.01 / (1 + 1e-4 * t))
        elif option == options.split(", ")[0]:
            expected["lr"] = float(option)
        else:
            betas.append(float(option))
    if betas:
        expected["betas"] = tuple(betas)
    ours = {"params", "steps", "momentum_product"}
    assert {key: value for key, value in group.items() if key not in ours} == expected
    if "schedule" not in setup_of(file) and "decay" not in options:
        assert file.model.make_schedule(made) is None


# Where the schedule sets the rate that the optimizer is made with.
SCHEDULED_RATES = {"schedule-exponential-epoch": 0.01, "schedule-piecewise": 0.01}


def schedule(file: ExperimentFile, words: str) -> None:
    s = 20 * 55000 // 32
    if words == "ReduceLROnPlateau(factor=0.5, patience=5)":
        made = file.model.make_schedule(file.model.make_optimizer())
        assert isinstance(made, ReduceLROnPlateau)
        # Keras wants the loss lower by 1e-4, and does not wait after a reduction.
        assert (made.factor, made.patience, made.threshold, made.cooldown) == (0.5, 4, 1e-4, 0)
        assert (made.threshold_mode, made.mode) == ("abs", "min")
        return
    rates: dict[str, Callable[[int], float]] = {
        "0.01 for 5 epochs, 0.005 to epoch 15, then 0.001": lambda t: (
            0.01 if t // STEPS < 5 else 0.005 if t // STEPS < 15 else 0.001
        ),
        "0.01*0.1**(epoch/20), set at each epoch start": lambda t: 0.01 * 0.1 ** (t // STEPS / 20),
        "ExponentialDecay(0.01, s=20*55000//32, 0.1) per step": lambda t: 0.01 * 0.1 ** (t / s),
        "multiply by 0.1**(1/s) before each batch, s=20*55000//32": lambda t: (
            0.01 * 0.1 ** ((t + 1) / s)
        ),
        "1cycle, linear: 0.005 to 0.05 over the first half, back to 0.005, then down to 5e-6 over"
        " the last tenth (iterations//10+1 steps); iterations=430*25": partial(one_cycle, 430 * 25),
        "1cycle, max 0.05, iterations=352*15": partial(one_cycle, 352 * 15),
    }
    steps, epochs = next(
        (int(s), int(e)) for s, e in re.findall(r"=(\d+)\*(\d+)$", words) or [(STEPS, 25)]
    )
    check_rates(file, rates[words], steps, epochs)


def one_cycle(iterations: int, t: int) -> float:
    last = iterations // 10 + 1
    half = (iterations - last) // 2
    if t < 2 * half:
        return 0.005 + 0.045 * (t if t < half else 2 * half - t) / half
    return 0.005 + (5e-6 - 0.005) * (t - 2 * half) / (iterations - 2 * half)


def check_rates(
    file: ExperimentFile, rate: Callable[[int], float], steps: int = STEPS, epochs: int = 25
) -> None:
    """Every 100th of all steps of so many epochs has the rate."""
    model = file.model
    total = epochs * steps
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(model), "total_steps", lambda self: total)
        patch.setattr(type(model), "steps_in", lambda self, epochs: epochs * 55_000 // 32)
        made: Optimizer = model.make_optimizer()
        plan: Any = model.make_schedule(made)
    found = []
    made.step()
    for t in range(total):
        found.append(made.param_groups[0]["lr"])
        if model.interval == "step" or (t + 1) % steps == 0:
            plan.step()
    assert found[::100] == pytest.approx([rate(t) for t in range(0, total, 100)], rel=1e-6)


def samples(file: ExperimentFile, passes: int) -> None:
    assert file.model.samples == passes


def rate_search(file: ExperimentFile, search: dict[str, Any]) -> None:
    """The group of searches tries these rates for so many epochs, and the run has the best one."""
    swept = named(file.name.replace("cifar10/", "cifar10-rates/"))
    assert set(search["rates"]) <= set(swept.values["sweep"]["lr"])
    assert swept.trainer["max_epochs"] == search["epochs"]
    assert file.model.lr == search["chosen"]


# Reused layers and frozen ones


def source(file: ExperimentFile, words: str) -> None:
    """`from`: the experiment whose layers it begins with, and what it does with them."""
    from_lower = {"run": "mnist/reuse_source", "layers": ["hidden[123]"]}
    sources: dict[str, tuple[Any, Any]] = {
        "transfer-a, all layers but the output, cloned": ({"run": "transfer-a"}, None),
        "transfer-a, all layers but the output": ({"run": "transfer-a"}, None),
        "cifar10-alpha-dropout": (
            {"run": "cifar10-alpha-dropout", "layers": ["*"], "checkpoint": "best"},
            (),
        ),
        "ch10-fashion-mlp": ({"run": "ch10-fashion-mlp", "layers": ["*"]}, ()),
        "transfer-b-on-a-frozen": ({"run": "transfer-b-on-a-frozen", "layers": ["*"]}, ()),
        # One training of 21 epochs.
        "alpha-dropout after one more epoch": (None, ()),
        "a trained copy of the same net: hidden layers 1-3 restored, the rest fresh, nothing"
        " frozen": (from_lower, ()),
        "hidden 1-3 restored; only hidden 3, 4 and the output are trained": (
            from_lower,
            (["hidden[12]"], False),
        ),
        "hidden 1-3 restored; gradient stopped after hidden 2": (from_lower, "stopped"),
        "as mnist-stop-gradient, with hidden 2's outputs for the whole training set computed"
        " once": (
            from_lower,
            (["hidden[12]"], True),
        ),
        "mnist-0-4 as a scikit-learn estimator": (None, ()),
        "best params of mnist-0-4-search plus BN(momentum 0.95)": (None, ()),
        "mnist-0-4-bn plus dropout 0.5": (None, ()),
        # For the digits 5 to 9 the notes' `fit` ran the initializers again: nothing is reused.
        "mnist-0-4 best net; 5 hidden layers frozen, new output": (None, (["hidden[1-5]"], False)),
        "as mnist-5-9-frozen-5, frozen outputs cached; adam(0.01)": (
            None,
            (["hidden[1-5]"], True),
        ),
        "4 hidden layers frozen, the 5th reused and trained": (None, (["hidden[1-4]"], True)),
        "3 hidden layers frozen; elu, batch 50": (None, (["hidden[1-3]"], True)),
        "tower A frozen, new softmax of 10; trained on split #2 (5,000 images)": (
            {"run": "mnist-pairs", "layers": ["tower_a"]},
            (["tower_a"], True),
        ),
    }
    reuse, frozen = sources[words]
    found: Any = file.values.get("reuse")
    if reuse is None or reuse["run"] == "mnist/reuse_source":
        assert found == reuse
    elif "phases" not in setup_of(file):  # the first phase begins with it
        assert found == reuse | {"run": found["run"]}
        assert named(found["run"]).documented == reuse["run"]
    stops = frozen == "stopped"
    assert bool(modules(file, StopGradient)) == stops
    if stops:
        order = list(named_layers(file.model.net))
        assert order.index("hidden2") < order.index("stop") < order.index("hidden3")
    elif frozen is not None:  # else `phase` tells
        check_frozen(file, *frozen)


def check_frozen(file: ExperimentFile, layers: Sequence[str] = (), cached: bool = False) -> None:
    if not layers:
        assert "Freezing" not in file.callbacks
        return
    (phase,) = file.callbacks["Freezing"].phases
    assert (list(phase.frozen), phase.cached, phase.optimizer) == (layers, cached, None)


def phase(file: ExperimentFile, words: str) -> None:
    check_frozen(
        file,
        {
            "reused layers frozen": ["hidden*"],
            "all layers trainable, recompiled (new optimizer)": [],
            "no freezing": [],
        }[words],
    )


def phases(file: ExperimentFile, stages: Sequence[dict[str, Any]]) -> None:
    """The stages of one training, each an experiment, of which the last has the entry."""
    stage, names = file, []
    for told in reversed(stages):
        for key, value in told.items():
            if key == "frozen":
                check_frozen(stage, {"reused layers": ["hidden*"], "none": []}[value])
            else:
                {"optimizer": optimizer, "epochs": epochs}[key](stage, value)
        names.append(stage.values["reuse"])
        stage = named(stage.values["reuse"]["run"])
    *later, first = names
    assert all(reuse["layers"] == ["*"] for reuse in later)
    assert set(first) == {"run"}
    assert stage.documented == "transfer-a"


CHECKS: dict[str, Check] = {
    "dataset": dataset,
    "classes": classes,
    "per_class": per_class,
    "inputs": inputs,
    "batch_size": batch_size,
    "hidden": hidden,
    "output": output,
    "architecture": architecture,
    "variants": variants,
    "model": model,
    "task": task,
    "loss": loss,
    "layers": layers,
    "batch_normalization": batch_normalization,
    "activation": activation,
    "kernel_initializer": kernel_initializer,
    "output_kernel_initializer": output_kernel_initializer,
    "regularizer": regularizer,
    "dropout": dropout,
    "alpha_dropout": alpha_dropout,
    "constraint": constraint,
    "epochs": epochs,
    "patience": patience,
    "optimizer": optimizer,
    "schedule": schedule,
    "samples": samples,
    "rate_search": rate_search,
    "from": source,
    "phase": phase,
    "phases": phases,
}
# Checked on the images.
OF_IMAGES: dict[str, Check] = {
    "split": split,
    "train": train,
    "valid": valid,
    "test": test,
    "first_30_train_labels": first_30_train_labels,
}
# What an entry tells that its experiment does not repeat, and why.
NOT_REPEATED = {
    "preceded_by": "the range test before 1cycle restores the weights; `figures` draws it",
    "range_test": "that test's own settings and figures, see tests/figures/test_range_test.py",
    "search": "the search that found the settings; the entry has what it found",
    "space": "where that search looked",
    "checkpoint": "the notes save the net now and then, which does not change it",
    "set": "the images that Monte Carlo dropout is measured on; the figures' names say it",
    "note": "told in words, changes no setting",
}
