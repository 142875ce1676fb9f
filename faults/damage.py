"""What becomes of a file: the ways in which it is damaged."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

Damage = Callable[[bytes, bytes], bytes | None]

ANOTHER, MISSING, FLIPPED = "another run's", "missing", "bit flipped"


def damages(draw: random.Random) -> dict[str, Damage]:
    """What is made of a file, and of another run's in its place; None removes it."""
    places = [draw.random() for _ in range(4)]
    return {
        "truncated": lambda data, other: data[: len(data) // 2],
        "without its end": lambda data, other: data[:-3],
        "empty": lambda data, other: b"",
        "text": lambda data, other: b"these are words\n",
        "NUL bytes": lambda data, other: bytes(len(data)),
        MISSING: lambda data, other: None,
        ANOTHER: lambda data, other: other,
        **{
            f"{FLIPPED} at {place:.2f}": partial(lambda p, data, other: _flip(data, p), place)
            for place in places
        },
    }


def apply(file: Path, damage: Damage, other: bytes) -> bool:
    """Damage a file; whether it is another one then."""
    data = file.read_bytes()
    new = damage(data, other)
    if new is None:
        file.unlink()
    else:
        file.write_bytes(new)
    return new != data


def _flip(data: bytes, where: float) -> bytes:
    changed = bytearray(data)
    bit = int(where * 8 * len(data))
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
