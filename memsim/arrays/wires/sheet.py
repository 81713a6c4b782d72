"""Preconditioner of strongly coupled wires: the same array with equal cells, solved by sine transforms.

With equal cells, rows and columns separate: over the modes of both chains, with eigenvalues l_row and l_col, the Schur
complement is g_bit l_col + G g_word l_row/(g_word l_row + G). The transforms put a line's ends half a segment outside,
and a mode's smallest eigenvalue stands for sources that differ from line to line; a preconditioner may be inexact.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.wires.circuit import Lines
from memsim.kernels.compile import threads

_STRIP = 64  # lines a task takes, whatever the number of threads: the transforms' vectors then start at the same lines

MANY = 20
"""Estimated iterations with the bit lines as preconditioner beyond which that of a uniform sheet is quicker."""

_DECADES = 10
"""That a solution has to gain."""


class Modes(NamedTuple):
    """Transforms of a chain to its modes and back, and the eigenvalues of its matrix over the segment conductance."""

    forward: Callable[..., np.ndarray]
    back: Callable[..., np.ndarray]
    eigenvalues: np.ndarray


def modes(lines: Lines, nodes: int) -> Modes:
    """Modes of chains with that many nodes; an end counts as open where the source hardly holds it."""
    from scipy.fft import dct, dst, idct, idst

    k = np.arange(nodes)
    first, last = (bool(np.mean(end) * lines.segment * nodes > 1) for end in (lines.first, lines.last))
    if first and last:
        return Modes(partial(dst, type=2), partial(idst, type=2), 4 * np.sin((k + 1) * np.pi / (2 * nodes)) ** 2)
    if first or last:
        transforms = (dst, idst) if first else (dct, idct)
        forward, back = (partial(transform, type=4) for transform in transforms)
        return Modes(forward, back, 4 * np.sin((2 * k + 1) * np.pi / (4 * nodes)) ** 2)
    least = float(np.mean(lines.first + lines.last)) * lines.segment / nodes
    return Modes(partial(dct, type=2), partial(idct, type=2), 4 * np.sin(k * np.pi / (2 * nodes)) ** 2 + least)


def line_iterations(cell: float, rows: Lines, columns: Lines, deflated: int = 0) -> float:
    """Estimate of the iterations with the columns' chains as preconditioner, for equal cells of conductance `cell`.

    `deflated` : how many of the rows' smoothest modes are solved exactly.
    """
    if cell == 0 or np.isinf(rows.first + rows.last).all() or (rows.segment == 0 and deflated):
        return 1.0
    down = modes(columns, len(rows.first)).eigenvalues[0] / columns.segment
    count = len(columns.first)
    if rows.segment == 0:
        along = float(np.mean(rows.first + rows.last)) / count
    else:
        along = modes(rows, count).eigenvalues[min(deflated, count - 1)] / rows.segment
    root = float(np.sqrt((down + cell) / (down + cell * along / (along + cell))))
    return _DECADES * np.log(10) / np.log((root + 1) / max(root - 1, 1e-300))


class Sheet:
    """Call (r, z): z is about S^-1 r, both (row, col * lane)."""

    def __init__(self, cell: float, rows: Lines, columns: Lines, lanes: int) -> None:
        self._shape = (len(rows.first), len(columns.first), lanes)
        self._along, self._down = modes(rows, self._shape[1]), modes(columns, self._shape[0])
        along = self._along.eigenvalues / rows.segment
        down = self._down.eigenvalues[:, None] / columns.segment
        self._inverse = np.float32(cell) / (down + cell * along / (along + cell)).astype(np.float32)
        self._unit = cell

    def __call__(self, r: np.ndarray, z: np.ndarray) -> None:
        cube = r.reshape(self._shape)
        scale = np.abs(cube).max((0, 1))
        scale[scale == 0] = 1
        field = (cube / scale).astype(np.float32)
        with ThreadPoolExecutor(threads()) as pool:
            field = self._transform(pool, self._down.forward, field, 0)
            field = self._transform(pool, self._along.forward, field, 1)
            field *= self._inverse[:, :, None]
            field = self._transform(pool, self._along.back, field, 1)
            field = self._transform(pool, self._down.back, field, 0)
        z[:] = (field * (scale / self._unit)).reshape(z.shape)

    @staticmethod
    def _transform(pool: ThreadPoolExecutor, transform: Any, field: np.ndarray, axis: int) -> np.ndarray:
        out = np.empty_like(field)

        def strip(start: int) -> None:
            part = (slice(None), slice(start, start + _STRIP)) if axis == 0 else slice(start, start + _STRIP)
            out[part] = transform(field[part], axis=axis, norm="ortho")

        list(pool.map(strip, range(0, field.shape[1 - axis], _STRIP)))
        return out
