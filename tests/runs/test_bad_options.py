"""Options that made a run hang, crash or write elsewhere: one line, and nothing is left."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
from torch import Tensor, nn
from torch.optim import SparseAdam

from dnn_techniques.cli import main
from dnn_techniques.errors import InputError
from dnn_techniques.modules import WithoutBN
from dnn_techniques.runs.checks import check_own_optimizer
from dnn_techniques.weights.example import example_input

# More than Python and PyTorch can count.
HUGE = 10**30

Archive = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def fit(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A training that takes a second, in an empty folder."""
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    root = archive().parent
    (tmp_path / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "below")
    small = ["--data.root", str(root), "--data.validation", "50", "--trainer.max_epochs", "1"]
    return [*small, "--trainer.accelerator", "cpu"]


def refused(command: list[str], complaint: str, capsys: Capture) -> None:
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert complaint in error


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("bn/without", "--experiment ../../escape", "is no name below --out"),
        ("bn/without", "--experiment /escape", "is no name below --out"),
        ("bn/without", "--experiment .", "is no name below --out"),
        ("bn/without", "--out=", "--out is empty"),
        ("bn/without", "--threads 100000", "--threads must be at most"),
        ("bn/before_activation", "--tensorflow.fits [0]", "must be numbers of epochs, at least 1"),
        ("bn/before_activation", "--tensorflow.fits [-1]", "must be numbers of epochs"),
        ("bn/without", "--trainer.num_nodes 2", "nobody says where the others are"),
        ("bn/without", "--trainer.num_nodes 0", "num_nodes must be at least 1"),
        ("bn/without", "--trainer.devices 100000", "devices must be at most"),
        ("bn/without", "--trainer.max_time 00:00:00:00", "leaves no time to train"),
        ("bn/without", "--trainer.max_time words", "max_time must be days, hours, minutes and"),
        ("bn/without", '--trainer.max_time={"seconds":0}', "leaves no time to train"),
        ("bn/without", "--trainer.val_check_interval 0", "val_check_interval must be above 0"),
        ("bn/without", "--trainer.check_val_every_n_epoch 0", "must be above 0"),
        ("bn/without", "--trainer.accumulate_grad_batches 0", "must be above 0"),
        ("bn/without", "--trainer.callbacks+=Timer", "an option is no plain value"),
        ("bn/without", f"--trainer.accumulate_grad_batches {HUGE}", "must be at most 1000000000"),
        ("bn/without", f"--data.batch_size {HUGE}", "batch_size must be at most 1000000000"),
        ("bn/without", "--trainer.max_time 99999999999:00:00:00", "longer than can be counted"),
        ("bn/without", f'--trainer.max_time={{"hours":{HUGE}}}', "longer than can be counted"),
        ("bn/without", f"--experiment {'/'.join('a' * 2000)}", "names 2000 folders in each other"),
        (
            "bn/without",
            "--trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_los",
            "EarlyStopping.monitor val_los: WithoutBN logs loss, accuracy, val_loss, val_accuracy",
        ),
        (
            "bn/without",
            "--trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_los"
            " --trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_loss",
            "EarlyStopping.monitor val_los: ",
        ),
        (
            "bn/without",
            "--trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_loss"
            " --trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_loss",
            "a checkpoint cannot tell two EarlyStopping apart",
        ),
        (
            "bn/without",
            "--optimizer=torch.optim.SGD --optimizer.lr=.1 --lr_scheduler=StepLR"
            " --lr_scheduler.step_size=0",
            "--lr_scheduler StepLR: integer modulo by zero",
        ),
        (
            "bn/without",
            "--trainer.callbacks+=LearningRateFinder",
            "LearningRateFinder changes what",
        ),
        ("bn/without", "--trainer.callbacks+=BatchSizeFinder", "BatchSizeFinder changes what"),
        ("bn/without", "--trainer.callbacks+=BackboneFinetuning", "a module with a `backbone`"),
        (
            "bn/without",
            "--optimizer=SGD --optimizer.lr=.1 --lr_scheduler=ReduceLROnPlateau"
            " --lr_scheduler.monitor=val_los",
            "ReduceLROnPlateau.monitor val_los: WithoutBN logs loss, accuracy,",
        ),
        (
            "bn/without",
            "--optimizer=SGD --optimizer.lr=.1 --lr_scheduler=CyclicLR --lr_scheduler.base_lr=.1"
            " --lr_scheduler.max_lr=.2 --lr_scheduler.step_size_up=0",
            "--lr_scheduler: ",
        ),
        (
            "bn/without",
            "--trainer.limit_val_batches 0 --trainer.callbacks+=EarlyStopping"
            " --trainer.callbacks.monitor=val_loss",
            "EarlyStopping.monitor val_loss: WithoutBN logs loss, accuracy",
        ),
        (
            "bn/without",
            "--trainer.callbacks+=StochasticWeightAveraging --trainer.callbacks.swa_lrs=0.01",
            "an option is no plain value: - Unable to serialize instance cpu",
        ),
        ("bn/without", "--optimizer=SparseAdam", "--optimizer SparseAdam needs sparse gradients"),
        ("bn/without", "--trainer.limit_test_batches 0.5", "of 1 less than one"),
        ("bn/without", "--trainer.gradient_clip_val -1", "gradient_clip_val must be at least 0"),
        ("bn/without", "--trainer.barebones true", "--trainer.barebones writes no figures"),
        ("bn/without", "--trainer.strategy ddp_spawn", "--trainer.strategy ddp_spawn: its"),
        (
            "bn/without",
            "--trainer.strategy=DDPStrategy --trainer.strategy.start_method=spawn",
            "--trainer.strategy DDPStrategy: its",
        ),
        ("bn/without", "--model.classes 0", "classes must be at least 1, got 0"),
        ("schedules/power", "--model.s 0", "s must be above 0"),
        ("schedules/performance", "--model.factor 1", "factor must be in (0, 1)"),
        ("schedules/one_cycle", "--model.max_lr 0", "max_lr must be above 0"),
        ("schedules/one_cycle_momentum", "--model.max_lr 0", "max_lr must be above 0"),
    ],
)
def test_refused_before_anything_is_written(
    fit: list[str], capsys: Capture, name: str, options: str, complaint: str
) -> None:
    refused(["fit", "-c", name, *fit, *options.split()], complaint, capsys)
    assert not list(Path("..").glob("*/*"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("--trainer.callbacks+=EarlyStopping --trainer.callbacks.monitor=val_los", "`val_los`"),
        ("--trainer.limit_val_batches 0.5", "check 0.5 of the `val_dataloader`"),
        ("--trainer.val_check_interval 10000", "`val_check_interval` (10000) must be less"),
    ],
)
def test_what_lightning_refuses_in_training_is_one_line(
    fit: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch, options: str, complaint: str
) -> None:
    """As a figure that a module of one's own does not log; nothing is left of the first epoch."""
    monkeypatch.setattr("dnn_techniques.runs.prepare.check_monitors", lambda *args: None)
    refused(["fit", "-c", "bn/without", *fit, *options.split()], complaint, capsys)
    assert not list(Path().glob("runs/*"))


