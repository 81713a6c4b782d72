"""What bounds the kernels: copies of memory and products of matrices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.bench import counts
from memsim.bench.timing import Work, in_turns

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


def copy(count: int) -> Work:
    """A copy of float32 numbers."""
    given = np.ones(count, np.float32)
    taken = np.empty_like(given)
    return lambda: np.copyto(taken, given)


def product(size: int, batch: int) -> Work:
    """The product of a batch of samples and a square matrix, float32."""
    random = np.random.default_rng(0)
    x = random.random((batch, size), np.float32)
    weights = random.random((size, size), np.float32)
    return lambda: x @ weights.T


def roof(repeats: int) -> Roof:
    """The roofline of this machine, from the medians of some calls."""
    copied, multiplied = np.median(in_turns((copy(_COPIED), product(_MULTIPLIED, _MULTIPLIED)), repeats), axis=1)
    return Roof(
        counts.copy(_COPIED).traffic / float(copied),
        counts.product(_MULTIPLIED, _MULTIPLIED).operations / float(multiplied),
    )
