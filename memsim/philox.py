"""Counter-based random words: Philox4x32-10, its named streams and its key.

A random number in memsim is a function of its address, not of the order of drawing. One call turns a counter of four
32-bit words and a 64-bit key (the seed) into four random words. What the counter means:

====  ================================  ================================
word  device and update draws           reads
====  ================================  ================================
c0    row group                         column group, row tile * 2^20
c1    column                            sample
c2    step (or parameter, or 0)         read index
c3    array * 256 + stream              array * 256 + stream
====  ================================  ================================

A group holds four cells of a tile of 64 that lie 16 apart, one for each word: index i belongs to group
``(i // 64) * 16 + i % 16``, word ``i % 64 // 16``. So vector lanes need no shuffles and no address depends on a width.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit, uint32, uint64

from memsim.errors import InputError

TILE = 64
LANES = 16
MAX_ARRAYS = 1 << 24
MAX_SEED = (1 << 64) - 1

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_HIGH = np.uint64(32)


class Stream(IntEnum):
    """Named random streams; the numbers are part of the file format and never change meaning."""

    INITIAL = 0  # fresh state of the cells
    D2D = 1  # device-to-device spread; c2 is the parameter's slot
    C2C = 2  # cycle-to-cycle noise of a pulse
    PULSE = 3  # stochastic rounding of pulse counts
    READ = 4  # read noise
    REFERENCE = 5  # device-to-device spread of the reference column
    CORRUPTION = 6  # noise fields on images; c1 is the level or 0, c2 the corruption
    SCENE = 7  # synthetic scenes
    BOOTSTRAP = 8  # resampling for intervals
    REFERENCE_READ = 9  # read noise of the reference column
    SPLIT = 10  # which of the labelled images are for training, validation and test
    TRAINING = 11  # order of samples, dropout and mixup; c2 is the epoch or step
    PROGRAM = 12  # error of programming; c2 is the step
    TUNING = 13  # which settings are tried, and in which order
    ROW_TRAIN = 14  # pulse trains of word lines; c0 is the row, c1 the binary digits, c2 the step
    COLUMN_TRAIN = 15  # pulse trains of bit lines
    SHAKE = 16  # parameters that vary from pulse to pulse; upper bits of c0 and c1 are the parameter's slot
    FAULT = 20  # which cells are stuck
    WRITE = 21  # write noise; c2 is the step of the last write
    TRAP = 22  # telegraph noise; c2 counts reads and waits
    FLICKER = 23  # 1/f noise; c2 likewise
    RETENTION = 24  # a cell's own drift exponent
    PROGRAM_MODEL = 26  # error of programming by the device's error model; c2 is the step
    CONVERTER = 27  # errors of converters; c2 says which error of which converter
    PATH = 31  # path of relaxation of a cell; c0 is the row, upper bits of c1 four knots, c2 its programming
    BACKGROUND = 30  # which of the cells around a selected one are on; the array is the pattern


UPPER_SHIFT = 26
"""First bit of the six above a column in c1."""
UPPER = 1 << 6
"""Values of these six bits."""
REFERENCE_COLUMN = (1 << UPPER_SHIFT) - 1
"""Counter word c1 of a reference column in the streams from `FAULT` on, beyond any bit line's."""


def padded(count: int) -> int:
    """The count rounded up to whole tiles."""
    return -(-count // TILE) * TILE


@njit(forceinline=True)
def philox(c0, c1, c2, c3, k0, k1):
    """Four random words (uint32) of the counter (c0, c1, c2, c3) under the key (k0, k1); ten rounds."""
    for _ in range(10):
        p0 = uint64(_M0 * uint64(uint32(c0)))
        p1 = uint64(_M1 * uint64(uint32(c2)))
        # Not narrowed to 32 bits before the end: with narrowing here, the loops that draw run three times slower.
        n0 = uint32(p1 >> _HIGH) ^ c1 ^ k0
        n2 = uint32(p0 >> _HIGH) ^ c3 ^ k1
        c1 = uint32(p1)
        c3 = uint32(p0)
        c0 = n0
        c2 = n2
        k0 = uint32(k0 + _W0)
        k1 = uint32(k1 + _W1)
    return uint32(c0), uint32(c1), uint32(c2), uint32(c3)


def key(seed: int) -> tuple[np.uint32, np.uint32]:
    """The key words (low, high) of a seed.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= int(seed) <= MAX_SEED:
        raise InputError(f"seed: {seed!r} is not a whole number in [0, 2^64)")
    return np.uint32(int(seed) & 0xFFFFFFFF), np.uint32(int(seed) >> 32)
