"""A card's part in the wire solver, on the CPU: loops over lines in plain NumPy, arrays as strict as a card's."""

from __future__ import annotations

import functools

import numpy as np
from numba import njit
from numpy.lib.stride_tricks import as_strided
from strict_arrays import StrictBackend, values

from memsim.backends import cuda
from memsim.kernels.cuda import lines as cuda_lines
from memsim.kernels.wire_currents import cell_current


def lines(flat, runs):
    """The runs through a flat array, as a view (node, outer, inner)."""
    assert flat.ndim == 1 and flat.flags.c_contiguous and flat.dtype == np.float64
    assert flat.size == runs.number * runs.nodes
    size = flat.itemsize
    shape = runs.nodes, runs.number // runs.inner, runs.inner
    return as_strided(flat, shape, (runs.stride * size, runs.outer * size, size))


def factor_kernel():
    def factor(cells, first, last, segment, runs, ratios):
        g, c = lines(cells, runs), lines(ratios, runs)
        first, last = (np.repeat(end, runs.number // end.size).reshape(g.shape[1:]) for end in (first, last))
        before = 0.0
        for node in range(runs.nodes):
            diagonal = g[node] + (segment * (1 - before) if node else first)
            diagonal = diagonal + (segment if node < runs.nodes - 1 else last)
            c[node] = before = segment / diagonal

    return factor


def solve_kernel():
    def solve(ratios, right, segment, runs, shared, out):
        c, b, x = lines(np.repeat(ratios, shared), runs), lines(right, runs), lines(out, runs)
        y = 0.0
        for node in range(runs.nodes):
            x[node] = y = c[node] * (b[node] / segment + y)
        for node in range(runs.nodes - 2, -1, -1):
            x[node] += c[node] * x[node + 1]

    return solve


@functools.cache
def current_kernel(law, slope):
    function = cell_current(law, slope)

    @njit(error_model="numpy")
    def currents(cells, voltage, cell, lanes, current, slopes):
        for n in range(voltage.size):
            current[n], slopes[n] = function(voltage[n], cells[n // lanes], cell)

    return currents


def of_strict_arrays(factory):
    """The factory of kernels, for the strict arrays around NumPy's."""
    return lambda *laws: lambda *given: factory(*laws)(*map(values, given))


def strict_card(monkeypatch):
    """Strict arrays where a card is asked for, and lines of NumPy for its kernels."""
    monkeypatch.setattr(cuda, "problem", lambda: None)
    monkeypatch.setattr(cuda, "CudaBackend", StrictBackend)
    for factory in (factor_kernel, solve_kernel, current_kernel):
        monkeypatch.setattr(cuda_lines, factory.__name__, of_strict_arrays(factory))
