"""CPU loops of the wire solver: conjugate gradients on the bit-line voltages, word lines eliminated exactly.

The unknowns are deviations: u of a word-line node from its line's source, w of a bit-line node from its line's. With cell
conductances G and the chains' matrices A = L_word + G and L_bit, a correction solves A u = f + G w and L_bit w + G (w - u) = h,
so S w = h + G A^-1 f with S = L_bit + G - G A^-1 G. Every line is tridiagonal; a word line without resistance is one node.

Fields are (row, element), element = column * lanes + lane; lanes are right-hand sides, 1 or 8. Rows are padded with columns that
conduct nothing and stay 0. Eight chains are solved side by side, eight rows of one lane or one row of eight lanes. Sums run in
eight accumulators a row and are added in one fixed order, so results are the same bits for any number of threads.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import njit

from memsim.kernels.compile import Kernel, compile_kernel

SIDE = 8
"""Chains that are solved side by side."""
_SLAB = 128  # elements of a row that one unit of the bit lines takes: whole cache lines, and enough to read ahead
_SMALL = 1 << 14  # elements below which a second thread costs more than it brings


def blocks(rows: int, lanes: int) -> int:
    """Number of blocks of eight chains."""
    return -(-rows * lanes // SIDE)


def padded(columns: int) -> int:
    """Stored width of a row: whole vectors, and not a power of two, which would put a column into few sets of the cache."""
    width = -(-columns // SIDE) * SIDE
    return width + SIDE if width % 64 == 0 else width


def _units(count: int, field: np.ndarray) -> int:
    return count if field.size >= _SMALL else 1


@njit(forceinline=True, error_model="numpy")
def _end(last, count, field):
    """Where a unit's share ends: a small field is one unit."""
    return last if field.size >= _SMALL else count


@functools.cache
def _solver(lanes: int, lumped: bool) -> Any:
    """Function (b, ratios, columns): solve eight chains in place.

    b : (columns + 2, 8), right-hand sides over the segment conductance (lumped: themselves) between two rows of zeros.
    ratios : (column, row of the block), segment conductance over pivot, or, lumped, 1 over the node's conductance.
    """
    single = lanes == 1

    # Inlined by force: variants that are called have one name, and a cached kernel may be linked with another's.
    @njit(forceinline=True, error_model="numpy")
    def solve(b, ratios, columns):
        y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = 0.0
        if lumped:
            for j in range(1, columns + 1):
                y0, y1, y2, y3 = y0 + b[j, 0], y1 + b[j, 1], y2 + b[j, 2], y3 + b[j, 3]
                y4, y5, y6, y7 = y4 + b[j, 4], y5 + b[j, 5], y6 + b[j, 6], y7 + b[j, 7]
            c = ratios[0]
            if single:
                y0, y1, y2, y3 = y0 * c[0], y1 * c[1], y2 * c[2], y3 * c[3]
                y4, y5, y6, y7 = y4 * c[4], y5 * c[5], y6 * c[6], y7 * c[7]
            else:
                y0, y1, y2, y3 = y0 * c[0], y1 * c[0], y2 * c[0], y3 * c[0]
                y4, y5, y6, y7 = y4 * c[0], y5 * c[0], y6 * c[0], y7 * c[0]
            for j in range(1, columns + 1):
                b[j, 0], b[j, 1], b[j, 2], b[j, 3] = y0, y1, y2, y3
                b[j, 4], b[j, 5], b[j, 6], b[j, 7] = y4, y5, y6, y7
            return
        c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = 0.0
        for j in range(columns):
            # All eight before any is stored: a store in between and LLVM gives up on vectors.
            if single:
                c0, c1, c2, c3 = ratios[j, 0], ratios[j, 1], ratios[j, 2], ratios[j, 3]
                c4, c5, c6, c7 = ratios[j, 4], ratios[j, 5], ratios[j, 6], ratios[j, 7]
            else:
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = ratios[j, 0]
            n = j + 1
            y0, y1, y2, y3 = c0 * (b[n, 0] + y0), c1 * (b[n, 1] + y1), c2 * (b[n, 2] + y2), c3 * (b[n, 3] + y3)
            y4, y5, y6, y7 = c4 * (b[n, 4] + y4), c5 * (b[n, 5] + y5), c6 * (b[n, 6] + y6), c7 * (b[n, 7] + y7)
            b[n, 0], b[n, 1], b[n, 2], b[n, 3] = y0, y1, y2, y3
            b[n, 4], b[n, 5], b[n, 6], b[n, 7] = y4, y5, y6, y7
        for back in range(1, columns):
            n = columns - back
            j = n - 1
            if single:
                c0, c1, c2, c3 = ratios[j, 0], ratios[j, 1], ratios[j, 2], ratios[j, 3]
                c4, c5, c6, c7 = ratios[j, 4], ratios[j, 5], ratios[j, 6], ratios[j, 7]
            else:
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = ratios[j, 0]
            y0, y1, y2, y3 = b[n, 0] + c0 * y0, b[n, 1] + c1 * y1, b[n, 2] + c2 * y2, b[n, 3] + c3 * y3
            y4, y5, y6, y7 = b[n, 4] + c4 * y4, b[n, 5] + c5 * y5, b[n, 6] + c6 * y6, b[n, 7] + c7 * y7
            b[n, 0], b[n, 1], b[n, 2], b[n, 3] = y0, y1, y2, y3
            b[n, 4], b[n, 5], b[n, 6], b[n, 7] = y4, y5, y6, y7

    return solve


