"""What the documents claim in prose, each as an effect over seeds: a file for each topic."""

from dnn_techniques.results.claims import (
    activations,
    augmentation,
    batch_norm,
    chapter10,
    cifar10,
    clipping,
    initialization,
    mc_dropout,
    notes,
    optimizers,
    presets,
    schedules,
    self_normalization,
    sparse,
    transfer,
)
from dnn_techniques.results.claims.claim import NO_DIFFERENCE, Claim, Verdict, judge

# In the order of the chapters.
TOPICS = (
    chapter10,
    initialization,
    activations,
    self_normalization,
    batch_norm,
    clipping,
    transfer,
    optimizers,
    sparse,
    schedules,
    mc_dropout,
    augmentation,
    presets,
    cifar10,
    notes,
)
CLAIMS: tuple[Claim, ...] = tuple(claim for topic in TOPICS for claim in topic.CLAIMS)

__all__ = ["CLAIMS", "NO_DIFFERENCE", "Claim", "Verdict", "judge"]
