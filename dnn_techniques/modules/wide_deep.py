"""Chapter 10, "Building Complex Models Using the Functional API": regression on a table.

Cheng et al., "Wide & Deep Learning for Recommender Systems" (2016), arXiv:1606.07792: some inputs
go to the output layer beside the last hidden layer, and need not pass the deep path. All nets have
Glorot's initializer and are trained by SGD on California housing. The book prints no loss of them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from torch import Tensor, cat, nn

from dnn_techniques.layers import MLP, Dense
from dnn_techniques.layers.bounded import OutputName, make_output
from dnn_techniques.modules.card import RegressorCard, experiment


class WideDeep(nn.Module):
    """Dense ReLU layers on the deep input; an output layer on the wide input and their output.

    Maps wide inputs (n, wide) and deep inputs (n, deep) to (n, targets). A single input goes both
    ways.

    Args:
        wide: Number of wide features.
        deep: Number of deep features.
        hidden: Widths of the hidden layers.
        targets: Number of outputs.
    """

    def __init__(self, wide: int, deep: int, hidden: Sequence[int], targets: int) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, units in enumerate(hidden, start=1):
            layers[f"hidden{i}"] = Dense(deep, units)
            layers[f"activation{i}"] = nn.ReLU()
            deep = units
        self.deep = nn.Sequential(layers)
        self.output = Dense(wide + deep, targets)

    def forward(self, wide: Tensor, deep: Tensor | None = None) -> Any:
        """Outputs (n, targets)."""
        hidden = self.deep(wide if deep is None else deep)
        return self.output(cat([wide, hidden], dim=1))


class WideDeepAuxiliary(WideDeep):
    """A `WideDeep` with a second output layer, on the last hidden layer alone."""

    def __init__(self, wide: int, deep: int, hidden: Sequence[int], targets: int) -> None:
        super().__init__(wide, deep, hidden, targets)
        self.auxiliary = Dense(hidden[-1], targets)

    def forward(self, wide: Tensor, deep: Tensor | None = None) -> Any:
        """Outputs and auxiliary outputs, (n, targets) both."""
        hidden = self.deep(wide if deep is None else deep)
        return self.output(cat([wide, hidden], dim=1)), self.auxiliary(hidden)


@experiment
class RegressionMLP(RegressorCard):
    """Dense 30, ReLU, dense 1: the regression MLP of the Sequential API.

    Outputs may be kept positive or between bounds, see `make_output`.

    Args:
        output: ``linear``, ``relu``, ``softplus``, ``sigmoid`` or ``tanh``.
        bounds: What the outputs of ``sigmoid`` and ``tanh`` lie between.
    """

    output: OutputName = "linear"
    bounds: tuple[float, float] = (0.0, 1.0)

    def make_net(self) -> nn.Module:
        """The layers."""
        net = MLP(self.in_features, self.hidden, self.targets)
        if self.output != "linear":
            net.add_module("output_activation", make_output(self.output, *self.bounds))
        return net


@experiment
class WideDeepNet(RegressorCard):
    """Dense 30, ReLU, dense 30, ReLU; dense 1 on all features and the second hidden layer.

    Claim: such a net learns both deep patterns and simple rules.

    Args:
        hidden: Widths of the hidden layers.
    """

    hidden: Sequence[int] = (30, 30)

    def __post_init__(self) -> None:
        if not self.hidden:
            raise ValueError("hidden must have a layer: without one there is no deep path")
        super().__post_init__()

    def make_net(self) -> nn.Module:
        """Both paths."""
        return WideDeep(self.in_features, self.in_features, self.hidden, self.targets)


@experiment
class TwoInputsNet(WideDeepNet):
    """A `WideDeepNet` of two inputs: features 0 to 4 go the wide way, 2 to 7 the deep way.

    Args:
        in_features: Number of deep features.
        lr: Learning rate of SGD.
        wide_features: Number of wide features.
    """

    in_features: int = 6
    lr: float = 0.001
    wide_features: int = 5

    @property  # type: ignore[misc]  # Lightning's can be set
    def example_input_array(self) -> tuple[Tensor, Tensor]:
        """A wide and a deep input of zeros."""
        zeros = next(self.parameters()).new_zeros
        return zeros(1, self.wide_features), zeros(1, self.in_features)

    def make_net(self) -> nn.Module:
        """Both paths."""
        return WideDeep(self.wide_features, self.in_features, self.hidden, self.targets)


@experiment
class AuxiliaryOutputNet(TwoInputsNet):
    """A `TwoInputsNet` whose second hidden layer has an output of its own, for the same targets.

    The loss is the weighted sum of the losses of both outputs. Reports them as `main_loss` and
    `auxiliary_loss`; `mae` is the main output's. Claim: the auxiliary output regularizes, since
    the deep path has to learn something useful on its own.

    Args:
        weight: Weight of the main output's loss.
        auxiliary_weight: Weight of the auxiliary output's loss.
    """

    weight: float = 0.9
    auxiliary_weight: float = 0.1

    def make_net(self) -> nn.Module:
        """Both paths and both outputs."""
        return WideDeepAuxiliary(self.wide_features, self.in_features, self.hidden, self.targets)

    def data_loss(self, outputs: tuple[Tensor, Tensor], targets: Tensor) -> Tensor:
        """Weighted sum of the mean losses of both outputs, a scalar."""
        main, auxiliary = (super(AuxiliaryOutputNet, self).data_loss(y, targets) for y in outputs)
        return self.weight * main + self.auxiliary_weight * auxiliary

    def metrics(self, outputs: tuple[Tensor, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """Mean absolute error of the main output, loss of each output."""
        main, auxiliary = outputs
        return {
            **super().metrics(main, targets),
            "main_loss": super().data_loss(main, targets),
            "auxiliary_loss": super().data_loss(auxiliary, targets),
        }
