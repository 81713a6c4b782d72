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
_SLAB = 64  # elements of a row that one unit of the bit lines takes: whole cache lines, and few enough to stay in L1
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
    """Function (buffer, ratios, columns): solve eight chains in place.

    buffer : ((columns + 2) * 8), right-hand sides over the segment conductance (lumped: themselves) between two groups of eight
    zeros. ratios : segment conductance over pivot, (column * row of the block), or (lumped) 1 over the node's conductance.
    """
    single = lanes == 1

    @njit(inline="never", error_model="numpy")
    def solve(b, ratios, columns):
        y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = 0.0
        if lumped:
            for j in range(1, columns + 1):
                e = SIDE * j
                y0, y1, y2, y3 = y0 + b[e], y1 + b[e + 1], y2 + b[e + 2], y3 + b[e + 3]
                y4, y5, y6, y7 = y4 + b[e + 4], y5 + b[e + 5], y6 + b[e + 6], y7 + b[e + 7]
            if single:
                y0, y1, y2, y3 = y0 * ratios[0], y1 * ratios[1], y2 * ratios[2], y3 * ratios[3]
                y4, y5, y6, y7 = y4 * ratios[4], y5 * ratios[5], y6 * ratios[6], y7 * ratios[7]
            else:
                c = ratios[0]
                y0, y1, y2, y3, y4, y5, y6, y7 = y0 * c, y1 * c, y2 * c, y3 * c, y4 * c, y5 * c, y6 * c, y7 * c
            for j in range(1, columns + 1):
                e = SIDE * j
                b[e], b[e + 1], b[e + 2], b[e + 3] = y0, y1, y2, y3
                b[e + 4], b[e + 5], b[e + 6], b[e + 7] = y4, y5, y6, y7
            return
        c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = 0.0
        for j in range(columns):
            e = SIDE * (j + 1)
            # All eight before any is stored: a store in between and LLVM gives up on vectors.
            if single:
                i = SIDE * j
                c0, c1, c2, c3 = ratios[i], ratios[i + 1], ratios[i + 2], ratios[i + 3]
                c4, c5, c6, c7 = ratios[i + 4], ratios[i + 5], ratios[i + 6], ratios[i + 7]
            else:
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = ratios[j]
            y0, y1, y2, y3 = c0 * (b[e] + y0), c1 * (b[e + 1] + y1), c2 * (b[e + 2] + y2), c3 * (b[e + 3] + y3)
            y4, y5, y6, y7 = c4 * (b[e + 4] + y4), c5 * (b[e + 5] + y5), c6 * (b[e + 6] + y6), c7 * (b[e + 7] + y7)
            b[e], b[e + 1], b[e + 2], b[e + 3] = y0, y1, y2, y3
            b[e + 4], b[e + 5], b[e + 6], b[e + 7] = y4, y5, y6, y7
        for j in range(columns - 2, -1, -1):
            e = SIDE * (j + 1)
            if single:
                i = SIDE * j
                c0, c1, c2, c3 = ratios[i], ratios[i + 1], ratios[i + 2], ratios[i + 3]
                c4, c5, c6, c7 = ratios[i + 4], ratios[i + 5], ratios[i + 6], ratios[i + 7]
            else:
                c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = ratios[j]
            y0, y1, y2, y3 = b[e] + c0 * y0, b[e + 1] + c1 * y1, b[e + 2] + c2 * y2, b[e + 3] + c3 * y3
            y4, y5, y6, y7 = b[e + 4] + c4 * y4, b[e + 5] + c5 * y5, b[e + 6] + c6 * y6, b[e + 7] + c7 * y7
            b[e], b[e + 1], b[e + 2], b[e + 3] = y0, y1, y2, y3
            b[e + 4], b[e + 5], b[e + 6], b[e + 7] = y4, y5, y6, y7

    return solve


