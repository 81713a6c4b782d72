"""CUDA loops of the wire solver: many lines factorised and solved at once, a thread a line, and the law of cells.

Fields are flat (row, col, lane) arrays; word and bit lines are runs through them with different strides (see
`memsim.kernels.wire_lines.Runs`), so one loop serves both. All is in float64. The CPU's loops keep other layouts and do
more in one pass; what they share is the mathematics, and the scalar law of cells.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import cuda, float64

from memsim.kernels.cuda.launch import CudaKernel
from memsim.kernels.wire_currents import cell_current

_AHEAD = 8
"""Nodes that are read before the first of them is needed: a line is a chain of sums, and memory is far."""


@functools.cache
def factor_kernel() -> CudaKernel:
    """Kernel (cells, first, last, segment, runs, ratios): factors of L + G, segment conductance over pivot.

    first, last : (line,) conductances of the terminals [S]; lines have `runs.number / first.size` lanes each.
    """

    def factor(cells, first, last, segment, runs, ratios):
        run: int = cuda.grid(1)  # type: ignore[call-arg]
        if run >= runs.number:
            return
        at = run // runs.inner * runs.outer + run % runs.inner
        line = run // (runs.number // first.size)
        # What holds a node through those before it: all sums are of positive numbers, so that no digits cancel.
        held = first[line]
        for node in range(runs.nodes):
            held += cells[at]
            ratio = segment / (held + (segment if node < runs.nodes - 1 else last[line]))
            ratios[at] = ratio
            held *= ratio
            at += runs.stride

    return CudaKernel(factor, lambda *args: args[4].number)


@functools.cache
def solve_kernel() -> CudaKernel:
    """Kernel (ratios, right, segment, runs, shared, out): out = (L + G)^-1 right by the factors of `factor_kernel`.

    shared : how many lanes have the same factors, all or 1.
    """

    def solve(ratios, right, segment, runs, shared, out):
        run: int = cuda.grid(1)  # type: ignore[call-arg]
        if run >= runs.number:
            return
        start = run // runs.inner * runs.outer + run % runs.inner
        own, apart, stride = start // shared, runs.stride // shared, runs.stride
        last = runs.nodes - 1
        scale, y = 1.0 / segment, 0.0
        c = cuda.local.array(_AHEAD, float64)
        b = cuda.local.array(_AHEAD, float64)
        for begin in range(0, runs.nodes, _AHEAD):
            for k in range(_AHEAD):
                node = min(begin + k, last)
                c[k] = ratios[own + node * apart]
                b[k] = right[start + node * stride]
            for k in range(_AHEAD):
                if begin + k <= last:
                    y = c[k] * y + c[k] * b[k] * scale
                    out[start + (begin + k) * stride] = y
        y = 0.0
        for begin in range(last, -1, -_AHEAD):
            for k in range(_AHEAD):
                node = max(begin - k, 0)
                c[k] = ratios[own + node * apart]
                b[k] = out[start + node * stride]
            for k in range(_AHEAD):
                if begin - k >= 0:
                    y = b[k] + c[k] * y
                    out[start + (begin - k) * stride] = y

    return CudaKernel(solve, lambda *args: args[3].number)


@functools.cache
def current_kernel(law: Any, slope: Any) -> CudaKernel:
    """Kernel (cells, voltage, cell, lanes, current, slopes): I [A] and dI/dV [S] of cells, every lane's own."""
    function = cell_current(law, slope)

    def currents(cells, voltage, cell, lanes, current, slopes):
        n: int = cuda.grid(1)  # type: ignore[call-arg]
        if n >= voltage.size:
            return
        current[n], slopes[n] = function(voltage[n], cells[n // lanes], cell)

    return CudaKernel(currents, lambda cells, voltage, *_: voltage.size)
