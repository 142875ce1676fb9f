"""The page of all groups: every documented figure, every claim, every picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dnn_techniques.errors import InputError
from dnn_techniques.figures import FIGURES, Figure
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.study.compare import GroupComparison, provenance, read_group
from dnn_techniques.study.comparison import Compared, outside, spread
from dnn_techniques.study.curves import draw_curves
from dnn_techniques.study.experiments import all_experiments, name_of, select
from dnn_techniques.study.runs import has_finished_runs
from dnn_techniques.study.shared_shuffle import shared_shuffle
from dnn_techniques.study.table import claims_table, comparison_table, overview, remarks

DATA = "fashion_mnist"
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


def write_report(out: Path, page: Path, command: str) -> str:
    """Write the page on the Fashion MNIST runs below `out`, and its pictures beside it.

    Args:
        out: Folder of the run folders.
        page: The Markdown file. Its pictures go into a folder of its name, without the suffix, and
            the figures of each run into a JSON file of its name.
        command: The command that the page names.

    Returns:
        What stands out, for the console.

    Raises:
        InputError: If there is no finished run on Fashion MNIST.
    """
    groups = dict.fromkeys(e.group for e in all_experiments() if has_finished_runs(out, e.name))
    comparisons = [read_group(select(group), out) for group in groups]
    comparisons = [c for c in comparisons if {s.data.get("name") for s in c.run_sets} == {DATA}]
    if not comparisons:
        raise InputError(f"no finished run on {DATA} below {out}; make some: run <group>")
    pictures = page.with_suffix("")
    for comparison in comparisons:
        draw_curves(comparison.run_sets, pictures / f"{comparison.group}-curves.png")
    drawn = [figure for figure in FIGURES.values() if _draw(figure, out, pictures)]
    gallery = "".join(f"![{f.title}]({pictures.name}/{f.name}.png)\n\n" for f in drawn)
    seeds = max(len(run_set.runs) for c in comparisons for run_set in c.run_sets)
    summary = _summary(comparisons)
    write_json(page.with_suffix(".json"), _figures(comparisons))
    sections = "\n".join(_section(comparison, pictures.name) for comparison in comparisons)
    write_text(
        page,
        f"# Chapter 11 on Fashion MNIST\n\nMade by `{command}` from the runs of"
        f" `python -m dnn_techniques run <group> --seeds {seeds}` for each group below.\n\n"
        f"{summary}\n{sections}\n## Pictures\n\n`python -m dnn_techniques figures`\n\n{gallery}",
    )
    return summary


def _draw(figure: Figure, out: Path, folder: Path) -> bool:
    """Draw a picture unless the runs that it shows are not there."""
    try:
        write_figure(folder / f"{figure.name}.png", figure.draw(out))
    except (InputError, ValueError) as error:
        print(f"{figure.name} is left out: {error}")
        return False
    return True


def _figures(comparisons: Sequence[GroupComparison]) -> dict[str, Any]:
    """Figures after the last epoch by experiment, a value a seed, and the claims."""
    sets = [run_set for comparison in comparisons for run_set in comparison.run_sets]
    return {
        "experiments": {
            run_set.name: {
                "seeds": [run.seed for run in run_set.runs],
                "epochs": run_set.epoch,
                **{name: run_set.final(name) for name in METRICS},
                "finished": {name: run_set.finished(name) for name in run_set.runs[0].finished},
            }
            for run_set in sets
        },
        "claims": [v.as_json() for comparison in comparisons for v in comparison.verdicts],
    }


def _summary(comparisons: Sequence[GroupComparison]) -> str:
    last = [c for comparison in comparisons for c in comparison.last]
    every = [c for comparison in comparisons for c in comparison.compared]
    verdicts = [v for comparison in comparisons for v in comparison.verdicts]
    return (
        "## Documented figures\n\n"
        f"All figures: {spread(last)}\n"
        f"Validation figures: {spread(_validation(last))}\n"
        f"Over all epochs: {_inside(every)};"
        f" of the validation figures {_inside(_validation(every))}."
        " Of genuine further runs' figures 99% would be. But the figures of one documented run are"
        " not independent, and all documented runs of an edition start from the same seed: shares"
        f" and scores are a rough check.\n\n{_outside(last)}\n{shared_shuffle(every)}\n"
        f"## Claims\n\n{claims_table(verdicts)}\n"
        "A claim holds where the whole 99% interval of the mean effect over seeds is above the"
        " effect asked for, and does not hold where all of it is below.\n"
    )


def _validation(compared: Sequence[Compared]) -> list[Compared]:
    return [c for c in compared if c.figure.startswith("val_")]


def _inside(compared: Sequence[Compared]) -> str:
    judged = [c for c in compared if c.inside is not None]
    inside = sum(c.inside is True for c in judged)
    share = f" ({inside / len(judged):.1%})" if judged else ""
    return f"{inside} of {len(judged)} inside{share}"


def _outside(last: Sequence[Compared]) -> str:
    if not outside(last):
        return "No documented figure lies outside.\n"
    return "Outside:\n\n" + comparison_table(outside(last))


def _section(comparison: GroupComparison, pictures: str) -> str:
    claims = "".join(f"- `{name_of(e.path)}`: {e.claim}\n" for e in comparison.files)
    tables = [overview(comparison.run_sets), comparison_table(comparison.last)]
    tables.append(remarks(comparison.run_sets))
    body = "\n".join(table for table in tables if table)
    picture = f"![learning curves of {comparison.group}]({pictures}/{comparison.group}-curves.png)"
    return f"## {comparison.group}\n\n{claims}\n{body}\n{picture}\n\n{provenance(comparison.runs)}"
