"""A network whose columns are chains of resistors: conjugate gradients with word lines eliminated exactly.

The state and Kirchhoff's law are in float64; corrections, good to a few digits each, in float32, or in float64 where
lines are so weakly held that float32 would lose them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.wires.circuit import Balance, Law, Lines
from memsim.arrays.wires.deflation import Deflation, mode_count, smooth_modes
from memsim.arrays.wires.sheet import MANY, Sheet, line_iterations, modes
from memsim.kernels.wire_currents import imbalance_kernel
from memsim.kernels.wire_lines import SIDE, blocks, factor_columns_kernel, factor_rows_kernel, padded
from memsim.kernels.wires import (
    add_kernel,
    correct_kernel,
    direction_kernel,
    galerkin_kernel,
    project_kernel,
    solve_rows_kernel,
)

_HELD = 1e-3
"""Hold of the terminals on a word line's nodes over that of the cells, below which float32 does not do."""

_LARGE = 1 << 19
"""Nodes of all samples from which the time goes to memory, so that float32 is worth a second correction."""

_FINEST = {np.float64: 1e-14, np.float32: 2e-7}
"""How far one linear solve can reduce what is missing."""


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
        self.u, self.w, u, w, self._f, self._h, du, dw = np.zeros((8, *self._shape))
        self._start, self._moved, self._change = (self.u, self.w), (u, w), (du, dw)
        self._sums = np.empty((self.count, 3, SIDE))
        self._differential = self.conductance if law.value is None else np.zeros_like(self.conductance)
        self._wanted, self._rows_solved = sheet, False
        large = self.count * self.width * lanes >= _LARGE
        self._use(np.float32 if sheet is None and large and self._well_held() else np.float64)

    def _well_held(self) -> bool:
        """Whether the sources hold all lines so well that corrections in float32 converge."""
        if not (self.rows.attached.all() and self.columns.attached.all()):
            return False
        mean = float(self.conductance.sum()) / (self.count * self.width)
        return self.lumped or modes(self.rows, self.width).eigenvalues[0] * self._word > _HELD * mean

    def _use(self, real: Any) -> None:
        """Make corrections in numbers of this type."""
        self._real = real
        self._work = list(np.zeros((5 if real is np.float32 else 4, *self._shape), real))
        self._factors: tuple[np.ndarray, ...] | None = None
        self._sheet: Sheet | None = None
        self._deflation: Deflation | None = None

    def sharpen(self) -> bool:
        if self._real is np.float64:
            return False
        self._use(np.float64)
        return True

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
        found = Balance(self._by_lane(total[0]), self._by_lane(total[1]))
        self._missing = float(found.missing.max())
        return found

    def _factorise(self) -> tuple[np.ndarray, ...]:
        """Factors of rows, the cells in the numbers of corrections, and the factors of rows and columns for those."""
        if self._factors is not None and self.law.value is None:
            return self._factors
        g, width, lanes = self._differential, self.width, self.lanes
        exact = np.zeros((blocks(self.count, lanes), g.shape[1], SIDE // lanes))
        factor_rows_kernel(lanes, self.lumped)(g, self._word, *self._ends, self._free, width, exact)
        cells, by_row = g.astype(self._real, copy=False), exact.astype(self._real, copy=False)
        by_column = np.empty((self.count, g.shape[1]), self._real)
        rows, columns = self.rows, self.columns
        mean = float(g.sum(dtype=float)) / (self.count * width)
        count = mode_count(mean, rows, columns)
        many = line_iterations(mean, rows, columns, count) > MANY if self._wanted is None else self._wanted
        self._sheet = Sheet(mean, rows, columns, lanes) if many and not self.lumped else None
        if self._sheet is None:
            factor_columns_kernel()(self.count, g, self._bit, *self._tops, by_column)
        self._deflate(0 if self._sheet else count, cells, by_row)
        self._factors = exact, cells, by_row, by_column
        return self._factors

    def _deflate(self, count: int, g: np.ndarray, by_row: np.ndarray) -> None:
        shapes = smooth_modes(self.rows, count, self.width, g.shape[1], self.lanes)
        self._smooth, self._deflation = shapes.astype(self._real), None
        if count:
            cells, reduced = (np.zeros((self.count, count, count), self._real) for _ in range(2))
            galerkin = galerkin_kernel(self.lanes, self.lumped, self._real)
            galerkin(g, by_row, self._word, self.width, self._smooth, cells, reduced)
            single = shapes[:, : self.width * self.lanes : self.lanes]
            try:
                self._deflation = Deflation(single, cells, reduced, self.columns)
            except np.linalg.LinAlgError:
                self._smooth = self._smooth[:0]

    def step(self, reduction: float, iterations: int) -> int:
        exact, g, by_row, by_column = self._factorise()
        lanes, width, real, smooth = self.lanes, self.width, self._real, self._smooth
        solve_rows, add = solve_rows_kernel(lanes, self.lumped, np.float64), add_kernel()
        direct, correct = direction_kernel(lanes, self.lumped, real), correct_kernel(lanes, real)
        exactly = self._differential, exact, self._word, width, self._f
        empty, stored = np.empty((0, 0)), g.shape[1]
        du, dw = self._change
        dw[:] = 0
        modal = np.zeros((self.count, len(smooth), SIDE), real)
        share = np.zeros_like(modal)
        if self.law.value is not None or not self._rows_solved:  # else nothing is missing there
            solve_rows(*exactly, dw, self._h, du)
            self._rows_solved = True
        scale = 2.0 ** -round(np.log2(self._missing)) if real is np.float32 else 1.0
        z, p, old, q = self._work[:4]
        r = self._h if real is np.float64 else self._work[4]
        if r is not self._h:
            add(empty, np.full(self._shape[1], scale), self._h, r)
        energy, product = np.empty((self.count, SIDE), real), np.zeros(self._shape[1])

        def tiled(factor: np.ndarray, number: Any = real) -> np.ndarray:
            return np.tile(factor, stored).astype(number)

        def precondition() -> np.ndarray:
            if self._sheet is None:
                correct(self.count, tiled(alpha), q, r, by_column, self._bit, z, product)
            else:
                np.multiply(q, tiled(alpha), out=q)
                np.subtract(r, q, out=r)
                self._sheet(*(v[: self.count, : width * lanes] for v in (r, z)))
                np.multiply(r, z, out=q)
                np.sum(q, axis=0, out=product)
            total = self._by_lane(product)
            if self._deflation is not None:
                found = self._deflation(coarse)
                share[:] = np.repeat(found, SIDE // lanes, axis=2)
                total = total + (coarse * found).sum((0, 1))
            return total

        project_kernel()(r, smooth, modal)
        coarse = self._modal_by_lane(modal)
        alpha, beta, taken = np.zeros(lanes), np.zeros(lanes), 0
        rho = first = precondition()
        reduction = self._part(reduction)
        while taken < iterations and (rho > reduction**2 * first).any():
            old, p = p, old
            ahead = z, share, tiled(alpha / scale, float), tiled(beta), old, dw, p, q
            direct(g, by_row, self._word, width, real(self._bit), *self._tops, smooth, *ahead, energy, modal)
            norm = self._by_lane(energy.sum(0, dtype=float))
            # Rounded once: what the residual loses is what the solution gains.
            alpha = np.divide(rho, norm, out=np.zeros(lanes), where=norm > 0).astype(real).astype(float)
            coarse -= alpha * self._modal_by_lane(modal)
            before, rho = rho, precondition()
            beta = np.divide(rho, before, out=np.zeros(lanes), where=before > 0)
            taken += 1
        add(dw, tiled(alpha / scale, float), p, dw)
        solve_rows(*exactly, dw, empty, du)
        if self.u is not self._start[0]:
            self._start, self._moved = (self.u, self.w), self._start
        return taken

    def _modal_by_lane(self, sums: np.ndarray) -> np.ndarray:
        """Sums (row, mode, 8) added up for each lane."""
        return sums.reshape(*sums.shape[:2], SIDE // self.lanes, self.lanes).sum(2, dtype=float)

    def _part(self, reduction: float) -> float:
        """What one solve is asked for of a reduction that may take several."""
        rounds = int(np.ceil(np.log(reduction) / np.log(_FINEST[self._real])))
        return reduction ** (1 / max(rounds, 1))

    def move(self, share: float) -> None:
        for start, change, moved in zip(self._start, self._change, self._moved, strict=True):
            add_kernel()(start, np.full(self._shape[1], share), change, moved)
        self.u, self.w = self._moved

    def settle(self) -> bool:
        if self.rows.attached.all() and self.columns.attached.all():
            return False
        lanes, width = self.lanes, self.width
        by_row = np.where(self.rows.attached[:, None], 0.0, self._nodes(self.u)[:, width // 2])
        self._nodes(self.u)[:] -= by_row[:, None]
        self._v += np.repeat(by_row, SIDE // lanes, axis=1)
        by_column = np.where(self.columns.attached[:, None], 0.0, self._nodes(self.w)[self.count // 2])
        self._nodes(self.w)[:] -= by_column
        self._e[: width * lanes] += by_column.ravel()
        return True

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
