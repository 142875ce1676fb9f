import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.axes import Axes

from dnn_techniques.figures.optimizer_rates import draw
from dnn_techniques.figures.optimizers import STYLES
from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.run_folder import COLUMNS
from tests.results.runs_by_hand import write_run


def write(out: Path, seed: int, optimizer: str, lr: float, losses: list[float]) -> None:
    """A run with these validation losses."""
    experiment = f"rates/optimizers-optimizer={optimizer},lr={lr}"
    write_run(out, seed, experiment, documented=None)
    folder = out / experiment / f"seed-{seed}"
    rows = [[epoch, 9, 0.1, loss, 0.5, lr, 2, 1, 0.3] for epoch, loss in enumerate(losses, 1)]
    lines = [",".join(map(str, row)) for row in (COLUMNS[: len(rows[0])], *rows)]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    arguments = {"optimizer": optimizer, "lr": lr}
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {"init_args": arguments}}))


def drawn(axis: Axes, label: str) -> list[tuple[float, float]]:
    lines = [line for line in axis.get_lines() if line.get_label() == label]
    return [(x, y) for line in lines for x, y in np.asarray(line.get_data()).T.tolist()]


def test_the_lowest_loss_of_every_seed_and_their_mean_at_each_rate(tmp_path: Path) -> None:
    for lr, low in ((0.01, 0.5), (0.003, 0.75)):
        write(tmp_path, 42, "adam", lr, [1, low, 0.9])
        write(tmp_path, 43, "adam", lr, [low + 0.25, 1])
    write(tmp_path, 42, "adam", 0.3, [7, math.nan])
    figure = draw(tmp_path)
    assert [axis.get_title() for axis in figure.axes] == [label for label, *_ in STYLES.values()]
    axis = figure.axes[list(STYLES).index("adam")]
    assert drawn(axis, "a seed") == [(0.003, 0.75), (0.003, 1), (0.01, 0.5), (0.01, 0.75)]
    means = drawn(axis, "mean of the seeds")
    assert means[:2] == [(0.003, 0.875), (0.01, 0.625)]
    assert math.isnan(means[2][1])
    assert drawn(axis, "a seed above 1.2 or not finite") == [(0.3, 0.97)]
    good = axis.patches[0].get_extents().transformed(axis.transData.inverted())
    assert (good.y0, good.y1) == pytest.approx((0.625, 1.1 * 0.625))
    assert figure.axes[0].get_ylim() == pytest.approx((0.95 * 0.5, 1.2))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(texts) == len(set(texts)) == 4
    assert figure.get_suptitle().startswith("Lowest validation loss of 3 epochs")
    assert figure.get_suptitle().endswith("\n3 of 64 experiments of rates, 1 to 2 seeds")


def test_every_optimizer_of_the_table_has_its_rates() -> None:
    names = {(e.values["optimizer"], e.values["lr"]) for e in select("rates/optimizers")}
    assert len(names) == 8 * len(STYLES)
    assert {optimizer for optimizer, _ in names} == set(STYLES)
