"""CPU loops that add up what the levels of word lines do over reads, in float64 and a fixed order."""

from __future__ import annotations

import functools

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel

GROUP = 512
"""Reads of one unit."""


@functools.cache
def level_sums_kernel() -> Kernel:
    """Kernel (levels, driven, sizes, squares): sums over the reads of a group.

    levels : (array, read, row). The others are float64 (array, group, row), where a group is `GROUP` reads: number of
    levels other than 0, sum of their sizes, and sum of their squares.
    """

    def add_levels(first, last, levels, driven, sizes, squares):
        reads, rows = levels.shape[1], levels.shape[2]
        groups = (reads + GROUP - 1) // GROUP
        for unit in range(first, last):
            array, group = unit // groups, unit % groups
            number, size, square = driven[array, group], sizes[array, group], squares[array, group]
            number[:] = 0.0
            size[:] = 0.0
            square[:] = 0.0
            for read in range(group * GROUP, min(group * GROUP + GROUP, reads)):
                line = levels[array, read]
                for row in range(rows):
                    level = np.float64(line[row])
                    number[row] += 1.0 if level != 0.0 else 0.0
                    size[row] += abs(level)
                    square[row] += level * level

    return compile_kernel(add_levels, lambda levels, *_: levels.shape[0] * -(-levels.shape[1] // GROUP))


@functools.cache
def bit_sums_kernel() -> Kernel:
    """Kernel (levels, unit, bits): number of binary digits that are 1 in the codes of the levels of a group of reads.

    A code is a size over `unit`, below 2^16; shapes are those of `level_sums_kernel`.
    """

    def add_bits(first, last, levels, unit, bits):
        reads, rows = levels.shape[1], levels.shape[2]
        groups = (reads + GROUP - 1) // GROUP
        for unit_of_work in range(first, last):
            array, group = unit_of_work // groups, unit_of_work % groups
            sums = bits[array, group]
            sums[:] = 0.0
            for read in range(group * GROUP, min(group * GROUP + GROUP, reads)):
                line = levels[array, read]
                for row in range(rows):
                    code = np.int32(np.rint(abs(np.float64(line[row])) / unit))
                    code = code - ((code >> np.int32(1)) & np.int32(0x5555))
                    code = (code & np.int32(0x3333)) + ((code >> np.int32(2)) & np.int32(0x3333))
                    code = (code + (code >> np.int32(4))) & np.int32(0x0F0F)
                    sums[row] += np.float64((code + (code >> np.int32(8))) & np.int32(0x1F))

    return compile_kernel(add_bits, lambda levels, *_: levels.shape[0] * -(-levels.shape[1] // GROUP))
