"""CPU loop that draws pulse trains: words whose lower bits say in which time slots a line carries a pulse.

Each slot is an independent Bernoulli draw with the line's probability p, told to 24 binary digits. All slots of a word
are drawn at once from one random word a digit, from the last digit to the first: OR where the digit is 1, AND where it
is 0, halves the distance to p each time. Bit 31 is the sign of p.
"""

from __future__ import annotations

import functools

from numpy import int32, uint32

from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.philox import WORDS, array_word, counter_word, philox

_DIGITS = 24


@inline
def train(line, p, used, c2, c3, k0, k1):
    """The word of a line with chance p, -1 to 1, in the slots whose bits are set in `used`."""
    digits = int32(abs(p) * 16777216.0 + 0.5)
    word = uint32(0)
    for run in range(_DIGITS // WORDS):
        drawn = philox(uint32(line), uint32(run), c2, c3, k0, k1)
        for place in range(WORDS):
            one = (digits >> int32(run * WORDS + place)) & int32(1)
            word = uint32(word | drawn[place]) if one != 0 else uint32(word & drawn[place])
    if digits >> int32(_DIGITS) != 0:
        word = uint32(0xFFFFFFFF)
    word = uint32(word & used)
    return uint32(word | uint32(0x80000000)) if p < 0 else word


@functools.cache
def train_kernel() -> Kernel:
    """Kernel (trains, chances, slots, first_step, first_array, stream, k0, k1) for arrays (array, sample, line).

    trains : uint32, written; chances : p of every line, -1 to 1; slots : slots in use, at most 31. Counter words: c0 is
    the line, c1 the run of four digits, c2 ``first_step + sample``.
    """

    def draw_trains(first, last, trains, chances, slots, first_step, first_array, stream, k0, k1):
        used = uint32((1 << slots) - 1)
        samples = chances.shape[1]
        for unit in range(first, last):
            array = unit // samples
            sample = unit % samples
            c2 = counter_word(first_step, sample)
            c3 = array_word(first_array + array, stream)
            for line in range(chances.shape[2]):
                trains[array, sample, line] = train(line, chances[array, sample, line], used, c2, c3, k0, k1)

    return compile_kernel(draw_trains, lambda trains, *_: trains.shape[0] * trains.shape[1])
