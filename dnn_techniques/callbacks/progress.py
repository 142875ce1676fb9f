"""The progress display of a training: a bar within the epoch, a line after it."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar

from dnn_techniques import terminal

# Reading a figure waits for the device: so many seconds from one time to the next.
PAUSE = 0.25


@dataclass(frozen=True)
class Running:
    """How far a training is within an epoch.

    Attributes:
        epoch: The epoch, from 1.
        epochs: Number of epochs, None where it is not known.
        share: How much of the epoch is done, from 0 to 1.
        figures: Means of the epoch so far of what the module shows.
        left: Seconds to the end of the last epoch, or of this one where the last is not known; None
            where nobody knows.
        earlier: Figures of the epoch before.
    """

    epoch: int
    epochs: int | None
    share: float
    figures: dict[str, float]
    left: float | None
    earlier: dict[str, float] = field(default_factory=dict)

    def line(self, title: str, columns: int) -> str:
        """A bar with the figures and the time that is left; what does not fit is left out."""
        figures = [f"{name} {value:.4f}" for name, value in self.figures.items()]
        left = [f"{clock(self.left)} left"] if self.left is not None else []
        while True:
            parts = [title, f"{self.share:4.0%}", *figures, *left]
            free = columns - 1 - len("  ".join(parts))
            if free >= 0 or not figures:
                break
            figures.pop()
        room = min(30, free - 2)
        if room >= 5:
            parts.insert(1, ("━" * round(self.share * room)).ljust(room))
        return "  ".join(parts)[: columns - 1]


class EpochProgress(ProgressBar):
    """Shows the running epoch as a bar and each finished epoch as a line.

    They have the figures that the module logs with ``prog_bar=True``. Where the output is no
    terminal, there are only the lines.

    Args:
        show: Gets each line; printed by default, on a terminal as rows of a table.
        live: Gets how far the epoch is, a few times a second; drawn as a bar by default where the
            output is a terminal.
    """

    def __init__(
        self,
        show: Callable[[str], None] | None = None,
        live: Callable[[Running], None] | None = None,
    ) -> None:
        super().__init__()
        self.show = show
        self.bottom = terminal.Bottom()
        self.live = live or (self._draw if sys.stdout.isatty() else None)
        self.header = ""
        self.figures: dict[str, float] = {}
        self.seconds: float | None = None  # of the epoch before

    def disable(self) -> None:
        """Show nothing, as Lightning asks of all but one of the processes that train together."""
        self.live, self.show = None, lambda line: None

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of the epoch."""
        self.start = self.shown = time.perf_counter()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Show how far it is, unless that was shown a moment ago."""
        now = time.perf_counter()
        if self.live is None or now - self.shown < PAUSE:
            return
        self.shown = now
        seconds, share = now - self.start, (batch_idx + 1) / trainer.num_training_batches
        left = seconds * (1 / share - 1) if share else None  # an endless loader
        epochs = _epochs(trainer)
        if left is not None and epochs is not None:
            left += (self.seconds or seconds / share) * (epochs - trainer.current_epoch - 1)
        epoch = trainer.current_epoch + 1
        self.live(Running(epoch, epochs, share, _so_far(trainer), left, self.figures))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Replace the bar by a line with the figures of the epoch."""
        self.seconds = time.perf_counter() - self.start
        metrics = trainer.progress_bar_metrics
        names = sorted(metrics, key=lambda name: name.startswith("val_"))
        self.figures = {name: float(metrics[name]) for name in names}
        said = [f"{name} {value:.4f}" for name, value in self.figures.items()]
        title = _title(trainer.current_epoch + 1, _epochs(trainer))
        fields = [title, *said, f"{self.seconds:.1f} s"]
        if self.show is not None:
            self.show("  ".join(fields))
            return
        self.bottom.clear()
        if not (sys.stdout.isatty() and self._say_as_row(title.split()[1])):
            print(terminal.fold(fields, terminal.width(), hang=len(title) + 2), flush=True)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Leave the terminal clean."""
        self.bottom.clear()

    def _draw(self, running: Running) -> None:
        columns = terminal.width()
        title = _title(running.epoch, running.epochs)
        self.bottom.draw([running.line(title, columns)] if columns else [])

    def _say_as_row(self, epoch: str) -> bool:
        """Print a row, below the names of its figures where they are new; False if too wide."""
        cells = {"epoch": epoch} | {name: f"{value:.4f}" for name, value in self.figures.items()}
        cells["seconds"] = f"{self.seconds:.1f}"
        header = "  ".join(name.rjust(7) for name in cells)
        if len(header) > (terminal.width() or 0):
            return False
        if header != self.header:
            self.header = header
            print(terminal.paint(header, terminal.BOLD) if terminal.colorful() else header)
        row = (cell.rjust(max(7, len(name))) for name, cell in cells.items())
        print("  ".join(row), flush=True)
        return True


def clock(seconds: float) -> str:
    """A duration in hours, minutes and seconds.

    >>> clock(65.2), clock(3600)
    ('1:05', '1:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _title(epoch: int, epochs: int | None) -> str:
    return f"epoch {epoch:2d}" + (f"/{epochs}" if epochs is not None else "")


def _epochs(trainer: pl.Trainer) -> int | None:
    """Number of epochs, None where a number of steps was given."""
    return trainer.max_epochs if trainer.max_epochs != -1 else None


def _so_far(trainer: pl.Trainer) -> dict[str, float]:
    """The means so far of what the module shows, read from the device."""
    results = trainer._results
    return {
        result.meta.name: float(result.value / result.cumulated_batch_size)
        for result in (results.values() if results is not None else ())
        if result.meta.prog_bar
        and result.meta.on_epoch
        and result.is_tensor
        and result.meta.is_mean_reduction
    }
