import math
from pathlib import Path

import numpy as np
import pytest

from dnn_techniques.figures.sigmoid_saturation import draw, saturates_from


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_slope_falls_to_its_share_of_a_quarter(share: float) -> None:
    z = saturates_from(share)
    s = 1 / (1 + math.exp(-z))
    assert z > 0
    assert s * (1 - s) == pytest.approx(share / 4, rel=1e-12)


def test_the_function_its_tangent_and_its_flat_ends() -> None:
    (axis,) = draw(Path()).axes
    lines = {line.get_label(): np.asarray(line.get_data()) for line in axis.get_lines()}
    z, value = lines["1 / (1 + exp(-z))"]
    assert value == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)
    z, value = lines["z / 4 + 1/2"]
    assert value == pytest.approx(z / 4 + 0.5, abs=1e-6)
    flat = saturates_from(0.1)
    spans = [patch.get_extents().transformed(axis.transData.inverted()) for patch in axis.patches]
    assert [span.x0 for span in spans] == pytest.approx([-6, flat])
    assert [span.x1 for span in spans] == pytest.approx([-flat, 6])
    texts = [text.get_text().split(":")[0] for text in axis.texts]
    assert sorted(texts) == ["linear", "saturating", "saturating"]
    assert "slope below 0.025" in axis.texts[1].get_text()
    assert axis.get_xlabel() == "z"
