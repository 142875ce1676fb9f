"""What the comment at the top of an experiment file says."""

import itertools
import re
from dataclasses import dataclass

_LABEL = re.compile(r"(Claim|Source|Run):\s*(.*)")
_WHOSE = re.compile(r"(book|notebook|notes|ours):\s*(.*)")


@dataclass(frozen=True)
class Header:
    """The parts of the comment; each may be empty, for a file of one's own needs none.

    Attributes:
        title: What is trained: its first line.
        claim: What is claimed, or asked.
        whose: Who claims it: `book`, `notebook`, `notes` or `ours`.
        remark: The paragraphs below, as one, without that of claim, source and command.
    """

    title: str = ""
    claim: str = ""
    whose: str = ""
    remark: str = ""


def read_header(text: str) -> Header:
    r"""Read the first comment of a file.

    >>> header = read_header("# A net\n#\n# Claim:  book: it is\n#         good\n# Run: r\n")
    >>> header.title, header.whose, header.claim
    ('A net', 'book', 'it is good')
    """
    comment = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    lines = [line.removeprefix("#").strip() for line in comment]
    title, *others = lines or [""]
    labelled: dict[str, list[str]] = {}
    remark: list[str] = []
    part = remark
    for line in others:
        label = _LABEL.match(line)
        if label:
            part = labelled.setdefault(label[1], [])
        elif not line:
            part = remark
        part.append(label[2] if label else line)
    claim = " ".join(labelled.get("Claim", []))
    said = _WHOSE.match(claim)
    whose, claim = said.groups() if said else ("", claim)
    return Header(title, claim, whose, " ".join(" ".join(remark).split()))
