"""Getting the next batch with less between the loader and the step."""

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loops.fetchers import _DataFetcher
from pytorch_lightning.plugins.precision import Precision
from torch import Tensor


def fetching(trainer: pl.Trainer, fetcher: _DataFetcher) -> Callable[[], Any]:
    """What returns the next batch, in the precision and on the device of the training.

    Lightning's fetcher hands a batch through several layers, and looks for what to convert and to
    move in it. A single loader whose length is known needs none of the layers, and where there is
    nothing to convert tensors may stay where they are.
    """
    loader = fetcher.combined_loader
    single = fetcher.length is not None and loader.flattened[0] is loader.iterables
    iterators = loader._iterator.iterators if single and loader._iterator else []
    precision, device = trainer.precision_plugin, trainer.strategy.root_device
    converted, on_cpu = type(precision) is not Precision, device.type == "cpu"

    def next_batch() -> Any:
        if iterators and not fetcher.done:
            batch = next(iterators[0])
            fetcher.fetched += 1
            fetcher.done = fetcher.fetched >= fetcher.length  # type: ignore[operator]
        else:
            batch, _, _ = next(fetcher)
        if not converted and (on_cpu or _is_on(device, batch)):
            return batch
        return trainer.strategy.batch_to_device(precision.convert_input(batch))

    return next_batch


def _is_on(device: torch.device, batch: Any) -> bool:
    """Whether a batch is a pair of tensors, or the like, on a device."""
    return type(batch) in (tuple, list) and all(
        type(part) is Tensor and part.device == device for part in batch
    )