@functools.cache
def factor_rows_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, segment, left, right, free, columns, ratios): factors of the word lines for `_solver`.

    g : (row, padded column) [S]; left, right : (row,) conductances of the terminals; free : (row,), 0 where a word line without
    any resistance is held at its source; ratios : (block, column, 8 / lanes).
    """
    rows = SIDE // lanes

    def factor(first, last, g, segment, left, right, free, columns, ratios):
        before = np.empty(rows)
        for block in range(first, last):
            i0 = block * rows
            count = min(rows, g.shape[0] - i0)
            cells, c = g[i0 : i0 + count], ratios[block]
            before[:] = 0.0
            if lumped:
                for a in range(count):
                    total = left[i0 + a] + right[i0 + a]
                    for j in range(columns):
                        total += cells[a, j]
                    c[0, a] = 1.0 / total if free[i0 + a] > 0.0 else 0.0
                continue
            for j in range(columns):
                for a in range(count):
                    diagonal = cells[a, j] - segment * before[a]
                    diagonal += segment if j > 0 else left[i0 + a]
                    diagonal += segment if j < columns - 1 else right[i0 + a]
                    before[a] = segment / diagonal
                    c[j, a] = before[a]

    return compile_kernel(factor, lambda g, *_: blocks(g.shape[0], lanes))


@functools.cache
def factor_columns_kernel() -> Kernel:
    """Kernel (g, segment, top, bottom, ratios): factors of L_bit + G; top, bottom : (padded column,) conductances."""

    def factor(first, last, g, segment, top, bottom, ratios):
        rows = g.shape[0]
        for slab in range(first, last):
            j0, j1 = slab * _SLAB, min((slab + 1) * _SLAB, g.shape[1])
            for i in range(rows):
                for j in range(j0, j1):
                    diagonal = g[i, j] - (segment * ratios[i - 1, j] if i > 0 else 0.0)
                    diagonal += segment if i > 0 else top[j]
                    diagonal += segment if i < rows - 1 else bottom[j]
                    ratios[i, j] = segment / diagonal

    return compile_kernel(factor, lambda g, *_: -(-g.shape[1] // _SLAB))


@functools.cache
def solve_rows_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, ratios, segment, columns, f, w, h, u): u = A^-1 (f + G w), and h += G u unless h is empty."""
    rows, solve = SIDE // lanes, _solver(lanes, lumped)

    def solve_rows(first, last, g, ratios, segment, columns, f, w, h, u):
        b = np.zeros((columns + 2, SIDE))
        scale = 1.0 if lumped else 1.0 / segment
        for block in range(first, _end(last, -(-g.shape[0] // rows), u)):
            count = min(rows, g.shape[0] - block * rows)
            for a in range(count):
                own, right, at = g[block * rows + a], f[block * rows + a], w[block * rows + a]
                for j in range(columns):
                    for k in range(lanes):
                        b[j + 1, a * lanes + k] = (right[j * lanes + k] + own[j] * at[j * lanes + k]) * scale
            solve(b, ratios[block], columns)
            for a in range(count):
                own, out = g[block * rows + a], u[block * rows + a]
                for j in range(columns):
                    for k in range(lanes):
                        out[j * lanes + k] = b[j + 1, a * lanes + k]
                if h.size:
                    into = h[block * rows + a]
                    for j in range(columns):
                        for k in range(lanes):
                            into[j * lanes + k] += own[j] * out[j * lanes + k]

    return compile_kernel(solve_rows, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-1]))


@functools.cache
def direction_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, ratios, segment, columns, bit, top, bottom, z, alpha, beta, old, w, p, q, energy): the next direction.

    w += alpha old, p = z + beta old and q = S p. bit : segment conductance of the bit lines; top, bottom : (padded column,);
    alpha, beta : (element,); energy : (row, 8) sums of p q.
    """
    rows, solve = SIDE // lanes, _solver(lanes, lumped)

    def direct(first, last, g, ratios, segment, columns, bit, top, bottom, z, alpha, beta, old, w, p, q, energy):
        m, width = p.shape
        b = np.zeros((columns + 2, SIDE))
        beside = np.zeros(width)
        total = np.empty(SIDE)
        scale = 1.0 if lumped else 1.0 / segment
        for block in range(first, _end(last, -(-m // rows), p)):
            count = min(rows, m - block * rows)
            for a in range(count):
                i = block * rows + a
                own, way, rest, before, at = g[i], p[i], z[i], old[i], w[i]
                for e in range(width):
                    way[e] = rest[e] + beta[e] * before[e]
                for e in range(width):
                    at[e] += alpha[e] * before[e]
                for j in range(columns):
                    for k in range(lanes):
                        b[j + 1, a * lanes + k] = own[j] * way[j * lanes + k] * scale
            solve(b, ratios[block], columns)
            for a in range(count):
                i = block * rows + a
                own, way, out = g[i], p[i], q[i]
                for j in range(columns):
                    for k in range(lanes):
                        out[j * lanes + k] = own[j] * (way[j * lanes + k] - b[j + 1, a * lanes + k])
                for step in (-1, 1):
                    end = i == 0 if step < 0 else i == m - 1
                    if end:
                        edge = top if step < 0 else bottom
                        for j in range(columns):
                            for k in range(lanes):
                                out[j * lanes + k] += edge[j] * way[j * lanes + k]
                    else:
                        # Another thread may own that row: its new direction is formed here again.
                        rest, before = z[i + step], old[i + step]
                        for e in range(width):
                            beside[e] = rest[e] + beta[e] * before[e]
                        for e in range(width):
                            out[e] += bit * (way[e] - beside[e])
                total[:] = 0.0
                for j in range(width // SIDE):
                    for k in range(SIDE):
                        total[k] += way[SIDE * j + k] * out[SIDE * j + k]
                energy[i] = total

    return compile_kernel(direct, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-2]))


@functools.cache
def correct_kernel(lanes: int, lines: bool) -> Kernel:
    """Kernel (alpha, q, r, ratios, segment, z, product): r -= alpha q, z = (L_bit + G)^-1 r.

    alpha : (element,); product : (element,), sums of r z down the columns. Without `lines`, z and product are left.
    """

    def correct(first, last, alpha, q, r, ratios, segment, z, product):
        m, width = r.shape
        scale = 1.0 / segment
        wide = np.empty(_SLAB)
        y = np.empty(_SLAB)
        total = np.empty(_SLAB)
        for slab in range(first, _end(last, -(-width // _SLAB), r)):
            e0 = slab * _SLAB
            e1 = min(e0 + _SLAB, width)
            size = e1 - e0
            share = alpha[e0:e1]
            y[:] = 0.0
            total[:] = 0.0
            for i in range(m):
                left, out = r[i, e0:e1], q[i, e0:e1]
                for e in range(size):
                    left[e] -= share[e] * out[e]
                if lines:
                    c, at = _spread(ratios[i, e0 // lanes : e1 // lanes], wide, lanes), z[i, e0:e1]
                    # With z = U^-1 y and U^T D U = L_bit + G, r z sums to y D y, and D y is r with what came down.
                    for e in range(size):
                        come = left[e] * scale + y[e]
                        y[e] = c[e] * come
                        total[e] += y[e] * come
                    for e in range(size):
                        at[e] = y[e]
            if lines:
                y[:] = 0.0
                for back in range(m):
                    i = m - 1 - back
                    c, at = _spread(ratios[i, e0 // lanes : e1 // lanes], wide, lanes), z[i, e0:e1]
                    for e in range(size):
                        y[e] = at[e] + c[e] * y[e]
                    for e in range(size):
                        at[e] = y[e]
                for e in range(size):
                    product[e0 + e] = total[e] * segment

    return compile_kernel(correct, lambda *args: _units(-(-args[2].shape[1] // _SLAB), args[2]))


@njit(forceinline=True, error_model="numpy")
def _spread(by_column, by_element, lanes):
    """Values of columns for each of their elements; `by_element` is where to write them."""
    if lanes == 1:
        return by_column
    for j in range(by_column.size):
        for k in range(SIDE):
            by_element[SIDE * j + k] = by_column[j]
    return by_element
