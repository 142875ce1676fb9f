"""The study as a page: the answer, tables, a picture and a JSON file."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dnn_techniques.documents.catalog import IMAGES
from dnn_techniques.errors import InputError
from dnn_techniques.files import write_figure, write_json, write_text
from dnn_techniques.results.tables import markdown_table
from dnn_techniques.studies.transfer.documented_pair import SIZE, printed_ratio, standing
from dnn_techniques.studies.transfer.outcome import (
    Interval,
    Outcome,
    by_chance,
    outcome,
    quantiles,
)
from dnn_techniques.studies.transfer.pair_study import Plan, read_cases
from dnn_techniques.studies.transfer.picture import draw_study
from dnn_techniques.studies.transfer.recipe import RECIPES
from dnn_techniques.studies.transfer.task_a import ALL_PAIRS, DATA, VALIDATION

NAMES = IMAGES[DATA].class_names

METHOD = """\
Task B tells two classes of Fashion MNIST apart, for {pairs} of the 45 pairs; task A is the other
eight. The net for A is trained once a pair, for 20 epochs, as `transfer/model_a`. Each seed then
draws the training images of B, the first weights and the order, and trains three nets on the same
images: without transfer for 20 epochs, as `transfer/model_b`, and twice with transfer on A's hidden
layers, frozen for 4 epochs and trained for 16. The documents took the first 200 images; drawing
them lets the spread be that of all that chance decides.

The two recipes with transfer begin with the same weights and differ in their rates alone:

