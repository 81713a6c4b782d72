"""Times of calls that take turns, so that other load on the machine meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from memsim.backends import Backend

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """Wall time of one call [s]."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def finished(work: Work, where: Backend) -> Work:
    """The work until its last kernel is done: on a card, calls return before."""

    def whole() -> None:
        work()
        where.synchronize()

    return whole


def in_turns(works: tuple[Work, ...], repeats: int) -> np.ndarray:
    """Wall times (work, repeat) [s]; a first call of each compiles, claims memory and is not counted."""
    for work in works:
        work()
    return np.array([[seconds(work) for work in works] for _ in range(repeats)]).T
