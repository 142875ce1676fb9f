"""The page of every documented run and every claim: who repeats it, and the verdict."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dnn_techniques.documents.documented import Documented, all_documented, document_titles
from dnn_techniques.errors import InputError
from dnn_techniques.figures.documented import build
from dnn_techniques.files import write_figure, write_text
from dnn_techniques.results.claims import CLAIMS, NO_DIFFERENCE, Claim
from dnn_techniques.results.findings import Entry, Findings, is_judged_by, read_findings, tally
from dnn_techniques.results.tables import markdown_table
from dnn_techniques.runs.experiments import ExperimentFile, all_experiments
from dnn_techniques.runs.trials import split_trial

NAME = "documents"


def write_documents_page(page: Path, command: str) -> str:
    """Write the page, from the JSON files that the other pages leave in its folder.

    Args:
        page: The Markdown file.
        command: The command that the page names.

    Returns:
        How many of all there are, for the console.

    Raises:
        InputError: If there is no such JSON file.
    """
    findings = read_findings(page.parent)
    if not findings.figures:
        raise InputError(
            f"no results in {page.parent}; write the other pages there first: report, report reuse"
        )
    documented, experiments = all_documented(), all_experiments()
    editions = "; ".join(f"{edition}: {title}" for edition, title in document_titles().items())
    summary = _summary(documented, experiments, findings)
    picture = page.with_suffix("") / "documented.png"
    write_figure(picture, build(findings.figures))
    write_text(
        page,
        "# What the documents say, and what we found\n\n"
        f"Made by `{command}` from the JSON files of the other pages.\n\n{summary}\n"
        "## Documented runs\n\n"
        f"![documented figures against ours]({picture.parent.name}/{picture.name})\n\n"
        f"{runs_table(documented, experiments, findings)}\n"
        f"Documents: {editions}. Verdicts are those of the documented validation and test figures:"
        " of the last printed epoch and of the finished net, each edition's own. `inside`: in the"
        " 99% interval of one more run of ours, which would have noticed a shift that a reader"
        " minds; `too few runs`: inside too, but it would not; `not run`: the pages have no"
        " verdict, or one of an earlier version.\n\n"
        f"## Claims\n\n{claims_table(CLAIMS, findings.claims)}\n"
        "A claim holds where the whole 99% interval of the mean effect over seeds is above the"
        f" effect asked for (at least), and fails where all of it is below. {NO_DIFFERENCE}\n",
    )
    return summary


def runs_table(
    documented: Mapping[str, Documented],
    experiments: Sequence[ExperimentFile],
    findings: Findings,
) -> str:
    """A row for each documented run and each experiment that repeats it."""
    rows = []
    for id, printed in documented.items():
        names = [e.name for e in experiments if e.documented == id]
        what = [id, printed.section, ", ".join(printed.editions) or "(prints no figure)"]
        rows += [[*what, name, verdict(printed, name, findings)] for name in names]
    return markdown_table(["documented run", "where", "documents", "experiment", "verdict"], rows)


def verdict(printed: Documented, experiment: str, findings: Findings) -> str:
    """What became of the validation and test figures of a documented run in an experiment."""
    wanted = [
        (edition, figure)
        for edition in printed.editions
        for figure in (*printed.curves.get(edition, ()), *printed.finished.get(edition, ()))
        if is_judged_by(figure)
    ]
    if not wanted:
        return "no validation or test figure printed"
    if experiment not in findings.figures:
        return "not run"
    figures = findings.figures[experiment]
    return tally([f for f in figures if (f["edition"], f["figure"]) in wanted], len(wanted))


def claims_table(claims: Sequence[Claim], found: Sequence[Entry]) -> str:
    """A row for each claim."""
    header = ["claim", "whose", "where", "experiments", "effect", "at least", "n", "mean"]
    by_statement = {claim["claim"]: claim for claim in found}
    rows = []
    for claim in claims:
        names = dict.fromkeys(split_trial(name)[0] for name in claim.experiments)
        row = [claim.statement, claim.whose, claim.source, ", ".join(names), claim.unit]
        row.append(f"{claim.at_least:g}")
        ours = by_statement.get(claim.statement)
        if ours is None:
            rows.append([*row, "-", "-", "-", "not run"])
            continue
        interval = "{:.4f} to {:.4f}".format(*ours["interval"]) if ours["interval"] else "-"
        n = str(len(ours["effects"]))
        rows.append([*row, n, f"{ours['mean']:.4f}", interval, ours["verdict"]])
    return markdown_table([*header, "99% interval of the mean", "verdict"], rows)


def _summary(
    documented: Mapping[str, Documented],
    experiments: Sequence[ExperimentFile],
    findings: Findings,
) -> str:
    repeated = {e.documented for e in experiments} & set(documented)
    measured = {e.documented for e in experiments if e.name in findings.figures}
    said = [c["verdict"] for c in findings.claims if c["claim"] in {c.statement for c in CLAIMS}]
    counts = ", ".join(f"{said.count(v)} {v}" for v in sorted(set(said)))
    return (
        f"{len(repeated)} of {len(documented)} documented runs have an experiment,"
        f" {len(repeated & measured)} are measured. Of {len(CLAIMS)} claims"
        f" {len(said)} were judged{f': {counts}' if counts else ''}.\n"
    )
