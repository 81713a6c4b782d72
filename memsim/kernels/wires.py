"""CPU loops of the wire solver: conjugate gradients on the bit-line voltages, word lines eliminated exactly.

The unknowns are deviations: u of a word-line node from its line's source, w of a bit-line node from its line's. With
cell conductances G and the chains' matrices A = L_word + G and L_bit, a correction solves A u = f + G w and L_bit w + G
(w - u) = h, so S w = h + G A^-1 f with S = L_bit + G - G A^-1 G. Every line is tridiagonal; a word line without
resistance is one node.

Fields are (row, element), element = column * lanes + lane; lanes are right-hand sides, 1 or 8. Arrays are padded with
rows and columns that conduct nothing and stay 0. Eight chains are solved side by side, eight rows of one lane or one
row of eight lanes. Sums run in eight accumulators a row and are added in one fixed order, so results are the same bits
for any number of threads.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import njit

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.wire_lines import SIDE, SLAB, blocks, sweep_function

_SMALL = 1 << 14  # elements below which a second thread costs more than it brings


def _units(count: int, field: np.ndarray) -> int:
    return count if field.size >= _SMALL else 1


@njit(forceinline=True, error_model="numpy")
def _end(last, count, field):
    """Where a unit's share ends: a small field is one unit."""
    return last if field.size >= _SMALL else count


