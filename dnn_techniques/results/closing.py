"""What is said of a finished run: its figures, the documented ones in words, what to do next."""

from collections.abc import Mapping
from pathlib import Path

from dnn_techniques.results.divergence import divergence
from dnn_techniques.results.findings import COMMITTED, read_findings
from dnn_techniques.results.run_sets import read_run

WORDS = {
    "inside": "within what seeds vary",
    "OUTSIDE": "outside of what seeds vary",
    "too few runs": "seeds vary too much to tell",
}


def closing(path: Path, findings: Path = COMMITTED) -> str:
    """The lines for the run in a folder.

    Args:
        path: The run's folder, ``<out>/<group>/<name>/seed-<n>``.
        findings: Folder with the JSON files of the pages, by which documented figures are judged.
    """
    run = read_run(path)
    result, gone = run.result, divergence(run)
    final = result["final"]
    lines = [
        f"validation  {_figures(final, 'val_')}  (epoch {final['epoch']:g})",
        f"test        {_figures(result['test'], '')}",
    ]
    if gone:
        lines.append(f"diverged    {gone}: its loss is no number any more")
    if not result["changes"]:
        for printed in read_findings(findings).figures.get(result["experiment"], ()):
            if printed["epoch"] == final["epoch"] and printed["figure"].startswith("val_"):
                said = WORDS.get(printed["verdict"], "not judged")
                figure = f"{printed['figure']} {printed['documented']:.4f}"
                lines.append(f"documented  {figure} ({printed['edition']}): {said}")
    folder = path.parent.as_posix()
    lines += [
        f"run folder  {path.as_posix()}",
        f"next        python -m dnn_techniques compare {folder}",
        f"            tensorboard --logdir {folder}",
        f"            python -m dnn_techniques figures {path.as_posix()}",
    ]
    return "\n".join(line for line in lines if line.split(maxsplit=1)[1:])


def _figures(values: Mapping[str, float | None], prefix: str) -> str:
    """The figures with a prefix, without it; one that is not finite is null in result.json."""
    chosen = {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
    return "  ".join(f"{name} {'nan' if v is None else f'{v:.4f}'}" for name, v in chosen.items())
