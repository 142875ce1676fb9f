"""Comparisons from run folders that are written by hand."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from dnn_techniques.data import CATALOG
from dnn_techniques.errors import InputError
from dnn_techniques.results.comparison import Compared, comparisons, spread
from dnn_techniques.results.curves import draw_curves, draw_experiment, side_by_side, together
from dnn_techniques.results.group_comparison import compare, provenance, read_group
from dnn_techniques.results.metrics import metric
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.run_sets import read_runs
from dnn_techniques.results.tables import comparison_table, overview, remarks
from dnn_techniques.runs.experiments import select
from tests.results.runs_by_hand import NAME, write_run

PNG = b"\x89PNG"


def table(out: Path, name: str = NAME) -> list[list[str]]:
    """The cells of the comparison table, without the header."""
    lines = comparison_table(comparisons(read_runs(out, name))).splitlines()
    assert len({len(line) for line in lines}) <= 1  # aligned
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_a_row_for_each_figure_of_each_edition(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    rows = table(tmp_path)
    assert [row[:4] for row in rows] == [
        [NAME, "loss as printed", "TF 2.4", "0.4333"],
        [NAME, "accuracy as printed", "TF 2.4", "0.8494"],
        [NAME, "val_loss", "TF 2.4", "0.3875"],
        [NAME, "val_accuracy", "TF 2.4", "0.8660"],
        [NAME, "loss", "TF 2.0", "0.4337"],
        [NAME, "accuracy", "TF 2.0", "0.8496"],
        [NAME, "val_loss", "TF 2.0", "0.3817"],
        [NAME, "val_accuracy", "TF 2.0", "0.8676"],
    ]
    # The printed training figures stand beside the double mean, true ones beside the true mean.
    assert [row[4] for row in rows[:5]] == ["1.1000", "0.4000", "0.3810", "0.8700", "1.0000"]
    # One run predicts nothing: no interval, no smallest shift, no z.
    assert {tuple(row[5:]) for row in rows} == {("too few runs",)}


def test_several_seeds_predict_one_more(tmp_path: Path) -> None:
    for seed in (10, 2, 3):
        write_run(tmp_path, seed)
    assert [run.seed for run in read_runs(tmp_path, NAME).runs] == [2, 3, 10]
    val_loss = table(tmp_path)[2]
    # t = 9.9248 at 2 degrees of freedom: 0.385 ± 9.9248 * 0.0043589 * sqrt(4 / 3)
    assert val_loss[4:] == ["0.3850 ± 0.0044", "0.3350 to 0.4350", "0.0500", "+0.4", "inside"]
    train_loss = table(tmp_path)[0]
    assert train_loss[4:] == ["1.1000 ± 0.0000", "1.1000 to 1.1000", "0.0000", "-", "OUTSIDE"]


def judged(figure: str, documented: float, ours: list[float], as_documented: bool = True) -> str:
    prediction = Prediction(ours, bounds=metric(figure).bounds)
    compared = Compared(
        NAME, "TF 2.4", figure, figure, 1, True, documented, prediction, as_documented
    )
    return compared.verdict or "-"


# Half the width of the interval of two runs, times the difference of the two.
WIDTH = stats.t.ppf(0.995, 1) * (1 / 2) ** 0.5 * (3 / 2) ** 0.5


@pytest.mark.parametrize(
    ("figure", "mean", "tolerated"),
    [
        ("val_accuracy", 0.5, 0.05),
        ("test_mc_accuracy", 0.5, 0.05),
        ("printed_loss", 0.4, 0.08),
        ("test_loss", 2.0, 0.4),
        ("test_entropy_wrong", 1.0, 0.2),
        ("test_ece", 0.06, 0.05),
        ("first image, mean of 100 [5]", 0.5, 0.1),
        ("first image, std of 100 [5]", 0.2, 0.1),
        ("second image [2]", 0.5, 0.1),
    ],
)
def test_a_shift_that_matters_must_be_noticed(figure: str, mean: float, tolerated: float) -> None:
    apart = tolerated / WIDTH  # of two runs that would just notice it
    enough = [mean - 0.499 * apart, mean + 0.499 * apart]
    too_far_apart = [mean - 0.501 * apart, mean + 0.501 * apart]
    assert judged(figure, mean, enough) == "inside"
    assert judged(figure, mean, too_far_apart) == "too few runs"
    assert judged(figure, mean + 0.999 * tolerated, enough) == "OUTSIDE"
    assert judged(figure, mean, [mean]) == "too few runs"


def test_what_lies_outside_is_said_however_wide_the_interval() -> None:
    assert judged("val_accuracy", 0.6, [0.6, 0.605]) == "too few runs"
    assert judged("val_accuracy", 0.1, [0.6, 0.605]) == "OUTSIDE"


def test_no_verdict_where_there_is_nothing_to_compare_with() -> None:
    assert judged("val_loss", 0.5, [0.5, math.nan]) == "-"
    assert judged("val_loss", 0.9, [0.5, 0.5], as_documented=False) == "-"


def test_an_interval_ends_where_the_figure_does(tmp_path: Path) -> None:
    """Nets that end anywhere gave accuracies from -2.2 to 3.2, and the document's was inside."""
    name = "transfer/b_on_a_frozen"
    for seed, accuracy in enumerate((0.1, 0.5, 0.9)):
        rows = [[e, 1, 0.5, 3 * (1 - accuracy), accuracy, 0.1, 2, 1.1, 0.4] for e in range(1, 5)]
        write_run(tmp_path, seed, name, documented="transfer-b-on-a-frozen", rows=rows)
    rows_of_ours = {row[1]: row[5:] for row in table(tmp_path, name)}
    # t = 9.9248 at 2 degrees of freedom: 9.9248 * 0.4 * sqrt(4 / 3)
    assert rows_of_ours["val_accuracy"][:2] == ["0.0000 to 1.0000", "4.5841"]
    assert rows_of_ours["val_accuracy"][-1] == "too few runs"
    assert rows_of_ours["val_loss"][0].startswith("0.0000 to 15.")
    for c in comparisons(read_runs(tmp_path, name)):
        assert c.ours.interval is not None
        low, high = c.ours.interval
        assert low >= 0
        assert "accuracy" not in c.figure or high <= 1


