"""The smoothest modes of the word lines, solved exactly beside a preconditioner without word lines.

Cells draw a word line down along its smoothest modes Z, which the bit lines by themselves cannot see: their L_bit + G
is far from S = L_bit + G - G A^-1 G there. Both keep their form between modes: chains down the rows, with blocks
Z^T G Z and Z^T (G - G A^-1 G) Z instead of cells. Adding Z (S_Z^-1 - (L_bit + G)_Z^-1) Z^T leaves the other modes to
the bit lines; it is positive since S is the smaller of the two.
"""

from __future__ import annotations

import numpy as np

from memsim.arrays.wires.circuit import Lines
from memsim.arrays.wires.sheet import line_iterations, modes
from memsim.kernels.wire_lines import SIDE

_FIRST, _COST = 8.0, 2.0
"""What modes at all, and what each adds, in iterations as `line_iterations` estimates them; measured."""


def mode_count(cell: float, rows: Lines, columns: Lines) -> int:
    """Number of modes with which equal cells of conductance `cell` would be solved soonest."""
    estimates = [
        line_iterations(cell, rows, columns, count) + (_FIRST + _COST * count if count else 0)
        for count in range(SIDE + 1)
    ]
    return int(np.argmin(estimates[: len(columns.first)]))


def smooth_modes(rows: Lines, count: int, nodes: int, stored: int, lanes: int) -> np.ndarray:
    """The `count` smoothest modes of lines with that many nodes, (mode, stored * lane)."""
    found = np.zeros((count, stored))
    if count:
        alone = np.ones((1, nodes)) / np.sqrt(nodes)
        found[:, :nodes] = alone if rows.segment == 0 else modes(rows, nodes).back(np.eye(count, nodes), norm="ortho")
    return np.repeat(found, lanes, axis=1)


class Deflation:
    """Call (r): shares (row, mode, lane) of the modes from the sums (row, mode, lane) of a residual times the modes.

    Parameters
    ----------
    shapes : (mode, col)
    cells, reduced : (row, mode, mode)
        Z^T G Z, and that of the Schur complement of the cells [S].
    columns : Lines
        The chains down the rows.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the numbers are too coarse for chains that hardly anything holds.
    """

    def __init__(self, shapes: np.ndarray, cells: np.ndarray, reduced: np.ndarray, columns: Lines) -> None:
        ends = [(shapes * end) @ shapes.T for end in (columns.first, columns.last)]
        self._alone, self._coupled = (_factor(blocks, ends, 1 / columns.segment) for blocks in (cells, reduced))

    def __call__(self, sums: np.ndarray) -> np.ndarray:
        from scipy.linalg import cho_solve_banded

        flat = sums.reshape(-1, sums.shape[-1]).astype(float)
        found = cho_solve_banded((self._coupled, True), flat, check_finite=False)
        found -= cho_solve_banded((self._alone, True), flat, check_finite=False)
        return found.reshape(sums.shape)


def _factor(blocks: np.ndarray, ends: list[np.ndarray], segment: float) -> np.ndarray:
    """Banded Cholesky factor of chains of these blocks (row, mode, mode), lower form."""
    from scipy.linalg import cholesky_banded

    rows, count = blocks.shape[:2]
    full = (0.5 * (blocks + blocks.transpose(0, 2, 1))).astype(float)
    beside = np.full(rows, 2.0 if rows > 1 else 0.0) * segment
    beside[[0, -1]] *= 0.5
    full += beside[:, None, None] * np.eye(count)
    full[0] += ends[0]
    full[-1] += ends[1]
    band = np.zeros((count + 1, rows, count))
    for below in range(count):
        band[below, :, : count - below] = np.diagonal(full, -below, axis1=1, axis2=2)
    band[count, :-1] = -segment
    return cholesky_banded(band.reshape(count + 1, -1), lower=True, overwrite_ab=True, check_finite=True)
