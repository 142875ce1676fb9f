from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from tensorboard.backend.event_processing import (  # type: ignore[import-untyped]
    event_accumulator,
)

from dnn_techniques.callbacks import TensorBoardDetails
from dnn_techniques.callbacks.tensorboard_details import gradient_norms
from dnn_techniques.cli import main
from dnn_techniques.data import ImageData, PlaneData
from dnn_techniques.layers import MLP, Dropout
from dnn_techniques.modules import BNBeforeActivation, Classifier, PlaygroundNet
from tests.modules.trainer import trainer

Archive = Callable[..., Path]


def events(folder: Path) -> Any:
    found = event_accumulator.EventAccumulator(
        str(folder), size_guidance={"histograms": 0, "images": 0}
    )
    found.Reload()
    return found


def test_a_run_has_histograms_gradient_norms_and_images(archive: Archive, tmp_path: Path) -> None:
    small = ["--data.root", str(archive().parent), "--data.validation", "50"]
    details = ["--trainer.callbacks+", "dnn_techniques.callbacks.TensorBoardDetails"]
    words = ["run", "chapter10/fashion_mlp", "--out", str(tmp_path), "--jobs", "1", *small]
    words += ["--trainer.max_epochs", "2", "--model.hidden", "[5]"]
    assert main([*words, *details, "--sweep.lr", "[.05, .001]"]) == 0
    assert main([*words, "--sweep.lr", "[.05]"]) == 0
    runs = sorted(tmp_path.rglob("seed-42"))
    assert len(runs) == 3
    with_details = [run for run in runs if "callbacks" in str(run)]
    assert len(with_details) == 2
    layers = {f"{name}.{part}" for name in ("hidden1", "output") for part in ("weight", "bias")}
    for run in with_details:
        found = events(run / "tensorboard")
        assert set(found.Tags()["histograms"]) == layers
        scalars = set(found.Tags()["scalars"])
        assert {f"gradient_norm/{name}" for name in layers} | {"val_loss"} <= scalars
        norms = found.Scalars("gradient_norm/hidden1.weight")
        assert [event.step for event in norms] == [0, 1]
        assert all(event.value > 0 for event in norms)
        (sheet,) = found.Images("first_images")
        assert (sheet.width, sheet.height) == (8 * 28, 2 * 28)
    # The same training as without.
    alone = next(run for run in runs if run not in with_details)
    same = next(run for run in with_details if "0.05" in str(run))
    one, other = (
        torch.load(run / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for run in (alone, same)
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_norms_are_those_of_the_gradients() -> None:
    torch.manual_seed(0)
    module = PlaygroundNet(hidden=(4,))
    batch = torch.randn(6, 2), torch.tensor([0, 1] * 3)
    norms = gradient_norms(module, batch)
    assert all(p.grad is None for p in module.parameters())
    module.figures(batch)["loss"].backward()
    assert norms == {
        name: pytest.approx(float(p.grad.norm()))  # type: ignore[union-attr]
        for name, p in module.net.named_parameters()
    }


@pytest.mark.parametrize("net", ["dropout", "batch normalization"])
def test_nothing_else_changes(net: str, archive: Archive, tmp_path: Path) -> None:
    """The statistics of batch normalization, and the numbers that dropout draws next."""

    def weights(*callbacks: pl.Callback) -> dict[str, torch.Tensor]:
        pl.seed_everything(1, verbose=False)
        module: Any = BNBeforeActivation(hidden=(5,))
        if net == "dropout":
            module = Classifier(MLP(784, (5,), 10, dropout=lambda: Dropout(0.5)))
        logger = TensorBoardLogger(tmp_path)
        options = {"max_epochs": 2, "limit_train_batches": 4, "logger": logger}
        data = ImageData(root=archive().parent, validation=50)
        trainer(**options, callbacks=list(callbacks)).fit(module, data)
        return module.state_dict()  # type: ignore[no-any-return]

    plain, with_details = weights(), weights(TensorBoardDetails())
    assert all(torch.equal(plain[name], value) for name, value in with_details.items())


def test_without_tensorboard_or_images_there_is_nothing_to_write(tmp_path: Path) -> None:
    trainer(max_epochs=1, callbacks=[TensorBoardDetails()]).fit(PlaygroundNet(), PlaneData())
    logger = TensorBoardLogger(tmp_path)
    options = {"max_epochs": 1, "logger": logger, "callbacks": [TensorBoardDetails()]}
    trainer(**options).fit(PlaygroundNet(), PlaneData())
    logger.experiment.flush()
    tags = events(Path(logger.log_dir)).Tags()
    assert tags["images"] == []
    assert tags["histograms"]
