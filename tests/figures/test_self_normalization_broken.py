from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.axes import Axes

from dnn_techniques.figures.self_normalization_broken import LABELS, draw
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import write_run

QUANTITIES = ("untrained_std", "std")


def write(out: Path, seed: int, added: str, stds: dict[str, list[float]]) -> None:
    name = f"self-normalization/additions-added={added}"
    write_run(out, seed, name, documented=None, measured=stds)
    config = yaml.safe_dump({"model": {"init_args": {"added": added}}})
    (out / name / f"seed-{seed}" / "config.yaml").write_text(config)


def values(number: int, seed: int, quantity: str) -> list[float]:
    first = 0.5 + number / 10 + QUANTITIES.index(quantity) + (seed - 42) / 100
    return [first * 1.1**layer for layer in range(4)]


def curves(axis: Axes) -> dict[str, list[float]]:
    _, *lines = axis.get_lines()  # the first is that at 1
    return {str(line.get_label()): np.asarray(line.get_ydata()).tolist() for line in lines}


def test_a_line_for_each_net_before_and_after_training(tmp_path: Path) -> None:
    added = [e.values["added"] for e in select("self-normalization")]
    assert added == list(LABELS)
    for number, name in enumerate(added):
        for seed in (42, 44):
            write(tmp_path, seed, name, {q: values(number, seed, q) for q in QUANTITIES})
    figure = draw(tmp_path)
    for axis, quantity in zip(figure.axes, QUANTITIES, strict=True):
        found = curves(axis)
        assert list(found) == list(LABELS.values())
        for number, ys in enumerate(found.values()):
            assert ys == pytest.approx(values(number, 43, quantity))  # the mean of 42 and 44
            band = np.asarray(axis.collections[number].get_paths()[0].vertices)[:, 1]
            assert band.min() == pytest.approx(values(number, 42, quantity)[0])
            assert band.max() == pytest.approx(values(number, 44, quantity)[-1])
        assert axis.get_yscale() == "log"
        assert axis.get_xlabel() == "Hidden layer"
    assert [axis.get_title() for axis in figure.axes] == ["before training", "after training"]
    assert figure.get_suptitle().endswith("\nself-normalization, 2 seeds")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(LABELS.values())


def test_draws_the_runs_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, 42, "l2", {q: [1.0, 0.5] for q in QUANTITIES})
    figure = draw(tmp_path)
    assert [list(curves(axis)) for axis in figure.axes] == [["with an l2 penalty"]] * 2
    assert figure.get_suptitle().endswith("\n1 of 5 experiments of self-normalization, 1 seed")
