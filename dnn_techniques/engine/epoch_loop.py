"""Lightning's loop over an epoch, with less work between two training steps."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.loops.fetchers import _DataFetcher
from pytorch_lightning.loops.training_epoch_loop import _TrainingEpochLoop

from dnn_techniques.engine.conditions import why_plain
from dnn_techniques.engine.fast_step import FastStep
from dnn_techniques.engine.fetching import fetching
from dnn_techniques.engine.hooks import around
from dnn_techniques.engine.step_logs import StepLogs

# With so many steps between them Lightning's own work takes below 1% of the time of a small net's.
CHUNK = 50


class FastEpochLoop(_TrainingEpochLoop):
    """Makes several steps where Lightning's loop makes one.

    A step is the module's own `training_step` and `optimizer_step`; the progress, the schedules,
    the loggers, the checkpoints and whatever comes between epochs are as with Lightning's own loop,
    so that each can go on from what the other has begun. The hooks around a step are called, see
    `hooks.py`. What this loop cannot do it leaves to Lightning's, and says why.

    Args:
        trainer: The trainer, whose loop this replaces.
        make_step: Makes what computes a step's gradients and moves the weights.
        device: Type of the device that this is for.
        say: Gets the line that says why a training goes through Lightning's own loop.
    """

    def __init__(
        self,
        trainer: pl.Trainer,
        make_step: Callable[[pl.Trainer], FastStep],
        device: str,
        say: Callable[[str], None],
    ) -> None:
        old = trainer.fit_loop.epoch_loop
        super().__init__(trainer, old.min_steps, old.max_steps)
        self.make_step = make_step
        self.device = device
        self.say = say
        self.reason: str | None = None
        self.step: FastStep | None = None

    def on_run_start(self, data_fetcher: _DataFetcher) -> None:
        """Find out whether this epoch can be trained fast."""
        super().on_run_start(data_fetcher)
        before, self.reason = self.reason, why_plain(self.trainer, self.device)
        if self.reason is None:
            if self.step is None or self.step.optimizer is not self.trainer.optimizers[0]:
                self.step = self.make_step(self.trainer)
            self.reason = self.step.why_not(self.trainer.lightning_module)
        if self.reason and self.reason != before and self.trainer.is_global_zero:
            self.say(f"trained by Lightning's own loop: {self.reason}")

    def advance(self, data_fetcher: _DataFetcher) -> None:
        """Make the steps up to the next one after which Lightning has something to do.

        Raises:
            StopIteration: When somebody wants to end the epoch.
        """
        if self.reason:
            super().advance(data_fetcher)
            return
        if self.restarting and self._should_check_val_fx(data_fetcher):
            if self.val_loop.restarted_mid_evaluation or self.restarted_on_last:
                super().advance(data_fetcher)  # which makes no step, but goes on to validate
                return
            self.val_loop.increment_progress_to_evaluation_end()
        assert self.step is not None
        self.val_loop.restarting = False
        trainer, progress = self.trainer, self.batch_progress
        by_step = [c.scheduler for c in trainer.lr_scheduler_configs if c.interval == "step"]
        left, next_batch = self._steps_until_event(), fetching(trainer, data_fetcher)
        with (
            StepLogs(trainer.lightning_module) as logs,
            around(trainer, self.step, logs) as hooks,
        ):
            while True:
                batch = logs.batch = next_batch()
                index = progress.current.ready
                last = data_fetcher.done or left == 1
                progress.is_last_batch = data_fetcher.done
                progress.increment_ready()
                if batch is None:
                    outputs: Any = None
                    self._leave_out_a_step()
                elif hooks.start(batch, index) == -1:
                    self._leave_out_the_rest()
                    raise StopIteration
                else:
                    progress.increment_started()
                    outputs = hooks.step(batch, index, last and self._is_last_of_epoch())
                    self._count_optimizer_step()
                progress.increment_processed()
                for scheduler in by_step:
                    self.scheduler_progress.increment_ready()
                    scheduler.step()  # conditions.py has those that need a metric
                    self.scheduler_progress.increment_completed()
                if last:
                    logs.flush()
                    if self._num_ready_batches_reached():
                        self.update_lr_schedulers("epoch", update_plateau_schedulers=False)
                hooks.end(outputs, batch, index)
                if last or trainer.should_stop:
                    break
                left -= 1
                progress.increment_completed()
                self._batches_that_stepped += 1
            logs.flush()
            hooks.last_end(outputs, batch, index)
        progress.increment_completed()
        trainer._logger_connector.update_train_step_metrics()

    def _leave_out_a_step(self) -> None:
        """Warn of a loader that yields None, as Lightning does."""
        self.trainer._logger_connector.on_batch_start(None)
        self._warning_cache.warn(
            "train_dataloader yielded None. If this was on purpose, ignore this warning..."
        )

    def _leave_out_the_rest(self) -> None:
        """Note that a hook has ended the epoch, as Lightning does."""
        self.batch_progress.increment_by(0, is_last_batch=True)
        self.batch_progress.increment_processed()
        self.update_lr_schedulers("step", update_plateau_schedulers=False)
        self.update_lr_schedulers("epoch", update_plateau_schedulers=False)

    def _is_last_of_epoch(self) -> bool:
        """Whether the hooks of an epoch's end follow a step, which may look at the gradients."""
        return self._num_ready_batches_reached() or self.global_step + 1 == self.max_steps

    def _count_optimizer_step(self) -> None:
        """Count an optimizer step, as Lightning does while it makes one."""
        counted = self.automatic_optimization.optim_progress.optimizer
        for progress in (counted.step, counted.zero_grad):
            progress.increment_ready()
            progress.increment_completed()
        counted.zero_grad.increment_started()

    def _steps_until_event(self) -> int:
        """Number of steps up to the next one after which Lightning validates, logs or stops."""
        trainer, done = self.trainer, self.batch_progress.current.ready
        limits: list[float] = [CHUNK, trainer.num_training_batches - done]
        if self.max_steps != -1:
            limits.append(self.max_steps - self.global_step)
        if trainer.loggers and trainer.log_every_n_steps:
            limits.append(
                trainer.log_every_n_steps - self._batches_that_stepped % trainer.log_every_n_steps
            )
        if trainer._val_check_time_interval is not None:
            limits.append(1)
        elif trainer.enable_validation and trainer.val_check_batch != float("inf"):
            of_all = trainer.check_val_every_n_epoch is None
            passed = self.batch_progress.total.ready if of_all else done
            limits.append(trainer.val_check_batch - passed % trainer.val_check_batch)
        return max(1, int(min(limits)))