def test_what_is_logged_may_be_waited_for(fit: list[str]) -> None:
    for monitor in ("loss", "val_accuracy"):
        wait = ["--trainer.callbacks+=EarlyStopping", f"--trainer.callbacks.monitor={monitor}"]
        assert main(["fit", "-c", "bn/without", *fit, *wait, "--experiment", monitor]) == 0


@pytest.mark.parametrize(
    "options",
    [
        "--trainer.callbacks+=ModelCheckpoint",
        "--trainer.callbacks+=ModelCheckpoint --trainer.callbacks.monitor=step",
        "--trainer.callbacks+=ModelCheckpoint --trainer.logger false",
        "--trainer.callbacks+=TQDMProgressBar",
        "--trainer.logger true",
        "--optimizer=SGD --optimizer.lr=.1 --lr_scheduler=ReduceLROnPlateau"
        " --lr_scheduler.monitor=printed_loss",
    ],
)
def test_what_a_run_has_of_its_own_may_be_given(fit: list[str], options: str) -> None:
    for command in ("fit", "test"):
        assert main([command, "-c", "bn/without", *fit, *options.split()]) == 0
    files = {path for path in Path().rglob("*") if path.is_file()}
    (run,) = Path("runs").glob("*/*/seed-42")
    assert run / "result.json" in files
    assert all(run in file.parents for file in files)


def test_a_callback_may_be_given_without_a_list(fit: list[str], tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "trainer: {callbacks: {class_path: EarlyStopping, init_args: {monitor: loss}}}"
    )
    assert main(["fit", "-c", "bn/without", "-c", str(tmp_path / "own.yaml"), *fit]) == 0


