"""How weights, outputs and gradients of a trained net are distributed, layer by layer.

Glorot & Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks" (2010),
figures 2 to 7, https://proceedings.mlr.press/v9/glorot10a.html, look at nets in this way.
"""

import csv
import io
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray
from pytorch_lightning.utilities.model_helpers import is_overridden
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from dnn_techniques.errors import InputError
from dnn_techniques.runs.checks import check_checkpoint
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.provenance import describe_data, digest_of
from dnn_techniques.runs.run_folder import CONFIG, LAST, read_config, read_result
from dnn_techniques.runs.seeds import seed_data, seed_everything

Values = NDArray[np.float64]

QUANTITIES = {
    "weights": "weights",
    "outputs": "outputs, as the next layer gets them",
    "gradients": "size of the loss's gradient\nwith respect to the weights",
}
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)
# Of a tensor with more values every so many are taken.
MOST_VALUES = 200_000
# So many layers have room for their names.
NAMED = 12
# Between these quantiles a distribution is drawn.
DRAWN = (0.005, 0.995)


@dataclass(frozen=True)
class LayerValues:
    """What a dense or convolution layer holds on a minibatch, (n,) each.

    Attributes:
        name: Its name in the net.
        weights: Its kernel.
        outputs: What the next such layer gets, after normalization and activation; of the last
            layer its own outputs.
        gradients: The gradient of the loss with respect to `weights`; empty if it has no part in
            the loss.
    """

    name: str
    weights: Tensor
    outputs: Tensor
    gradients: Tensor


def load(folder: Path) -> tuple[pl.LightningModule, pl.LightningDataModule]:
    """The module of a finished run, of whatever class, with its last weights, and its data.

    Raises:
        InputError: If it left no weights, they are not finite, or its data are not here.
    """
    if not (folder / LAST).exists():
        raise InputError(f"{folder / LAST} is missing; make the run again")
    read_config(folder)
    cli = ExperimentCLI("fit", ["-c", str(folder / CONFIG)])
    builds_on = cli.options.reuse.run if cli.options.reuse else None
    seed_everything(cli.options.seed_everything, builds_on)  # splits may depend on it
    module, data = cli.make()
    seed_data(data, cli.options.seed_everything, builds_on)
    module.load_state_dict(check_checkpoint(folder / LAST, module))
    data.prepare_data()
    if digest_of(describe_data(data)) != digest_of(read_result(folder)["data"]):
        raise InputError(
            f"{folder} was trained on other data than are here;"
            " name the folder of its data in DNN_TECHNIQUES_DATA"
        )
    return module.eval(), data


def first_batch(data: pl.LightningDataModule) -> Any:
    """The first minibatch of the validation samples, without such of the training samples."""
    data.setup("fit")
    validated = is_overridden("val_dataloader", data)
    return next(iter(data.val_dataloader() if validated else data.train_dataloader()))


def layer_values(module: pl.LightningModule, batch: Any) -> list[LayerValues]:
    """Run the training step on a minibatch, and keep what is in each layer, in their order.

    Args:
        module: In inference mode: dropout is off, batch normalization has its moving averages.
        batch: What its `training_step` takes.

    Raises:
        InputError: If no dense or convolution layer has a part in the step, or it has no loss.
    """
    module.requires_grad_(True)  # frozen layers have gradients too
    every = module.named_modules()
    names: dict[nn.Module, str] = {m: n for n, m in every if isinstance(m, nn.Linear | _ConvNd)}
    calls: list[tuple[nn.Module, Tensor, Tensor]] = []
    hooks = [
        layer.register_forward_hook(lambda layer, x, y: calls.append((layer, x[0], y)))
        for layer in names
    ]
    try:
        with torch.enable_grad(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*self.log.*")  # there is no trainer
            step = module.training_step(batch, 0)
    finally:
        for hook in hooks:
            hook.remove()
    loss = step["loss"] if isinstance(step, dict) else step
    if not calls or not isinstance(loss, Tensor):
        what = "returns no loss" if calls else "uses no dense or convolution layer"
        raise InputError(f"no layers to draw: training_step of {type(module).__name__} {what}")
    first: dict[nn.Module, int] = {}
    for k, (layer, _, _) in enumerate(calls):
        first.setdefault(layer, k)
    weights = [layer.get_parameter("weight") for layer in first]
    found = torch.autograd.grad(loss, weights, allow_unused=True)
    outputs = [x for _, x, _ in calls[1:]] + [calls[-1][2]]
    return [
        LayerValues(
            names[layer].removeprefix("net."),
            _some(weight),
            _some(outputs[k]),
            torch.empty(0) if gradient is None else _some(gradient),
        )
        for (layer, k), weight, gradient in zip(first.items(), weights, found, strict=True)
    ]


def draw(layers: Sequence[LayerValues], title: str) -> Figure:
    """Draw a panel for each quantity; sizes of gradients are on a logarithmic scale.

    Each of up to `NAMED` layers has the shape of its distribution and its median, of more layers
    there are quantiles. Zeros are left out, their share is above.
    """
    figure = Figure(figsize=(13, 5), layout="constrained")
    few = len(layers) <= NAMED
    zeros = "red: share of zeros, left out" if few else "without zeros; 1, 25, 50, 75 and 99%"
    figure.suptitle(f"{title}: distributions by layer ({zeros})")
    axes = figure.subplots(1, len(QUANTITIES))
    for axis, (quantity, label) in zip(axes, QUANTITIES.items(), strict=True):
        every = [getattr(layer, quantity).double().numpy() for layer in layers]
        drawn = [values[values != 0] for values in every]
        if quantity == "gradients":
            drawn = [np.log10(np.abs(values)) for values in drawn]
            axis.yaxis.set_major_locator(MaxNLocator(integer=True))
            axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"$10^{{{y:.0f}}}$"))
        if few:
            _draw_shapes(axis, drawn, [layer.name for layer in layers])
            _say_zeros(axis, every)
        else:
            _draw_bands(axis, drawn)
        axis.set_title(label, size="medium", pad=16)
        axis.set_xlim(*((-0.6, len(layers) - 0.4) if few else (0, len(layers) + 1)))
        axis.grid(alpha=0.3, axis="y")
    return figure


