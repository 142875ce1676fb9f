"""Claims judged from runs that are written by hand."""

import math
from pathlib import Path

import pytest
from scipy import stats

from dnn_techniques.data import CATALOG
from dnn_techniques.results.claims import CLAIMS, Claim, Verdict, judge
from dnn_techniques.results.run_sets import Run
from dnn_techniques.runs.experiments import all_experiments
from tests.results.runs_by_hand import write_run


def claim(words: str) -> Claim:
    return next(c for c in CLAIMS if words in c.statement)


def run(val_accuracy: list[float], **curves: list[float]) -> Run:
    epochs = [float(i) for i in range(1, len(val_accuracy) + 1)]
    nothing = [0.5] * len(epochs)
    base = {"epoch": epochs, "val_accuracy": val_accuracy, "val_loss": nothing, "loss": nothing}
    return Run(42, {**base, **curves}, {}, {})


def test_the_interval_is_that_of_students_t() -> None:
    effects = [0.1, 0.3, 0.2, 0.25]
    verdict = Verdict(claim("SELU beats ReLU"), effects)
    expected = stats.t.interval(0.99, 3, loc=verdict.mean, scale=stats.sem(effects))
    assert verdict.interval == pytest.approx(expected)


def test_the_interval_ends_where_the_effect_does() -> None:
    assert Verdict(claim("with 8 hidden"), [0.4, 1.0]).interval == pytest.approx((-1, 1))
    assert Verdict(claim("SELU beats ReLU"), [-0.9, 0.9]).interval == pytest.approx((-1, 1))
    low, high = Verdict(claim("be it by chance"), [10.0, -9.0]).interval or (0, 0)
    assert low < -1 < 1 < high


@pytest.mark.parametrize(
    ("effects", "text"),
    [
        ([0.05, 0.051, 0.049], "holds"),
        ([0.05, -0.05, 0.06], "undecided"),
        ([0.019, 0.0191, 0.0189], "no difference that matters"),
        ([-0.019, -0.0191, -0.0189], "no difference that matters"),
        ([-0.021, -0.0211, -0.0209], "fails"),
        ([-0.3, -0.31], "fails"),
        ([0.5], "one seed only"),
    ],
)
def test_verdicts_need_the_whole_interval(effects: list[float], text: str) -> None:
    """The effect asked for is 0.02."""
    assert Verdict(claim("SELU beats ReLU"), effects).text == text


MNIST = {"name": "mnist", "sha256": CATALOG["mnist"].sha256}
RANKED = "ranking/activations-activation={},depth=8"


def test_a_ranking_has_a_tau() -> None:
    names = ("selu", "elu", "leaky_relu", "relu", "tanh", "sigmoid")
    right = {RANKED.format(a): run([0.9 - i / 10]) for i, a in enumerate(names)}
    assert claim("with 8 hidden").effect(right) == pytest.approx(1)
    reversed_ = {RANKED.format(a): run([0.2 + i / 10]) for i, a in enumerate(names)}
    assert claim("with 8 hidden").effect(reversed_) == pytest.approx(-1)
    swapped = right | {RANKED.format("selu"): run([0.75])}  # now second
    assert claim("with 8 hidden").effect(swapped) == pytest.approx(1 - 2 / 15)


def test_monte_carlo_figures_come_from_the_finished_net() -> None:
    test = {"mc_accuracy": 0.87, "accuracy": 0.86, "entropy_wrong": 1.0, "entropy_right": 0.3}
    runs = {"mc-dropout/alpha_dropout": Run(42, {}, {"test": test}, {})}
    assert claim("no less accurate than the single prediction (SELU").effect(runs) == pytest.approx(
        0.01
    )
    assert claim("less sure where it is wrong (SELU").effect(runs) == pytest.approx(0.7)


def test_only_seeds_of_all_experiments_count(tmp_path: Path) -> None:
    for seed, name in [(1, "bn/without"), (2, "bn/without"), (2, "bn/after_activation")]:
        write_run(tmp_path, seed, name)
    verdict = judge(claim("BN after"), tmp_path)
    assert verdict is not None
    assert verdict.effects == [0.0]
    assert judge(claim("BN before"), tmp_path) is None


def test_every_claim_names_experiments_that_are_there() -> None:
    every = {e.name for e in all_experiments()}
    for claim in CLAIMS:
        assert claim.experiments
        assert set(claim.experiments) <= every, claim.statement


def test_runs_that_are_no_experiments_are_not_judged(tmp_path: Path) -> None:
    for name in ("bn/without", "bn/after_activation"):
        write_run(tmp_path, 1, name, changes=["model.init_args.lr 0.001 -> 0.1"])
    assert judge(claim("BN after"), tmp_path) is None
    assert judge(claim("BN after"), tmp_path, changed=True) is not None
    for name in ("bn/without", "bn/after_activation"):
        write_run(tmp_path / "other", 1, name, data={"name": "fashion_mnist", "sha256": "d"})
    assert judge(claim("BN after"), tmp_path / "other", changed=True) is None


def test_an_effect_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    name = "mc-dropout/alpha_dropout"
    write_run(tmp_path, 1, name, documented=None, test={"mc_accuracy": None, "accuracy": 0.1})
    write_run(tmp_path, 2, name, documented=None, test={"mc_accuracy": 0.9, "accuracy": 0.8})
    verdict = judge(claim("no less accurate than the single prediction (SELU"), tmp_path)
    assert verdict is not None
    assert verdict.effects == pytest.approx([0.1])