def test_runs_with_other_settings_have_no_verdict(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed, changes=["model.init_args.lr 0.001 -> 0.1"])
    assert not {"inside", "OUTSIDE", "too few runs"} & {row[-1] for row in table(tmp_path)}
    run_set = read_runs(tmp_path, NAME)
    assert "0.001 -> 0.1): no verdict on the documented figures" in remarks([run_set])
    assert spread(comparisons(run_set)) == "No verdict: settings other than the document's.\n"
    assert {c.as_json()["verdict"] for c in comparisons(run_set)} == {None}


def test_every_epoch_is_compared(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    compared = comparisons(read_runs(tmp_path, NAME))
    assert len(compared) == 2 * 4 * 10
    assert sum(c.last for c in compared) == 2 * 4
    first = compared[0]
    assert (first.figure, first.epoch, first.documented, first.ours.values) == (
        "loss",
        1,
        1.3677,
        [1.1],
    )


def test_figures_of_the_finished_net_are_compared(tmp_path: Path) -> None:
    measured = {"first image, mean of 100": [0.1] * 10}
    test = {"mc_accuracy": 0.87, "accuracy": 0.86}
    name = "mc-dropout/alpha_dropout"
    write_run(tmp_path, 1, name, documented="mc-dropout", test=test, measured=measured)
    rows = {(row[1], row[2]): row[3:5] for row in table(tmp_path, name)}
    assert rows[("test_mc_accuracy", "TF 2.4")] == ["0.8661", "0.8700"]
    assert ("test_accuracy", "TF 2.4") not in rows  # which does not print it
    assert rows[("first image, mean of 100 [9]", "TF 2.4")] == ["0.6800", "0.1000"]


def test_probabilities_of_single_images_are_left_out_of_the_scores(tmp_path: Path) -> None:
    name = "chapter10/fashion_mlp_predictions"
    measured = {"second image": [0.1] * 10, "third image": [0.1] * 10}
    for seed in (1, 2):
        id = "ch10-fashion-mlp-predictions"
        write_run(tmp_path, seed, name, documented=id, measured=measured)
    compared = comparisons(read_runs(tmp_path, name))
    assert {c.figure for c in compared} == {
        "second image [2]",
        "second image [4]",
        "third image [1]",
    }
    assert all(c.one_image for c in compared)
    assert "single run" in spread(compared)  # nothing is left to judge


def test_the_spread_of_the_scores_is_said(tmp_path: Path) -> None:
    for seed in (10, 2, 3):
        write_run(tmp_path, seed)
    compared = [c for c in comparisons(read_runs(tmp_path, NAME)) if c.last]
    assert spread(compared).startswith(
        "2 of 8 documented figures of the finished nets lie inside the 99% interval of one more"
        " run, 6 outside, and for 0 there are too few runs to tell; their"
    )
    # Student's t of .3875 and .3817 beside .385 ± .0043589, as normal scores of equal probability.
    t = (np.array([0.3875, 0.3817]) - 0.385) / (0.0043589 * (4 / 3) ** 0.5)
    z = stats.norm.ppf(stats.t.cdf(t, 2))
    scores = f"mean {z.mean():+.2f} and standard deviation {z.std(ddof=1):.2f}"
    assert scores in spread(compared)
    assert "A single run has no spread" in spread([])


def test_no_documented_figure_for_other_data(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "digits", "stands_in_for": "fashion_mnist"})
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is None
    assert comparisons(run_set) == []
    assert "no documented figure applies" in remarks([run_set])


