"""Fill the made parts of the pages in docs/techniques: ``python -m docs.cards``.

A page is written by hand, but for what stands between two marks:

- ``<!-- code: FILE NAME -->``, ``<!-- end -->``: the code of a function or class (or, dotted, of
  its method) of this package as it trains, without its docstring; as NAME(ARGUMENT) the code of
  the call of NAME whose first argument it is;
- ``<!-- results: GROUP ... -->``, ``<!-- end -->``: what groups or experiments found, from the JSON
  files in docs/results.
"""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from dnn_techniques.documents.documented import documented
from dnn_techniques.errors import InputError
from dnn_techniques.results.findings import Findings, read_findings, tally
from dnn_techniques.results.tables import effect, markdown_table
from dnn_techniques.runs.experiments import select

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "techniques"
LONGEST = 15
_MADE = re.compile(r"(?ms)^(<!-- (code|results): (.+?) -->\n).*?^(<!-- end -->)$")


def main() -> None:
    """Rewrite the made parts of every page."""
    findings = read_findings()
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(filled(path.read_text(), findings))
    print(f"{PAGES.relative_to(ROOT)}: filled")


def filled(page: str, findings: Findings) -> str:
    """A page with its made parts made anew.

    Raises:
        InputError: If a mark names what is not there, or code of more than 15 lines.
    """

    def make(match: re.Match[str]) -> str:
        start, kind, words, end = match.groups()
        made = code(*words.split()) if kind == "code" else results(words.split(), findings)
        return f"{start}{made}{end}"

    return _MADE.sub(make, page)


def code(file: str, name: str) -> str:
    """The source of a definition or a call in a file of the package, as Markdown.

    Raises:
        InputError: If it is not there, or too long for a card.
    """
    source = (ROOT / "dnn_techniques" / file).read_text()
    kept = _call(source, name) if "(" in name else _definition(source, name)
    if kept is None:
        raise InputError(f"docs/techniques: no {name} in dnn_techniques/{file}")
    if (length := kept.count("\n") + 1) > LONGEST:
        raise InputError(f"docs/techniques: {name} has {length} lines, a card at most {LONGEST}")
    return f"```python\n# dnn_techniques/{file}\n{kept}\n```\n"


def _definition(source: str, name: str) -> str | None:
    """The lines of a function, class or method, without its docstring; None if there is none."""
    body: Sequence[ast.stmt] = ast.parse(source).body
    found: ast.ClassDef | ast.FunctionDef | None = None
    for part in name.split("."):
        definitions = (n for n in body if isinstance(n, ast.ClassDef | ast.FunctionDef))
        found = next((n for n in definitions if n.name == part), None)
        if found is None:
            return None
        body = found.body
    assert found is not None
    lines = source.splitlines()[found.lineno - 1 : found.end_lineno]
    first = found.body[0]
    if ast.get_docstring(found) is not None:
        end = (first.end_lineno or 0) - found.lineno + 1
        blank = end < len(lines) and not lines[end].strip()  # after the docstring of a class
        del lines[first.lineno - found.lineno : end + blank]
    return "\n".join(line[found.col_offset :] for line in lines).strip("\n")


def _call(source: str, name: str) -> str | None:
    """The lines of a call, given as ``NAME(FIRST ARGUMENT)``; None if there is none."""
    sought = ast.parse(name, mode="eval").body
    assert isinstance(sought, ast.Call)
    start = [ast.dump(part) for part in (sought.func, *sought.args)]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and [ast.dump(part) for part in (node.func, *node.args[:1])] == start
        ):
            lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
            indent = len(lines[0]) - len(lines[0].lstrip())
            lines[-1] = lines[-1][: node.end_col_offset]
            return "\n".join([lines[0][node.col_offset :], *(line[indent:] for line in lines[1:])])
    return None


def results(selections: Sequence[str], findings: Findings) -> str:
    """Claims and documented figures of some experiments with their verdicts, as Markdown.

    Raises:
        InputError: If there is no such experiment.
    """
    chosen = [experiment for selection in selections for experiment in select(selection)]
    names = {experiment.name for experiment in chosen}
    claims = [
        [
            claim["claim"],
            claim["whose"],
            effect(claim["mean"], claim["interval"]),
            claim["effect"].replace("|", r"\|"),
            str(len(claim["effects"])),
            claim["verdict"],
        ]
        for claim in findings.claims
        if not names.isdisjoint(claim.get("experiments", ()))
    ]
    runs = [
        [
            f"`run {experiment.name}`",
            _time(findings.seconds.get(experiment.name)),
            tally(findings.figures[experiment.name]),
        ]
        for experiment in chosen
        if experiment.documented
        and experiment.name in findings.figures
        and documented(experiment.documented).editions
    ]
    tables = []
    if claims:
        header = ["claim", "whose", "effect (99% interval)", "measured in", "seeds", "verdict"]
        tables.append(markdown_table(header, claims))
    if runs:
        header = ["experiment", "a run takes", "documented figures"]
        tables.append(markdown_table(header, runs))
    return "\n" + ("\n".join(tables) or "Nothing measured yet.\n") + "\n"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    main()
