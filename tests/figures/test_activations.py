from pathlib import Path

import numpy as np
import pytest
import torch

from dnn_techniques.figures.activations import curves, draw
from dnn_techniques.layers import ACTIVATIONS


def test_curves_are_function_and_derivative() -> None:
    z = torch.tensor([-1.0, 2.0])
    value, slope = curves("elu", z)
    assert value.tolist() == pytest.approx([np.exp(-1) - 1, 2], rel=1e-6)
    assert slope.tolist() == pytest.approx([np.exp(-1), 1], rel=1e-6)
    assert curves("rrelu", z)[1].tolist() == pytest.approx([11 / 48, 1], rel=1e-6)


def test_a_panel_for_every_activation() -> None:
    *panels, last = draw(Path()).axes
    assert len(panels) == len(ACTIVATIONS)
    for panel, activation in zip(panels, ACTIVATIONS.values(), strict=True):
        name, _, formula = panel.get_title().partition("\n")
        assert name == activation.name
        assert formula.replace("\n", " ") == activation.formula
        function, derivative = panel.get_lines()[-2:]
        z, value = np.asarray(function.get_data())
        assert (z[0], z[-1]) == (-4, 4)
        # The derivative is the slope of the curve that is drawn.
        slopes = np.diff(value) / np.diff(z)
        ends = np.asarray(derivative.get_ydata())
        middle = (ends[:-1] + ends[1:]) / 2
        away = np.abs(z[:-1]) > 0.02
        assert slopes[away] == pytest.approx(middle[away], abs=1e-3)
        assert function.get_linestyle() == "-"
        assert derivative.get_linestyle() == "--"
        assert panel.get_xlabel() == "z"
    legend = last.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["function", "derivative"]
    assert not last.axison
