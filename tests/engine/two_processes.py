"""Trains in two processes: ``python -m tests.engine.two_processes FOLDER ROOT``, for test_ddp."""

import json
import sys
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

from dnn_techniques.data import ImageData
from dnn_techniques.engine import attach
from dnn_techniques.layers import MLP
from dnn_techniques.modules import Classifier


def make() -> Classifier:
    torch.manual_seed(1)
    return Classifier(MLP(784, (12,), 10, "relu"), lr=0.1)


def loaders(root: Path, processes: int) -> dict[str, dict[str, Any]]:
    """What `trainer.fit` gets beside the module, by kind; a step has 32 images in all."""
    data = ImageData(root=root, validation=50, batch_size=32 // processes)
    data.setup("fit")
    images = TensorDataset(*data.train)
    # Lightning shares the images of several processes out by such a sampler.
    sampler: Any = DistributedSampler(images, 1, 0) if processes == 1 else None
    return {
        "DataLoader": {
            "train_dataloaders": DataLoader(images, data.batch_size, sampler=sampler),
            "val_dataloaders": DataLoader(TensorDataset(*data.valid), 25),
        },
        "ImageData": {"datamodule": data},
    }


def main(folder: Path, root: Path) -> None:
    """Train on both kinds of data, and write what comes of it."""
    for kind, data in loaders(root, 2).items():
        trainer = pl.Trainer(
            max_epochs=2,
            accelerator="cpu",
            devices=2,
            strategy="ddp",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        said: list[str] = []
        attach(trainer, say=said.append)
        module = make()
        pl.seed_everything(0, verbose=False)
        trainer.fit(module, **data)
        rank = trainer.global_rank
        torch.save(module.state_dict(), folder / f"{kind}-{rank}.pt")
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        (folder / f"{kind}-{rank}.json").write_text(json.dumps({"said": said, "metrics": metrics}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
