"""Whether a run fits into the memory of the machine, before anything is allocated.

The `memory_estimate` module of each task estimates what its runs need.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

from memsim.errors import InputError

COPIES = 3
"""Copies of results that exist at once while they are joined, summarised and written; assumed."""
WIRED = 60
"""Bytes that a cell takes while its effective conductance is computed; assumed."""
SOLVER = 1 << 29
"""Bytes that the wire solver takes, about a hundred for each cell and right-hand side; assumed."""
BLOCK = 1 << 26
"""Largest block of corrupted images held at once, unless one image alone takes more [byte]."""

_CGROUP = Path("/sys/fs/cgroup")
_SHARE = 0.5  # of free memory that images done at once may take


def images_at_once(pixels: int, copies: int, training: float = 0.0, card: float = math.inf) -> int:
    """How many images are computed at once; at least 1.

    Their corrupted copies fit into `BLOCK`. With what learns them they fit into half of the memory that is free now. No
    result depends on this number.

    Parameters
    ----------
    pixels, copies : int
        Number of pixels of an image, and of its corrupted copies.
    training : float
        Memory of what learns an image [byte], such as arrays.
    card : float
        Free memory of the card that computes [byte], if one does.
    """
    size = pixels * 4 * copies
    return max(1, min(BLOCK // size, int(_SHARE * min(free_memory(), card) / (2 * size + training))))


def require_memory(needs: Mapping[str, float]) -> None:
    """Refuse a run that would not fit into this machine's memory.

    Parameters
    ----------
    needs : mapping of str to float
        Memory that the run takes [byte], by the settings that make it large.

    Raises
    ------
    InputError
        States how much is needed, how much there is, and which settings take most of it.
    """
    needed, available = sum(needs.values()), memory()
    if needed > available:
        largest = max(needs, key=lambda name: needs[name])
        raise InputError(
            f"this run needs about {needed / 2**30:.3g} GiB of memory, this machine has {available / 2**30:.3g} GiB; "
            f"make less of {largest}"
        )


def memory() -> float:
    """Memory that this process may use [byte]: the machine's, or its container's if that is less."""
    try:
        total = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
    return min(total, _container()[0])


def free_memory() -> float:
    """Memory that this process may still take [byte]: the machine's, or its container's if that is less."""
    limit, used = _container()
    try:
        (line,) = (row for row in Path("/proc/meminfo").read_text().splitlines() if row.startswith("MemAvailable:"))
        free = 1024.0 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        free = memory()
    return max(0.0, min(free, limit - used))


def _container() -> tuple[float, float]:
    """Memory that the container may use, without end if there is none, and what it uses, less cached files [byte]."""
    try:
        limit, used = (float((_CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        stat = dict(row.split() for row in (_CGROUP / "memory.stat").read_text().splitlines())
        return limit, used - float(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return float("inf"), 0.0
