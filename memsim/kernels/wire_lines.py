"""Lines of an array as tridiagonal systems: their factors, and the solution of eight word lines side by side.

Layout and unknowns are those of `memsim.kernels.wires`.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy import uint64

from memsim.kernels.compile import Kernel, compile_kernel, inline

SIDE = 8
"""Chains that are solved side by side."""
SLAB = 128  # elements of a row that one unit of the bit lines takes: whole cache lines, and enough to read ahead


class Runs(NamedTuple):
    """Lines of a flat (row, col, lane) array: run r starts at r // inner * outer + r % inner, nodes `stride` apart."""

    number: int
    inner: int
    outer: int
    stride: int
    nodes: int

    @classmethod
    def along(cls, rows: int, columns: int, lanes: int) -> Runs:
        """The word lines, one after the other, each with all its lanes."""
        return cls(rows * lanes, lanes, columns * lanes, lanes, columns)

    @classmethod
    def down(cls, rows: int, columns: int, lanes: int) -> Runs:
        """The bit lines, likewise."""
        return cls(columns * lanes, columns * lanes, 0, columns * lanes, rows)


def blocks(rows: int, lanes: int) -> int:
    """Number of blocks of eight chains."""
    return -(-rows * lanes // SIDE)


def padded(rows: int, columns: int, lanes: int) -> tuple[int, int]:
    """Stored rows and columns: whole blocks and vectors; powers of two put a column into few sets of the cache."""
    width = -(-columns // SIDE) * SIDE
    return blocks(rows, lanes) * SIDE // lanes, width + SIDE if width % 64 == 0 else width


@functools.cache
def sweep_function(lanes: int, lumped: bool, real: Any, fed: bool, current: bool) -> Any:
    """Function (ratios, columns, scale, g, x, f, i0, b, out): solve the eight chains of the block at row i0.

    The right-hand side is G x, plus f if `fed`; `out` receives the voltages y, or G (x - y) if `current`. ratios :
    (column, row of the block), segment conductance over pivot or, lumped, 1 over the node's conductance; scale : 1 over
    the segment's; b : (column, 8). All numbers are of the type `real`.
    """
    single, stop = lanes == 1, uint64(SIDE)

    # Inlined by force: variants that are called have one name, and a cached kernel may be linked with another's.
    @inline
    def group(x, i, j):
        if single:
            return (
                x[i, j],
                x[i + uint64(1), j],
                x[i + uint64(2), j],
                x[i + uint64(3), j],
                x[i + uint64(4), j],
                x[i + uint64(5), j],
                x[i + uint64(6), j],
                x[i + uint64(7), j],
            )
        n = stop * j
        return (
            x[i, n],
            x[i, n + uint64(1)],
            x[i, n + uint64(2)],
            x[i, n + uint64(3)],
            x[i, n + uint64(4)],
            x[i, n + uint64(5)],
            x[i, n + uint64(6)],
            x[i, n + uint64(7)],
        )

    @inline
    def alike(x, i, j):
        if single:
            return group(x, i, j)
        v = x[i, j]
        return v, v, v, v, v, v, v, v

    @inline
    def pivots(c, j):
        if single:
            return c[j, 0], c[j, 1], c[j, 2], c[j, 3], c[j, 4], c[j, 5], c[j, 6], c[j, 7]
        v = c[j, 0]
        return v, v, v, v, v, v, v, v

    @inline
    def put(x, i, j, v0, v1, v2, v3, v4, v5, v6, v7):
        if single:
            x[i, j], x[i + uint64(1), j], x[i + uint64(2), j], x[i + uint64(3), j] = v0, v1, v2, v3
            x[i + uint64(4), j], x[i + uint64(5), j], x[i + uint64(6), j], x[i + uint64(7), j] = v4, v5, v6, v7
        else:
            n = stop * j
            x[i, n], x[i, n + uint64(1)], x[i, n + uint64(2)], x[i, n + uint64(3)] = v0, v1, v2, v3
            x[i, n + uint64(4)], x[i, n + uint64(5)], x[i, n + uint64(6)], x[i, n + uint64(7)] = v4, v5, v6, v7

    @inline
    def sweep(ratios, columns, scale, g, x, f, i0, b, out):
        i = uint64(i0)
        y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = real(0.0)
        for step in range(columns):
            j = uint64(step)
            # All eight are read before any is stored: a store in between and LLVM gives up on vectors.
            g0, g1, g2, g3, g4, g5, g6, g7 = alike(g, i, j)
            t0, t1, t2, t3, t4, t5, t6, t7 = group(x, i, j)
            t0, t1, t2, t3 = g0 * t0, g1 * t1, g2 * t2, g3 * t3
            t4, t5, t6, t7 = g4 * t4, g5 * t5, g6 * t6, g7 * t7
            if fed:
                f0, f1, f2, f3, f4, f5, f6, f7 = group(f, i, j)
                t0, t1, t2, t3 = t0 + f0, t1 + f1, t2 + f2, t3 + f3
                t4, t5, t6, t7 = t4 + f4, t5 + f5, t6 + f6, t7 + f7
            if lumped:
                y0, y1, y2, y3 = y0 + t0, y1 + t1, y2 + t2, y3 + t3
                y4, y5, y6, y7 = y4 + t4, y5 + t5, y6 + t6, y7 + t7
            else:
                c0, c1, c2, c3, c4, c5, c6, c7 = pivots(ratios, j)
                y0, y1, y2, y3 = (
                    c0 * (t0 * scale + y0),
                    c1 * (t1 * scale + y1),
                    c2 * (t2 * scale + y2),
                    c3 * (t3 * scale + y3),
                )
                y4, y5, y6, y7 = (
                    c4 * (t4 * scale + y4),
                    c5 * (t5 * scale + y5),
                    c6 * (t6 * scale + y6),
                    c7 * (t7 * scale + y7),
                )
                b[j, 0], b[j, 1], b[j, 2], b[j, 3] = y0, y1, y2, y3
                b[j, 4], b[j, 5], b[j, 6], b[j, 7] = y4, y5, y6, y7
        if lumped:
            c0, c1, c2, c3, c4, c5, c6, c7 = pivots(ratios, uint64(0))
            y0, y1, y2, y3 = y0 * c0, y1 * c1, y2 * c2, y3 * c3
            y4, y5, y6, y7 = y4 * c4, y5 * c5, y6 * c6, y7 * c7
        else:
            y0 = y1 = y2 = y3 = y4 = y5 = y6 = y7 = real(0.0)
        for back in range(columns):
            j = uint64(columns - 1 - back)
            if not lumped:
                c0, c1, c2, c3, c4, c5, c6, c7 = pivots(ratios, j)
                y0, y1, y2, y3 = b[j, 0] + c0 * y0, b[j, 1] + c1 * y1, b[j, 2] + c2 * y2, b[j, 3] + c3 * y3
                y4, y5, y6, y7 = b[j, 4] + c4 * y4, b[j, 5] + c5 * y5, b[j, 6] + c6 * y6, b[j, 7] + c7 * y7
            if current:
                g0, g1, g2, g3, g4, g5, g6, g7 = alike(g, i, j)
                t0, t1, t2, t3, t4, t5, t6, t7 = group(x, i, j)
                t0, t1, t2, t3 = g0 * (t0 - y0), g1 * (t1 - y1), g2 * (t2 - y2), g3 * (t3 - y3)
                t4, t5, t6, t7 = g4 * (t4 - y4), g5 * (t5 - y5), g6 * (t6 - y6), g7 * (t7 - y7)
                put(out, i, j, t0, t1, t2, t3, t4, t5, t6, t7)
            else:
                put(out, i, j, y0, y1, y2, y3, y4, y5, y6, y7)

    return sweep


@functools.cache
def factor_rows_kernel(lanes: int, lumped: bool) -> Kernel:
    """Kernel (g, segment, left, right, free, columns, ratios): factors of the word lines for `sweep_function`.

    g : (row, padded column) [S]; left, right : (row,) conductances of the terminals; free : (row,), 0 where a word line
    without any resistance is held at its source; ratios : (block, column, 8 / lanes).
    """
    rows = SIDE // lanes

    def factor(first, last, g, segment, left, right, free, columns, ratios):
        before = np.empty(rows)
        for block in range(first, last):
            i0 = block * rows
            count = min(rows, left.size - i0)
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
    """Kernel (rows, g, segment, top, bottom, ratios): factors of L_bit + G; top, bottom : (padded column,)."""

    def factor(first, last, rows, g, segment, top, bottom, ratios):
        for slab in range(first, last):
            j0, j1 = slab * SLAB, min((slab + 1) * SLAB, g.shape[1])
            for i in range(rows):
                for j in range(j0, j1):
                    diagonal = g[i, j] - (segment * ratios[i - 1, j] if i > 0 else 0.0)
                    diagonal += segment if i > 0 else top[j]
                    diagonal += segment if i < rows - 1 else bottom[j]
                    ratios[i, j] = segment / diagonal

    return compile_kernel(factor, lambda _, g, *__: -(-g.shape[1] // SLAB))
