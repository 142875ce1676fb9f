"""Verdicts in words: what the runs of a group say, a sentence each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dnn_techniques.report.html.standings import figure_of, short, standings, worded
from dnn_techniques.results.closing import WORDS
from dnn_techniques.results.comparison import outside
from dnn_techniques.results.divergence import divergence
from dnn_techniques.results.group_comparison import GroupComparison
from dnn_techniques.results.prediction import Prediction
from dnn_techniques.results.tables import effect, mean_and_std, remarks

Mood = Literal["good", "bad", "open", "plain"]
MOODS: dict[str, Mood] = {"holds": "good", "fails": "bad", "diverged": "bad"}
# So many names are read; of more their number.
MOST_NAMES = 6


@dataclass(frozen=True)
class Said:
    """A verdict.

    Attributes:
        word: It in a word or two.
        text: It in a sentence.
        mood: Its colour: `open` where the runs do not suffice.
    """

    word: str
    text: str
    mood: Mood = "plain"


def verdicts(comparison: GroupComparison) -> list[Said]:
    """All that is to be said of a group, the most important first."""
    said = [*_best(comparison), *_claims(comparison), *_documented(comparison)]
    said += _diverged(comparison)
    said += [Said("note", line, "open") for line in remarks(comparison.run_sets).splitlines()]
    return said + [Said("left out", why, "open") for why in comparison.left_out]


def _diverged(comparison: GroupComparison) -> Iterator[Said]:
    """A line for each experiment with a run whose loss became no number."""
    for run_set in comparison.run_sets:
        gone = {run.seed: divergence(run) for run in run_set.runs}
        at = [f"seed {seed} {where}" for seed, where in gone.items() if where]
        if at:
            text = f"{short(run_set.name)}, {len(at)} of {len(gone)} runs: {'; '.join(at)}."
            yield Said("diverged", text, "bad")


def _best(comparison: GroupComparison) -> Iterator[Said]:
    """Which experiment is ahead, and of which others that is sure."""
    figure = figure_of(comparison.run_sets)
    ranked = standings(comparison.run_sets)
    if figure is None or not ranked:
        return
    best = ranked[0].run_set
    ours = mean_and_std(Prediction(best.final(figure)))
    seeds = f"{len(best.runs)} seeds" if len(best.runs) > 1 else "one seed"
    if len(ranked) == 1:
        yield Said("result", f"{short(best.name)} ends with {worded(figure)} {ours} ({seeds}).")
        return
    most = "highest" if "accuracy" in figure else "lowest"
    text = f"{short(best.name)} ends with the {most} {worded(figure)}, {ours} ({seeds})."
    for word in dict.fromkeys(s.word for s in ranked[1:]):
        names = [short(s.run_set.name) for s in ranked if s.word == word]
        text += f" {word.capitalize()}: {_listed(names)}."
    if len(best.runs) == 1:
        yield Said("one seed", f"{text} One seed says nothing of chance; give --seeds 5.", "open")
    else:
        yield Said("best", text)


def _claims(comparison: GroupComparison) -> Iterator[Said]:
    for verdict in comparison.verdicts:
        claim = verdict.claim
        measured = claim.unit[:1].upper() + claim.unit[1:]
        found = effect(verdict.mean, verdict.interval, "99% interval of the mean ")
        text = f"{claim.statement} ({claim.whose}). {measured}: {found}"
        text += f"; asked for: at least {claim.at_least:g}; n = {len(verdict.effects)}."
        yield Said(verdict.text, text, MOODS.get(verdict.text, "open"))


def _documented(comparison: GroupComparison) -> Iterator[Said]:
    last = comparison.last
    if not last:
        return
    words: list[str] = [c.verdict or "" for c in last]
    counts = [f"{n} {said}" for word, said in WORDS.items() if (n := words.count(word))]
    if none := words.count(""):
        counts.append(f"{none} without a verdict")
    text = f"Of {len(last)} documented figures of the finished nets: {', '.join(counts)}."
    beyond = outside(last)
    names = [f"{short(c.experiment)} {c.figure} ({c.edition})" for c in beyond]
    if names:
        text += f" Outside: {_listed(names)}."
    yield Said("documented", text, "bad" if beyond else "good" if "inside" in words else "open")


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"
    return ", ".join(names)
