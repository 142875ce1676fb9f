"""Sphinx's settings for the site: `make docs` builds it in build/docs, offline."""

import os
import re
import warnings
from importlib.metadata import version as installed

from sphinx.application import Sphinx

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the nets of the examples are too small for more

project = "dnn_techniques"
version = release = installed("dnn-techniques")
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["examples"]  # the gallery is made from them
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
default_role = "py:obj"
highlight_language = "none"  # of blocks that name no language: commands, output, formulas
myst_heading_anchors = 3

autodoc_member_order = "groupwise"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "write_computation_times": False,
    "show_signature": False,
    "min_reported_time": 3600,
    "capture_repr": (),
}
warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def as_rst(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Make the plain text of a docstring reStructuredText, in place.

    Shapes (n, *) and sizes |w| are no markup, and an indented block after a colon is code.
    """
    code_below: int | None = None  # indentation of the line before the block of code that we are in
    for i, line in enumerate(lines):
        indent = _indentation(line)
        if code_below is not None and line.strip() and indent <= code_below:
            code_below = None
        if code_below is not None or line.lstrip().startswith((">>>", "...")):
            continue
        lines[i] = re.sub(r"(``.*?``)|([*|])", lambda m: m[1] or "\\" + m[2], line)
        below = lines[i + 1 : i + 3]
        if (
            line.endswith(":")
            and below
            and not below[0].strip()
            and _indentation(below[-1]) > indent
        ):
            lines[i] += ":"
            code_below = indent


def with_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Give the list of techniques, whose links GitHub shows too, a table of contents for Sphinx."""
    if page == "techniques/README":
        cards = "\n".join(re.findall(r"\]\((\w+)\.md\)", source[0]))
        source[0] += f"\n```{{toctree}}\n:hidden:\n\n{cards}\n```\n"


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def setup(app: Sphinx) -> None:
    """Connect the functions above; docstrings are read before napoleon (500) reads them."""
    app.connect("autodoc-process-docstring", as_rst, priority=100)
    app.connect("source-read", with_contents)
