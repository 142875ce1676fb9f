"""The techniques of training deep neural networks, exact to the Keras runs that taught them.

The parts are `dnn_techniques.layers`, `dnn_techniques.optim`, `dnn_techniques.callbacks`,
`dnn_techniques.modules` and `dnn_techniques.data`. They are imported when they are first used, so
that ``list`` and ``--help`` are quick.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.2.0"

_PARTS = ("callbacks", "data", "layers", "modules", "optim")


def __getattr__(name: str) -> ModuleType:
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_PARTS]
