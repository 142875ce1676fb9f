"""The page of the replayed runs."""

from collections.abc import Sequence
from pathlib import Path

from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.results.group_comparison import provenance
from dnn_techniques.results.replay_curves import draw_replays
from dnn_techniques.results.replay_table import (
    LEGEND,
    distribution_table,
    figures_table,
    replay_table,
)
from dnn_techniques.results.replayed import TOLERANCES, Replayed, read_replayed
from dnn_techniques.runs.experiments import ExperimentFile


def replays_text(experiments: Sequence[ExperimentFile], out: Path) -> str:
    """Tables of the replayed runs of some experiments below `out`, for the console.

    Raises:
        InputError: If there is none.
    """
    replayed = _read(experiments, out)
    comparable = [r for r in replayed if r.figures]
    parts = [f"{r.name}\n\n{figures_table(r)}" for r in comparable]
    if comparable:
        parts.append(f"{replay_table(comparable)}\n{LEGEND}")
    for r in replayed:
        if not r.figures:
            parts.append(f"{r.name}: not trained on the documents' data: no figure applies.\n")
        if r.changes:
            changes = ", ".join(r.changes)
            parts.append(f"{r.name}: settings differ from the experiment file ({changes}).\n")
    return "\n".join(parts)


def write_replay_page(
    experiments: Sequence[ExperimentFile], out: Path, page: Path, command: str
) -> str:
    """Write the page of replayed runs below `out`, and beside it a picture and a JSON file.

    Args:
        experiments: Whose runs; those that cannot be replayed are left out.
        out: Folder of the run folders.
        page: The Markdown file.
        command: The command that the page names.

    Returns:
        The table of these runs, for the console.

    Raises:
        InputError: If there is none with the documents' data and settings.
    """
    replayed = [r for r in _read(experiments, out) if r.figures and not r.changes]
    if not replayed:
        raise InputError(f"no replayed run with a documented one's data and settings below {out}")
    picture = page.with_suffix(".png")
    write_figure(picture, draw_replays(replayed))
    write_json(page.with_suffix(".json"), {r.name: _as_json(r) for r in replayed})
    table = replay_table(replayed)
    limits = " and ".join(f"{figure} is within {limit}" for figure, limit in TOLERANCES.items())
    details = "\n".join(
        f"<details><summary>{r.name}: every printed figure</summary>\n\n{figures_table(r)}\n"
        "</details>\n"
        for r in replayed
    )
    write_text(
        page,
        "# The notebook, replayed\n\n"
        "The runs of the TensorFlow 2.4 edition, trained on the initial weights, the batch order"
        " and the dropout masks that TensorFlow drew.\n\n"
        f"Made by `{command}` from the runs of `python -m dnn_techniques run <group> --replay` and"
        " the same with `--perturbation 1e-7` (`make replay` does all of it).\n\n"
        f"{table}\n{LEGEND}\n"
        f"A run is called replayed if at every epoch {limits} units of the printed figure. Else the"
        " table says from which epoch it is not, and from which a run whose first weights were"
        " moved by 1e-7 is as far from its own twin: only TensorFlow's own arithmetic, on the same"
        " machine, could replay such a run further.\n\n"
        f"## Distribution\n\nOf the replayed runs, all epochs, in units of the last digit:\n\n"
        f"{distribution_table(replayed)}\n"
        f"![differences of val_loss by epoch]({picture.name})\n\n"
        f"## Every figure\n\nPrinted (ours minus printed, in units of the last digit).\n\n"
        f"{details}\n"
        f"{provenance([r.run for r in replayed])}",
    )
    return f"{table}\n{LEGEND}"


def _read(experiments: Sequence[ExperimentFile], out: Path) -> list[Replayed]:
    replayed = [r for e in experiments if e.replayable and (r := read_replayed(out, e.name))]
    if not replayed:
        raise InputError(f"no finished replayed run below {out}; make some: run <group> --replay")
    return replayed


def _as_json(replayed: Replayed) -> dict[str, object]:
    return {
        "verdict": replayed.verdict,
        "figures": [
            {"figure": f.figure, "epoch": f.epoch, "printed": f.printed, "ours": f.ours}
            for f in replayed.figures
        ],
        "perturbed val_loss": [run.curves["val_loss"] for run in replayed.perturbed],
    }
