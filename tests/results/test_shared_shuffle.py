import pytest

from dnn_techniques.results.comparison import Compared
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.shared_shuffle import deviations, shared_shuffle

WAVE = [0.01, -0.02, 0.03, 0.0, -0.01, 0.02, 0.01, -0.03, 0.02]


def figures(name: str, wave: list[float]) -> list[Compared]:
    return [
        Compared(name, "TF 2.4", "loss", "printed_loss", epoch, False, 0.5 + d, Prediction([0.5]))
        for epoch, d in enumerate(wave, start=2)
    ]


def test_deviations_are_documented_minus_ours() -> None:
    (found,) = deviations(figures("a", WAVE)).values()
    assert found == pytest.approx(WAVE)


def test_what_moves_together_correlates() -> None:
    same, opposite = [2 * d for d in WAVE], [-d for d in WAVE]
    compared = figures("a", WAVE) + figures("b", same) + figures("c", opposite)
    assert "3 experiments correlate by -1.00 in the median of all pairs (-1.00 to 1.00)" in (
        shared_shuffle(compared)
    )


def test_short_runs_are_left_out() -> None:
    assert deviations(figures("a", WAVE[:3])) == {}
    assert shared_shuffle(figures("a", WAVE)) == ""
