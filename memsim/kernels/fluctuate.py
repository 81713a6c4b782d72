"""CPU loops of noise that is correlated over time: two-level processes that go on from read to read.

A word a cell holds the levels (see `memsim.noise.two_level`). Every read moves them by the exact transition and sums
the currents that the cells then have; samples are reads in order of time. Sums run in sixteen lanes that are added in
one fixed order, so results are the same bits for any thread count.

Whether 31 processes change is decided at once, digit by digit: bit k of a random word is the next binary digit of the
number that is compared with the probability of process k. A process is decided at the first digit that differs, half of
them at every word, so that a dozen words serve all, however small the probabilities. Counter word c1 is the column and,
in the bits above it, the number of the random word; c2 counts reads and waits.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy import uint32

from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.noise.two_level import DIGITS, TRAP, active_levels, count_ones, digits, filled, planes
from memsim.philox import LANES, TILE, Stream, array_word, counter_word, group_word, in_stream, philox, with_upper

_TRAP = int(Stream.TRAP)
_FLICKER = int(Stream.FLICKER)


class Move(NamedTuple):
    """How the processes of all cells move over one interval.

    Attributes
    ----------
    trap, processes : bool
        Whether cells have a trap, and processes of 1/f noise.
    number : int
        How many of the latter.
    change : (4,) uint32
        Two words of the probability that an empty trap is filled, and two that a filled one empties.
    used : uint32
        A bit for each process.
    planes : (64,) uint32
        Binary digits of the probabilities that processes flip, see `memsim.noise.two_level.planes`.
    """

    trap: bool
    processes: bool
    number: int
    change: np.ndarray
    used: np.uint32
    planes: np.ndarray


def move(change: tuple[float, float] | None, flips: np.ndarray | None) -> Move:
    """The move with these probabilities: to fill and to empty a trap, and to flip each process; None for neither."""
    filling, emptying = change or (0.0, 0.0)
    words = [digits(p) >> shift & 0xFFFFFFFF for p in (filling, emptying) for shift in (32, 0)]
    probabilities = np.empty(0) if flips is None else flips
    count = len(probabilities)
    used = np.uint32((1 << count) - 1)
    return Move(change is not None, count > 0, count, np.array(words, np.uint32), used, planes(probabilities))


@inline
def decide(flipped, undecided, drawn, plane):
    """Processes that flip and those still undecided, a bit for each, after one more digit of all."""
    differs = uint32(undecided & (drawn ^ plane))
    return uint32(flipped | (differs & plane)), uint32(undecided ^ differs)


@functools.cache
def conductance_function(trap: bool, processes: bool, some: bool = False) -> Any:
    """Scalar function (state, offset, depth, swing, word, count, active) -> conductance of a cell, float64.

    For what these are see `fluctuating_read_kernel`.
    """

    def conductance(state, offset, depth, swing, word, count, active):
        g = np.float64(state) + offset
        if trap:
            g -= np.float64(depth) * np.float64(filled(word))
        if some:
            g += np.float64(swing) * active_levels(word, active)
        elif processes:
            g += np.float64(swing) * np.float64(2 * np.int64(count_ones(word)) - count)
        return g

    return inline(conductance)


@inline
def _draw_words(out, tile, c1, c2, c3, k0, k1):
    """Write random words to the tile `out` (64)."""
    for lane in range(LANES):
        w0, w1, w2, w3 = philox(group_word(tile, lane), c1, c2, c3, k0, k1)
        out[lane] = w0
        out[lane + LANES] = w1
        out[lane + 2 * LANES] = w2
        out[lane + 3 * LANES] = w3


@inline
def _move_traps(words, drawn, flipped, tile, c1, c2, c3, change, k0, k1):
    """Fill and empty the traps of a tile; `change` holds two words of the probability to fill, and two to empty."""
    _draw_words(drawn, tile, c1, c2, c3, k0, k1)
    ties = uint32(0)
    for i in range(TILE):
        limit = change[2] if filled(words[i]) > uint32(0) else change[0]
        flipped[i] = uint32(1) if drawn[i] < limit else uint32(0)
        ties = uint32(ties | (uint32(1) if drawn[i] == limit else uint32(0)))
    if ties > uint32(0):  # once in 2^32 draws the next 32 digits decide
        second = np.empty(TILE, np.uint32)
        _draw_words(second, tile, with_upper(c1, 1), c2, c3, k0, k1)
        for i in range(TILE):
            full = filled(words[i]) > uint32(0)
            if drawn[i] == (change[2] if full else change[0]):
                flipped[i] = uint32(1) if second[i] < (change[3] if full else change[1]) else uint32(0)
    for i in range(TILE):
        words[i] = uint32(words[i] ^ uint32(flipped[i] << uint32(TRAP)))


@inline
def _move_processes(words, drawn, flipped, undecided, tile, c1, c2, c3, used, planes, k0, k1):
    """Flip the processes of a tile, each with its own probability; `planes` are the digits of the probabilities."""
    for i in range(TILE):
        flipped[i] = uint32(0)
        undecided[i] = used
    for digit in range(DIGITS):
        _draw_words(drawn, tile, with_upper(c1, digit), c2, c3, k0, k1)
        plane = planes[digit]
        left = uint32(0)
        for i in range(TILE):
            flipped[i], undecided[i] = decide(flipped[i], undecided[i], drawn[i], plane)
            left = uint32(left | undecided[i])
        if left == uint32(0):
            break
    for i in range(TILE):
        words[i] = uint32(words[i] ^ flipped[i])


@functools.cache
def advance_kernel(trap: bool, processes: bool) -> Kernel:
    """Kernel (words, change, used, planes, step, first_array, first_column, k0, k1): all levels after one interval.

    words : (array, column, row) uint32, changed in place. For the next three see `Move`.
    """

    def advance(first, last, words, change, used, planes, step, first_array, first_column, k0, k1):
        drawn = np.empty(TILE, np.uint32)
        flipped = np.empty(TILE, np.uint32)
        undecided = np.empty(TILE, np.uint32)
        for unit in range(first, last):
            array = unit // words.shape[1]
            column = unit % words.shape[1]
            c1 = counter_word(first_column, column)
            c2 = uint32(step)
            c3 = array_word(first_array + array, 0)
            for tile in range(words.shape[2] // TILE):
                own = words[array, column, tile * TILE : tile * TILE + TILE]
                if trap:
                    _move_traps(own, drawn, flipped, tile, c1, c2, in_stream(c3, _TRAP), change, k0, k1)
                if processes:
                    stream = in_stream(c3, _FLICKER)
                    _move_processes(own, drawn, flipped, undecided, tile, c1, c2, stream, used, planes, k0, k1)

    return compile_kernel(advance, lambda words, *_: words.shape[0] * words.shape[1])


@functools.cache
def fluctuating_read_kernel(trap: bool, processes: bool, some: bool = False) -> Kernel:
    """Kernel (inputs, state, offset, depth, swing, parts, count, active, mean, words, ..., k1): reads in order of time.

    inputs : (array or 1, sample, row) in units of the read voltage. A cell conducts w + `offset`, less `depth` while
    its trap is filled, plus `swing` for each process at level 1 and minus it for each at 0, of `count` in all; where
    `some`, of those that `active` says (see `active_levels`). state, depth, swing : (array, column, row); parts :
    (row,), ascending, to which sum a row belongs; active : (array, column, row), or (1, 1, 1) for all cells, used where
    `some`; mean : (array, sample, part, column), float64. The rest as for `advance_kernel`, with `step` that of the
    first sample; each sample is preceded by one interval.
    """
    conductance = conductance_function(trap, processes, some)

    def read(
        first,
        last,
        inputs,
        state,
        offset,
        depth,
        swing,
        parts,
        count,
        active,
        mean,
        words,
        change,
        used,
        planes,
        step,
        first_array,
        first_column,
        k0,
        k1,
    ):
        drawn = np.empty(TILE, np.uint32)
        flipped = np.empty(TILE, np.uint32)
        undecided = np.empty(TILE, np.uint32)
        total = np.empty((mean.shape[2], LANES))
        each = active.size > 1
        for unit in range(first, last):
            array = unit // state.shape[1]
            column = unit % state.shape[1]
            c1 = counter_word(first_column, column)
            c3 = array_word(first_array + array, 0)
            for sample in range(inputs.shape[1]):
                c2 = counter_word(step, sample)
                x = inputs[array if inputs.shape[0] > 1 else 0, sample]
                total[:] = 0.0
                for tile in range(state.shape[2] // TILE):
                    start = tile * TILE
                    own = words[array, column, start : start + TILE]
                    if trap:
                        _move_traps(own, drawn, flipped, tile, c1, c2, in_stream(c3, _TRAP), change, k0, k1)
                    if processes:
                        stream = in_stream(c3, _FLICKER)
                        _move_processes(own, drawn, flipped, undecided, tile, c1, c2, stream, used, planes, k0, k1)
                    for part in range(0, TILE, LANES):
                        for lane in range(LANES):
                            i = part + lane
                            row = start + i
                            w, fall = state[array, column, row], depth[array, column, row]
                            share = active[array, column, row] if each else active[0, 0, 0]
                            g = conductance(w, offset, fall, swing[array, column, row], own[i], count, share)
                            total[parts[row], lane] += np.float64(x[row]) * g
                for part in range(mean.shape[2]):
                    half = LANES // 2
                    while half > 0:
                        for lane in range(half):
                            total[part, lane] += total[part, lane + half]
                        half //= 2
                    mean[array, sample, part, column] = total[part, 0]

    return compile_kernel(read, lambda inputs, state, *_: state.shape[0] * state.shape[1])
