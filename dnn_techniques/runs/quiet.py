"""Lightning as a part of a command: no advertisements, errors and signals as a command's."""

import contextlib
import logging
import signal
import sys
import threading
import warnings
from collections.abc import Iterator

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.exceptions import SIGTERMException

from dnn_techniques.errors import InputError
from dnn_techniques.memory import check_room
from dnn_techniques.runs.option_errors import one_line

# What torch and Python say where memory is lacking and they do not raise MemoryError.
_NO_MEMORY = (
    "can't allocate memory",
    "can't start new thread",
    "Resource temporarily unavailable",  # a thread of torch
    "error return without exception set",
)

# What torch says of streams and contexts the first time that gradients are computed on a GPU.
_OF_CUDA = ("Attempting to run cuBLAS, but there was no current CUDA context", "The AccumulateGrad")

# What finds fault with some options only in training: Lightning itself, and schedules.
_LATE = (
    "pytorch_lightning.loops.",
    "pytorch_lightning.callbacks.",
    "dnn_techniques.optim.",
    "torch.optim.lr_scheduler.",
)


def _is_of_options(error: Exception) -> bool:
    """Whether what finds fault with options raised it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    package = "" if frame is None else frame.tb_frame.f_globals.get("__name__", "")
    return f"{package}.".startswith((*_LATE, "dnn_techniques.checks."))


def _quiet_thread(end: threading.ExceptHookArgs) -> None:
    """TensorBoard's thread hands what the disk refuses on to the training, which raises it."""
    of_tensorboard = type(end.thread).__module__.startswith("tensorboard.")
    if not (of_tensorboard and isinstance(end.exc_value, OSError)):
        threading.__excepthook__(end)


@contextlib.contextmanager
def quiet_lightning() -> Iterator[None]:
    """Within it Lightning neither advertises nor warns, and a signal ends it as any program.

    Raises:
        InputError: Where Lightning finds fault with what it is given, or memory is lacking.
    """
    # It warns of what is meant here; its errors are enough.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", module=name)
    for text in _OF_CUDA:
        warnings.filterwarnings("ignore", text)
    hook, threading.excepthook = threading.excepthook, _quiet_thread
    try:
        check_room()
        yield
    except MisconfigurationException as error:
        raise InputError(one_line(str(error))) from error
    except (ValueError, RuntimeError, SystemError, MemoryError, ImportError) as error:
        lacking = any(said in str(error) for said in _NO_MEMORY)
        if lacking or isinstance(error, MemoryError | torch.OutOfMemoryError):
            reason = one_line(str(error)) or "none is left"  # Python's own says nothing
            raise InputError(f"not enough memory: {reason}") from error
        if isinstance(error, InputError) or not _is_of_options(error):
            raise
        raise InputError(one_line(str(error))) from error
    except SIGTERMException:
        sys.exit(128 + signal.SIGTERM)  # Lightning would exit with 0
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):  # Lightning's way of handling it
            raise KeyboardInterrupt from stop
        raise
    finally:
        threading.excepthook = hook
