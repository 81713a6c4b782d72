"""A network of ohmic cells whose columns are chains of resistors, solved directly for all sources at once.

Rows are eliminated exactly, then the nodes of the columns, row by row of the array: one dense block for each row
(`memsim.kernels.wire_tiles`). About 2 rows columns^3 operations for a square array, whatever the conductances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.arrays.wires.circuit import Lines
from memsim.kernels.symmetric_inverse import WIDE
from memsim.kernels.wire_ladders import Ladders, ladders_kernel
from memsim.kernels.wire_tiles import (
    NARROW,
    backward_kernel,
    carried_lines,
    forward_kernel,
    packed,
    padded,
    row_length,
    unpack_kernel,
    voltages_kernel,
)


class Effort(NamedTuple):
    """What an elimination takes: blocks, floating-point operations, and bytes."""

    blocks: int
    operations: float
    memory: int


def effort(rows: int, columns: Lines, factors: bool) -> Effort:
    """Of an array with that many rows, with or without the factors for the voltages of nodes."""
    width = padded(len(columns.first))
    carried = min(rows, width) if factors else rows
    operations = rows * width**3 + width**2 * carried**2 + 2 * width**3 * (rows - carried)
    numbers = 3 * width * (rows + carried) + 3 * width**2 + (rows * packed(width) if factors else 0)
    passes = int(columns.first.any()) + int(columns.last.any())
    return Effort(passes * rows, passes * operations, 8 * numbers)


def eliminate(
    conductance: np.ndarray, rows: Lines, columns: Lines, factors: bool
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Conductances from the sources of all rows to the grounds of all columns, and voltages at cells.

    Parameters
    ----------
    conductance : (row, col)
        Of ohmic cells [S].
    rows, columns : Lines
        All with a terminal; columns with resistance.
    factors : bool
        Whether to keep the factors of all blocks, which the voltages need.

    Returns
    -------
    effective : (row, col)
        Current into the ground of each column over the voltage of each source [S].
    across, below : (row, col), or None
        Voltage of the rows minus that of the columns at each cell, and that of the columns, with all sources at 1 V;
        None without `factors`.
    """
    count, width = conductance.shape
    unit = 1 / columns.segment
    g = np.zeros((count, padded(width)))
    g[:, :width] = conductance / unit
    held = np.isinf(rows.first + rows.last) if rows.segment == 0 else np.zeros(count, bool)
    ends = [np.where(held, 0.0, end / unit) for end in (rows.first, rows.last)]
    lines = 0.0 if rows.segment == 0 else 1 / (rows.segment * unit), *ends, held, width
    ladders = Ladders(*np.empty((3, *g.shape)))
    ladders_kernel()(g, *lines, ladders)
    effective, across, below = np.zeros((count, width)), None, None
    for start, stop, step in ((columns.first, columns.last, 1), (columns.last, columns.first, -1)):
        if stop.any():
            turned = [np.ascontiguousarray(part[::step]) for part in (g, *ladders)]
            blocks = _Blocks(turned[0], Ladders(*turned[1:]), start / unit, stop / unit, factors)
            effective += blocks.currents[::step] * unit
            if factors and across is None:
                across = np.empty((count, width))
                turned_lines = lines[0], *(np.ascontiguousarray(part[::step]) for part in lines[1:4]), width
                nodes = np.empty_like(g)
                voltages_kernel()(turned[0], *turned_lines, blocks.factors, blocks.driven, nodes, across)
                across, below = across[::step], nodes[::step, :width]
            del blocks  # before the factors of the other direction are made
    return effective, across, below


class _Blocks:
    """Elimination from the first block to the last.

    Attributes
    ----------
    currents : (row, col)
        Into the grounds behind the last block, for the source of each row.
    factors : (row, packed)
        Inverses of the blocks; no rows if they were not asked for.
    driven : (row, padded column)
        Currents that reach each block with all sources at 1 V, those from blocks before included; likewise.
    """

    def __init__(self, g: np.ndarray, ladders: Ladders, start: np.ndarray, stop: np.ndarray, factors: bool) -> None:
        rows, width = g.shape
        count = len(start)
        # Sources of the first rows are carried along; it is cheaper to go back to those of the others.
        carried = min(rows, width) if factors else rows
        self.factors = np.empty((rows if factors else 0, packed(width)))
        self.driven = np.empty((rows if factors else 0, width))
        carry, sources = np.zeros((2, 2 + carried, width)), np.empty((carried, width))
        carry[0, 1, :count] = start
        coupling = np.ones(g.shape)
        coupling[-1, :count] = stop
        stored, block = np.zeros((2, width, row_length(width)))
        state = g, ladders, coupling, carry, stored, np.zeros(width), *np.empty((2, WIDE, width))
        state += self.factors, self.driven, sources
        voltages = np.empty((rows, width))
        if width <= NARROW:
            forward_kernel()(0, rows, *state)
            backward_kernel()(carried, rows, ladders.injected, self.factors, stored, block, voltages)
        else:
            self._forward(state, rows, carried)
            for i in range(rows - 1, carried - 1, -1):
                np.matmul(ladders.injected[i], stored[:, :width], out=voltages[i])
                unpack_kernel()(self.factors[i - 1], block)
                stored[:, :width] = block[:, :width] @ stored[:, :width]
        np.matmul(sources, stored[:, :width], out=voltages[:carried])
        self.currents = voltages[:, :count] * stop

    @staticmethod
    def _forward(state: tuple, rows: int, carried: int) -> None:
        """The products between blocks by BLAS."""
        carry, stored = state[3:5]
        d = stored[:, : len(stored)]
        for i in range(rows):
            forward_kernel()(i, i + 1, *state)
            if i + 1 < rows:
                lines = carried_lines(i, carried)
                np.matmul(carry[i % 2, :lines], d, out=carry[(i + 1) % 2, :lines])
