"""Rows of a crossbar as ladders of resistors: what block elimination needs of them.

The nodes of a row form a tridiagonal matrix; two sequences give its inverse T. They are the conductances from a node to
all grounds on its left and on its right: sums, and pairs in series, so that no digits are lost.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel


class Ladders(NamedTuple):
    """Rows of an array as factors of their tridiagonal matrices, (row, padded column) each.

    Attributes
    ----------
    diagonal : ndarray
        T[j, j].
    ratio : ndarray
        T[j, k] / T[j - 1, k] for k < j.
    injected : ndarray
        Current into node j of a column at 0 V from the source of the row at 1 V: g times the voltage of the row there.
    """

    diagonal: np.ndarray
    ratio: np.ndarray
    injected: np.ndarray


def one_unit(*_: Any) -> int:
    """The thread of the tile runs the kernel itself."""
    return 1


@functools.cache
def ladders_kernel() -> Kernel:
    """Kernel (g, segment, first, last, held, columns, ladders): rows as ladders of resistors.

    g : (row, padded column); segment : conductance of a segment of the rows, 0 for rows without resistance; first, last
    : (row,) conductances of the terminals; held : (row,), whether a row without resistance is held at its source.
    """

    def ladders(begin, end, g, segment, first, last, held, columns, out):
        right = np.empty(columns)  # conductance to grounds from a node and what lies behind it
        for i in range(g.shape[0]):
            diagonal, ratio, injected = out.diagonal[i], out.ratio[i], out.injected[i]
            diagonal[:], ratio[:], injected[:] = 0.0, 0.0, 0.0
            if segment == 0.0:
                total = first[i] + last[i]
                for j in range(columns):
                    total += g[i, j]
                for j in range(columns):
                    diagonal[j] = 0.0 if held[i] else 1.0 / total
                    ratio[j] = 1.0
                    injected[j] = g[i, j] * (1.0 if held[i] else (first[i] + last[i]) / total)
                continue
            right[columns - 1] = g[i, columns - 1] + last[i]
            for step in range(1, columns):
                j = columns - 1 - step
                behind = right[j + 1]
                right[j] = g[i, j] + segment * behind / (segment + behind)
            before = first[i]  # conductance to grounds from a node to the left, through the segment between
            for j in range(columns):
                diagonal[j] = 1.0 / (before + right[j])
                ratio[j] = segment / (segment + right[j])
                left = before + g[i, j]
                before = segment * left / (segment + left)
            voltage = first[i] * diagonal[0]  # T[j, 0] first
            for j in range(columns):
                if j > 0:
                    voltage *= ratio[j]
                injected[j] = voltage
            if last[i] > 0.0:
                voltage = last[i] * diagonal[columns - 1]  # T[j, columns - 1] last, by the symmetry of T
                injected[columns - 1] += voltage
                for step in range(1, columns):
                    j = columns - 1 - step
                    voltage *= ratio[j + 1] * diagonal[j] / diagonal[j + 1]
                    injected[j] += voltage
            for j in range(columns):
                injected[j] *= g[i, j]

    return compile_kernel(ladders, one_unit, (Ladders,))
