"""The validation loss over the training loss, which overfitting drives up."""

import pytorch_lightning as pl


class ValTrainRatio(pl.Callback):
    """Logs `val_train_ratio` after each epoch: `val_loss` divided by `loss`.

    The book's example of a callback of one's own (chapter 10, "Using Callbacks"). It stands in the
    progress lines, in metrics.csv and in TensorBoard. The training loss is the mean of the epoch,
    while the weights moved, with dropout and penalties: early ratios can be below 1.

    Example::

        python -m dnn_techniques run chapter10/fashion_mlp \
            --trainer.callbacks+ dnn_techniques.callbacks.ValTrainRatio
    """

    def __init__(self) -> None:
        self.validated = False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note that the epoch was validated: of an earlier validation the loss is there, too."""
        self.validated = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the ratio, unless one of the losses is missing."""
        losses = trainer.callback_metrics
        if self.validated and {"loss", "val_loss"} <= losses.keys():
            ratio = losses["val_loss"] / losses["loss"]
            pl_module.log("val_train_ratio", ratio, prog_bar=True, sync_dist=True, batch_size=1)
        self.validated = False
