"""A module, data and an experiment file as somebody else writes them, in plain Lightning."""

from pathlib import Path

MODULE = """
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(pl.LightningModule):
    def __init__(self, lr: float = 0.01, width: int = 8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 1))
        self.lr = lr

    def step(self, batch, name):
        x, y = batch
        loss = nn.functional.mse_loss(self.net(x)[:, 0], y)
        self.log(name, loss, on_epoch=True, on_step=False)
        return loss

    def training_step(self, batch, i):
        return self.step(batch, "loss")

    def validation_step(self, batch, i):
        self.step(batch, "val_loss")

    def test_step(self, batch, i):
        self.step(batch, "test_loss")

    def predict_step(self, batch, i):
        return self.net(batch[0])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)


class Data(pl.LightningDataModule):
    def __init__(self, n: int = 64):
        super().__init__()
        self.n = n

    def setup(self, stage):
        x = torch.randn(self.n, 4, generator=torch.Generator().manual_seed(0))
        self.samples = TensorDataset(x, x.sum(1))

    def train_dataloader(self):
        return DataLoader(self.samples, batch_size=8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.samples, batch_size=8)

    def test_dataloader(self):
        return DataLoader(self.samples, batch_size=8)

    def predict_dataloader(self):
        return DataLoader(self.samples, batch_size=8)
"""
EXPERIMENT = """# Mine
model:
  class_path: own_module.Net
data:
  class_path: own_module.Data
trainer:
  max_epochs: 2
  accelerator: cpu
"""


def write_own(folder: Path) -> None:
    """Write ``own_module.py`` and ``mine.yaml``."""
    (folder / "own_module.py").write_text(MODULE)
    (folder / "mine.yaml").write_text(EXPERIMENT)
