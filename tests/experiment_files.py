"""The experiment files, as any LightningCLI reads them."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from jsonargparse import ArgumentParser

from dnn_techniques.modules import Classifier

FOLDER = Path(__file__).parents[1] / "experiments"


@cache
def parser() -> ArgumentParser:
    parser = ArgumentParser()
    parser.add_subclass_arguments(pl.LightningModule, "model")
    parser.add_subclass_arguments(pl.LightningDataModule, "data")
    parser.add_argument("--callbacks", type=list[pl.Callback], default=[])
    return parser


@dataclass(frozen=True, eq=False)
class ExperimentFile:
    """An experiment file and what it makes."""

    path: Path

    @property
    def name(self) -> str:
        return f"{self.group}/{self.path.stem}"

    @property
    def group(self) -> str:
        return self.path.parent.name

    @cached_property
    def values(self) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load(self.path.read_text())
        return values

    @property
    def documented(self) -> str:
        """Its entry in documented_results.json, or nothing."""
        return str(self.values.get("documented", ""))

    @property
    def trainer(self) -> dict[str, Any]:
        values: dict[str, Any] = self.values["trainer"]
        return values

    @cached_property
    def made(self) -> Any:
        """Model, data and callbacks."""
        values = {name: self.values[name] for name in ("model", "data")}
        callbacks = self.trainer.get("callbacks", [])
        torch.manual_seed(0)
        return parser().instantiate_classes(
            parser().parse_object(values | {"callbacks": callbacks})
        )

    @property
    def model(self) -> Classifier:
        model: Classifier = self.made.model
        return model

    @property
    def data(self) -> Any:
        return self.made.data

    @property
    def callbacks(self) -> dict[str, Any]:
        """Its callbacks by class name."""
        return {type(callback).__name__: callback for callback in self.made.callbacks}


FILES = [ExperimentFile(path) for path in sorted(FOLDER.glob("*/*.yaml"))]
