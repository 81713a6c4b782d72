"""CPU loop that adds up the cells of word lines and of bit lines, in float64 and a fixed order."""

from __future__ import annotations

import functools

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.philox import LANES

GROUP = 64
"""Bit lines of one unit."""


@functools.cache
def line_sums_kernel() -> Kernel:
    """Kernel (state, by_row, by_line): sums of the states of each row over a group of lines, and of each line.

    state : (array, line, padded row); by_row : (array, group, padded row), float64, where a group is `GROUP` lines;
    by_line : (array, line), float64. Padded rows count, so their states must be 0.
    """

    def add_lines(first, last, state, by_row, by_line):
        lines, rows = state.shape[1], state.shape[2]
        groups = (lines + GROUP - 1) // GROUP
        for unit in range(first, last):
            array, group = unit // groups, unit % groups
            sums = by_row[array, group]
            sums[:] = 0.0
            lanes = np.empty(LANES)
            for line in range(group * GROUP, min(group * GROUP + GROUP, lines)):
                cells = state[array, line]
                for row in range(rows):
                    sums[row] += cells[row]
                lanes[:] = 0.0
                for start in range(0, rows, LANES):
                    for lane in range(LANES):
                        lanes[lane] += cells[start + lane]
                total = 0.0
                for lane in range(LANES):
                    total += lanes[lane]
                by_line[array, line] = total

    return compile_kernel(add_lines, lambda state, *_: state.shape[0] * -(-state.shape[1] // GROUP))
