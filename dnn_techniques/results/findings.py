"""What was found, as the pages' JSON files keep it: read without torch, and without run folders."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Entry = Mapping[str, Any]

# In an installed wheel inside the package, in a checkout beside it.
_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "findings"
COMMITTED = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "docs" / "results"


@dataclass(frozen=True)
class Findings:
    """What the pages in a folder found.

    Attributes:
        figures: The last documented figures of each experiment with their verdicts, by its name.
        claims: The claims with their verdicts.
        seconds: What the training of one run took, by experiment, where that is known.
    """

    figures: Mapping[str, Sequence[Entry]]
    claims: Sequence[Entry]
    seconds: Mapping[str, float] = field(default_factory=dict)


def read_findings(folder: Path = COMMITTED) -> Findings:
    """Read the JSON files that ``report`` wrote beside its pages in `folder`; there may be none."""
    figures: dict[str, Sequence[Entry]] = {}
    claims: list[Entry] = []
    seconds: dict[str, float] = {}
    for path in sorted(folder.glob("*.json")):
        page = json.loads(path.read_text())
        if "claims" in page:  # the page of the replayed runs has none
            claims += page["claims"]
            # An earlier version's page has figures without verdicts: nothing was found there.
            runs = page["experiments"].items()
            figures |= {name: run["documented"] for name, run in runs if "documented" in run}
            seconds |= {name: statistics.median(r["seconds"]) for name, r in runs if "seconds" in r}
    return Findings(figures, claims, seconds)


def is_judged_by(figure: str) -> bool:
    """Whether it is a validation or test figure: no figure of the training, or of one image.

    >>> [is_judged_by(f) for f in ("val_loss", "test_mc_accuracy", "best_val_loss", "loss")]
    [True, True, True, False]
    """
    return re.search(r"(^|_)(val|test)_", figure) is not None


def tally(figures: Sequence[Entry], documented: int | None = None) -> str:
    """The verdicts of documented figures in words.

    Args:
        figures: With `figure`, `edition` and `verdict` of each.
        documented: How many are documented; those that were not measured are said.

    >>> inside, few = {"verdict": "inside"}, {"verdict": "too few runs"}
    >>> tally([inside, inside, few], 4)
    '2 of 4 inside, too few runs for 1, 1 not measured'
    """
    total = len(figures) if documented is None else documented
    verdicts = [figure["verdict"] for figure in figures]
    parts = [f"{verdicts.count('inside')} of {total} inside"]
    outside = [f"{f['figure']} ({f['edition']})" for f in figures if f["verdict"] == "OUTSIDE"]
    if outside:
        parts.append(f"OUTSIDE: {', '.join(outside)}")
    if few := verdicts.count("too few runs"):
        parts.append(f"too few runs for {few}")
    if none := verdicts.count(None):
        parts.append(f"no verdict on {none}")
    if total > len(figures):
        parts.append(f"{total - len(figures)} not measured")
    return ", ".join(parts)
