"""The pages for readers: README.md, CONTRIBUTING.md and the guides."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
# In the order in which a reader would follow them: a later one may need what an earlier one made.
GUIDES = [
    ROOT / "docs" / "guide" / f"{name}.md"
    for name in (
        "running_experiments",
        "your_own_experiment",
        "building_blocks",
        "porting_a_keras_notebook",
        "digit_for_digit",
        "reading_the_results",
        "what_replicates",
        "speed",
    )
]
PAGES = [README, ROOT / "CONTRIBUTING.md", *GUIDES]


def text(*pages: Path) -> str:
    return "\n".join(page.read_text() for page in pages or PAGES)


def blocks(language: str, *pages: Path) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"(?m)^```{language}\n(.*?)^```", text(*pages), re.DOTALL)


def own_activation() -> str:
    """The part of README that makes an experiment with an activation of one's own."""
    return README.read_text().partition("## Your own activation")[2].partition("\n## ")[0]


def write_own_activation(folder: Path) -> None:
    """Write the files that README shows there."""
    shown = re.findall(r"(?ms)^`([\w.]+)`.*?^```\w+\n(.*?)^```", own_activation())
    assert [name for name, _ in shown] == ["my_activation.py", "squared_relu.yaml"]
    for name, content in shown:
        (folder / name).write_text(content)


def own_experiment() -> tuple[str, str]:
    """Module and file of the experiment that the guide makes."""
    guide = ROOT / "docs" / "guide" / "your_own_experiment.md"
    (module,) = blocks("python", guide)
    (file,) = blocks("yaml", guide)
    return module, file