def test_gradients_are_compared_in_powers_of_ten() -> None:
    def measured(gradient: list[float | None]) -> Run:
        return Run(42, {}, {"measured": {"gradient_rms": gradient}}, {})

    name = "initialization/signal-activation=tanh,initializer="
    runs = {f"{name}naive": measured([1e5, 1.0]), f"{name}recommended": measured([0.1, 1.0])}
    assert claim("gradient of 20 tanh").effect(runs) == pytest.approx(5 - 1)
    runs[f"{name}naive"] = measured([None, 1.0])
    assert math.isnan(claim("gradient of 20 tanh").effect(runs))


def test_nets_that_learned_nothing_are_alike() -> None:
    names = ("selu", "elu", "leaky_relu", "relu", "tanh", "sigmoid")
    runs = {RANKED.format(a): run([0.09 + i / 1000]) for i, a in enumerate(names)}
    assert claim("with 8 hidden").effect(runs) == 0


def note(words: str) -> Claim:
    return next(c for c in CLAIMS if words in c.statement)


def finished(train: float, test: float) -> Run:
    return Run(42, {}, {"train": {"accuracy": train}, "test": {"accuracy": test}}, {})


def test_frozen_layers_are_compared_on_the_test_images() -> None:
    runs = {
        "mnist/digits_5_9_frozen_4": finished(0.9, 0.72),
        "mnist/digits_5_9_cached": finished(1.0, 0.68),
    }
    assert note("Four frozen layers do better than five, all random").effect(runs) == pytest.approx(
        0.04
    )


def test_overfitting_is_the_gap_between_training_and_test_images() -> None:
    runs = {
        "mnist/digits_0_4_bn": finished(1.0, 0.99),
        "mnist/digits_0_4_dropout": finished(0.997, 0.994),
    }
    assert note("Dropout overfits less (five").effect(runs) == pytest.approx(0.01 - 0.003)
    assert note("Dropout costs").effect(runs) == pytest.approx(0.99 - 0.994)


def test_faster_is_better_after_one_epoch() -> None:
    runs = {"mnist/bn": run([0.9, 0.95]), "mnist/bn_without": run([0.7, 0.99])}
    assert note("converges faster (two").effect(runs) == pytest.approx(0.2)


def test_claims_of_the_notes_are_judged_on_mnist(tmp_path: Path) -> None:
    claim = note("converges faster (two")
    for name in claim.experiments:
        write_run(tmp_path / "fashion", 1, name, documented=None)
        write_run(tmp_path / "mnist", 1, name, documented=None, data=MNIST)
    assert judge(claim, tmp_path / "fashion") is None
    assert judge(claim, tmp_path / "mnist") is not None


def measuring(**measured: list[float]) -> Run:
    return Run(42, {}, {"measured": measured}, {})


def test_elu_is_compared_with_the_best_of_the_others() -> None:
    elu = claim("ELU does better than ReLU and all")
    runs = {name: run([0.5, 0.8]) for name in elu.experiments}
    runs |= {
        "activations/others-activation=elu": run([0.1, 0.85]),
        "activations/prelu": run([0.84]),
    }
    assert elu.effect(runs) == pytest.approx(0.01)
    assert len(elu.experiments) == 7


def test_epochs_saved_are_those_before_the_other_s_last_loss() -> None:
    fewer = claim("ELU converges in fewer epochs")
    relu = run([0.5] * 4, loss=[1.0, 0.8, 0.7, 0.6])
    losses = {2: [0.9, 0.6, 0.5, 0.4], 0: [1.0, 0.9, 0.8, 0.55], -1: [1.0, 0.9, 0.8, 0.7]}
    for saved, loss in losses.items():
        elu = run([0.5] * 4, loss=loss)
        runs = {
            "activations/others-activation=elu": elu,
            "activations/others-activation=relu": relu,
        }
        assert fewer.effect(runs) == saved


def test_dead_units_are_counted_after_the_last_epoch_and_leaky_ones_after_any() -> None:
    name = "dead-units/learning_rates-activation={},lr={}"
    runs = {
        name.format("relu", 0.5): measuring(dead_units=[0.0, 0.2, 0.3]),
        name.format("relu", 0.01): measuring(dead_units=[0.0, 0.3, 0.1]),
    }
    assert claim("large learning rate kills").effect(runs) == pytest.approx(0.2)
    never = claim("Leaky ReLUs never die")
    leaky = {experiment: measuring(dead_units=[0.0, 0.0]) for experiment in never.experiments}
    assert len(leaky) == 6
    assert Verdict(never, [never.effect(leaky)] * 5).text == "holds"
    leaky[name.format("rrelu", 0.1)] = measuring(dead_units=[0.01, 0.0])
    assert never.effect(leaky) == pytest.approx(-0.01)


def test_a_starved_signal_is_measured_in_powers_of_ten() -> None:
    starved = claim("deviation 0.05 starves")
    other, he = starved.experiments
    runs = {other: measuring(output_std=[1e-1, 1e-6]), he: measuring(output_std=[1.0, 0.1])}
    assert starved.effect(runs) == pytest.approx(4)


def test_deviations_below_and_above_1_drift_alike() -> None:
    breaks = claim("An l2 penalty breaks")
    l2, plain = breaks.experiments
    runs = {l2: measuring(std=[0.5, 2.0]), plain: measuring(std=[1.0, 1.0])}
    assert breaks.effect(runs) == pytest.approx(math.log(2))
    assert math.isnan(breaks.effect(runs | {l2: measuring(std=[1.0, math.nan])}))
    assert claim("keeps its layers").effect({plain: measuring(std=[0.8, 1.0])}) < 0
