"""The pictures that lie beside a summary and in run folders, inside the page."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

# Bytes; the page as a whole stays below 5 MB.
LARGEST = 300_000
ALL = 3_000_000


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        name: Its file, seen from the folder of the runs.
        uri: All of it as a data URI, empty where it is too large.
    """

    name: str
    uri: str


class Pictures:
    """Takes pictures into a page as long as there is room.

    Args:
        room: Bytes.
    """

    def __init__(self, room: int = ALL) -> None:
        self.room = room

    def take(self, folders: Sequence[Path], out: Path, but: Collection[Path]) -> list[Picture]:
        """The PNG files in some folders below `out`, without those in `but`."""
        files = [f for folder in folders for f in sorted(folder.glob("*.png")) if f not in but]
        return [self._take(file, out) for file in dict.fromkeys(files)]

    def _take(self, file: Path, out: Path) -> Picture:
        name, size = file.relative_to(out).as_posix(), file.stat().st_size
        if size > min(LARGEST, self.room):
            return Picture(name, "")
        self.room -= size
        return Picture(
            name, f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
        )
