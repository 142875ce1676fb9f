"""Modules and loaders that the tests of the engine train."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
import torchmetrics
from torch import Tensor, nn

from dnn_techniques.data import ImageData
from dnn_techniques.layers import MLP
from dnn_techniques.modules import BNBeforeActivation, Classifier

Make = Callable[[], pl.LightningModule]


def small(**options: Any) -> Classifier:
    return Classifier(MLP(784, (12,), 10, "relu"), **{"lr": 0.1, **options})


def small_bn() -> BNBeforeActivation:
    return BNBeforeActivation(hidden=(12,), lr=0.1)


class Plain(pl.LightningModule):
    """What Lightning's documentation shows: torch's layers and optimizer, and default logging."""

    def __init__(self, optimizer: str = "SGD", lr: float = 0.1) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Dropout(0.0), nn.Linear(12, 10)
        )
        self.accuracy = torchmetrics.Accuracy("multiclass", num_classes=10)
        self.optimizer = optimizer
        self.lr = lr

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        x, y = batch
        logits = self.net(x)
        loss = F.cross_entropy(logits, y)
        self.accuracy(logits, y)
        self.log("loss", loss, prog_bar=True)
        self.log("mean", loss, on_epoch=True)
        self.log("largest", loss, on_step=False, on_epoch=True, reduce_fx="max")
        self.log("inferred", loss, on_step=False, on_epoch=True)
        self.log("accuracy", self.accuracy, on_step=False, on_epoch=True)
        self.log("constant", 3.0)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", F.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        return getattr(torch.optim, self.optimizer)(self.parameters(), lr=self.lr)


class Twin(pl.LightningModule):
    """A `Classifier`'s arithmetic in nothing but torch and Lightning."""

    def __init__(self, of: Classifier) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
        for own, other in zip(self.parameters(), of.parameters(), strict=True):
            own.data.copy_(other)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        return F.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        pass

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Ordered:
    """A loader that can go on where it was, as Lightning's mid-epoch resumption needs it."""

    def __init__(self, root: Path) -> None:
        data = ImageData(root=root, validation=50)
        data.setup("fit")
        self.batches = list(zip(*(part.split(32) for part in data.train), strict=True))
        self.position = 0

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        for i in range(self.position, len(self)):
            self.position = (i + 1) % len(self)
            yield self.batches[i]

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.position = state["position"]


def line(reason: str | None) -> list[str]:
    return [] if reason is None else [f"trained by Lightning's own loop: {reason}"]
