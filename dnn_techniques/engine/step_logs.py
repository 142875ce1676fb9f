"""What a module logs in several training steps, handed on to Lightning at once."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.data import extract_batch_size
from torch import Tensor

# Lightning sums in these.
_SUMMED = (torch.float32, torch.float64)


class StepLogs:
    """Stands in for a module's `log` during training steps.

    Lightning's bookkeeping of a logged value takes a good part of a small net's step. Scalars that
    are only averaged over the epoch are kept, and logged as one mean of several steps.

    Args:
        module: The module.

    Attributes:
        batch: What the step trains on; tells the batch size where the module does not.
    """

    def __init__(self, module: pl.LightningModule) -> None:
        self.module = module
        self.batch: Any = None
        self.known: dict[str, Any] | None = None  # options of a `log_dict` whose values are kept
        self.kept: dict[str, tuple[list[Tensor], list[int], dict[str, Any]]] = {}

    def __enter__(self) -> "StepLogs":
        """Begin to keep values."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *args: object) -> None:
        """Log what was kept, also if the batches are at their end."""
        connector = self.module.trainer._logger_connector
        if connector._first_loop_iter is not None and kind in (None, StopIteration):
            self.flush()
            connector.on_batch_end()

    def stand_in(self) -> None:
        """Take the place of the module's `log` and `log_dict`."""
        vars(self.module).update(log=self.log, log_dict=self.log_dict)

    def stand_aside(self) -> None:
        """Give them back."""
        del vars(self.module)["log"], vars(self.module)["log_dict"]

    def log_dict(
        self, dictionary: Any, *args: Any, batch_size: int | None = None, **options: Any
    ) -> None:
        """Keep values or hand them on, as `LightningModule.log_dict` takes them."""
        known = options == self.known and not args and dictionary.keys() <= self.kept.keys()
        if known and batch_size and all(map(_scalar, dictionary.values())):
            for name, value in dictionary.items():
                values, sizes, _ = self.kept[name]
                values.append(value.detach())
                sizes.append(batch_size)
            return
        options_and_size = {**options, "batch_size": batch_size}
        type(self.module).log_dict(self.module, dictionary, *args, **options_and_size)
        averaged = options.get("on_step") is False and options.get("on_epoch") is True
        kept = averaged and type(dictionary) is dict and dictionary.keys() <= self.kept.keys()
        self.known = options if kept else None

    def log(
        self,
        name: str,
        value: Any,
        prog_bar: bool = False,
        logger: bool | None = None,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        reduce_fx: Any = "mean",
        enable_graph: bool = False,
        batch_size: int | None = None,
        **options: Any,
    ) -> None:
        """Keep a value, or hand it on, as `LightningModule.log` takes it."""
        averaged = on_step is False and on_epoch and reduce_fx == "mean" and not enable_graph
        keep = averaged and _scalar(value)
        if not keep or name not in self.kept:
            options |= {"prog_bar": prog_bar, "logger": logger, "on_step": on_step}
            options |= {"on_epoch": on_epoch, "reduce_fx": reduce_fx, "enable_graph": enable_graph}
        if not keep:
            self._hand_on(name, value, batch_size=batch_size, **options)
            return
        values, sizes, _ = self.kept.setdefault(name, ([], [], options))
        values.append(value.detach())
        sizes.append(extract_batch_size(self.batch) if batch_size is None else batch_size)

    def flush(self) -> None:
        """Log the means of what was kept."""
        for name, (values, sizes, options) in self.kept.items():
            weights = values[0].new_tensor(sizes)
            mean = (torch.stack(values) * weights).sum() / weights.sum()
            self._hand_on(name, mean, batch_size=sum(sizes), **options)
        self.kept.clear()

    def _hand_on(self, name: str, value: Any, **options: Any) -> None:
        module, results = self.module, self.module.trainer._results
        assert results is not None
        results.batch, results.batch_size = self.batch, None
        module._current_fx_name = "training_step"
        type(module).log(module, name, value, **options)
        module._current_fx_name = None


def _scalar(value: Any) -> bool:
    return isinstance(value, Tensor) and value.ndim == 0 and value.dtype in _SUMMED
