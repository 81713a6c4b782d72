"""The preconditioner of `memsim.arrays.wires.sheet` for a card, where its transforms are products with dense matrices.

In float32 a card multiplies matrices of these sizes sooner than it transforms them in any other way. Word lines without
resistance are taken in as well: equal cells couple only their mean, so all other modes are those of the bit lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.wires.circuit import Lines
from memsim.arrays.wires.sheet import modes


class DenseSheet:
    """Call (r): about S^-1 r, both (row, col, lane)."""

    def __init__(self, cell: float, rows: Lines, columns: Lines, backend: Any) -> None:
        count, width = len(rows.first), len(columns.first)
        self._xp = backend.xp
        down = modes(columns, count)
        if rows.segment == 0:
            from scipy.fft import dct

            along, held = dct(np.eye(width), type=2, axis=0, norm="ortho"), np.full(width, np.inf)
            held[0] = np.mean(rows.first + rows.last) / width
        else:
            found = modes(rows, width)
            along, held = _matrix(found, width), found.eigenvalues / rows.segment
        reduced = cell / (1 + np.divide(cell, held, out=np.full(width, np.inf), where=held > 0))
        inverse = cell / (down.eigenvalues[:, None] / columns.segment + reduced)
        self._down, self._along, self._inverse = (
            backend.asarray(np.ascontiguousarray(matrix, np.float32))
            for matrix in (_matrix(down, count), along, inverse)
        )
        self._unit = cell

    def __call__(self, r: Any) -> Any:
        xp = self._xp
        scale = xp.abs(r).max(0).max(0)
        scale[scale == 0] = 1
        field = xp.ascontiguousarray((r / scale).transpose(2, 0, 1), dtype=np.float32)  # a lane, a matrix
        field = xp.matmul(xp.matmul(self._down, field), self._along.T)
        field *= self._inverse
        field = xp.matmul(xp.matmul(self._down.T, field), self._along)
        return xp.ascontiguousarray(field.transpose(1, 2, 0)) * (scale / self._unit)


def _matrix(found: Any, nodes: int) -> np.ndarray:
    """Modes of a chain as the rows of an orthogonal matrix."""
    return found.forward(np.eye(nodes), axis=0, norm="ortho")