def test_no_documented_figure_for_another_copy_of_the_data(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "fashion_mnist", "sha256": "of other images"})
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is None
    assert "not their copy of it (SHA-256 of other images)" in remarks([run_set])


def test_runs_that_ended_early_are_compared_as_far_as_all_went(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_run(tmp_path, seed, test={"loss": 0.4})
    metrics = tmp_path / NAME / "seed-2" / "metrics.csv"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:-1]))
    run_set = read_runs(tmp_path, NAME)
    assert "| several |" in overview([run_set])
    compared = comparisons(run_set)
    assert {c.epoch for c in compared} == set(range(1, 10))
    assert {c.epoch for c in compared if c.last} == {9}


def test_the_last_figure_of_a_listing_that_is_cut_off_stands_in_the_table(tmp_path: Path) -> None:
    name = "mnist/frozen"
    rows = [[e, 1, 0.5, 0.3, 0.9 + e / 1000, 0.1, 2, 1.1, 0.4] for e in range(1, 21)]
    data = {"name": "mnist", "sha256": CATALOG["mnist"].sha256}
    write_run(tmp_path, 1, name, documented="mnist-frozen", rows=rows, data=data)
    (row,) = table(tmp_path, name)
    # Epoch 16 of the listing, which counts from 0, is our 17th.
    assert row[:5] == [name, "val_accuracy", "notes", "0.9600", "0.9170"]


