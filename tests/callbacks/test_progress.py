import io
import sys
import time

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dnn_techniques.callbacks import EpochProgress, progress
from dnn_techniques.callbacks.progress import Running
from dnn_techniques.data import Batches, ShuffledBatches
from dnn_techniques.modules import Classifier

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.filterwarnings("ignore")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Own(pl.LightningModule):
    """Logs a metric of its own, and one that the progress bar does not show."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(4, 2)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        loss: Tensor = self.net(batch[0]).sum()
        self.log("error", 0.25, prog_bar=True)
        self.log("hidden", 0.5)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(module: pl.LightningModule, shown: EpochProgress, validate: bool = True) -> None:
    x, y = torch.randn(10, 4), torch.tensor([0, 1] * 5)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        callbacks=[shown],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    batches = ShuffledBatches(x, y, 3, torch.randperm)
    trainer.fit(module, batches, Batches(x, y, 5) if validate else None)


def test_an_epoch_leaves_a_line_with_its_figures() -> None:
    lines: list[str] = []
    train(Classifier(nn.Linear(4, 2)), EpochProgress(lines.append))
    for line, number in zip(lines, "12", strict=True):
        assert line.startswith(f"epoch  {number}/2  loss ")
        names = [part.split(" ")[0] for part in line.split("  ")[2:-1]]
        assert names == ["loss", "accuracy", "val_loss", "val_accuracy"]
        assert line.endswith(" s")


def test_the_figures_are_those_that_a_module_shows() -> None:
    lines: list[str] = []
    train(Own(), EpochProgress(lines.append), validate=False)
    assert lines[0].startswith("epoch  1/2  error 0.2500  ")
    assert "hidden" not in lines[0]


def test_the_running_epoch_is_shown_with_the_means_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    shown: list[Running] = []
    train(Classifier(nn.Linear(4, 2)), EpochProgress(lambda line: None, shown.append))
    assert [(r.epoch, r.share) for r in shown] == [(e, b / 4) for e in (1, 2) for b in (1, 2, 3, 4)]
    assert all(r.epochs == 2 and r.left is not None and r.left >= 0 for r in shown)
    assert list(shown[0].figures) == ["loss", "accuracy"]
    assert not shown[3].earlier
    assert shown[4].earlier["loss"] == pytest.approx(shown[3].figures["loss"])
    assert set(shown[4].earlier) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_the_figures_are_read_a_few_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Running] = []
    now = iter(range(1000))
    monkeypatch.setattr(time, "perf_counter", lambda: next(now) / 10)  # a tenth of a second a look
    train(Classifier(nn.Linear(4, 2)), EpochProgress(lambda line: None, shown.append))
    assert [r.share for r in shown] == [0.75, 0.75]


def test_where_there_is_no_terminal_only_lines_are_printed(capsys: Capture) -> None:
    train(Classifier(nn.Linear(4, 2)), EpochProgress())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("epoch  1/2  loss ")


def test_a_narrow_file_has_the_fields_of_an_epoch_in_two_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    train(Classifier(nn.Linear(4, 2)), EpochProgress())
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith("epoch  1/2  loss ")
    assert second.startswith(f"{'':12}val_")
    assert max(len(first), len(second)) <= 60


def test_a_terminal_shows_a_bar_and_a_row_an_epoch_below_the_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    train(Classifier(nn.Linear(4, 2)), EpochProgress())
    text = terminal.getvalue()
    assert "\repoch  1/2  ━" in text
    lines = [line.rpartition("\x1b[J")[2] for line in text.strip().split("\n")]
    assert lines[0].split() == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert [line.split()[0] for line in lines[1:]] == ["1/2", "2/2"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_the_bar_fits(columns: int) -> None:
    figures = {"loss": 0.5, "accuracy": 0.25}
    line = Running(1, 10, 0.5, figures, 75.0).line("epoch  1/10", columns)
    assert line.startswith("epoch  1/10")
    assert len(line) < columns
    assert ("loss 0.5000  accuracy 0.2500  1:15 left" in line) == (columns >= 80)


def test_an_endless_loader_has_no_end_in_sight() -> None:
    assert Running(1, None, 0.0, {}, None).line("epoch  1", 80).endswith("   0%")
