"""The network of `memsim.arrays.wires.chains` on a card: conjugate gradients in float64, word lines eliminated exactly.

All but the lines themselves and the law of cells is written in expressions of the backend's array module. Fields are
(row, col, lane); lanes are samples, as many as memory allows. Word lines without resistance are (row, 1, lane).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.wires.circuit import Balance, Law, Lines
from memsim.arrays.wires.dense_sheet import DenseSheet
from memsim.arrays.wires.sheet import MANY, line_iterations
from memsim.kernels.wire_lines import Runs

_FINEST = 1e-14
"""How far one linear solve can reduce what is missing."""


class Device(NamedTuple):
    """A backend with its array module `xp`, `asarray` and `numpy`, and the kernels of `memsim.kernels.cuda.lines`."""

    backend: Any
    kernels: Any


class DeviceChains:
    """Network of rows, chains or single nodes, and columns, chains, with any number of samples at once.

    Parameters
    ----------
    conductance : (row, col)
        Of the cells [S], on the host, as is all that is given.
    rows, columns : Lines
        Columns must have resistance.
    row_voltages, column_voltages : (row, lane), (col, lane)
        Of the sources [V].
    law : Law
        Of the cells.
    device : Device
        Where to solve.
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
        device: Device,
        sheet: bool | None = None,
    ) -> None:
        self.law, self.rows, self.columns = law, rows, columns
        self._backend, self._kernels, self._wanted = device.backend, device.kernels, sheet
        self._xp = xp = device.backend.xp
        self.count, self.width = conductance.shape
        self.lanes = lanes = row_voltages.shape[1]
        put = device.backend.asarray
        self._g = put(conductance)
        self._v, self._e = put(row_voltages[:, None]), put(column_voltages[None])
        self.lumped = rows.segment == 0
        held = self.lumped & np.isinf(rows.first + rows.last)
        self._free = put(np.where(held, 0.0, 1.0)[:, None, None])
        self._word = 0.0 if self.lumped else 1 / rows.segment
        self._bit = 1 / columns.segment
        self._left, self._right = (put(np.where(held, 0.0, end)) for end in (rows.first, rows.last))
        self._top, self._bottom = (put(end) for end in (columns.first, columns.last))
        size = self.count, self.width, lanes
        self._along, self._down = Runs.along(*size), Runs.down(*size)
        self.u, self.w = xp.zeros((self.count, 1 if self.lumped else self.width, lanes)), xp.zeros(size)
        self._start, self._change = (self.u, self.w), (self.u, self.w)
        self._slopes: Any = self._g[:, :, None]
        self._factored = False

    def balance(self) -> Balance:
        """What the present state misses."""
        xp, u, w = self._xp, self.u, self.w
        h = self._currents((self._v - self._e) + (u - w))
        through = self._by_lane(xp.abs(h))
        if self.lumped:
            self._cells = h.sum(1)
            f = -self._cells[:, None]
        else:
            f = -h
            self._chain(f, u, self._word, 1)
        f[:, 0] -= self._left[:, None] * u[:, 0]
        f[:, -1] -= self._right[:, None] * u[:, -1]
        f *= self._free
        self._chain(h, w, self._bit, 0)
        h[0] -= self._top[:, None] * w[0]
        h[-1] -= self._bottom[:, None] * w[-1]
        self._f, self._h = f, h
        missing = self._by_lane(xp.abs(f)) + self._by_lane(xp.abs(h))
        return Balance(*(self._backend.numpy(total) for total in (missing, through)))

    def _currents(self, across: Any) -> Any:
        """Of the cells at these voltages; where they are not ohmic, sets their slopes."""
        if self.law.value is None:
            return self._slopes * across
        current, self._slopes = (self._xp.empty(across.shape) for _ in range(2))
        self._factored = False
        kernel = self._kernels.current_kernel(self.law.value, self.law.slope)
        flat = self._g.reshape(-1), across.reshape(-1)
        kernel(*flat, self.law.cell, self.lanes, current.reshape(-1), self._slopes.reshape(-1))
        return current

    @staticmethod
    def _chain(missing: Any, voltage: Any, segment: float, axis: int) -> None:
        """Take from what is missing at nodes the currents that flow through the segments between them."""
        if axis == 0:
            flow = segment * (voltage[1:] - voltage[:-1])
            missing[:-1] += flow
            missing[1:] -= flow
        else:
            flow = segment * (voltage[:, 1:] - voltage[:, :-1])
            missing[:, :-1] += flow
            missing[:, 1:] -= flow

    @staticmethod
    def _by_lane(field: Any) -> Any:
        """Sums (lane,), down the columns first: the sums of many columns keep a card busy."""
        return field.sum(0).sum(0)

    def _factorise(self) -> None:
        """Factors of the word lines, and the preconditioner."""
        if self._factored:
            return
        g, mean = self._slopes, float(self._slopes.mean())
        estimate = line_iterations(mean, self.rows, self.columns)
        many = estimate > MANY if self._wanted is None else self._wanted
        self._sheet = DenseSheet(mean, self.rows, self.columns, self._backend) if many else None
        if self.lumped:
            total = (self._left + self._right)[:, None, None] + g.sum(1)[:, None]
            self._by_row = self._free / self._xp.where(self._free > 0, total, 1.0)
        else:
            self._by_row = self._factors(Runs.along, self._left, self._right, self._word)
        if self._sheet is None:
            self._by_column = self._factors(Runs.down, self._top, self._bottom, self._bit)
        self._factored = True

    def _factors(self, runs: Any, first: Any, last: Any, segment: float) -> Any:
        ratios = self._xp.empty(self._slopes.shape)
        own = runs(*self._slopes.shape)
        self._kernels.factor_kernel()(self._slopes.reshape(-1), first, last, segment, own, ratios.reshape(-1))
        return ratios

    def _lines(self, ratios: Any, right: Any, segment: float, runs: Runs) -> Any:
        out = self._xp.empty(right.shape)
        shared = self.lanes // ratios.shape[2]
        self._kernels.solve_kernel()(ratios.reshape(-1), right.reshape(-1), segment, runs, shared, out.reshape(-1))
        return out

    def _solve_rows(self, right: Any) -> Any:
        """A^-1 times something of the cells (row, col, lane), or of the nodes of the word lines."""
        if self.lumped:
            return self._by_row * right.sum(1)[:, None]
        return self._lines(self._by_row, right, self._word, self._along)

    def _precondition(self, r: Any) -> Any:
        if self._sheet is not None:
            return self._sheet(r)
        return self._lines(self._by_column, r, self._bit, self._down)

    def _schur(self, p: Any) -> Any:
        """S p, in the order that loses least: what word lines follow of p takes from the voltage of the cells."""
        q = p - self._solve_rows(self._slopes * p)
        q *= self._slopes
        self._chain(q, p, -self._bit, 0)
        q[0] += self._top[:, None] * p[0]
        q[-1] += self._bottom[:, None] * p[-1]
        return q

    def step(self, reduction: float, iterations: int) -> int:
        """Solve the network linearised at the present state; iterations taken."""
        xp = self._xp
        self._factorise()
        r = self._h
        r += self._slopes * self._solve_rows(self._f)
        dw, taken = xp.zeros_like(r), 0
        p = z = self._precondition(r)
        rho = first = self._by_lane(r * z)
        rounds = max(int(np.ceil(np.log(reduction) / np.log(_FINEST))), 1)
        wanted = first * reduction ** (2 / rounds)
        while taken < iterations and bool((rho > wanted).any()):
            q = self._schur(p)
            alpha = self._share(rho, self._by_lane(p * q))
            dw += alpha * p
            q *= alpha
            r -= q
            z = self._precondition(r)
            before, rho = rho, self._by_lane(r * z)
            p = z + self._share(rho, before) * p
            taken += 1
        change = self._slopes * dw
        if self.lumped:
            change = change.sum(1)[:, None]
        change += self._f
        self._start, self._change = (self.u, self.w), (self._solve_rows(change), dw)
        return taken

    def _share(self, part: Any, whole: Any) -> Any:
        """Quotients, 0 where nothing is left to divide by."""
        return self._xp.where(whole > 0, part / self._xp.where(whole > 0, whole, 1.0), 0.0)

    def move(self, share: float) -> None:
        """Go that share of the last step, counted from where it began."""
        self.u, self.w = (start + share * change for start, change in zip(self._start, self._change, strict=True))

    def sharpen(self) -> bool:
        """There are no more digits than those of float64."""
        return False

    def settle(self) -> bool:
        """Count the voltages of lines without a source from where they now are; whether there are any."""
        if self.rows.attached.all() and self.columns.attached.all():
            return False
        put = self._backend.asarray
        loose = put(np.where(self.rows.attached, 0.0, 1.0))[:, None, None]
        by_row = loose * self.u[:, self.u.shape[1] // 2][:, None]
        self.u = self.u - by_row
        self._v = self._v + by_row
        loose = put(np.where(self.columns.attached, 0.0, 1.0))[None, :, None]
        by_column = loose * self.w[self.count // 2][None]
        self.w = self.w - by_column
        self._e = self._e + by_column
        return True

    def voltages(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the nodes of rows and of columns (row, col, lane) [V], on the host."""
        rows, columns = (self._backend.numpy(v) for v in (self.u + self._v, self.w + self._e))
        return np.broadcast_to(rows, columns.shape).copy(), columns

    def currents(self) -> tuple[np.ndarray, np.ndarray]:
        """Into the network at rows (row, lane), and out of it at columns (col, lane) [A], on the host."""
        u, w = self.u, self.w
        into = -self._left[:, None] * u[:, 0] - self._right[:, None] * u[:, -1]
        if self.lumped:
            into = self._xp.where(self._free[:, 0] > 0, into, self._cells)
        return self._backend.numpy(into), self._backend.numpy(self._top[:, None] * w[0] + self._bottom[:, None] * w[-1])
