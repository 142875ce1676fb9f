"""``print-net -c <experiment>``: the layers of an experiment's net, their shapes and parameters."""

from collections.abc import Sequence

from dnn_techniques.modules import summary
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.terminal import say


def print_net(words: Sequence[str]) -> None:
    """Print the net that `fit` would train with these options.

    Raises:
        InputError: If the options cannot be used, or the module has no example of its inputs.
    """
    module, _ = ExperimentCLI("fit", words, called="print-net").make()
    say(summary(module))
