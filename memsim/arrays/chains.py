"""A network whose columns are chains of resistors: conjugate gradients with word lines eliminated exactly."""

from __future__ import annotations

import numpy as np

from memsim.arrays.circuit import Balance, Law, Lines
from memsim.arrays.sheet import Sheet, line_iterations
from memsim.kernels.wire_currents import imbalance_kernel
from memsim.kernels.wire_lines import SIDE, blocks, factor_columns_kernel, factor_rows_kernel, padded
from memsim.kernels.wires import correct_kernel, direction_kernel, solve_rows_kernel

_MANY = 60
"""Iterations with the bit lines as preconditioner beyond which that of a uniform sheet is quicker."""

_FIELDS = 10
"""What a linear solve takes: state, imbalance, step, and the four of conjugate gradients."""


class Chains:
    """Network of rows, chains or single nodes, and columns, chains, with `lanes` (1 or 8) samples at once.

    Parameters
    ----------
    conductance : (row, col)
        Of the cells [S].
    rows, columns : Lines
        Columns must have resistance.
    row_voltages, column_voltages : (row, lane), (col, lane)
        Of the sources [V].
    sheet : bool, optional
        Whether to precondition by a uniform sheet; None chooses.
    """

    def __init__(
        self,
        conductance: np.ndarray,
        rows: Lines,
        columns: Lines,
        row_voltages: np.ndarray,
        column_voltages: np.ndarray,
        law: Law,
        sheet: bool | None = None,
    ) -> None:
        self.law, self.rows, self.columns = law, rows, columns
        self.lanes = lanes = row_voltages.shape[1]
        self.count, self.width = conductance.shape
        stored_rows, stored = padded(self.count, self.width, lanes)
        self.lumped = rows.segment == 0
        self.conductance = np.zeros((stored_rows, stored))
        self.conductance[: self.count, : self.width] = conductance
        held = self.lumped & np.isinf(rows.first + rows.last)
        self._free = np.where(held, 0.0, 1.0)
        self._word = 0.0 if self.lumped else 1 / rows.segment
        self._ends = np.where(held, 0.0, rows.first), np.where(held, 0.0, rows.last)
        self._bit = 1 / columns.segment
        self._tops = np.full((2, stored), self._bit)  # where columns are only stored, anything but 0
        self._tops[:, : self.width] = columns.first, columns.last
        self._v = np.ascontiguousarray(np.repeat(row_voltages, SIDE // lanes, axis=1))
        self._e = np.zeros(stored * lanes)
        self._e[: self.width * lanes] = column_voltages.ravel()
        self._shape = (stored_rows, stored * lanes)
        # One block: the system gives it in large pages, and first touches cost less than a solve.
        self._spare = list(np.zeros((_FIELDS, *self._shape)))
        self.u, self.w = self._field(), self._field()
        self._f, self._h = self._field(), self._field()
        self._sums = np.empty((self.count, 3, SIDE))
        self._differential = self.conductance if law.value is None else np.zeros_like(self.conductance)
        self._start: tuple[np.ndarray, np.ndarray] | None = None
        self._factors: tuple[np.ndarray, np.ndarray] | None = None
        self._work: list[np.ndarray] = []
        self._wanted = sheet
        self._sheet: Sheet | None = None

    def _field(self) -> np.ndarray:
        return self._spare.pop() if self._spare else np.zeros(self._shape)

    def _by_lane(self, sums: np.ndarray) -> np.ndarray:
        """Sums by element modulo 8, added up for each lane."""
        return sums.reshape(-1, self.lanes).sum(0)

    def balance(self) -> Balance:
        law = self.law
        kernel = imbalance_kernel(self.lanes, law.value, law.slope)
        fields = self.u, self.w, self._f, self._h, self._differential, self._sums
        lines = self.lumped, self._word, *self._ends, self._free, self._bit, *self._tops
        kernel(self.conductance, law.cell, self._v, self._e, *lines, self.width, *fields)
        total = self._sums.sum(0)
        return Balance(self._by_lane(total[0]), self._by_lane(total[1]))

    def _factorise(self) -> tuple[np.ndarray, np.ndarray]:
        if self._factors is None or self.law.value is not None:
            g, width = self._differential, self.width
            by_row = np.zeros((blocks(self.count, self.lanes), g.shape[1], SIDE // self.lanes))
            factor_rows_kernel(self.lanes, self.lumped)(g, self._word, *self._ends, self._free, width, by_row)
            by_column = np.empty_like(g)
            rows, columns = self.rows, self.columns
            mean = float(g.sum()) / (self.count * self.width)
            many = line_iterations(mean, rows, columns) > _MANY if self._wanted is None else self._wanted
            self._sheet = Sheet(mean, rows, columns, self.lanes) if many and not self.lumped else None
            if self._sheet is None:
                factor_columns_kernel()(self.count, g, self._bit, *self._tops, by_column)
            self._factors = by_row, by_column
        return self._factors

    def step(self, reduction: float, iterations: int) -> int:
        by_row, by_column = self._factorise()
        lanes, width, g = self.lanes, self.width, self._differential
        solve_rows = solve_rows_kernel(lanes, self.lumped)
        direct, correct = direction_kernel(lanes, self.lumped), correct_kernel(lanes)
        lines = g, by_row, self._word, width
        empty, stored = np.empty((0, 0)), g.shape[1]
        dw, du = self._field(), self._field()
        self._work = self._work or [self._field() for _ in range(4)]
        z, p, old, q = self._work
        r = self._h
        solve_rows(*lines, self._f, dw, r, du)
        energy, product = np.empty((self.count, SIDE)), np.zeros(self._shape[1])

        def precondition() -> np.ndarray:
            tiled = np.tile(alpha, stored)
            if self._sheet is None:
                correct(self.count, tiled, q, r, by_column, self._bit, z, product)
            else:
                np.multiply(q, tiled, out=q)
                np.subtract(r, q, out=r)
                self._sheet(*(v[: self.count, : width * lanes] for v in (r, z)))
                np.multiply(r, z, out=q)
                np.sum(q, axis=0, out=product)
            return self._by_lane(product)

        alpha, beta, taken = np.zeros(lanes), np.zeros(lanes), 0
        rho = first = precondition()
        while taken < iterations and (rho > reduction**2 * first).any():
            old, p = p, old
            tiled = (np.tile(factor, stored) for factor in (alpha, beta))
            direct(*lines, self._bit, *self._tops, z, *tiled, old, dw, p, q, energy)
            norm = self._by_lane(energy.sum(0))
            alpha = np.divide(rho, norm, out=np.zeros(lanes), where=norm > 0)
            before, rho = rho, precondition()
            beta = np.divide(rho, before, out=np.zeros(lanes), where=before > 0)
            taken += 1
        np.multiply(p, np.tile(alpha, stored), out=q)
        dw += q
        solve_rows(*lines, self._f, dw, empty, du)
        self._fresh = self._start is None
        self._start, self._change = (self.u, self.w), (du, dw)
        return taken

    def move(self, share: float) -> None:
        if self._start is None or self._fresh:  # from 0
            self.u, self.w = self._change if share == 1 else (share * change for change in self._change)
        else:
            self.u, self.w = (start + share * change for start, change in zip(self._start, self._change, strict=True))

    def settle(self) -> None:
        lanes, width = self.lanes, self.width
        by_row = np.where(self.rows.attached[:, None], 0.0, self._nodes(self.u)[:, width // 2])
        self._nodes(self.u)[:] -= by_row[:, None]
        self._v += np.repeat(by_row, SIDE // lanes, axis=1)
        by_column = np.where(self.columns.attached[:, None], 0.0, self._nodes(self.w)[self.count // 2])
        self._nodes(self.w)[:] -= by_column
        self._e[: width * lanes] += by_column.ravel()

    def _nodes(self, field: np.ndarray) -> np.ndarray:
        return field[: self.count, : self.width * self.lanes].reshape(self.count, self.width, self.lanes)

    def voltages(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the nodes of rows and of columns (row, col, lane) [V]."""
        source = self._e[: self.width * self.lanes].reshape(self.width, self.lanes)
        return self._nodes(self.u) + self._v[:, None, : self.lanes], self._nodes(self.w) + source

    def currents(self) -> tuple[np.ndarray, np.ndarray]:
        """Into the network at rows (row, lane), and out of it at columns (col, lane) [A]."""
        u, w = self._nodes(self.u), self._nodes(self.w)
        left, right = (end[:, None] for end in self._ends)
        held = self._sums[:, 2].reshape(self.count, -1, self.lanes).sum(1)
        into = np.where(self._free[:, None] > 0, -left * u[:, 0] - right * u[:, -1], held)
        return into, self.columns.first[:, None] * w[0] + self.columns.last[:, None] * w[-1]
