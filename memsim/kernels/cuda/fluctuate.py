"""CUDA loops of noise that is correlated over time, the twins of `fluctuate`: a thread moves cells by word groups.

A group is decided as soon as its own four cells are: later digits change nothing for a decided process, so levels are
those of the CPU, which goes on until a whole tile is decided.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import cuda, uint32

from memsim.kernels.cuda.launch import THREADS, CudaKernel, callee, place
from memsim.kernels.fluctuate import conductance_function, decide
from memsim.noise.two_level import DIGITS, TRAP, filled
from memsim.philox import (
    LANES,
    TILE,
    WORDS,
    Stream,
    array_word,
    counter_word,
    group_word,
    in_stream,
    philox,
    with_upper,
)

_TRAP = int(Stream.TRAP)
_FLICKER = int(Stream.FLICKER)
_TILES = THREADS // LANES  # tiles that a block holds at once


def _move_traps(words, array, column, tile, lane, c1, c2, c3, change, k0, k1):
    """Fill and empty the traps of a word group."""
    group = group_word(tile, lane)
    first = philox(group, c1, c2, c3, k0, k1)
    for word in range(WORDS):
        row = tile * TILE + word * LANES + lane
        levels = words[array, column, row]
        full = filled(levels) > uint32(0)
        limit = change[2] if full else change[0]
        flips = first[word] < limit
        if first[word] == limit:  # once in 2^32 draws the next 32 digits decide
            second = philox(group, with_upper(c1, 1), c2, c3, k0, k1)
            flips = second[word] < (change[3] if full else change[1])
        if flips:
            words[array, column, row] = uint32(levels ^ uint32(1 << TRAP))


def _move_processes(words, array, column, tile, lane, c1, c2, c3, used, planes, k0, k1):
    """Flip the processes of a word group, each with its own probability."""
    group = group_word(tile, lane)
    f0, f1, f2, f3 = uint32(0), uint32(0), uint32(0), uint32(0)
    u0, u1, u2, u3 = uint32(used), uint32(used), uint32(used), uint32(used)
    digit = 0
    while digit < DIGITS and uint32(u0 | u1 | u2 | u3) != uint32(0):
        w0, w1, w2, w3 = philox(group, with_upper(c1, digit), c2, c3, k0, k1)
        plane = planes[digit]
        f0, u0 = decide(f0, u0, w0, plane)
        f1, u1 = decide(f1, u1, w1, plane)
        f2, u2 = decide(f2, u2, w2, plane)
        f3, u3 = decide(f3, u3, w3, plane)
        digit += 1
    row = tile * TILE + lane
    words[array, column, row] = uint32(words[array, column, row] ^ uint32(f0))
    words[array, column, row + LANES] = uint32(words[array, column, row + LANES] ^ uint32(f1))
    words[array, column, row + 2 * LANES] = uint32(words[array, column, row + 2 * LANES] ^ uint32(f2))
    words[array, column, row + 3 * LANES] = uint32(words[array, column, row + 3 * LANES] ^ uint32(f3))


@functools.cache
def advance_kernel(trap: bool, processes: bool) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.fluctuate.advance_kernel`."""
    move_traps, move_processes = callee(_move_traps), callee(_move_processes)

    def advance(words, change, used, planes, step, first_array, first_column, k0, k1):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns = words.shape[1]
        tiles = words.shape[2] // TILE
        if thread >= words.shape[0] * columns * tiles * LANES:
            return
        array, column, tile, lane = place(thread, columns, tiles)
        c1 = counter_word(first_column, column)
        c2 = uint32(step)
        c3 = array_word(first_array + array, 0)
        if trap:
            move_traps(words, array, column, tile, lane, c1, c2, in_stream(c3, _TRAP), change, k0, k1)
        if processes:
            stream = in_stream(c3, _FLICKER)
            move_processes(words, array, column, tile, lane, c1, c2, stream, used, planes, k0, k1)

    return CudaKernel(advance, lambda words, *_: words.size // WORDS)


@functools.cache
def fluctuating_read_kernel(trap: bool, processes: bool, some: bool = False) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.fluctuate.fluctuating_read_kernel`.

    A block holds a column of an array for all samples; its threads hold a lane of every eighth tile, and their sums are
    added in one fixed order.
    """
    move_traps, move_processes = callee(_move_traps), callee(_move_processes)
    conductance = conductance_function(trap, processes, some)

    def read(
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
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        own = thread % THREADS
        block = thread // THREADS
        lane = own % LANES
        columns = state.shape[1]
        tiles = state.shape[2] // TILE
        column = block % columns
        array = block // columns
        source = array if inputs.shape[0] > 1 else 0
        c1 = counter_word(first_column, column)
        c3 = array_word(first_array + array, 0)
        totals = cuda.shared.array(THREADS, np.float64)
        each = active.size > 1
        for sample in range(inputs.shape[1]):
            c2 = counter_word(step, sample)
            for tile in range(own // LANES, tiles, _TILES):
                if trap:
                    move_traps(words, array, column, tile, lane, c1, c2, in_stream(c3, _TRAP), change, k0, k1)
                if processes:
                    stream = in_stream(c3, _FLICKER)
                    move_processes(words, array, column, tile, lane, c1, c2, stream, used, planes, k0, k1)
            row = own // LANES * TILE + lane  # ascends, as parts do
            for part in range(mean.shape[2]):
                total = 0.0
                while row < state.shape[2] and parts[row] == part:
                    w, fall = state[array, column, row], depth[array, column, row]
                    half_swing, levels = swing[array, column, row], words[array, column, row]
                    share = active[array, column, row] if each else active[0, 0, 0]
                    g = conductance(w, offset, fall, half_swing, levels, count, share)
                    total += np.float64(inputs[source, sample, row]) * g
                    row += LANES
                    if row % TILE == lane:
                        row += (_TILES - 1) * TILE
                totals[own] = total
                half = THREADS // 2
                while half > 0:
                    cuda.syncthreads()
                    if own < half:
                        totals[own] += totals[own + half]
                    half //= 2
                if own == 0:
                    mean[array, sample, part, column] = totals[0]
                cuda.syncthreads()

    return CudaKernel(read, lambda inputs, state, *_: state.shape[0] * state.shape[1] * THREADS)
