"""Damage that any file can have: changed bytes, cuts, insertions, and lines or blocks in other places."""

from __future__ import annotations

import random
from collections.abc import Callable

BYTES = (b"\x00", b"\xff", b"\n", b"\r", b"\t", b" ", b'"', b"'", b",", b";", b":", b"-", b"%", b"{", b"[", b"\x1b[2J")


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content after one to four kinds of damage that need no knowledge of its format."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(_KINDS)(content, rng)
    return content


def _span(content: bytes, rng: random.Random, longest: int = 64) -> tuple[int, int]:
    """Start and end of a part of the content."""
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.randint(1, rng.choice((1, 4, longest))))


def _flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64)) if content else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwritten(content: bytes, rng: random.Random) -> bytes:
    start, end = _span(content, rng)
    values = rng.choice((b"\x00", b"\xff", b"\x7f", bytes((rng.randrange(256),))))
    return content[:start] + values * (end - start) + content[end:]


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _without_part(content: bytes, rng: random.Random) -> bytes:
    start, end = _span(content, rng, 4096)
    return content[:start] + content[end:]


def _with_insertion(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    inserted = rng.choice((rng.choice(BYTES) * rng.choice((1, 1, 3, 100, 20_000)), rng.randbytes(rng.randint(1, 40))))
    return content[:place] + inserted + content[place:]


def _with_copied_part(content: bytes, rng: random.Random) -> bytes:
    start, end = _span(content, rng, 4096)
    place = rng.randrange(len(content) + 1)
    return content[:place] + content[start:end] * rng.choice((1, 1, 2, 20)) + content[place:]


def _with_lines_moved(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines[first], lines[second] = lines[second], lines[first]
        case 1:
            lines.insert(second, lines[first])
        case 2:
            del lines[first]
        case _:
            start, end = sorted((first, second))
            block = lines[start : min(end, start + 30)]
            place = rng.randrange(len(lines) + 1)
            lines[place:place] = block
    return b"\n".join(lines)


_KINDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped,
    _overwritten,
    _cut,
    _without_part,
    _with_insertion,
    _with_copied_part,
    _with_lines_moved,
)