def test_the_last_epoch_is_its_number_not_the_number_of_rows(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    metrics = tmp_path / NAME / "seed-1" / "metrics.csv"
    lines = metrics.read_text().splitlines(keepends=True)
    metrics.write_text("".join([lines[0], *lines[5:]]))
    assert read_runs(tmp_path, NAME).epoch == 10


def lines(axis: Axes, marker: str) -> list[list[list[float]]]:
    """x and y of the lines with a marker."""
    return [np.asarray(x.get_data()).tolist() for x in axis.get_lines() if x.get_marker() == marker]


def test_curves_show_the_mean_of_ours_and_the_documented_ones(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    write_run(tmp_path, 3)
    run_set = read_runs(tmp_path, NAME)
    assert run_set.documented is not None
    axis = Figure().subplots()
    draw_experiment(axis, run_set, "val_loss", "tab:red")
    epochs = [float(epoch) for epoch in range(1, 11)]
    assert lines(axis, ".") == [[epochs, pytest.approx([0.382] * 10)]]
    printed = run_set.documented.curves
    assert [y for _, y in lines(axis, "D")] == [printed["TF 2.4"]["val_loss"]]
    assert [y for _, y in lines(axis, "s")] == [printed["TF 2.0"]["val_loss"]]
    (band,) = axis.collections
    low, high = band.get_paths()[0].get_extents().intervaly
    assert (low, high) == pytest.approx((0.381, 0.383))


def test_training_curves_are_averaged_as_the_document_does(tmp_path: Path) -> None:
    """TF 2.4 prints means of running means, TF 2.0 does not: its marks are left out."""
    write_run(tmp_path, 1)
    run_set = read_runs(tmp_path, NAME)
    axis = Figure().subplots()
    draw_experiment(axis, run_set, "loss", "tab:red")
    ((_, ours),) = lines(axis, ".")
    assert ours == run_set.runs[0].curves["printed_loss"]
    assert len(lines(axis, "D")) == 1
    assert not lines(axis, "s")


def test_experiments_share_their_axes_and_longer_and_diverged_runs_are_seen(tmp_path: Path) -> None:
    rows = [[e, 1, 0.5, 2.0 if e < 3 else "nan", 0.1, 0.1, 2, 1, 0.4] for e in range(1, 5)]
    write_run(tmp_path, 1, "bn/other", documented=None, rows=rows)
    write_run(tmp_path, 2, "bn/other", documented=None)
    write_run(tmp_path, 1)
    figure = together([read_runs(tmp_path, NAME), read_runs(tmp_path, "bn/other")])
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "training loss (nats)",
        "training accuracy",
        "validation loss (nats)",
        "validation accuracy",
    ]
    axis = figure.axes[2]
    assert len(lines(axis, ".")) == 2
    assert lines(axis, "x") == [[[2.0], [2.0]]]
    assert [x for x, _ in lines(axis, "None")] == [[float(e) for e in range(4, 11)]]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:2] == ["before_activation", "other\n1 of 2 runs diverged in epoch 3"]
    assert texts[-1] == "diverged after this epoch"


def test_many_experiments_get_small_panels(tmp_path: Path) -> None:
    names = [f"rates/optimizers-optimizer=sgd,lr={k}" for k in range(1, 13)]
    for name in names:
        write_run(tmp_path, 1, name, documented=None)
    figure = side_by_side([read_runs(tmp_path, name) for name in names])
    assert figure.get_suptitle() == "Validation accuracy by epoch, optimizers: optimizer, lr"
    shown = [axis.get_title() for axis in figure.axes if axis.get_visible()]
    assert len(shown) == 12
    assert shown[0] == "sgd, 1"
    assert figure.get_figheight() <= 10


def test_the_trials_of_a_file_share_a_panel_beside_other_files(tmp_path: Path) -> None:
    names = ["bn/rates-lr=0.1", "bn/rates-lr=0.2", "bn/without"]
    for name in names:
        write_run(tmp_path, 1, name, documented=None)
    figure = side_by_side([read_runs(tmp_path, name) for name in names])
    assert [axis.get_title() for axis in figure.axes] == ["rates", "without"]
    assert [len(lines(axis, ".")) for axis in figure.axes] == [2, 1]
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["lr=0.1", "lr=0.2"]


def test_a_panel_says_that_its_runs_diverged(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    rows = [[e, "nan", 0.1, "nan", 0.1, 0.1, 2, "nan", 0.1] for e in range(1, 3)]
    write_run(tmp_path, 1, "bn/other", documented=None, rows=rows)
    figure = side_by_side([read_runs(tmp_path, NAME), read_runs(tmp_path, "bn/other")])
    assert [axis.texts[0].get_text() for axis in figure.axes] == ["", "diverged in epoch 1"]


def test_the_numbers_of_the_curves_name_experiment_and_edition(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    draw_curves([read_runs(tmp_path, NAME)], tmp_path / "curves.png")
    numbers = (tmp_path / "curves.csv").read_text()
    assert "\nvalidation accuracy,before_activation,10," in numbers
    assert '\nvalidation accuracy,"before_activation, documented, TF 2.4",10,0.866,\n' in numbers


def test_a_single_epoch_can_be_seen(tmp_path: Path) -> None:
    write_run(tmp_path, 1, data={"name": "mnist"})
    metrics = tmp_path / NAME / "seed-1" / "metrics.csv"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:2]))
    figure = together([read_runs(tmp_path, NAME)])
    for axis in figure.axes:
        assert len(lines(axis, ".")) == 1
        assert axis.get_xlim() == (0.5, 1.5)


