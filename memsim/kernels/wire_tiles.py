"""Block elimination of a crossbar along its columns: what is not a product of two matrices.

Conductances are in units of a segment of the columns. All arrays have `padded` columns; those beyond the array have no
cells. An unknown is the voltage of a node of a column; rows are eliminated exactly. Of the block of row i,

    S_i = diag(g) - g T g + diag(coupling) - D_(i - 1),  D_i = S_i^-1,

T is the inverse of the tridiagonal matrix of the row. Diagonals are never formed by differences: every block is a
network of resistors, so that its diagonal is the sum of the conductances at a node, those to sources and grounds
included (the algorithm of W. K. Grassmann, M. I. Taksar and D. P. Heyman, Oper. Res. 33, 1107 (1985),
doi:10.1287/opre.33.5.1107, by blocks). Weakly held lines keep their digits in that way.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from memsim.arithmetic import fma
from memsim.kernels.compile import Kernel, callee, compile_kernel
from memsim.kernels.symmetric_inverse import WIDE, negative_inverse
from memsim.kernels.wire_ladders import Ladders, one_unit

NARROW = 32
"""Width up to which all rows are one call: BLAS multiplies faster from there on."""


def padded(columns: int) -> int:
    """Stored columns."""
    return -(-columns // WIDE) * WIDE


def row_length(width: int) -> int:
    """Elements of a stored row of a block: powers of two put its columns into few sets of the cache."""
    return width + WIDE if width % 64 == 0 else width


def packed(width: int) -> int:
    """Elements of a symmetric matrix."""
    return width * (width + 1) // 2


@callee
def _product(a: Any, b: Any, out: Any, lines: Any, n: Any) -> None:
    """The first lines of a, n numbers each, times the matrix b of n rows; n is a multiple of four."""
    for line in range(lines):
        row, to = a[line], out[line]
        to[:n] = 0.0
        for j in range(0, n, 4):
            v0, v1, v2, v3 = row[j], row[j + 1], row[j + 2], row[j + 3]
            b0, b1, b2, b3 = b[j], b[j + 1], b[j + 2], b[j + 3]
            for k in range(n):
                to[k] = fma(v3, b3[k], fma(v2, b2[k], fma(v1, b1[k], fma(v0, b0[k], to[k]))))


@callee
def _block(
    cells: Any, ratio: Any, diagonal: Any, coupling: Any, ground: Any, d: Any, sums: Any, c: Any, x: Any
) -> None:
    """D of a block in place of that before, and its sums by column without the diagonal."""
    n = d.shape[0]
    x[0] = 0.0
    t, through = x[0], 0.0  # T[j, k] g[k] for k < j, and their sum
    for j in range(n):
        r, cell, row = ratio[j], cells[j], d[j]
        through *= r
        for k in range(min(n, (j + 15) // 16 * 16)):  # whole vectors; t is 0 behind
            t[k] *= r
            v = cell * t[k]
            sums[k] += v
            row[k] = -(v + row[k])
        sums[j] += cell * through
        t[j] = diagonal[j] * cell
        through += t[j]
    for j in range(n):
        d[j, j] = ground[j] + coupling[j] + sums[j]
    negative_inverse(d, c, x)
    sums[:] = 0.0
    for j0 in range(0, n, WIDE):
        for k0 in range(0, j0 + WIDE, WIDE):
            for j in range(j0, j0 + WIDE):
                for k in range(k0, min(k0 + WIDE, j + 1)):
                    v = -d[j, k]
                    d[j, k] = v
                    d[k, j] = v
    for j in range(n):
        row = d[j]
        for k in range(j):
            sums[k] += row[k]
        for k in range(j + 1, n):
            sums[k] += row[k]


@functools.cache
def forward_kernel() -> Kernel:
    """Kernel (begin, end, g, ladders, coupling, carry, d, sums, c, x, factors, driven, sources): blocks from the first.

    Of the rows begin to end - 1, with the products between them; that of row end - 1 is left to the caller, and goes
    from carry[i % 2] to carry[(i + 1) % 2], for as many lines as `carried_lines` says.

    coupling : (row, padded column), of a block to the next one, or to the terminals behind the last one; carry : (2,
    line, padded column), line 0 the current of all sources that reaches a block, line 1 with the conductances to all
    grounds in place, then those of single sources; d : (padded column, `row_length`), 0 before the first block; sums :
    (padded column,), likewise; c, x : (8, padded column), work space. Results: factors : (row, packed), D of all
    blocks, and driven : (row, padded column), line 0, where these have rows; sources : (row, padded column), the lines
    of single sources at the last row that has one.
    """

    def forward(first, last, begin, end, g, ladders, coupling, carry, d, sums, c, x, factors, driven, sources):
        n, rows, carried = d.shape[0], g.shape[0], sources.shape[0]
        for i in range(begin, end):
            now, injected = carry[i % 2], ladders.injected[i]
            for j in range(n):
                now[0, j] += injected[j]
                now[1, j] += injected[j]
            if i < carried:
                now[2 + i] = injected
            if i == carried - 1:
                sources[:] = now[2:]
            if driven.shape[0] > 0:
                driven[i] = now[0]
            _block(g[i], ladders.ratio[i], ladders.diagonal[i], coupling[i], now[1], d, sums, c, x)
            if factors.shape[0] > 0:
                factor = factors[i]
                for j in range(n):
                    start = j * (j + 1) // 2
                    for k in range(j + 1):
                        factor[start + k] = d[j, k]
            if i + 1 < min(end, rows):
                _product(now, d, carry[(i + 1) % 2], 3 + i if i + 1 < carried else 2, n)  # `carried_lines`

    return compile_kernel(forward, one_unit, (Ladders,))


def carried_lines(row: int, carried: int) -> int:
    """Lines that go on from a row to the next."""
    return 3 + row if row + 1 < carried else 2


@functools.cache
def backward_kernel() -> Kernel:
    """Kernel (begin, end, injected, factors, d, block, voltages): voltages of the last block for single sources.

    From row end - 1 down to row begin. d : (padded column, `row_length`), on entry the voltages at the last block for
    currents into the block of row end - 1, on return the same of row begin - 1; block : work space of the same shape;
    voltages : (row, padded column), of which rows begin to end - 1 are set.
    """

    def backward(first, last, begin, end, injected, factors, d, block, voltages):
        n = d.shape[0]
        other = np.empty_like(d)
        for step in range(end - begin):
            i = end - 1 - step
            _product(injected[i : i + 1], d, voltages[i : i + 1], 1, n)
            _unpack(factors[i - 1], block)
            _product(block, d, other, n, n)
            d[:] = other

    return compile_kernel(backward, one_unit)


@callee
def _unpack(factor: Any, d: Any) -> None:
    for j in range(d.shape[0]):
        start = j * (j + 1) // 2
        for k in range(j + 1):
            d[j, k] = factor[start + k]
            d[k, j] = factor[start + k]


@functools.cache
def unpack_kernel() -> Kernel:
    """Kernel (factor, d): the whole symmetric matrix of a packed one; d : (padded column, `row_length`)."""

    def unpack(first, last, factor, d):
        _unpack(factor, d)

    return compile_kernel(unpack, one_unit)


@functools.cache
def voltages_kernel() -> Kernel:
    """Kernel (g, segment, first, last, held, columns, factors, currents, nodes, across): all sources at 1 V.

    The first six as for `ladders_kernel`; factors : (row, packed); currents : (row, padded column), what reaches each
    block; nodes : (row, padded column), the voltages of the columns; across : (row, column), those of the rows minus
    those of the columns.
    """

    def voltages(begin, end, g, segment, first, last, held, columns, factors, currents, nodes, across):
        rows, n = currents.shape
        for step in range(rows):
            i = rows - 1 - step
            v, w, factor = currents[i], nodes[i], factors[i]
            if step > 0:
                for j in range(n):
                    v[j] += nodes[i + 1, j]
            w[:] = 0.0
            for j in range(n):
                row = factor[j * (j + 1) // 2 : (j + 1) * (j + 2) // 2]
                current = v[j]
                for k in range(j):
                    w[k] += row[k] * current
                a0 = a1 = a2 = a3 = 0.0
                fours = j // 4 * 4
                for k in range(0, fours, 4):
                    a0 += row[k] * v[k]
                    a1 += row[k + 1] * v[k + 1]
                    a2 += row[k + 2] * v[k + 2]
                    a3 += row[k + 3] * v[k + 3]
                for k in range(fours, j):
                    a0 += row[k] * v[k]
                w[j] += (a0 + a1) + (a2 + a3) + row[j] * current
        share = np.empty(columns)
        for i in range(rows):
            cells, w, u = g[i], nodes[i], across[i]
            if segment == 0.0:
                total = driven = first[i] + last[i]
                for j in range(columns):
                    total += cells[j]
                    driven += cells[j] * w[j]
                for j in range(columns):
                    u[j] = (1.0 if held[i] else driven / total) - w[j]
                continue
            before, voltage = first[i], 1.0 * first[i]
            for j in range(columns):
                pivot = before + cells[j] + (segment if j < columns - 1 else last[i])
                u[j] = (voltage + cells[j] * w[j] + (last[i] if j == columns - 1 else 0.0)) / pivot
                share[j] = segment / pivot
                left = before + cells[j]
                before = segment * left / (segment + left)
                voltage = segment * u[j]
            for step in range(1, columns):
                j = columns - 1 - step
                u[j] += share[j] * u[j + 1]
            for j in range(columns):
                u[j] -= w[j]

    return compile_kernel(voltages, one_unit, (Ladders,))
