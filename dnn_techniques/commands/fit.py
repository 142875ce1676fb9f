"""``fit -c <experiment>``: train one experiment."""

from collections.abc import Sequence

from dnn_techniques.results.closing import closing
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.plan_one import plan_one
from dnn_techniques.runs.run_folder import RESULT
from dnn_techniques.runs.train import train
from dnn_techniques.terminal import say


def fit(words: Sequence[str]) -> None:
    """Train the run that the words ask for, or go on with it, and say what came out.

    Raises:
        InputError: If they cannot be used.
        FinishedRunError: If the run's folder holds a finished run.
    """
    run = plan_one(ExperimentCLI("fit", words), words)
    train(run)
    if (run.path / RESULT).exists():  # a fast_dev_run leaves none
        say(f"\n{closing(run.path)}", hang=len("validation  "))
