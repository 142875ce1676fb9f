"""Claims of "Learning Rate Scheduling"."""

from dnn_techniques.results.claims.claim import Claim, Effect, Runs
from dnn_techniques.results.claims.effects import difference, epochs_to_reach, final

SOURCE = "Learning Rate Scheduling"


def one_cycle(window: int) -> Effect:
    """Epochs that a constant rate needs more than 1cycle for its final validation accuracy."""

    def effect(runs: Runs) -> float:
        cycle = runs["schedules/one_cycle"]
        reached = epochs_to_reach(runs["schedules/constant"], final(cycle), window)
        return reached - len(cycle.curves["epoch"])

    return effect


# What the documents claim of 1cycle is about CIFAR-10; of Fashion MNIST we ask ourselves.
CLAIMS = (
    *(
        Claim(
            f"1cycle reaches in 25 epochs what a constant rate needs more for{remark}",
            "ours",
            SOURCE,
            ("schedules/one_cycle", "schedules/constant"),
            f"epochs more, of 40, until 1cycle's final validation accuracy is {seen}",
            one_cycle(window),
            1,
        )
        for window, remark, seen in (
            (5, "", "the mean of 5 epochs"),
            (1, ", be it by chance", "seen in any epoch"),
        )
    ),
    *(
        Claim(
            f"1cycle with momentum from 0.95 to 0.85 and back ends better than with {other}",
            "ours",
            SOURCE,
            ("schedules/one_cycle_momentum", experiment),
            "validation accuracy after 25 epochs",
            difference("schedules/one_cycle_momentum", experiment),
            0.002,
        )
        for other, experiment in (
            ("a constant one of 0.9", "schedules/one_cycle_constant_momentum"),
            ("none", "schedules/one_cycle"),
        )
    ),
)
