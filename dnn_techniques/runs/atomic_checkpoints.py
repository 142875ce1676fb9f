"""Checkpoints that are written whole or not at all."""

import io
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins import TorchCheckpointIO

from dnn_techniques.files import write_bytes


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and puts it there in one step.

    Lightning writes it in the temporary folder and moves it. Where that is on another file system,
    the move is a copy, of which a part is left if it is ended in the middle.
    """

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | PathLike[str],
        storage_options: Any | None = None,
    ) -> None:
        """Write it.

        Raises:
            OSError: If it cannot be written; an earlier one stays as it was.
            MemoryError: If there is too little memory to put it together.
        """
        data = io.BytesIO()
        try:
            torch.save(checkpoint, data)
        except RuntimeError as error:
            if "inline_container" not in str(error):  # torch's writer, to which memory was refused
                raise
            raise MemoryError("too little to save a checkpoint") from error
        write_bytes(Path(path), data.getbuffer())
