import json
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dnn_techniques.figures.calibration import draw, draw_reliability, draw_shares
from dnn_techniques.figures.mc_dropout import predict
from dnn_techniques.modules import Reliability, reliability

NAME = "mc-dropout/alpha_dropout"


def bars(axis: Axes) -> list[tuple[float, float, float]]:
    """Left edge, width and height of each."""
    rectangles = [patch for patch in axis.patches if isinstance(patch, Rectangle)]
    return [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in rectangles]


def test_bars_are_the_bins_that_have_samples() -> None:
    bins = Reliability(
        confidence=torch.tensor([0.0, 0.4, 0.0, 0.9], dtype=torch.float64),
        accuracy=torch.tensor([0.0, 0.5, 0.0, 0.75], dtype=torch.float64),
        share=torch.tensor([0.0, 0.2, 0.0, 0.8], dtype=torch.float64),
    )
    upper, lower = Figure().subplots(2)
    draw_reliability(upper, bins)
    assert bars(upper) == [(0.25, 0.25, 0.5), (0.75, 0.25, 0.75)]
    points, diagonal = upper.get_lines()
    assert np.asarray(points.get_data()).tolist() == [[0.4, 0.9], [0.5, 0.75]]
    assert np.asarray(diagonal.get_data()).tolist() == [[0, 1], [0, 1]]
    draw_shares(lower, bins)
    assert [height for _, _, height in bars(lower)] == [0, 0.2, 0, 0.8]
    assert [left for left, _, _ in bars(lower)] == [0, 0.25, 0.5, 0.75]


def test_both_ways_side_by_side_with_the_errors_that_the_run_measured(mc_run: Path) -> None:
    figure = draw(mc_run)
    predictions = predict(mc_run)
    result = json.loads((mc_run / NAME / "seed-42" / "result.json").read_text())["test"]
    off, mean, off_shares, mean_shares = figure.axes
    assert off.get_title() == (
        f"dropout off: accuracy {result['accuracy']:.4f},\n"
        f"expected calibration error {result['ece']:.4f}"
    )
    bins = reliability(predictions.passes.mean, predictions.trained.labels)
    assert bins.error == pytest.approx(result["mc_ece"], abs=0.05)  # of other passes
    assert mean.get_title().startswith("mean of 100 passes: accuracy 0.")
    assert mean.get_title().endswith(f"expected calibration error {bins.error:.4f}")
    heights = [height for _, _, height in bars(mean)]
    assert heights == pytest.approx(bins.accuracy[bins.share > 0].tolist())
    for axis in (off_shares, mean_shares):
        assert sum(height for _, _, height in bars(axis)) == pytest.approx(1)
        assert axis.get_xlabel() == "Confidence (largest probability)"
    assert off.get_ylabel() == "Share classified rightly"
    assert off_shares.get_ylabel() == "Share of images"
    assert figure.get_suptitle().endswith(f"{NAME}, seed 42, with changed settings")