def test_a_callback_whose_package_is_missing_is_one_line(
    fit: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "pytorch_lightning.callbacks.device_stats_monitor"
    monkeypatch.setattr(f"{module}._PSUTIL_AVAILABLE", False)
    command = ["fit", "-c", "bn/without", *fit, "--trainer.callbacks+=DeviceStatsMonitor"]
    refused(command, "`psutil` is not installed", capsys)
    assert not list(Path().glob("runs/*"))


class Words(pl.LightningModule):
    """One whose gradients are sparse."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 3, sparse=True)

    def configure_optimizers(self) -> SparseAdam:
        return SparseAdam(list(self.parameters()))


def test_sparse_gradients_may_have_their_optimizer() -> None:
    module = Words()
    check_own_optimizer(module)
    module.embedding.sparse = False
    with pytest.raises(InputError, match="needs sparse gradients"):
        check_own_optimizer(module)


class LogsMore(WithoutBN):
    """One that logs a figure of its own."""

    def validation_step(self, batch: Any, batch_idx: int) -> dict[str, Tensor]:
        self.log("val_mine", 1.0)
        return super().validation_step(batch, batch_idx)


def test_a_module_may_log_a_figure_of_its_own(fit: list[str]) -> None:
    own = ["--model", f"{__name__}.LogsMore"]
    wait = ["--trainer.callbacks+=EarlyStopping", "--trainer.callbacks.monitor=val_mine"]
    assert main(["fit", "-c", "bn/without", *own, *fit, *wait]) == 0


def test_what_a_schedule_refuses_in_training_is_one_line(fit: list[str], capsys: Capture) -> None:
    command = ["fit", "-c", "schedules/piecewise_constant_by_step", *fit]
    refused([*command, "--model.boundaries", "[2,1]"], "boundaries must", capsys)
    schedule = "--optimizer=SGD --optimizer.lr=.1 --lr_scheduler=OneCycleLR"
    schedule += " --lr_scheduler.max_lr=.1 --lr_scheduler.total_steps=2 --trainer.max_epochs 3"
    refused(["fit", "-c", "bn/without", *fit, *schedule.split()], "Tried to step 3 times", capsys)


def test_a_run_that_is_not_tested_has_no_figures_of_a_test(fit: list[str], tmp_path: Path) -> None:
    command = ["fit", "-c", "bn/without", *fit, "--trainer.limit_test_batches", "0", "--out"]
    assert main([*command, str(tmp_path / "out")]) == 0
    (result,) = (tmp_path / "out").rglob("result.json")
    assert json.loads(result.read_text())["test"] == {}


def test_a_training_without_an_epoch_is_no_run(
    fit: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a max_time that is over before."""
    monkeypatch.setattr("dnn_techniques.runs.train._fit", lambda *args: ({}, {}))
    refused(["fit", "-c", "bn/without", *fit], "the training ended before an epoch did", capsys)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 1 TiB"),
        MemoryError(),
        RuntimeError("can't start new thread"),
        RuntimeError("Resource temporarily unavailable"),
        SystemError("error return without exception set"),
    ],
)
def test_a_lack_of_memory_is_one_line(
    fit: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def lacks(*args: object) -> None:
        raise error

    monkeypatch.setattr("dnn_techniques.runs.train._fit", lacks)
    said = str(error) or "none is left"
    refused(["fit", "-c", "bn/without", *fit], f"not enough memory: {said}", capsys)


def test_more_seeds_than_can_be_planned(capsys: Capture) -> None:
    refused(["run", "bn", "--seeds", "1000000000000"], "--seeds must be at most 10000", capsys)


@pytest.mark.parametrize("sizes", ["-1", "0", "28 -28"])
def test_sizes_that_are_none(sizes: str) -> None:
    with pytest.raises(InputError, match="sizes of at least 1"):
        example_input(nn.Linear(3, 2), [int(size) for size in sizes.split()])


@pytest.mark.parametrize(
    ("option", "old", "new"), [("--threads", "1", "2"), ("--engine", "fast", "plain")]
)
def test_what_changes_last_digits_is_told(
    fit: list[str],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    old: str,
    new: str,
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    command = ["fit", "-c", "bn/without", *fit]
    with monkeypatch.context() as patch:
        patch.setattr("dnn_techniques.runs.recording.RunFolder.finish", interrupt)
        assert main(command) == 130
    capsys.readouterr()
    assert main([*command, option, new]) == 0
    said = f"begun with {option} {old}: with {new} last digits may differ"
    assert said in capsys.readouterr().err
