"""Early stopping and keeping the best weights as Keras's callbacks do, with Lightning's own."""

from pathlib import Path

from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from dnn_techniques.checks import check_count, check_not_negative


def early_stopping(
    patience: int, monitor: str = "val_loss", min_delta: float = 0.0, mode: str = "min"
) -> EarlyStopping:
    """Stop when `monitor` has not improved for `patience` epochs in a row.

    As `keras.callbacks.EarlyStopping`: only a strictly better value (by more than `min_delta`) is
    an improvement, and a loss that is not finite is just no improvement. Lightning would stop at
    once at such a loss (``check_finite``).

    Args:
        patience: Number of epochs without improvement, at least 0; 0 and 1 both stop at the first.
        monitor: Name of the logged metric.
        min_delta: Smallest change that counts, at least 0.
        mode: ``min`` or ``max``.

    Raises:
        ValueError: If `patience` or `min_delta` is negative, or `mode` is neither.

    >>> early_stopping(patience=20).patience
    20
    """
    _check(mode)
    check_count(patience=patience)
    check_not_negative(min_delta=min_delta)
    return EarlyStopping(
        monitor, min_delta=min_delta, patience=patience, mode=mode, check_finite=False
    )


def best_checkpoint(
    folder: str | Path, monitor: str = "val_loss", mode: str = "min"
) -> ModelCheckpoint:
    """Keep ``best.ckpt``, the weights of the best epoch.

    As `keras.callbacks.ModelCheckpoint(save_best_only=True)`: a later epoch replaces it only if it
    is strictly better. Evaluate these weights, not the last ones. Unlike Keras's, Lightning's
    callback keeps a first epoch whose loss is not finite, until a finite one comes.

    Args:
        folder: Where the checkpoint goes.
        monitor: Name of the logged metric.
        mode: ``min`` or ``max``.

    Raises:
        ValueError: If `mode` is neither.
    """
    _check(mode)
    return ModelCheckpoint(
        folder, "best", monitor=monitor, mode=mode, save_top_k=1, enable_version_counter=False
    )


def _check(mode: str) -> None:
    if mode not in ("min", "max"):
        raise ValueError(f"mode must be min or max, got {mode!r}")
