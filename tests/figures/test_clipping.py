from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.lines import Line2D

from dnn_techniques.figures.clipping import WAYS, draw
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import write_run


def write(out: Path, seed: int, name: str, accuracy: float, **clipping: float) -> None:
    """A run of two epochs that ended so; its configuration names all ways, as jsonargparse does."""
    ways: dict[str, Any] = dict.fromkeys(WAYS) | clipping
    write_run(
        out,
        seed,
        f"clipping/{name}",
        rows=[[epoch, 1, 0.3, 2.3, accuracy * epoch / 2, 0.03, 2, 1, 0.3] for epoch in (1, 2)],
        config={"model": {"init_args": {"clipping": ways if clipping else None}}},
        documented=None,
    )


def test_the_accuracy_of_each_way_over_its_thresholds(tmp_path: Path) -> None:
    for seed, offset in ((42, 0.0), (43, 0.25)):
        write(tmp_path, seed, "without", 0.0625)
        write(tmp_path, seed, "by_value_documented", 0.125 + offset, value=1.0)
        write(tmp_path, seed, "by_value", 0.5 + offset, value=0.005)
        write(tmp_path, seed, "by_norm_swept-clipping.norm=0.3", 0.25 + offset, norm=0.3)
    figure = draw(tmp_path)
    (axis,) = figure.axes
    assert axis.get_xscale() == "log"
    lines: dict[Any, Line2D] = {line.get_label(): line for line in axis.get_lines()}
    by_value, by_norm = (WAYS[way][0] for way in ("value", "norm"))
    assert list(lines) == [by_value, by_norm, "not clipped", "the documents' threshold"]
    expected = {by_value: [[0.005, 1], [0.625, 0.25]], by_norm: [[0.3], [0.375]]}
    for label, points in expected.items():
        np.testing.assert_array_equal(np.asarray(lines[label].get_data()), points)
    band = np.asarray(axis.collections[0].get_paths()[0].vertices)
    edges = [(min(y), max(y)) for x in (0.005, 1) for y in [band[band[:, 0] == x, 1]]]
    assert edges == [(0.5, 0.75), (0.125, 0.375)]
    assert set(np.asarray(lines["not clipped"].get_ydata())) == {0.0625}
    assert set(np.asarray(lines["the documents' threshold"].get_xdata())) == {1}
    experiments = len(select("clipping"))
    assert figure.get_suptitle().endswith(f"\n4 of {experiments} experiments of clipping, 2 seeds")


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_run_at_the_documented_threshold_and_at_others(way: str) -> None:
    documented = f"clipping/by_{way}" + ("" if way == "global_norm" else "_documented")
    (experiment,) = select(documented)
    assert f"{way}: 1.0" in experiment.path.read_text()
    (option,) = {name for e in select(f"clipping/by_{way}_swept") for name in e.values}
    assert option == f"model.clipping.{way}"
    assert 1.0 not in [e.values[option] for e in select(f"clipping/by_{way}_swept")]