{recipes}
Only the notebook prints how A and B without transfer are trained: SGD with a rate of 0.001. Here
both recipes are compared with that net. Minibatches are of 32 whatever the size: 20 images make 20
steps in all, 200 make 140. So this says what transfer does for nets that are
trained so, not for nets that are trained until they learn no more.
"""

LEGEND = """\
Error ratio: test errors without transfer over those with it, on the pair's 2,000 test images;
above 1 transfer is better. It is infinite (inf) where only the net without transfer errs, and 1
where neither does. Quantiles are of all cases, pair and seed. A case helps or hurts if the two
nets' errors on the same test images differ by more than chance explains (McNemar's exact test,
5%), whether or not by much. By chance: the share of the cases that this test would call helped
if both nets were always equally good, and as many hurt. Accuracy frozen: median validation accuracy
with transfer at the end of the frozen epochs. In brackets 99% intervals for pairs like
these, from bootstrap samples of whole pairs, since the seeds of a pair are not independent; pairs
that share a class are not quite independent either, which the intervals leave out.
"""


def read_outcomes(plan: Plan) -> list[Outcome]:
    """The finished cases of a plan, by size and recipe; of the seeds that all pairs have.

    Raises:
        InputError: If a pair has none.
    """
    outcomes = []
    for size in plan.sizes:
        cases = {pair: read_cases(plan, pair, size) for pair in plan.pairs}
        if not all(cases.values()):
            raise InputError(f"the study of {size} images below {plan.out} is not finished")
        outcomes += [outcome(size, recipe, cases) for recipe in RECIPES]
    return outcomes


def write_page(plan: Plan, page: Path) -> str:
    """Write the page of a finished study, and beside it a picture and a JSON file.

    Args:
        plan: What was studied.
        page: The Markdown file.

    Returns:
        Answer and table, for the console.

    Raises:
        InputError: If the study is not finished.
    """
    outcomes = read_outcomes(plan)
    text = f"{answer(outcomes)}\n{summary_table(outcomes)}\n{LEGEND}"
    picture = page.with_suffix(".png")
    write_figure(picture, draw_study(outcomes, NAMES))
    write_json(page.with_suffix(".json"), [_as_json(o) for o in outcomes])
    pairs = "\n".join(
        f"<details><summary>Every pair, {o.size:,} images, the {o.recipe.whose}'s recipe</summary>"
        f"\n\n{pair_table(o)}\n</details>\n"
        for o in outcomes
    )
    pairs_studied = "all" if len(plan.pairs) == len(ALL_PAIRS) else len(plan.pairs)
    method = METHOD.format(pairs=pairs_studied, recipes=recipe_table())
    write_text(
        page,
        f"# Does transfer help?\n\n{text}\n{standing_text(outcomes)}\n"
        f"![error ratios of every pair and seed]({picture.name})\n\n"
        f"## How it was measured\n\n{method}\n{pairs}\n"
        f"Made by {_commands(plan, outcomes)}. {_provenance(plan, outcomes)}",
    )
    return text


def answer(outcomes: Sequence[Outcome]) -> str:
    """What the study says, a line for each size and recipe."""
    return "".join(f"- {_sentence(o)}\n" for o in outcomes)


def _sentence(outcome: Outcome) -> str:
    helps, neither, hurts = (outcome.share(outcome.verdicts == sign)[0] for sign in (1, 0, -1))
    interval = outcome.median_interval
    verdict = "too few pairs to say whether transfer helps"
    if interval is not None:
        verdict = "transfer neither helps nor hurts the typical case, as far as this can tell"
        if interval[0] > 1:
            verdict = "transfer helps the typical case"
        elif interval[1] < 1:
            verdict = "transfer hurts the typical case"
    medians = outcome.pair_medians()
    return (
        f"{outcome.size:,} images, the {outcome.recipe.whose}'s recipe: {verdict}. It helps in"
        f" {helps:.0%} of the cases, hurts in {hurts:.0%}, in {neither:.0%} the difference"
        f" is within chance; the median case has {outcome.median:.2f} errors without"
        f" transfer for one with it, that of a pair from"
        f" {medians.min():.2f} to {medians.max():.2f}."
    )


def summary_table(outcomes: Sequence[Outcome]) -> str:
    """A row for each size and recipe."""
    header = ["images", "recipe", "pairs", "seeds", "accuracy frozen", "mean errors without"]
    header += ["with", "median ratio", "5% to 95%", "helps", "neither", "hurts", "by chance"]
    header += ["fewer errors at all"]
    rows = []
    for o in outcomes:
        low, high = (float(quantiles(o.ratios.ravel(), q)) for q in (0.05, 0.95))
        shares = [o.share(o.verdicts == sign) for sign in (1, 0, -1)]
        fewer, interval = o.share(o.cases[..., 1] > o.cases[..., 2])
        rows.append(
            [
                f"{o.size:,}",
                o.recipe.whose,
                str(len(o.pairs)),
                str(len(o.seeds)),
                f"{np.median(o.frozen_accuracies):.3f}",
                *(f"{o.cases[..., column].mean():.1f}" for column in (1, 2)),
                f"{o.median:.2f}{_bracketed(o.median_interval, '.2f')}",
                f"{low:.2f} to {high:.2f}",
                *(f"{share:.0%}{_bracketed(bounds, '.0%')}" for share, bounds in shares),
                f"{by_chance(*np.moveaxis(o.cases[..., 1:], -1, 0)):.1%}",
                f"{fewer:.0%}{_bracketed(interval, '.0%')}",
            ]
        )
    return markdown_table(header, rows)


def standing_text(outcomes: Sequence[Outcome]) -> str:
    """Where the documented pair and the printed ratios stand, empty if it is not there."""
    text = ""
    for o in outcomes:
        place = standing(o)
        if place is None:
            continue
        low, high = place.extremes
        text += (
            f"- {o.size:,} images, the {o.recipe.whose}'s recipe: sandal or shirt has a median"
            f" ratio of {place.median:.2f} (seeds from {low:.2f} to {high:.2f}), number"
            f" {place.rank} of {len(o.pairs)} pairs."
        )
        if o.size == SIZE:
            text += (
                f" The ratio that the {o.recipe.whose} prints, {printed_ratio(o.recipe):.1f}, is"
                f" reached by {place.own_beyond_printed:.0%} of its own seeds and by"
                f" {place.beyond_printed:.1%} of all cases."
            )
        text += "\n"
    return f"## The documented pair\n\n{text}" if text else ""


def recipe_table() -> str:
    """A row for each recipe."""
    header = ["recipe", "as", "rate while frozen", "epochs", "rate after", "epochs"]
    header += ["printed ratio"]
    rows = [
        [
            f"the {r.whose}'s",
            f"`{r.experiment}`",
            *(f"{value:g}" for value in (r.frozen_rate, r.frozen_epochs, r.rate, r.epochs)),
            f"{printed_ratio(r):.1f}",
        ]
        for r in RECIPES
    ]
    return markdown_table(header, rows)


def pair_table(outcome: Outcome) -> str:
    """A row for each pair, by its median ratio."""
    header = ["pair", "mean errors without", "with", "median ratio", "lowest", "highest"]
    header += ["helps", "neither", "hurts"]
    medians = outcome.pair_medians()
    rows = []
    for k in np.argsort(-medians, kind="stable"):
        own = outcome.ratios[k]
        row = [" / ".join(NAMES[label] for label in outcome.pairs[k])]
        row += [f"{outcome.cases[k, :, column].mean():.1f}" for column in (1, 2)]
        row += [f"{value:.2f}" for value in (medians[k], own.min(), own.max())]
        row += [str(int((outcome.verdicts[k] == sign).sum())) for sign in (1, 0, -1)]
        rows.append(row)
    return markdown_table(header, rows)


def _bracketed(interval: Interval | None, form: str) -> str:
    return f" [{interval[0]:{form}}, {interval[1]:{form}}]" if interval else ""


def _as_json(outcome: Outcome) -> dict[str, Any]:
    shares = {
        name: outcome.share(outcome.verdicts == sign)
        for name, sign in (("helps", 1), ("neither", 0), ("hurts", -1))
    }
    return {
        "size": outcome.size,
        "recipe": asdict(outcome.recipe),
        "median_frozen_accuracy": float(np.median(outcome.frozen_accuracies)),
        "median_ratio": outcome.median,
        "median_ratio_interval": outcome.median_interval,
        **{name: {"share": share, "interval": ci} for name, (share, ci) in shares.items()},
        "columns": ["seed", "errors_alone", "errors_transfer", "errors_of_both"],
        "cases": {
            "{}-{}".format(*pair): own.tolist()
            for pair, own in zip(outcome.pairs, outcome.cases, strict=True)
        },
    }


def _commands(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """What makes these cases, one command for the sizes with as many seeds."""
    sizes: dict[int, list[str]] = {}
    for size, seeds in _seeds(outcomes).items():
        sizes.setdefault(len(seeds), []).append(str(size))
    options = "" if plan.validation == VALIDATION else f" --validation {plan.validation}"
    if len(plan.pairs) < len(ALL_PAIRS):
        options += " --pairs " + " ".join("{}-{}".format(*pair) for pair in plan.pairs)
    return " and ".join(
        f"`python -m dnn_techniques transfer-study{options} --seeds {seeds}"
        f" --sizes {' '.join(its_sizes)}`"
        for seeds, its_sizes in sizes.items()
    )


def _seeds(outcomes: Sequence[Outcome]) -> dict[int, list[int]]:
    """The seeds of each size, the same with each recipe."""
    return {o.size: o.seeds for o in outcomes}


def _provenance(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """Device and versions of the latest cases of each pair, seeds and date, as sentences."""
    by_size = _seeds(outcomes)
    made = [
        json.loads(plan.path(pair, size).read_text()) for size in by_size for pair in plan.pairs
    ]

    def listed(key: str) -> str:
        texts = {", ".join(f"{name} {value}" for name, value in m[key].items()) for m in made}
        return " and ".join(sorted(texts))

    seeds = "; ".join(
        f"{size:,} images: seeds {own[0]} to {own[-1]}" for size, own in by_size.items()
    )
    finished = max(m["finished"] for m in made)
    return f"{listed('device')}; {listed('versions')}; {seeds}; finished {finished[:10]}.\n"
