"""The net whose hidden layers are reused: trained once on the eight classes beside a pair."""

from itertools import combinations

import pytorch_lightning as pl

from dnn_techniques.data import ImageData
from dnn_techniques.modules import TaskANet

DATA = "fashion_mnist"
CLASSES = 10
EPOCHS = 20

VALIDATION = 5000  # training images that are set aside, as in the documents

Pair = tuple[int, int]
ALL_PAIRS: list[Pair] = list(combinations(range(CLASSES), 2))


def train_task_a(pair: Pair, validation: int = VALIDATION) -> tuple[TaskANet, float]:
    """Train a net on all classes of Fashion MNIST but two, as ``transfer/model_a`` is.

    Weights and order are drawn with a seed that the pair determines, another one for each.

    Args:
        pair: The two classes that it does not see.
        validation: Number of training images that validate.

    Returns:
        The net and its validation accuracy.
    """
    others = [label for label in range(CLASSES) if label not in pair]
    pl.seed_everything(CLASSES * pair[0] + pair[1], verbose=False)
    module = TaskANet(classes=len(others))
    data = ImageData(DATA, classes=others, validation=validation)
    trainer = pl.Trainer(
        max_epochs=EPOCHS,
        accelerator="cpu",
        devices=1,
        deterministic=True,
        check_val_every_n_epoch=EPOCHS,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, datamodule=data)
    return module, float(trainer.callback_metrics["val_accuracy"])