def test_changed_settings_are_said(tmp_path: Path) -> None:
    write_run(tmp_path, 1, changes=["model.init_args.lr 0.001 -> 0.1"])
    assert "model.init_args.lr 0.001 -> 0.1" in remarks([read_runs(tmp_path, NAME)])


@pytest.mark.parametrize("other", [{"lr": 0.2}, {"data": {"name": "mnist", "sha256": "d"}}])
def test_runs_that_differ_are_not_averaged(tmp_path: Path, other: dict[str, Any]) -> None:
    write_run(tmp_path, 1)
    write_run(tmp_path, 2, **other)
    with pytest.raises(InputError, match="seeds 1 and 2 were trained with different settings"):
        read_runs(tmp_path, NAME)


def test_an_unfinished_run_does_not_count(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    (tmp_path / NAME / "seed-1" / "result.json").unlink()
    with pytest.raises(InputError, match="no finished run of bn/before_activation"):
        read_runs(tmp_path, NAME)


def test_compare_writes_summary_figures_and_picture(tmp_path: Path) -> None:
    for experiment in select("bn"):
        write_run(tmp_path, 1, experiment.name)
    printed = compare(select("bn"), tmp_path, "the command").text(short=True)
    summary = (tmp_path / "bn" / "summary.md").read_text()
    assert printed.partition("| claim ")[2].strip() in summary
    assert ("3,000 / 2,000 / 1,000" in summary) > ("3,000 / 2,000 / 1,000" in printed)
    assert (
        "Made by `the command`. Trained on fashion_mnist; type cpu, threads 1; torch 2; seeds 1;"
        in summary
    )
    written = json.loads((tmp_path / "bn" / "comparison.json").read_text())
    assert written["figures"][0]["experiment"] == "bn/after_activation"
    assert written["figures"][0]["n"] == 1
    assert written["figures"][0]["verdict"] == "too few runs"
    early = [c for c in written["claims"] if "beats the plain net early" in c["claim"]]
    assert [c["effects"] for c in early] == [[0.0], [0.0]]
    assert "| BN after the activation beats the plain net early " in printed
    assert (tmp_path / "bn" / "curves.png").read_bytes().startswith(PNG)


def test_a_claim_over_two_groups_is_shown_with_the_first(tmp_path: Path) -> None:
    first = "more-activations/eight_layers-activation=gelu"
    for name in (first, "ranking/activations-activation=relu,depth=8"):
        write_run(tmp_path, 1, name, documented=None)
    more = compare(select("more-activations"), tmp_path, "the command")
    assert "gelu does better" in more.text()
    assert "gelu does better" not in compare(select("ranking"), tmp_path, "the command").text()


def test_the_summary_names_every_device(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    write_run(tmp_path, 2, device={"type": "cuda"})
    runs = read_group(select("bn"), tmp_path).runs
    assert "; type cpu, threads 1 and type cuda; " in provenance(runs)


def test_parameter_counts_are_compared(tmp_path: Path) -> None:
    write_run(tmp_path, 1)
    assert "3,000 / 2,000 / 1,000 (documented: {'total': 270946" in overview(
        [read_runs(tmp_path, NAME)]
    )
    printed = {"total": 270946, "trainable": 268578, "non_trainable": 2368}
    write_run(tmp_path / "exact", 1, parameters=printed)
    assert "2,368 (as documented)" in overview([read_runs(tmp_path / "exact", NAME)])