def table(layers: Sequence[LayerValues]) -> str:
    """The distributions as CSV, a row for each layer and quantity: zeros, mean, deviation, ..."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    quantiles = [f"quantile {q:g}" for q in QUANTILES]
    writer.writerow(["layer", "quantity", "share of zeros", "mean", "std", "rms", *quantiles])
    for layer in layers:
        for quantity in QUANTITIES:
            values = getattr(layer, quantity).double().numpy()
            if not values.size:
                continue
            rms = math.sqrt(np.square(values).mean())
            figures = [_zeros(values), values.mean(), values.std(), rms]
            figures += np.quantile(values, QUANTILES).tolist()
            writer.writerow([layer.name, quantity, *(f"{figure:.6g}" for figure in figures)])
    return text.getvalue()


def _some(values: Tensor) -> Tensor:
    """At most `MOST_VALUES` of the values, evenly spaced."""
    flat = values.detach().flatten()
    return flat[:: -(-len(flat) // MOST_VALUES)].clone()


def _zeros(values: Values) -> float:
    return float((values == 0).mean()) if values.size else 0.0


def _draw_shapes(axis: Axes, layers: Sequence[Values], names: Sequence[str]) -> None:
    """Draw each distribution as wide to its left as to its right, and its median."""
    for k, values in enumerate(layers):
        if values.size:
            bins = int(np.clip(math.sqrt(values.size), 5, 50))
            low, high = np.quantile(values, DRAWN).tolist()
            counts, edges = np.histogram(values, bins, range=(low, high))
            wide = np.repeat(0.42 * counts / max(counts.max(), 1), 2)
            y = np.repeat(edges, 2)[1:-1]
            axis.fill_betweenx(y, k - wide, k + wide, color="C0", alpha=0.6, lw=0)
            axis.hlines(np.median(values), k - 0.42, k + 0.42, color="black", lw=1.2)
    axis.set_xticks(range(len(names)), names, rotation=40, ha="right")


def _draw_bands(axis: Axes, layers: Sequence[Values]) -> None:
    """Draw the median and two bands of quantiles over the layers."""
    there = [k for k, values in enumerate(layers) if values.size]
    low, quarter, median, three_quarters, high = np.transpose(
        [np.quantile(layers[k], QUANTILES) for k in there]
    )
    numbers = [k + 1 for k in there]
    axis.fill_between(numbers, low, high, color="C0", alpha=0.25, lw=0)
    axis.fill_between(numbers, quarter, three_quarters, color="C0", alpha=0.5, lw=0)
    axis.plot(numbers, median, color="black", lw=1.2)
    axis.set_xlabel("layer")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _say_zeros(axis: Axes, layers: Sequence[Values]) -> None:
    for k, values in enumerate(layers):
        if (share := _zeros(values)) > 0.005:
            place = axis.get_xaxis_transform()
            axis.text(k, 1.01, f"{share:.0%}", transform=place, ha="center", size=8, color="C3")
