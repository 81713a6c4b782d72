"""CPU loop of Kirchhoff's current law: what flows through every cell, and what is left over at every node of the wires.

A cell's current is I = G V_read h(V_cell/V_read); in series with a resistance R (the selector of a 1T1R cell), V_cell + R I = V is
solved for each cell. Unknowns and layout are those of `memsim.kernels.wires`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.wires import SIDE
from memsim.noise.conduction import Scale

_STEPS = 200  # far more than Newton's method takes: from the right of a convex function it never overshoots


class Cell(NamedTuple):
    """What all cells share: read voltage [V], series resistance [ohm], and the parameters of h."""

    read_voltage: float
    series: float
    shape: Scale


OHMIC = Cell(1.0, 0.0, Scale(0.0))


def _cell_current(law: Any, slope: Any) -> Any:
    """Function (v, g, cell): current and its derivative at the voltage v across cell and selector."""

    @njit(inline="never", error_model="numpy")
    def current(v, g, cell):
        i, di = 0.0, 0.0
        inner = v
        for _ in range(_STEPS):
            x = inner / cell.read_voltage
            i = g * cell.read_voltage * law(x, 0.0, 0.0, cell.shape)
            di = g * slope(x, 0.0, 0.0, cell.shape)
            if cell.series == 0.0:
                return i, di
            excess = inner + cell.series * i - v
            if abs(excess) <= 4e-16 * abs(v):
                break
            before = inner
            inner = inner - excess / (1.0 + cell.series * di)
            if inner == before:
                break
        return i, di / (1.0 + cell.series * di)

    return current


@functools.cache
def imbalance_kernel(lanes: int, lumped: bool, law: Any = None, slope: Any = None) -> Kernel:
    """Kernel (g, cell, v, e, word, left, ..., columns, u, w, f, h, differential, sums): what Kirchhoff's law misses.

    Voltages of the sources are v : (row, 8) and e : (element,); f and h receive what flows into the nodes of the word and bit lines,
    0 for a solution; differential : (row, padded column), dI/dV, only where there is a `law`; sums : (row, 3, 8), over
    the row: |f| + |h|, |I| and I, by element modulo 8. The nodes of a lumped word line are one: f keeps the cells' currents, and its
    own sum is in the first.
    """
    ohmic = law is None
    current = None if ohmic else _cell_current(law, slope)

    def balance(
        first,
        last,
        g,
        cell,
        v,
        e,
        word,
        left,
        right,
        free,
        bit,
        top,
        bottom,
        columns,
        u,
        w,
        f,
        h,
        differential,
        sums,
    ):
        m = g.shape[0]
        missing = np.empty(SIDE)
        through = np.empty(SIDE)
        signed = np.empty(SIDE)
        for i in range(first, last):
            for j in range(columns):
                for k in range(lanes):
                    n = j * lanes + k
                    voltage = (v[i, n % SIDE] - e[n]) + (u[i, n] - w[i, n])
                    if ohmic:
                        h[i, n] = g[i, j] * voltage
                    else:
                        h[i, n], differential[i, j] = current(voltage, g[i, j], cell)
            signed[:] = 0.0
            through[:] = 0.0
            for n in range(0, h.shape[1], SIDE):
                for k in range(SIDE):
                    signed[k] += h[i, n + k]
                    through[k] += abs(h[i, n + k])
            for n in range(h.shape[1]):
                f[i, n] = -h[i, n]
            if not lumped:
                for n in range((columns - 1) * lanes):
                    f[i, n] += word * (u[i, n + lanes] - u[i, n])
                for n in range(lanes, columns * lanes):
                    f[i, n] -= word * (u[i, n] - u[i, n - lanes])
            for k in range(lanes):
                f[i, k] -= left[i] * u[i, k]
                f[i, (columns - 1) * lanes + k] -= right[i] * u[i, (columns - 1) * lanes + k]
            for j in range(columns):
                for k in range(lanes):
                    n = j * lanes + k
                    h[i, n] -= bit * (w[i, n] - w[i - 1, n]) if i > 0 else top[j] * w[i, n]
                    h[i, n] += bit * (w[i + 1, n] - w[i, n]) if i < m - 1 else -bottom[j] * w[i, n]
            missing[:] = 0.0
            for n in range(0, h.shape[1], SIDE):
                for k in range(SIDE):
                    missing[k] += abs(h[i, n + k])
            if lumped:
                for k in range(lanes):
                    total = 0.0
                    for j in range(columns):
                        total += f[i, j * lanes + k]
                    missing[k] += abs(total) * free[i]
            else:
                for n in range(0, h.shape[1], SIDE):
                    for k in range(SIDE):
                        missing[k] += abs(f[i, n + k])
            sums[i, 0] = missing
            sums[i, 1] = through
            sums[i, 2] = signed

    return compile_kernel(balance, lambda g, *_: g.shape[0], (Cell,))
