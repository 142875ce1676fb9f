"""Lightning as a part of a command: no advertisements, errors and signals as a command's."""

import contextlib
import logging
import signal
import sys
import warnings
from collections.abc import Iterator

from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.exceptions import SIGTERMException

from dnn_techniques.errors import InputError
from dnn_techniques.runs.option_errors import one_line


@contextlib.contextmanager
def quiet_lightning() -> Iterator[None]:
    """Within it Lightning neither advertises nor warns, and a signal ends it as any program.

    Raises:
        InputError: Where Lightning finds fault with what it is given.
    """
    # It warns of what is meant here; its errors are enough.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", module=name)
    try:
        yield
    except MisconfigurationException as error:
        raise InputError(one_line(str(error))) from error
    except SIGTERMException:
        sys.exit(128 + signal.SIGTERM)  # Lightning would exit with 0
    except SystemExit as stop:
        if isinstance(stop.__context__, KeyboardInterrupt):  # Lightning's way of handling it
            raise KeyboardInterrupt from stop
        raise
