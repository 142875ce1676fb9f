"""Claims of "Learning Rate Scheduling"."""

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import epochs_to_reach, final


def one_cycle(window: int) -> Effect:
    """Epochs that a constant rate needs more than 1cycle for its final validation accuracy."""

    def effect(runs: Runs) -> float:
        cycle = runs["schedules/one_cycle"]
        reached = epochs_to_reach(runs["schedules/constant"], final(cycle), window)
        return reached - len(cycle.curves["epoch"])

    return effect


CLAIMS = tuple(
    Claim(
        f"1cycle reaches in 25 epochs what a constant rate needs more for{remark}",
        "ours",
        "Learning Rate Scheduling",
        ("schedules/one_cycle", "schedules/constant"),
        f"epochs more, of 40, until 1cycle's final validation accuracy is {seen}",
        one_cycle(window),
        1,
    )
    for window, remark, seen in (
        (5, "", "the mean of 5 epochs"),
        (1, ", be it by chance", "seen in any epoch"),
    )
)
