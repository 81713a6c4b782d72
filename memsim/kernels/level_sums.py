"""CPU loop that adds up what the levels of word lines do over reads, in float64 and a fixed order."""

from __future__ import annotations

import functools

import numpy as np

from memsim.arithmetic import popcount
from memsim.kernels.compile import Kernel, compile_kernel, inline

_ROWS = 256
"""Word lines of one unit, whose sums the first-level cache holds."""
_SIDE = 4
"""Reads that are added up together: fewer loads and stores of the sums."""


@functools.cache
def level_sums_kernel(coding: str) -> Kernel:
    """Kernel (levels, unit, driven, square), which adds the sums over reads to what the last two hold.

    levels : (array, read, row). ``driven`` (array, row), float64, receives the number of levels other than 0; of serial
    inputs, that of binary digits that are 1 in the codes, sizes over `unit` below 2^16. ``square`` receives the sum of
    squared levels for `coding` "voltage", of sizes for "width", and for "serial" the same as ``driven``.
    """
    serial, squared = coding == "serial", coding == "voltage"

    @inline
    def number(level, unit):
        if not serial:
            return 1.0 if level != 0.0 else 0.0
        return np.float64(popcount(np.uint32(np.rint(abs(level) / unit))))

    @inline
    def strength(level, unit):
        if serial:
            return number(level, unit)
        return level * level if squared else abs(level)

    def add_levels(first, last, levels, unit, driven, square):
        reads, rows = levels.shape[1], levels.shape[2]
        blocks = (rows + _ROWS - 1) // _ROWS
        for unit_of_work in range(first, last):
            array, start = unit_of_work // blocks, unit_of_work % blocks * _ROWS
            stop = min(start + _ROWS, rows)
            lines, strengths = driven[array, start:stop], square[array, start:stop]
            whole = reads // _SIDE * _SIDE
            for read in range(0, whole, _SIDE):
                a, b = levels[array, read, start:stop], levels[array, read + 1, start:stop]
                c, d = levels[array, read + 2, start:stop], levels[array, read + 3, start:stop]
                for row in range(stop - start):
                    p, q, r, s = np.float64(a[row]), np.float64(b[row]), np.float64(c[row]), np.float64(d[row])
                    lines[row] += (number(p, unit) + number(q, unit)) + (number(r, unit) + number(s, unit))
                    strengths[row] += (strength(p, unit) + strength(q, unit)) + (strength(r, unit) + strength(s, unit))
            for read in range(whole, reads):
                a = levels[array, read, start:stop]
                for row in range(stop - start):
                    p = np.float64(a[row])
                    lines[row] += number(p, unit)
                    strengths[row] += strength(p, unit)

    return compile_kernel(add_levels, lambda levels, *_: levels.shape[0] * -(-levels.shape[2] // _ROWS))
