"""A network whose lines have no resistance: one node a line, solved directly."""

from __future__ import annotations

import numpy as np

from memsim.arrays.wires.circuit import Balance, Law, Lines
from memsim.kernels.wire_currents import imbalance_kernel


class Points:
    """Network of single nodes; parameters as for `memsim.arrays.wires.chains.Chains`, lines without resistance."""

    def __init__(
        self,
        conductance: np.ndarray,
        rows: Lines,
        columns: Lines,
        row_voltages: np.ndarray,
        column_voltages: np.ndarray,
        law: Law,
    ) -> None:
        self.law, self._g = law, conductance
        self._sources = row_voltages, column_voltages
        self._ends = [line.first + line.last for line in (rows, columns)]
        self._free = [np.isfinite(end) for end in self._ends]
        self._ends = [np.where(free, end, 0.0)[:, None] for free, end in zip(self._free, self._ends, strict=True)]
        self._state = [np.zeros_like(v) for v in self._sources]
        self._start, self._change = self._state, self._state

    def _cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of the cells' currents by row and by column, of their magnitudes by sample; sets the slopes."""
        (v, e), (u, w) = self._sources, self._state
        if self.law.value is None:
            self._slope = self._g
            across = v + u, e + w
            into = across[0] * self._g.sum(1)[:, None] - self._g @ across[1]
            out = self._g.T @ across[0] - across[1] * self._g.sum(0)[:, None]
            through = [np.abs(self._g * (a[:, None] - b)).sum() for a, b in zip(across[0].T, across[1].T, strict=True)]
            return into, out, np.array(through)
        current = cell_currents(self._g, (v + u) - (e + w).T, self.law)
        self._slope = current[1]
        return current[0].sum(1, keepdims=True), current[0].sum(0)[:, None], np.abs(current[0]).sum(keepdims=True)[0]

    def balance(self) -> Balance:
        into, out, through = self._cells()
        self._into, self._out = into, out
        misses = -into - self._ends[0] * self._state[0], out - self._ends[1] * self._state[1]
        self._misses = [np.where(free[:, None], miss, 0.0) for free, miss in zip(self._free, misses, strict=True)]
        return Balance(sum(np.abs(miss).sum(0) for miss in self._misses), through)

    def step(self, reduction: float, iterations: int) -> int:
        g, (f, h) = self._slope, self._misses
        rows, columns = self._free
        total = self._ends[0][:, 0] + g.sum(1)
        share = np.where(rows, 1.0, 0.0) / np.where(rows, total, 1.0)
        weighted = share[:, None] * g
        matrix = np.diag(self._ends[1][:, 0] + g.sum(0)) - g.T @ weighted
        right = h + weighted.T @ f
        matrix[~columns], matrix[:, ~columns] = 0.0, 0.0
        matrix[~columns, ~columns] = 1.0
        w = np.linalg.solve(matrix, np.where(columns[:, None], right, 0.0))
        self._start, self._change = self._state, [share[:, None] * f + weighted @ w, w]
        return 1

    def move(self, share: float) -> None:
        self._state = [start + share * change for start, change in zip(self._start, self._change, strict=True)]

    def sharpen(self) -> bool:
        """There are no more digits than a direct solution has."""
        return False

    def settle(self) -> bool:
        """Nothing to do: a node's voltage differs from no neighbour's by a small drop."""
        return False

    def voltages(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the nodes of rows and of columns (row, col, sample) [V]."""
        (v, e), (u, w) = self._sources, self._state
        shape = (*self._g.shape, v.shape[1])
        return np.broadcast_to((v + u)[:, None], shape).copy(), np.broadcast_to((e + w)[None], shape).copy()

    def currents(self) -> tuple[np.ndarray, np.ndarray]:
        """Into the network at rows (row, sample), and out of it at columns (col, sample) [A]."""
        at_ends = [end * state for end, state in zip(self._ends, self._state, strict=True)]
        rows, columns = (free[:, None] for free in self._free)
        return np.where(rows, -at_ends[0], self._into), np.where(columns, at_ends[1], self._out)


def cell_currents(conductance: np.ndarray, voltage: np.ndarray, law: Law) -> tuple[np.ndarray, np.ndarray]:
    """Currents of cells at these voltages [A] and their derivatives [S], (row, col)."""
    rows, columns = conductance.shape
    width = -(-columns // 8) * 8
    g, v, h, slope = (np.zeros((rows, width)) for _ in range(4))
    g[:, :columns], v[:, :columns] = conductance, voltage
    none, ends, edges = np.zeros((rows, width)), np.zeros(rows), np.zeros(width)
    sums = np.empty((rows, 3, 8))
    kernel = imbalance_kernel(1, law.value, law.slope)
    lines = True, 0.0, ends, ends, ends, 0.0, edges, edges
    kernel(g, law.cell, np.zeros((rows, 8)), edges, *lines, columns, v, none, np.empty_like(g), h, slope, sums)
    return h[:, :columns], slope[:, :columns]
