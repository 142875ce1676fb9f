"""The pages of all groups: every documented figure, every claim, every picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnn_techniques.errors import InputError, near
from dnn_techniques.figures import FIGURES, Figure
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.results.claims import NO_DIFFERENCE
from dnn_techniques.results.comparison import Compared, count, outside, spread
from dnn_techniques.results.curves import draw_curves
from dnn_techniques.results.findings import is_judged_by
from dnn_techniques.results.group_comparison import (
    GroupComparison,
    describe,
    provenance,
    read_group,
)
from dnn_techniques.results.run_sets import has_finished_runs
from dnn_techniques.results.shared_shuffle import shared_shuffle
from dnn_techniques.results.tables import claims_table, comparison_table, overview, remarks
from dnn_techniques.runs.experiments import all_experiments, select
from dnn_techniques.studies.transfer.page import write_page
from dnn_techniques.studies.transfer.pair_study import finished_plan
from dnn_techniques.terminal import say

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True)
class Contents:
    """What a page is about.

    Attributes:
        title: Its headline.
        groups: Its groups, in order, and the data set of each; None for every group that is on no
            other page, on Fashion MNIST.
        figures: Names of its pictures; None for those that are on no other page.
        note: What else there is to know of the figures.
        study: Whether the study of all pairs of classes is part of it.
    """

    title: str
    groups: Mapping[str, str] | None = None
    figures: Sequence[str] | None = None
    note: str = ""
    study: bool = False


PAGES = {
    "fashion_mnist": Contents("Chapter 11 on Fashion MNIST"),
    "reuse": Contents(
        "Reusing layers",
        groups={"transfer": "fashion_mnist"},
        figures=(),
        study=True,
    ),
    "mnist": Contents(
        "The notes on MNIST",
        groups={"mnist": "mnist"},
        figures=(),
        note=(
            "The runs are trained several at a time: their seconds an epoch are no measure of"
            " speed. What caching saves is measured by `make bench-caching`, side by side, in"
            " `docs/results/caching.md`."
        ),
    ),
    "chapter10": Contents(
        "Chapter 10: image classifiers and California housing",
        groups={
            "chapter10": "fashion_mnist",
            "chapter10-mnist": "mnist",
            "california": "california_housing",
            "perceptron": "iris",
            "playground": "circle",
            "playground-spiral": "spiral",
        },
        figures=("perceptron", "learning-curves"),
        note=(
            "Losses of California housing are squared errors, but for Huber's and the absolute"
            " one. The book prints none of them; each seed splits the table anew, so that nets are"
            " compared seed by seed."
        ),
    ),
    "cifar10": Contents(
        "CIFAR-10: exercise 8 of chapter 11",
        groups={"cifar10": "cifar10", "cifar10-rates": "cifar10"},
        figures=("cifar10", "cifar10-rates", "cifar10-range-test"),
        note=(
            "The notebook evaluates the weights of the lowest validation loss on the validation"
            " images: `best_val_loss`, `best_val_accuracy`, and `best_epoch`, after which they"
            " were. Seconds are measured while other runs train, too."
        ),
    ),
}


def write_report(out: Path, page: Path, command: str, name: str = "fashion_mnist") -> str:
    """Write a page on the runs below `out`, and its pictures beside it.

    Args:
        out: Folder of the run folders.
        page: The Markdown file. Its pictures go into a folder of its name, without the suffix, and
            the figures of each run into a JSON file of its name.
        command: The command that the page names.
        name: Which page, a name in `PAGES`.

    Returns:
        What stands out, for the console.

    Raises:
        InputError: If there is no such page, or no finished run for it.
    """
    if name not in PAGES:
        raise InputError(f"report: no page {name!r}: {near(name, [*PAGES, 'documents'])}")
    contents = PAGES[name]
    comparisons = _read_groups(contents, out)
    if not comparisons:
        data = " or ".join(dict.fromkeys((contents.groups or {"": "fashion_mnist"}).values()))
        which = "<group>" if contents.groups is None else " or run ".join(contents.groups)
        raise InputError(f"no finished run on {data} below {out}; make some: run {which}")
    pictures = page.with_suffix("")
    for comparison in comparisons:
        draw_curves(comparison.run_sets, pictures / f"{comparison.group}-curves.png")
    drawn = [figure for figure in _figures_of(contents) if _draw(figure, out, pictures)]
    gallery = "".join(f"![{f.title}]({pictures.name}/{f.name}.png)\n\n" for f in drawn)
    if gallery:
        gallery = f"\n## Pictures\n\n`python -m dnn_techniques figures`\n\n{gallery}"
    seeds = {len(run_set.runs) for c in comparisons for run_set in c.run_sets}
    fewer = "" if len(seeds) == 1 else ", some with fewer seeds: see the column runs"
    summary = _summary(comparisons)
    write_json(page.with_suffix(".json"), _figures(comparisons))
    sections = "\n".join(_section(comparison, pictures.name) for comparison in comparisons)
    study = _study(out, pictures) if contents.study else ""
    note = f"{contents.note}\n\n" if contents.note else ""
    write_text(
        page,
        f"# {contents.title}\n\nMade by `{command}` from the runs of `python -m dnn_techniques"
        f" run <group> --seeds {max(seeds)}` for each group below{fewer}.\n\n"
        f"{note}{summary}\n{sections}{study}{gallery}",
    )
    return summary


def _read_groups(contents: Contents, out: Path) -> list[GroupComparison]:
    """The groups of a page that have finished runs on their data set."""
    elsewhere = [group for page in PAGES.values() for group in page.groups or ()]
    every = dict.fromkeys(e.group for e in all_experiments() if has_finished_runs(out, e.name))
    wanted = contents.groups or {g: "fashion_mnist" for g in every if g not in elsewhere}
    read = {group: read_group(select(group), out) for group in wanted if group in every}
    return [c for group, c in read.items() if _data_sets(c) == {wanted[group]}]


def _study(out: Path, folder: Path) -> str:
    """The study of all pairs of classes, with a page of its own in `folder`; empty if not made."""
    plan = finished_plan(out)
    if plan is None:
        say("the study of all pairs of classes is left out; make it: transfer-study")
        return ""
    page = folder / "transfer_study.md"
    text = write_page(plan, page)
    picture = f"![error ratios of every pair and seed]({folder.name}/{page.stem}.png)"
    return (
        f"\n## Does transfer help?\n\n{text}\n{picture}\n\n"
        f"[Every pair, and how it was measured]({folder.name}/{page.name})\n"
    )


def _data_sets(comparison: GroupComparison) -> set[str | None]:
    return {run_set.data.get("name") for run_set in comparison.run_sets}


def _figures_of(contents: Contents) -> list[Figure]:
    elsewhere = [name for page in PAGES.values() for name in page.figures or ()]
    elsewhere.append("documented")  # on the page of all documents
    if contents.figures is None:
        return [figure for name, figure in FIGURES.items() if name not in elsewhere]
    return [FIGURES[name] for name in contents.figures]


def _draw(figure: Figure, out: Path, folder: Path) -> bool:
    """Draw a picture unless the runs that it shows are not there."""
    try:
        write_figure(folder / f"{figure.name}.png", figure.draw(out))
    except (InputError, ValueError) as error:
        say(f"{figure.name} is left out: {error}")
        return False
    return True


def _figures(comparisons: Sequence[GroupComparison]) -> dict[str, Any]:
    """Figures after the last epoch by experiment, a value a seed; the verdicts and scores."""
    sets = [run_set for comparison in comparisons for run_set in comparison.run_sets]
    last = [c for comparison in comparisons for c in comparison.last]
    every = [c for g in comparisons for c in g.compared if is_judged_by(c.figure)]
    return {
        "experiments": {
            run_set.name: {
                "seeds": [run.seed for run in run_set.runs],
                "epochs": run_set.epoch,
                "seconds": [round(sum(run.curves["seconds"]), 1) for run in run_set.runs],
                **{name: run_set.final(name) for name in METRICS},
                "finished": {name: run_set.finished(name) for name in run_set.runs[0].finished},
                "documented": [_judged(c) for c in last if c.experiment == run_set.name],
                "scores": [_score(c) for c in every if c.experiment == run_set.name],
            }
            for run_set in sets
        },
        "claims": [v.as_json() for comparison in comparisons for v in comparison.verdicts],
    }


def _judged(compared: Compared) -> dict[str, Any]:
    """A documented figure, our mean and the verdict: the values stand with the experiment."""
    every = compared.as_json()
    wanted = ("edition", "figure", "epoch", "documented", "mean", "interval", "smallest_shift")
    return {name: every[name] for name in (*wanted, "z", "verdict")}


def _score(compared: Compared) -> dict[str, Any]:
    """How far out a documented figure of any epoch lies."""
    every = compared.as_json()
    return {name: every[name] for name in ("edition", "figure", "epoch", "documented", "z")}


def _summary(comparisons: Sequence[GroupComparison]) -> str:
    last = [c for comparison in comparisons for c in comparison.last]
    every = [c for comparison in comparisons for c in comparison.compared]
    verdicts = [v for comparison in comparisons for v in comparison.verdicts]
    return (
        "## Documented figures\n\n"
        f"All figures: {spread(last)}\n"
        f"Validation figures: {spread(_validation(last))}\n"
        f"Over all epochs: {_shares(every)};"
        f" of the validation figures {_shares(_validation(every))}."
        " Of genuine further runs' figures 1% would be outside. But the figures of one documented"
        " run are not independent, and all documented runs of an edition start from the same seed:"
        " shares and scores are a rough check.\n\n"
        f"{_outside(last)}\n{shared_shuffle(every)}\n"
        f"## Claims\n\n{claims_table(verdicts)}\n"
        "A claim holds where the whole 99% interval of the mean effect over seeds is above the"
        f" effect asked for, and fails where all of it is below. {NO_DIFFERENCE}\n"
    )


def _validation(compared: Sequence[Compared]) -> list[Compared]:
    return [c for c in compared if c.figure.startswith("val_")]


def _shares(compared: Sequence[Compared]) -> str:
    comparable = [c for c in compared if c.as_documented and c.ours.interval]
    beyond = count(comparable, "OUTSIDE")
    share = f" ({beyond / len(comparable):.1%})" if comparable else ""
    return (
        f"{count(comparable, 'inside')} of {len(comparable)} inside, {beyond} outside{share},"
        f" {count(comparable, 'too few runs')} with too few runs to tell"
    )


def _outside(last: Sequence[Compared]) -> str:
    beyond = outside(last)
    if not beyond:
        return "No documented figure lies outside.\n"
    of_image = sum(c.one_image for c in beyond)
    said = f" ({of_image} of them probabilities of one image, which are not counted above)"
    return f"Outside{said if of_image else ''}:\n\n{comparison_table(beyond)}"


def _section(comparison: GroupComparison, pictures: str) -> str:
    described = "".join(describe(experiment) for experiment in comparison.files)
    tables = [overview(comparison.run_sets), comparison_table(comparison.last)]
    tables.append(remarks(comparison.run_sets))
    body = "\n".join(table for table in tables if table)
    picture = f"![learning curves of {comparison.group}]({pictures}/{comparison.group}-curves.png)"
    return (
        f"## {comparison.group}\n\n{described}\n{body}\n{picture}\n\n{provenance(comparison.runs)}"
    )