@njit(forceinline=True, error_model="numpy")
def _add_modes(row, modes, share):
    """Add modes (mode, element) of the word lines, in shares (mode, 8), to a row."""
    for mode in range(modes.shape[0]):
        for j in range(row.size // SIDE):
            for k in range(SIDE):
                row[SIDE * j + k] += share[mode, k] * modes[mode, SIDE * j + k]


@njit(forceinline=True, error_model="numpy")
def _project(row, modes, sums):
    """Sums (mode, 8), by element modulo 8, of a row times each of the modes."""
    sums[:] = 0
    for mode in range(modes.shape[0]):
        for j in range(row.size // SIDE):
            for k in range(SIDE):
                sums[mode, k] += row[SIDE * j + k] * modes[mode, SIDE * j + k]


@functools.cache
def solve_rows_kernel(lanes: int, lumped: bool, real: Any) -> Kernel:
    """Kernel (g, ratios, segment, columns, f, w, h, modes, modal, u): u = A^-1 (f + G w).

    Unless h is empty, h += G u, and modal (row, mode, 8) receives the sums of h times the modes (mode, element).
    """
    rows, sweep = SIDE // lanes, sweep_function(lanes, lumped, real, True, False)

    def solve_rows(first, last, g, ratios, segment, columns, f, w, h, modes, modal, u):
        b = np.empty((columns, SIDE), real)
        scale = real(1.0) if lumped else real(1.0 / segment)
        for block in range(first, _end(last, g.shape[0] // rows, u)):
            sweep(ratios[block], columns, scale, g, w, f, block * rows, b, u)
            if h.size:
                for a in range(rows):
                    own, out, into = g[block * rows + a], u[block * rows + a], h[block * rows + a]
                    for j in range(columns):
                        for k in range(lanes):
                            into[j * lanes + k] += own[j] * out[j * lanes + k]
                    if block * rows + a < modal.shape[0]:
                        _project(into, modes, modal[block * rows + a])

    return compile_kernel(solve_rows, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-1]))


@functools.cache
def direction_kernel(lanes: int, lumped: bool, real: Any) -> Kernel:
    """Kernel (g, ratios, segment, columns, bit, top, ..., p, q, energy, modal): the next direction, and S times it.

    w += alpha old, p = z + share modes + beta old and q = S p. bit : segment conductance of the bit lines; top, bottom
    : (padded column,); modes : (mode, element); share : (row, mode, 8); alpha, beta : (element,); energy : (row, 8) sums
    of p q, as many rows as the array really has; modal : (row, mode, 8) sums of q times the modes.
    """
    rows, sweep = SIDE // lanes, sweep_function(lanes, lumped, real, False, True)

    def direct(
        first,
        last,
        g,
        ratios,
        segment,
        columns,
        bit,
        top,
        bottom,
        modes,
        z,
        share,
        alpha,
        beta,
        old,
        w,
        p,
        q,
        energy,
        modal,
    ):
        m, width = energy.shape[0], p.shape[1]
        b = np.empty((columns, SIDE), real)
        near = np.zeros((2, width), real)
        total = np.empty(SIDE, real)
        scale = real(1.0) if lumped else real(1.0 / segment)
        for block in range(first, _end(last, g.shape[0] // rows, p)):
            i0 = block * rows
            i1 = min(i0 + rows, m)
            for i in range(i0, i1):
                way, rest, before, at = p[i], z[i], old[i], w[i]
                for e in range(width):
                    way[e] = rest[e] + beta[e] * before[e]
                _add_modes(way, modes, share[i])
                for e in range(width):
                    at[e] += alpha[e] * before[e]
            # Another thread may own the rows beside: their new directions are formed here again.
            for side in range(2):
                i = i0 - 1 if side == 0 else i1
                if 0 <= i < m:
                    way, rest, before = near[side], z[i], old[i]
                    for e in range(width):
                        way[e] = rest[e] + beta[e] * before[e]
                    _add_modes(way, modes, share[i])
            sweep(ratios[block], columns, scale, g, p, p, i0, b, q)
            for i in range(i0, i1):
                way, out = p[i], q[i]
                for side in range(2):
                    if i == (0 if side == 0 else m - 1):
                        edge = top if side == 0 else bottom
                        for j in range(columns):
                            for k in range(lanes):
                                out[j * lanes + k] += edge[j] * way[j * lanes + k]
                    else:
                        inside = i > i0 if side == 0 else i < i1 - 1
                        beside = p[i - 1 if side == 0 else i + 1] if inside else near[side]
                        for e in range(width):
                            out[e] += bit * (way[e] - beside[e])
                total[:] = 0
                for j in range(width // SIDE):
                    for k in range(SIDE):
                        total[k] += way[SIDE * j + k] * out[SIDE * j + k]
                energy[i] = total
                _project(out, modes, modal[i])

    return compile_kernel(direct, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-3]))


@functools.cache
def galerkin_kernel(lanes: int, lumped: bool, real: Any) -> Kernel:
    """Kernel (g, ratios, segment, columns, modes, cells, reduced): cells and Schur complement between modes of a row.

    cells, reduced : (row, mode, mode), Z^T G Z and Z^T (G - G A^-1 G) Z for the modes Z, at most 8.
    """
    rows, sweep = SIDE // lanes, sweep_function(lanes, lumped, real, False, True)

    def galerkin(first, last, g, ratios, segment, columns, modes, cells, reduced):
        m, count, width = cells.shape[0], modes.shape[0], modes.shape[1]
        b = np.empty((columns, SIDE), real)
        x, y = np.zeros((rows, width), real), np.zeros((rows, width), real)
        sums = np.empty((count, SIDE), real)
        scale = real(1.0) if lumped else real(1.0 / segment)
        for block in range(first, last):
            i0 = block * rows
            own = g[i0 : i0 + rows]
            # Eight rows of one mode, or one row of eight modes.
            for turn in range(count if lanes == 1 else 1):
                for a in range(rows):
                    for e in range(width):
                        mode = turn if lanes == 1 else e % lanes
                        x[a, e] = modes[mode, e] if mode < count else real(0.0)
                for coupled in range(2):
                    if coupled:
                        sweep(ratios[block], columns, scale, own, x, x, 0, b, y)
                    else:
                        for a in range(rows):
                            for j in range(columns):
                                for k in range(lanes):
                                    y[a, j * lanes + k] = own[a, j] * x[a, j * lanes + k]
                    into = reduced if coupled else cells
                    for a in range(min(rows, m - i0)):
                        _project(y[a], modes, sums)
                        for mode in range(count):
                            if lanes == 1:
                                into[i0 + a, mode, turn] = sums[mode].sum()
                            else:
                                for k in range(count):
                                    into[i0 + a, mode, k] = sums[mode, k]

    return compile_kernel(galerkin, lambda g, *rest: blocks(rest[-1].shape[0], lanes))


@functools.cache
def correct_kernel(lanes: int, real: Any) -> Kernel:
    """Kernel (rows, alpha, q, r, ratios, segment, z, product): r -= alpha q, z = (L_bit + G)^-1 r.

    alpha : (element,); product : (element,), sums of r z down the columns.
    """

    def correct(first, last, m, alpha, q, r, ratios, segment, z, product):
        width = r.shape[1]
        scale = real(1.0 / segment)
        wide = np.empty(SLAB, real)
        y = np.empty(SLAB, real)
        come = np.empty(SLAB, real)
        total = np.empty(SLAB, real)
        for slab in range(first, _end(last, -(-width // SLAB), r)):
            e0 = slab * SLAB
            e1 = min(e0 + SLAB, width)
            size = e1 - e0
            share = alpha[e0:e1]
            y[:] = 0
            total[:] = 0
            for i in range(m):
                left, out, at = r[i, e0:e1], q[i, e0:e1], z[i, e0:e1]
                c = _spread(ratios[i, e0 // lanes : e1 // lanes], wide, lanes)
                # One array a loop is written: more, and LLVM gives up on vectors.
                for e in range(size):
                    left[e] -= share[e] * out[e]
                # With z = U^-1 y and U^T D U = L_bit + G, r z sums to y D y, and D y is r with what came down.
                for e in range(size):
                    come[e] = left[e] * scale + y[e]
                for e in range(size):
                    y[e] = c[e] * come[e]
                for e in range(size):
                    total[e] += y[e] * come[e]
                for e in range(size):
                    at[e] = y[e]
            y[:] = 0
            for back in range(m):
                i = m - 1 - back
                c, at = _spread(ratios[i, e0 // lanes : e1 // lanes], wide, lanes), z[i, e0:e1]
                for e in range(size):
                    y[e] = at[e] + c[e] * y[e]
                for e in range(size):
                    at[e] = y[e]
            for e in range(size):
                product[e0 + e] = total[e] * segment

    return compile_kernel(correct, lambda *args: _units(-(-args[3].shape[1] // SLAB), args[3]))


@njit(forceinline=True, error_model="numpy")
def _spread(by_column, by_element, lanes):
    """Values of columns for each of their elements; `by_element` is where to write them."""
    if lanes == 1:
        return by_column
    for j in range(by_column.size):
        for k in range(SIDE):
            by_element[SIDE * j + k] = by_column[j]
    return by_element


@functools.cache
def add_kernel() -> Kernel:
    """Kernel (start, share, change, out): out = start + share change, by rows."""

    def add(first, last, start, share, change, out):
        for i in range(first, last):
            for e in range(out.shape[1]):
                out[i, e] = start[i, e] + share * change[i, e]

    return compile_kernel(add, lambda start, *_: _units(start.shape[0], start))
