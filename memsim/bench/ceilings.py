"""What bounds the kernels: copies of memory and products of matrices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.backends import Backend
from memsim.bench import counts
from memsim.bench.timing import Work, finished, in_turns

_COPIED = 1 << 24
"""Numbers of the copy that measures the memory: 64 MiB, which no cache of a core holds."""
_MULTIPLIED = 1024


class Roof(NamedTuple):
    """The roofline of the machine.

    Attributes
    ----------
    bandwidth : float
        Of copying 64 MiB, read and written bytes together [B/s].
    operations : float
        Of a float32 product of two 1024 x 1024 matrices, a multiply-add as two [1/s].
    """

    bandwidth: float
    operations: float


def copy(count: int, where: Backend) -> Work:
    """A copy of float32 numbers."""
    given = where.asarray(np.ones(count, np.float32))
    taken = np.empty_like(given)
    return finished(lambda: np.copyto(taken, given), where)


def product(size: int, batch: int, where: Backend) -> Work:
    """The product of a batch of samples and a square matrix, float32."""
    random = np.random.default_rng(0)
    x = where.asarray(random.random((batch, size), np.float32))
    weights = where.asarray(random.random((size, size), np.float32))
    return finished(lambda: x @ weights.T, where)


def roof(repeats: int, where: Backend) -> Roof:
    """The roofline of this machine, or of its card, from the medians of some calls."""
    works = copy(_COPIED, where), product(_MULTIPLIED, _MULTIPLIED, where)
    copied, multiplied = np.median(in_turns(works, repeats), axis=1)
    return Roof(
        counts.copy(_COPIED).traffic / float(copied),
        counts.product(_MULTIPLIED, _MULTIPLIED).operations / float(multiplied),
    )
