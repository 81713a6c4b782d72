"""CUDA loops of the array read, the twins of `read`: fixed-order sums for narrow arrays, and the noise of all reads.

Sixteen threads sum the lanes of an output in float64 and add them in the order of the CPU's loop.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numba import cuda

from memsim.kernels.cuda.launch import THREADS, CudaKernel, place
from memsim.kernels.draw import four_normals
from memsim.philox import LANES, TILE, WORDS, array_word, group_word, read_words


@functools.cache
def narrow_kernel(noise: str) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.read.narrow_kernel`, for any number of columns."""
    each, alike = noise == "each", noise == "same"

    def read_lanes(inputs, state, own, rows, offset, same, mean, variance):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        samples, columns = inputs.shape[1], state.shape[1]
        lane = thread % LANES
        column = thread // LANES % columns
        sample = thread // (LANES * columns) % samples
        array = thread // (LANES * columns * samples)
        inside = array < state.shape[0]  # threads beyond the last output wait with the others of their block
        total = 0.0
        spread = 0.0
        if inside:
            source = array if inputs.shape[0] > 1 else 0
            for row in range(lane, rows, LANES):
                v = np.float64(inputs[source, sample, row])
                total += v * (np.float64(state[array, column, row]) + offset)
                if each:
                    spread += v * v * np.float64(own[array, column, row])
                elif alike:
                    spread += v * v
        totals = cuda.shared.array(THREADS, np.float64)
        spreads = cuda.shared.array(THREADS, np.float64)
        place_in_block = thread % THREADS
        totals[place_in_block] = total
        spreads[place_in_block] = spread
        half = LANES // 2
        while half > 0:
            cuda.syncthreads()
            if lane < half:
                totals[place_in_block] += totals[place_in_block + half]
                spreads[place_in_block] += spreads[place_in_block + half]
            half //= 2
        if inside and lane == 0:
            mean[array, sample, column] = totals[place_in_block]
            if each:
                variance[array, sample, column] = spreads[place_in_block]
            elif alike and column == 0:
                variance[array, sample, 0] = spreads[place_in_block] * same

    return CudaKernel(read_lanes, lambda inputs, state, *_: state.shape[0] * inputs.shape[1] * state.shape[1] * LANES)


@functools.cache
def variance_kernel() -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.read.variance_kernel`."""

    def square(state, offset, value, out):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns, rows = state.shape[1], state.shape[2]
        if thread >= state.shape[0] * columns * rows:
            return
        row = thread % rows
        column = thread // rows % columns
        array = thread // (rows * columns)
        sigma = value * (state[array, column, row] + offset)
        out[array, column, row] = sigma * sigma

    return CudaKernel(square, lambda state, *_: state.size)


@functools.cache
def noise_kernel() -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.read.noise_kernel`."""

    def add_noise(current, variance, first_array, first_sample, repeats, positions, first_tile, index, stream, k0, k1):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        samples, columns = current.shape[1], current.shape[2]
        tiles = -(-columns // TILE)
        if thread >= current.shape[0] * samples * tiles * LANES:
            return
        array, sample, tile, lane = place(thread, samples, tiles)
        c0 = group_word(first_tile + tile, lane)
        c1, c2 = read_words(sample, first_sample, repeats, positions, index)
        c3 = array_word(first_array + array, stream)
        real = current.dtype.type
        z = four_normals(c0, c1, c2, c3, k0, k1)
        for word in range(WORDS):
            column = tile * TILE + word * LANES + lane
            if column < columns:
                sigma = real(math.sqrt(variance[array, sample, column if variance.shape[2] > 1 else 0]))
                current[array, sample, column] += sigma * real(z[word])

    return CudaKernel(
        add_noise, lambda current, *_: current.shape[0] * current.shape[1] * -(-current.shape[2] // TILE) * LANES
    )
