"""Performance scheduling with the counting rules of Keras."""

from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from dnn_techniques.checks import check_count, check_not_negative


def reduce_on_plateau(
    optimizer: Optimizer,
    factor: float = 0.1,
    patience: int = 10,
    min_delta: float = 1e-4,
    cooldown: int = 0,
    min_lr: float = 0.0,
    mode: Literal["min", "max"] = "min",
) -> ReduceLROnPlateau:
    """Performance scheduling as `keras.callbacks.ReduceLROnPlateau` does it.

    Multiplies the rate by `factor` when the metric has not improved on its best value by more than
    `min_delta` for `patience` epochs (chapter 11, "Learning Rate Scheduling"). Step it once an
    epoch with the validation metric: ``scheduler.step(val_loss)``.

    torch's class is exact, but its arguments mean something else: there `patience` epochs are
    forgiven and the next one cuts the rate, the threshold is relative, a cooldown lasts one epoch
    longer and cuts below 1e-8 are left out.

    Args:
        optimizer: Its parameter groups' rates are reduced.
        factor: What the rate is multiplied by, in (0, 1).
        patience: Epochs without improvement until the cut, at least 0; 0 means the same as 1.
        min_delta: Smallest change, in the metric's unit, that counts as an improvement, at least 0.
        cooldown: Keras's cooldown in epochs, at least 0. It counts the epoch in which it ends, so
            1 means the same as 0.
        min_lr: The rate is never cut below this, at least 0.
        mode: Whether a lower (``min``) or a higher (``max``) metric is better.

    Raises:
        ValueError: If an argument is out of range.
    """
    if not 0 < factor < 1:
        raise ValueError(f"factor must be in (0, 1), got {factor}")
    check_count(patience=patience, cooldown=cooldown)
    check_not_negative(min_delta=min_delta, min_lr=min_lr)
    if mode not in ("min", "max"):
        raise ValueError(f"mode must be min or max, got {mode!r}")
    return ReduceLROnPlateau(
        optimizer,
        mode=mode,
        factor=factor,
        patience=max(patience - 1, 0),
        threshold=min_delta,
        threshold_mode="abs",
        cooldown=max(cooldown - 1, 0),
        min_lr=min_lr,
        eps=0,
    )
