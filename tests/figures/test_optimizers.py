from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from dnn_techniques.documents.documented import documented_table
from dnn_techniques.figures.optimizers import EXPERIMENTS, STYLES, draw
from dnn_techniques.runs.experiments import select
from dnn_techniques.runs.run_folder import COLUMNS
from tests.results.runs_by_hand import write_run

LEGEND = [
    "SGD, 0.03: * / ***",
    "momentum, 0.03: ** / ***",
    "Nesterov, 0.03: ** / ***",
    "Adagrad, 0.03: *** / * (stops too early)",
    "RMSProp, 0.03: *** / ** or ***",
    "Adam, 0.03: *** / ** or ***",
    "Nadam, 0.03: *** / ** or ***",
    "AdaMax, 0.03: *** / ** or ***",
]


def write(out: Path, seed: int, optimizer: str, losses: list[float], lr: float = 0.03) -> None:
    """A run with these training losses, whose validation accuracy is a quarter of them."""
    experiment = f"optimizers/{optimizer}"
    write_run(out, seed, experiment, documented=None)
    folder = out / experiment / f"seed-{seed}"
    rows = [
        [epoch, loss, 0.8, 0.7, loss / 4, lr, 2, 1, 0.3] for epoch, loss in enumerate(losses, 1)
    ]
    lines = [",".join(map(str, row)) for row in (COLUMNS[: len(rows[0])], *rows)]
    (folder / "metrics.csv").write_text("\n".join(lines) + "\n")
    arguments = {"optimizer": optimizer, "lr": lr}
    (folder / "config.yaml").write_text(yaml.safe_dump({"model": {"init_args": arguments}}))


def bands(axis: Axes) -> list[list[tuple[float, float]]]:
    """For each band its lower and upper edge at every epoch."""
    corners = [np.asarray(band.get_paths()[0].vertices) for band in axis.collections]
    epochs = [sorted(set(corner[:, 0])) for corner in corners]
    return [
        [(min(y), max(y)) for y in (corner[corner[:, 0] == epoch, 1] for epoch in of)]
        for corner, of in zip(corners, epochs, strict=True)
    ]


def test_mean_and_band_of_every_optimizer_in_the_order_of_the_table(tmp_path: Path) -> None:
    assert set(EXPERIMENTS) <= {e.name for e in select("optimizers")}
    rows = [row for row in documented_table("optimizer_stars") if row not in ("columns", "sources")]
    assert [row for _, row, _, _ in STYLES.values()] == rows
    for number, name in enumerate(STYLES):
        for seed, offset in ((42, 0.0), (43, 0.25), (44, 0.25), (45, 1.5)):
            write(tmp_path, seed, name, [2 + number + offset, 1 + number + 2 * offset])
    figure = draw(tmp_path)
    losses, accuracies = figure.axes
    for axis, share in ((losses, 1.0), (accuracies, 0.25)):
        lines = [np.asarray(line.get_data()).tolist() for line in axis.get_lines()]
        assert lines == [[[1, 2], [share * (n + 2.5), share * (n + 2)]] for n in range(len(STYLES))]
        assert bands(axis) == [
            [(share * (n + 2), share * (n + 3.5)), (share * (n + 1), share * (n + 4))]
            for n in range(len(STYLES))
        ]
        assert len({line.get_marker() for line in axis.get_lines()}) == len(STYLES)
        assert len({line.get_color() for line in axis.get_lines()}) == len(STYLES)
        for line, band in zip(axis.get_lines(), axis.collections, strict=True):
            colors = np.asarray(band.get_facecolor()).tolist()
            assert colors == [list(to_rgba(line.get_color(), 0.15))]
        assert axis.get_xlabel() == "Epoch"
    assert losses.get_ylabel() == "Training loss (nats)"
    assert accuracies.get_ylabel() == "Validation accuracy"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == LEGEND
    assert legend.get_title().get_text().startswith("optimizer, learning rate: the book's stars")
    assert figure.get_suptitle().endswith("\noptimizers, 4 seeds, tuned rates")


def test_draws_what_is_there_at_its_own_rate(tmp_path: Path) -> None:
    write(tmp_path, 42, "nadam", [0.5], lr=1e-3)
    write(tmp_path, 42, "sgd", [0.7], lr=0.3)
    figure = draw(tmp_path)
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["SGD, 0.3: * / ***", "Nadam, 0.001: *** / ** or ***"]
    assert figure.get_suptitle().endswith("\n2 of 8 experiments of optimizers, 1 seed, tuned rates")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_curve_ends_where_a_seed_has_no_finite_value(tmp_path: Path) -> None:
    write(tmp_path, 42, "adam", [3, 2, 1, 1])
    write(tmp_path, 43, "adam", [1, 1, float("nan")])
    losses, _ = draw(tmp_path).axes
    (line,) = losses.get_lines()
    expected = [[1, 2, 3], [2, 1.5, np.nan]]
    np.testing.assert_array_equal(np.asarray(line.get_data()), expected)
    assert bands(losses) == [[(1, 3), (1, 2)]]


def test_runs_at_other_rates_are_not_drawn(tmp_path: Path) -> None:
    write(tmp_path, 42, "adam", [3, 2])
    write(tmp_path, 42, "documented-optimizer=adam", [2, 1])
    losses, _ = draw(tmp_path).axes
    assert [list(line.get_ydata()) for line in losses.get_lines()] == [[3, 2]]  # type: ignore[arg-type]
