"""Claims of the notes' "Data Augmentation"."""

from dnn_techniques.results.claims.claim import Claim, Runs
from dnn_techniques.results.claims.effects import difference, overfitting

WITH, WITHOUT = GROUP = ("augmentation/with", "augmentation/without")


def more_tolerant(runs: Runs) -> float:
    """Accuracy on changed test images of the net that was trained on such, minus the other's."""
    figure = "test_changed_accuracy"
    return runs[WITH].finished[figure] - runs[WITHOUT].finished[figure]


CLAIMS = (
    Claim(
        "Data augmentation prevents overfitting",
        "notes",
        "Data Augmentation",
        GROUP,
        "accuracy on the training minus on the test images, without augmentation minus with it",
        overfitting(WITHOUT, WITH),
        0.01,
    ),
    Claim(
        "A net trained on slightly changed images tolerates such changes better",
        "notes",
        "Data Augmentation",
        GROUP,
        "accuracy on test images changed in the same way, with augmentation minus without",
        more_tolerant,
        0.005,
    ),
    Claim(
        "Data augmentation costs no validation accuracy",
        "ours",
        "Data Augmentation",
        GROUP,
        "validation accuracy, with augmentation minus without (0.002 less is still called none)",
        difference(WITH, WITHOUT),
        -0.002,
    ),
)