@functools.cache
def factor_rows_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, segment, left, right, free, columns, ratios): factors of the word lines for `_solver`.

    g : (row, padded column) [S]; left, right : (row,) conductances of the terminals; free : (row,), 0 where a word line without
    any resistance is held at its source; ratios : (block, 8 * column / lanes).
    """
    rows = SIDE // lanes

    def factor(first, last, g, segment, left, right, free, columns, ratios):
        for block in range(first, last):
            for a in range(min(rows, g.shape[0] - block * rows)):
                i = block * rows + a
                if lumped:
                    total = left[i] + right[i]
                    for j in range(columns):
                        total += g[i, j]
                    ratios[block, a] = 1.0 / total if free[i] > 0.0 else 0.0
                    continue
                before = 0.0
                for j in range(columns):
                    diagonal = g[i, j] - segment * before
                    diagonal += segment if j > 0 else left[i]
                    diagonal += segment if j < columns - 1 else right[i]
                    before = segment / diagonal
                    ratios[block, j * rows + a] = before

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
        b = np.zeros((columns + 2) * SIDE)
        scale = 1.0 if lumped else 1.0 / segment
        for block in range(first, _end(last, -(-g.shape[0] // rows), u)):
            count = min(rows, g.shape[0] - block * rows)
            for a in range(count):
                i = block * rows + a
                for j in range(columns):
                    for k in range(lanes):
                        b[SIDE * (j + 1) + a * lanes + k] = (f[i, j * lanes + k] + g[i, j] * w[i, j * lanes + k]) * scale
            solve(b, ratios[block], columns)
            for a in range(count):
                i = block * rows + a
                for j in range(columns):
                    for k in range(lanes):
                        u[i, j * lanes + k] = b[SIDE * (j + 1) + a * lanes + k]
                if h.size:
                    for j in range(columns):
                        for k in range(lanes):
                            h[i, j * lanes + k] += g[i, j] * u[i, j * lanes + k]

    return compile_kernel(solve_rows, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-1]))


@functools.cache
def direction_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, ratios, segment, columns, bit, top, bottom, z, beta, old, p, q, energy): p = z + beta old and q = S p.

    bit : segment conductance of the bit lines; top, bottom : (padded column,); beta : (8,), by element modulo 8; energy : (row, 8)
    sums of p q.
    """
    rows, solve = SIDE // lanes, _solver(lanes, lumped)

    def direct(first, last, g, ratios, segment, columns, bit, top, bottom, z, beta, old, p, q, energy):
        m, width = p.shape
        b = np.zeros((columns + 2) * SIDE)
        beside = np.zeros(width)
        total = np.empty(SIDE)
        scale = 1.0 if lumped else 1.0 / segment
        for block in range(first, _end(last, -(-m // rows), p)):
            count = min(rows, m - block * rows)
            for a in range(count):
                i = block * rows + a
                for j in range(0, width, SIDE):
                    for k in range(SIDE):
                        p[i, j + k] = z[i, j + k] + beta[k] * old[i, j + k]
                for j in range(columns):
                    for k in range(lanes):
                        b[SIDE * (j + 1) + a * lanes + k] = g[i, j] * p[i, j * lanes + k] * scale
            solve(b, ratios[block], columns)
            for a in range(count):
                i = block * rows + a
                for j in range(columns):
                    for k in range(lanes):
                        e = j * lanes + k
                        q[i, e] = g[i, j] * (p[i, e] - b[SIDE * (j + 1) + a * lanes + k])
                for step in (-1, 1):
                    end = i == 0 if step < 0 else i == m - 1
                    if end:
                        edge = top if step < 0 else bottom
                        for j in range(columns):
                            for k in range(lanes):
                                q[i, j * lanes + k] += edge[j] * p[i, j * lanes + k]
                    else:
                        # Another thread may own that row: its new direction is formed here again.
                        for j in range(0, width, SIDE):
                            for k in range(SIDE):
                                beside[j + k] = z[i + step, j + k] + beta[k] * old[i + step, j + k]
                        for e in range(width):
                            q[i, e] += bit * (p[i, e] - beside[e])
                total[:] = 0.0
                for j in range(0, width, SIDE):
                    for k in range(SIDE):
                        total[k] += p[i, j + k] * q[i, j + k]
                energy[i] = total

    return compile_kernel(direct, lambda g, *rest: _units(blocks(g.shape[0], lanes), rest[-2]))


@functools.cache
def correct_kernel(lanes: int, lines: bool) -> Kernel:
    """Kernel (alpha, p, q, w, r, ratios, segment, z, product): w += alpha p, r -= alpha q, z = (L_bit + G)^-1 r.

    alpha : (8,), by element modulo 8; product : (element,), sums of r z down the columns. Without `lines`, z and product are left.
    """

    def correct(first, last, alpha, p, q, w, r, ratios, segment, z, product):
        m, width = r.shape
        scale = 1.0 / segment
        c = np.empty(_SLAB)
        for slab in range(first, _end(last, -(-width // _SLAB), r)):
            e0 = slab * _SLAB
            size = min(_SLAB, width - e0)
            for i in range(m):
                for j in range(0, size, SIDE):
                    for k in range(SIDE):
                        w[i, e0 + j + k] += alpha[k] * p[i, e0 + j + k]
                for j in range(0, size, SIDE):
                    for k in range(SIDE):
                        r[i, e0 + j + k] -= alpha[k] * q[i, e0 + j + k]
                if lines:
                    for j in range(size // lanes):
                        for k in range(lanes):
                            c[j * lanes + k] = ratios[i, e0 // lanes + j]
                    if i > 0:
                        for e in range(size):
                            z[i, e0 + e] = c[e] * (r[i, e0 + e] * scale + z[i - 1, e0 + e])
                    else:
                        for e in range(size):
                            z[i, e0 + e] = c[e] * (r[i, e0 + e] * scale)
            if lines:
                for e in range(e0, e0 + size):
                    product[e] = 0.0
                for i in range(m - 1, -1, -1):
                    if i < m - 1:
                        for j in range(size // lanes):
                            for k in range(lanes):
                                c[j * lanes + k] = ratios[i, e0 // lanes + j]
                        for e in range(size):
                            z[i, e0 + e] += c[e] * z[i + 1, e0 + e]
                    for e in range(e0, e0 + size):
                        product[e] += r[i, e] * z[i, e]

    return compile_kernel(correct, lambda *args: _units(-(-args[4].shape[1] // _SLAB), args[4]))
