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
from numpy import uint64

from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.kernels.wire_lines import SIDE, SLAB, blocks, sweep_function

_SMALL = 1 << 14  # elements below which a second thread costs more than it brings


def _units(count: int, field: np.ndarray) -> int:
    return count if field.size >= _SMALL else 1


@inline
def _end(last, count, field):
    """Where a unit's share ends: a small field is one unit."""
    return last if field.size >= _SMALL else count


@inline
def _add_modes(row, modes, share, lanes):
    """Add modes (mode, element) of the word lines, in shares (mode, 8), to a row."""
    for mode in range(modes.shape[0]):
        shape, of_lane = modes[mode], share[mode]
        if lanes == 1:
            much = of_lane[0]
            for e in range(row.size):
                row[e] += much * shape[e]
        else:
            for j in range(row.size // SIDE):
                for k in range(SIDE):
                    row[SIDE * j + k] += of_lane[k] * shape[SIDE * j + k]


@inline
def _products(x, y, sums):
    """Sums (8,) of x y by element modulo 8."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = sums.dtype.type(0)
    one = uint64(1)
    for step in range(x.size // SIDE):
        n = uint64(SIDE) * uint64(step)
        # Named one by one: sums that stay in memory wait for each other.
        s0, s1, s2, s3 = (
            s0 + x[n] * y[n],
            s1 + x[n + one] * y[n + one],
            s2 + x[n + uint64(2)] * y[n + uint64(2)],
            s3 + x[n + uint64(3)] * y[n + uint64(3)],
        )
        s4, s5, s6, s7 = (
            s4 + x[n + uint64(4)] * y[n + uint64(4)],
            s5 + x[n + uint64(5)] * y[n + uint64(5)],
            s6 + x[n + uint64(6)] * y[n + uint64(6)],
            s7 + x[n + uint64(7)] * y[n + uint64(7)],
        )
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7] = s0, s1, s2, s3, s4, s5, s6, s7


@inline
def _project(row, modes, sums):
    """Sums (mode, 8), by element modulo 8, of a row times each of the modes."""
    for mode in range(modes.shape[0]):
        _products(row, modes[mode], sums[mode])


@functools.cache
def solve_rows_kernel(lanes: int, lumped: bool, real: Any) -> Kernel:
    """Kernel (g, ratios, segment, columns, f, w, h, u): u = A^-1 (f + G w), and h += G u unless h is empty."""
    rows, sweep = SIDE // lanes, sweep_function(lanes, lumped, real, True, False)

    def solve_rows(first, last, g, ratios, segment, columns, f, w, h, u):
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

    return compile_kernel(solve_rows, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-1]))


@functools.cache
def direction_kernel(lanes: int, lumped: bool, real: Any) -> Kernel:
    """Kernel (g, ratios, segment, columns, bit, top, ..., p, q, energy, modal): the next direction, and S times it.

    w += step old, p = z + share modes + beta old and q = S p. bit : segment conductance of the bit lines; top, bottom
    : (padded column,); modes : (mode, element); share : (row, mode, 8); step, beta : (element,); energy : (row, 8)
    sums of p q, as many rows as the array really has; modal : (row, mode, 8) sums of q times the modes.
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
        step,
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
        scale = real(1.0) if lumped else real(1.0 / segment)
        for block in range(first, _end(last, g.shape[0] // rows, p)):
            i0 = block * rows
            i1 = min(i0 + rows, m)
            for i in range(i0, i1):
                way, rest, before, at = p[i], z[i], old[i], w[i]
                for e in range(width):
                    way[e] = rest[e] + beta[e] * before[e]
                _add_modes(way, modes, share[i], lanes)
                for e in range(width):
                    at[e] += step[e] * before[e]
            # Another thread may own the rows beside: their new directions are formed here again.
            for side in range(2):
                i = i0 - 1 if side == 0 else i1
                if 0 <= i < m:
                    way, rest, before = near[side], z[i], old[i]
                    for e in range(width):
                        way[e] = rest[e] + beta[e] * before[e]
                    _add_modes(way, modes, share[i], lanes)
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
                _products(way, out, energy[i])
                _project(out, modes, modal[i])

    return compile_kernel(direct, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-3]))


@functools.cache
def project_kernel() -> Kernel:
    """Kernel (r, modes, modal): modal (row, mode, 8), the sums of r times the modes."""

    def project(first, last, r, modes, modal):
        for i in range(first, last):
            _project(r[i], modes, modal[i])

    return compile_kernel(project, lambda *args: args[-1].shape[0])


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
        sums = np.empty(SIDE, real)
        scale = real(1.0) if lumped else real(1.0 / segment)
        for block in range(first, last):
            i0 = block * rows
            own = g[i0 : i0 + rows]
            here = min(rows, m - i0)
            # Eight rows of one mode, or one row of eight modes.
            for turn in range(count if lanes == 1 else 1):
                if lanes == 1:
                    for a in range(rows):
                        x[a] = modes[turn]
                else:
                    for mode in range(count):
                        x[0, mode::SIDE] = modes[mode, ::SIDE]
                for coupled in range(2):
                    into = reduced if coupled else cells
                    if coupled:
                        sweep(ratios[block], columns, scale, own, x, x, 0, b, y)
                    else:
                        for a in range(rows):
                            of_cells, across, out = own[a], x[a], y[a]
                            for j in range(columns):
                                for k in range(lanes):
                                    out[j * lanes + k] = of_cells[j] * across[j * lanes + k]
                    for a in range(here):
                        for mode in range(turn, count):  # the others by symmetry
                            _products(y[a], modes[mode], sums)
                            if lanes == 1:
                                into[i0 + a, mode, turn] = into[i0 + a, turn, mode] = sums.sum()
                            else:
                                into[i0 + a, mode] = sums[:count]

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


@inline
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
    """Kernel (start, share, change, out): out = start + share change, or share change where `start` is empty.

    share : (element,); out may be of another type.
    """

    def add(first, last, start, share, change, out):
        for i in range(first, _end(last, out.shape[0], out)):
            if start.size:
                for e in range(out.shape[1]):
                    out[i, e] = start[i, e] + share[e] * change[i, e]
            else:
                for e in range(out.shape[1]):
                    out[i, e] = share[e] * change[i, e]

    return compile_kernel(add, lambda *args: _units(args[-1].shape[0], args[-1]))
