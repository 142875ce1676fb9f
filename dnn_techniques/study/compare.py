"""Comparing a group with the documents: table, summary and picture, from run folders alone."""

from collections.abc import Sequence
from pathlib import Path

from dnn_techniques.files import write_text
from dnn_techniques.study.curves import draw_curves
from dnn_techniques.study.experiments import Experiment
from dnn_techniques.study.runs import has_finished_runs, read_runs
from dnn_techniques.study.table import comparison_table, remarks


def compare(experiments: Sequence[Experiment], out: Path, command: str) -> str:
    """Write summary.md and curves.png of one group's experiments to ``<out>/<group>``.

    Args:
        experiments: The experiments of one group; those without a finished run below `out` are
            left out.
        out: Folder of the run folders.
        command: The command that made the runs, for the summary.

    Returns:
        Table and remarks, for the console.
    """
    group = experiments[0].group
    finished = [e for e in experiments if has_finished_runs(out, e.name)]
    run_sets = [read_runs(out, experiment.name) for experiment in finished]
    table, notes = comparison_table(run_sets), remarks(run_sets)
    result = run_sets[0].runs[0].result
    seeds = sorted({run.seed for run_set in run_sets for run in run_set.runs})
    made_with = ", ".join(f"{k} {v}" for k, v in result["versions"].items())
    device = ", ".join(f"{k} {v}" for k, v in result["device"].items())
    data = " and ".join(sorted({str(run_set.data.get("name")) for run_set in run_sets}))
    claims = "".join(f"- `{e.name}`: {e.claim}\n" for e in finished)
    draw_curves(run_sets, out / group / "curves.png")
    write_text(
        out / group / "summary.md",
        f"# {group}\n\n{claims}\n{table}\n"
        "Documented and difference: val_loss / val_accuracy after the same epoch, ours minus"
        f" theirs. Where there are several runs: mean ± standard deviation.\n\n{notes}\n"
        "![learning curves](curves.png)\n\n"
        f"Trained on {data}. Made by `{command}` on {device}; {made_with};"
        f" seeds {', '.join(map(str, seeds))}; finished {result['finished']}.\n",
    )
    return table + notes
