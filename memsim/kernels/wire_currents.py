"""CPU loop of Kirchhoff's current law: what flows through every cell, and what is left over at every node of the wires.

A cell's current is I = V_read (G h(x) + k2 x |x| + k3 x^3), or with x^2 in place of x |x|, at x = V_cell/V_read; k2 and
k3 may depend on G. In series with a resistance R (the selector of a 1T1R cell), V_cell + R I = V is solved for each
cell. Unknowns and layout are those of `memsim.kernels.wires`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.kernels.wire_lines import SIDE
from memsim.noise.conduction import (
    Excess,
    Scale,
    common_excess,
    cubic_coefficient,
    excess_current,
    excess_slope,
    quadratic_coefficient,
)

_STEPS = 200  # far more than Newton's method takes: it overshoots once at most, and not beyond 0


class Cell(NamedTuple):
    """What all cells share: read voltage [V], series resistance [ohm], the parameters of h, and k2 and k3 [S]."""

    read_voltage: float
    series: float
    shape: Scale
    excess: Excess = common_excess(0.0, 0.0)


OHMIC = Cell(1.0, 0.0, Scale(0.0))


def cell_current(law: Any, slope: Any) -> Any:
    """Function (v, g, cell): current and its derivative at the voltage v across cell and selector."""

    @inline
    def current(v, g, cell):
        i, di = 0.0, 0.0
        inner = v
        k2 = quadratic_coefficient(g, 0.0, 0.0, cell.excess)
        k3 = cubic_coefficient(g, 0.0, 0.0, cell.excess)
        for _ in range(_STEPS):
            x = inner / cell.read_voltage
            i = cell.read_voltage * (g * law(x, 0.0, 0.0, cell.shape) + excess_current(x, k2, k3, cell.excess))
            di = g * slope(x, 0.0, 0.0, cell.shape) + excess_slope(x, k2, k3, cell.excess)
            if cell.series == 0.0:
                return i, di
            excess = inner + cell.series * i - v
            if abs(excess) <= 4e-16 * abs(v):
                break
            before = inner
            inner = inner - excess / (1.0 + cell.series * di)
            if inner * v < 0.0:  # a current that levels off: from 0 there is no way past the solution
                inner = 0.0
            if inner == before:
                break
        return i, di / (1.0 + cell.series * di)

    return current


@functools.cache
def imbalance_kernel(lanes: int, law: Any = None, slope: Any = None) -> Kernel:
    """Kernel (g, cell, v, e, lumped, word, ..., u, w, f, h, differential, sums): what Kirchhoff's law misses.

    Voltages of the sources are v : (row, 8) and e : (element,); f and h receive what flows into the nodes of the word
    and bit lines, 0 for a solution; differential : (row, padded column), dI/dV, only where there is a `law`; sums :
    (row, 3, 8), over the row: |f| + |h|, |I| and I, by element modulo 8. The nodes of a lumped word line are one: f
    keeps the cells' currents, and its own sum is in the first.
    """
    ohmic = law is None
    current: Any = None if ohmic else cell_current(law, slope)

    def balance(
        first,
        last,
        g,
        cell,
        v,
        e,
        lumped,
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
        m, width = left.size, h.shape[1]
        across = np.empty(width)
        missing = np.empty(SIDE)
        through = np.empty(SIDE)
        signed = np.empty(SIDE)
        for i in range(first, last):
            own, own_u, own_w, into, out = g[i], u[i], w[i], f[i], h[i]
            slopes, source = differential[i], v[i]
            for n in range(width):
                across[n] = source[n % lanes] - e[n]
            for n in range(width):
                across[n] += own_u[n] - own_w[n]
            for j in range(columns):
                for k in range(lanes):
                    n = j * lanes + k
                    if ohmic:
                        out[n] = own[j] * across[n]
                    else:
                        out[n], slopes[j] = current(across[n], own[j], cell)
            signed[:] = 0.0
            through[:] = 0.0
            for n in range(width // SIDE):
                for k in range(SIDE):
                    signed[k] += out[SIDE * n + k]
                    through[k] += abs(out[SIDE * n + k])
            for n in range(width):
                into[n] = -out[n]
            last_node = (columns - 1) * lanes
            if not lumped:
                ahead, after = own_u[lanes:], into[lanes:]
                for n in range(last_node):
                    across[n] = word * (ahead[n] - own_u[n])
                for n in range(last_node):
                    into[n] += across[n]
                for n in range(last_node):
                    after[n] -= across[n]
            for k in range(lanes):
                into[k] -= left[i] * own_u[k]
                into[last_node + k] -= right[i] * own_u[last_node + k]
            for step in (-1, 1):
                end = i == 0 if step < 0 else i == m - 1
                if end:
                    edge = top if step < 0 else bottom
                    for j in range(columns):
                        for k in range(lanes):
                            out[j * lanes + k] -= edge[j] * own_w[j * lanes + k]
                else:
                    beside = w[i + step]
                    for n in range(width):
                        out[n] -= bit * (own_w[n] - beside[n])
            missing[:] = 0.0
            for n in range(width // SIDE):
                for k in range(SIDE):
                    missing[k] += abs(out[SIDE * n + k])
            if lumped:
                for k in range(lanes):
                    total = 0.0
                    for j in range(columns):
                        total += into[j * lanes + k]
                    missing[k] += abs(total) * free[i]
            else:
                for n in range(width // SIDE):
                    for k in range(SIDE):
                        missing[k] += abs(into[SIDE * n + k])
            sums[i, 0] = missing
            sums[i, 1] = through
            sums[i, 2] = signed

    return compile_kernel(balance, lambda *args: args[6].size, (Cell,))
