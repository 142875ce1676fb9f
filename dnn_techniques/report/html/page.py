"""The page: its sections, put into the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dnn_techniques.files import write_text
from dnn_techniques.report.html.confusion import Confusion, read_confusion
from dnn_techniques.report.html.curves import curves
from dnn_techniques.report.html.pictures import Picture, Pictures
from dnn_techniques.report.html.remake import commands
from dnn_techniques.report.html.standings import short
from dnn_techniques.report.html.tables import (
    Table,
    documented_table,
    experiments_table,
    settings_table,
)
from dnn_techniques.report.html.words import Said, verdicts
from dnn_techniques.results.group_comparison import CURVES, GroupComparison, provenance
from dnn_techniques.runs.experiments import ExperimentFile, name_of
from dnn_techniques.runs.run_folder import CONFUSION, folder_name

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """A group on the page.

    Attributes:
        group: Its name.
        experiments: Name and file of those that have a title.
        verdicts: What its runs say.
        curves: What the script draws.
        experiments_table: Final figures.
        documented: The documented figures beside ours.
        settings: Settings that differ.
        confusions: The confusion matrices in the folders of its runs.
        pictures: Those beside its summary, and others in the folders of its runs.
        commands: What makes its parts again.
        provenance: Data, device, versions, seeds and date, as a sentence.
    """

    group: str
    experiments: list[tuple[str, ExperimentFile]]
    verdicts: list[Said]
    curves: dict[str, Any]
    experiments_table: Table
    documented: Table
    settings: Table
    confusions: list[Confusion]
    pictures: list[Picture]
    commands: list[tuple[str, str]]
    provenance: str


def write_page(
    comparisons: Sequence[GroupComparison], out: Path, page: Path, command: str, title: str
) -> None:
    """Write one HTML file with everything in it.

    Names and messages come from folders and files of anybody: the template escapes all of them.

    Args:
        comparisons: The groups.
        out: Folder of their run folders.
        page: The file.
        command: The command that the page names.
        title: Its headline.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pictures = Pictures()
    text = environment.get_template("page.html").render(
        title=title,
        sections=[_section(comparison, out, pictures) for comparison in comparisons],
        command=command,
        style=Markup((_HERE / "style.css").read_text()),
        scripts=[Markup((_HERE / name).read_text()) for name in ("curves.js", "tables.js")],
    )
    write_text(page, text)


def _section(comparison: GroupComparison, out: Path, pictures: Pictures) -> Section:
    sets = comparison.run_sets
    runs = {out / s.name / folder_name(run.seed): (s, run) for s in sets for run in s.runs}
    found = {
        folder: read_confusion(folder, f"{short(run_set.name)}, seed {run.seed}")
        for folder, (run_set, run) in runs.items()
    }
    shown = {folder / f"{CONFUSION}.png" for folder, confusion in found.items() if confusion}
    folders = [out / comparison.group, *(out / s.name for s in sets), *runs]
    return Section(
        group=comparison.group,
        experiments=[(name_of(e.path), e) for e in comparison.files if e.title],
        verdicts=verdicts(comparison),
        curves=curves(comparison.run_sets),
        experiments_table=experiments_table(comparison.run_sets),
        documented=documented_table(comparison.last),
        settings=settings_table(comparison.run_sets),
        confusions=[confusion for confusion in found.values() if confusion],
        pictures=pictures.take(folders, out, but=[out / comparison.group / CURVES, *shown]),
        commands=commands(comparison, out),
        provenance=provenance(comparison.runs),
    )
