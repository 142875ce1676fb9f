"""Which run the words of ``fit`` and the like ask for."""

from collections.abc import Sequence
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.runs.against_file import changes_of, differing, named_first, typed_options
from dnn_techniques.runs.experiments import read
from dnn_techniques.runs.options import ExperimentCLI
from dnn_techniques.runs.prepare import Run
from dnn_techniques.runs.run_folder import CONFIG, read_config
from dnn_techniques.runs.trials import full_name, trial_name


def plan_one(cli: ExperimentCLI, words: Sequence[str]) -> Run:
    """The run that the words of ``fit`` ask for.

    Args:
        cli: The parsed words.
        words: The words, which say what of a sweep was typed.

    Raises:
        InputError: If the experiment is a sweep of an option that the words leave open.
    """
    options = cli.options
    typed = typed_options(words)
    swept = list(options.sweep or {})
    left = [name for name in swept if full_name(name) not in typed]
    if left:
        raise InputError(
            f"{options.experiment} is a sweep of {', '.join(left)}: `run` trains all of it, fit"
            f" needs a value for each, as --{full_name(left[0]).replace('.init_args', '')}"
        )
    options.sweep = None
    if not options.config:
        options.experiment = options.experiment or "unnamed"
        return Run(options)
    path = Path(str(options.config[0]))
    file = ExperimentCLI(cli.command, ["-c", str(path)], cli.more)
    members = [e for e in read(path) if e.values and e.name == options.experiment]
    if members:
        file.options = file.with_values(members[0].values)
        file.options.experiment = members[0].name
        file.options.sweep = None
    found = differing(cli, options, file, typed)
    if "experiment" not in typed:  # a name that was typed stays
        values = {name: options[full_name(name)] for name in swept}
        options.experiment = trial_name(options.experiment, named_first(values, found))
    if cli.command == "fit" and options.ckpt_path is not None:
        options.experiment = _run_of(Path(options.ckpt_path)) or options.experiment
    return Run(options, changes_of(cli, options, file))


def _run_of(checkpoint: Path) -> str | None:
    """Name of the run that left a checkpoint: to go on, longer, is no other trial."""
    folder = checkpoint.parent.parent
    return read_config(folder).get("experiment") if (folder / CONFIG).is_file() else None
