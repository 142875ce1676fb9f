import csv
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.figures.layer_values import LayerValues, draw, layer_values, table
from tests.commands.own_experiment import write_own

Capture = pytest.CaptureFixture[str]
RUN = Path("mc-dropout", "alpha_dropout", "seed-42")


class Net(pl.LightningModule):
    """Two layers, the first one frozen, and one that has no part in the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(2, 3), nn.Linear(3, 1)
        self.net = nn.Sequential(self.hidden, nn.ReLU(), self.output)
        self.unused = nn.Linear(2, 1)
        self.hidden.requires_grad_(False)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        x, y = batch
        self.unused(x)
        loss = nn.functional.mse_loss(self.net(x), y)
        self.log("loss", loss)
        return loss


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(5, 2), torch.randn(5, 1)


def test_values_are_those_of_the_step(batch: tuple[Tensor, Tensor]) -> None:
    module = Net().eval()
    found = {values.name: values for values in layer_values(module, batch)}
    assert [*found] == ["unused", "hidden", "output"]  # in the order of their calls
    x, y = batch
    hidden = module.hidden(x).relu()
    assert torch.equal(found["hidden"].outputs, hidden.flatten())  # what the next layer gets
    assert torch.equal(found["output"].outputs, module.net(x).flatten())
    kernels = [module.hidden.weight, module.output.weight]
    gradients = torch.autograd.grad(nn.functional.mse_loss(module.net(x), y), kernels)
    for name, kernel, gradient in zip(["hidden", "output"], kernels, gradients, strict=True):
        assert torch.equal(found[name].weights, kernel.flatten())
        assert torch.equal(found[name].gradients, gradient.flatten())
    assert not found["unused"].gradients.numel()


def test_a_module_without_layers_is_refused(batch: tuple[Tensor, Tensor]) -> None:
    module = Net()
    module.training_step = lambda batch, batch_idx: batch[1].mean()  # type: ignore[method-assign]
    with pytest.raises(InputError, match="Net uses no dense or convolution layer"):
        layer_values(module, batch)


@pytest.mark.parametrize("depth", [2, 30])
def test_every_layer_is_drawn_and_in_the_table(depth: int) -> None:
    half = torch.tensor([0.0, 0.0, 1.0, 3.0])
    layers = [LayerValues(f"hidden{k}", half, half, 10.0 ** -(k + half)) for k in range(depth)]
    figure = draw(layers, "mine")
    assert figure.get_figheight() < 6
    panels = figure.axes
    assert len(panels) == 3
    low, high = panels[2].get_ylim()
    assert low < -(depth - 1 + 3) < 0 < high + 0.2  # powers of ten
    rows = [*csv.DictReader(table(layers).splitlines())]
    assert len(rows) == 3 * depth
    first = rows[0]
    assert (first["layer"], first["quantity"]) == ("hidden0", "weights")
    assert (first["share of zeros"], first["mean"], first["quantile 0.5"]) == ("0.5", "1", "0.5")
    assert float(first["rms"]) == pytest.approx((10 / 4) ** 0.5)
    if depth == 2:
        assert [text.get_text() for text in panels[0].texts] == ["50%", "50%"]
        assert [label.get_text() for label in panels[0].get_xticklabels()] == ["hidden0", "hidden1"]


def test_the_command_draws_them_into_the_folder_of_the_run(mc_run: Path, capsys: Capture) -> None:
    assert main(["figures", str(mc_run / RUN)]) == 0
    assert "layers.png: weights, outputs and gradients by layer" in capsys.readouterr().out
    rows = [*csv.DictReader((mc_run / RUN / "layers.csv").read_text().splitlines())]
    assert [row["layer"] for row in rows[::3]][-1] == "output"
    assert (mc_run / RUN / "layers.png").exists()


def test_a_module_of_one_s_own_has_layers_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "-c", "mine.yaml"]) == 0
    assert main(["figures", "runs/mine/seed-42"]) == 0
    assert "it is for a Classifier on ImageData, not for Net on Data" in capsys.readouterr().out
    rows = [*csv.DictReader(Path("runs/mine/seed-42/layers.csv").read_text().splitlines())]
    assert [row["layer"] for row in rows] == ["0"] * 3 + ["2"] * 3
    # Trained anew it has other weights.
    assert main(["fit", "-c", "mine.yaml", "--overwrite", "true"]) == 0
    assert not Path("runs/mine/seed-42/layers.png").exists()
    sys.modules.pop("own_module", None)


def test_other_data_are_refused(
    mc_run: Path, archive: Callable[..., Path], capsys: Capture
) -> None:
    archive(x_test=torch.zeros(100, 28, 28, dtype=torch.uint8).numpy())
    from dnn_techniques.data.sources import _load

    _load.cache_clear()
    assert main(["figures", str(mc_run / RUN)]) == 2
    assert "was trained on other data than are here" in capsys.readouterr().err
