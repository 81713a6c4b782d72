"""Work on large arrays in parts: small enough for the cache, on all cores, and with the same numbers on any of them."""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

BLOCK = 1 << 18
"""Numbers in a part, where one allows it: 1 MiB in float32, about the cache of a core."""

Result = TypeVar("Result")


def each(work: Callable[[slice], Result], parts: Sequence[slice], xp: Any) -> list[Result]:
    """What the work gives for every part, in order; parts must not write to the same place.

    What the parts are must not depend on the number of cores, then the numbers do not either. NumPy releases Python's
    lock in its loops and products, so threads share them; other libraries get one part after the other.
    """
    if len(parts) < 2 or cores() < 2 or xp.__name__ != "numpy":
        return [work(part) for part in parts]
    # A copy of the context each: NumPy's error state, which is part of it, does not reach new threads by itself.
    contexts = [contextvars.copy_context() for _ in parts]
    with ThreadPoolExecutor(min(cores(), len(parts))) as pool:
        return list(pool.map(lambda context, part: context.run(work, part), contexts, parts))


def cores() -> int:
    """Number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def split(length: int, size: int) -> list[slice]:
    """Slices of `size` that cover a length; the last one may be shorter."""
    return [slice(first, min(first + size, length)) for first in range(0, length, size)]


def host(array: Any) -> np.ndarray:
    """The array in NumPy's memory; CuPy's arrays are copied by a method of their own."""
    return array.get() if hasattr(array, "get") else np.asarray(array)
