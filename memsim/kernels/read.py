"""CPU loops of the array read: fixed-order sums for narrow arrays, and the noise epilogue that both read paths share.

The sum over rows runs in sixteen float64 lanes that are added in one fixed order, without fast-math, so a narrow read
gives the same bits for any thread count and chunking.
"""

from __future__ import annotations

import functools

import numpy as np

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.draw import draw_normals
from memsim.philox import LANES, TILE, WORDS, array_word, read_words

NARROW = 16


@functools.cache
def narrow_kernel(noisy: bool) -> Kernel:
    """Kernel (inputs, state, rows, offset, value, window, mean, variance) for at most 16 columns.

    inputs : (array or 1, sample, row) in units of the read voltage; state : (array, column, row), both padded to whole
    tiles; rows : how many rows there are. ``mean`` and
    ``variance`` (array, sample, column), float64, receive sum x (w + offset) and, if `noisy`, sum x^2 s^2 with
    s = value (w + offset) + window, in units of (V_read (G_max - G_min)) and its square.
    """

    def read_samples(first, last, inputs, state, rows, offset, value, window, mean, variance):
        for unit in range(first, last):
            samples = inputs.shape[1]
            array = unit // samples
            sample = unit % samples
            x = inputs[array if inputs.shape[0] > 1 else 0, sample]
            total = np.empty(LANES)
            spread = np.empty(LANES)
            for column in range(state.shape[1]):
                w = state[array, column]
                total[:] = 0.0
                spread[:] = 0.0
                for start in range(0, rows, LANES):
                    for lane in range(LANES):
                        v = np.float64(x[start + lane])
                        g = np.float64(w[start + lane]) + offset
                        total[lane] += v * g
                        if noisy:
                            s = v * (value * g + window)
                            spread[lane] += s * s
                half = LANES // 2
                while half > 0:
                    for lane in range(half):
                        total[lane] += total[lane + half]
                        spread[lane] += spread[lane + half]
                    half //= 2
                mean[array, sample, column] = total[0]
                if noisy:
                    variance[array, sample, column] = spread[0]

    return compile_kernel(read_samples, lambda inputs, state, *_: state.shape[0] * inputs.shape[1])


@functools.cache
def variance_kernel() -> Kernel:
    """Kernel (state, offset, value, out): variances of cells with noise of their value, (value (w + offset))^2."""

    def square(first, last, state, offset, value, out):
        columns = state.shape[1]
        for unit in range(first, last):
            array, column = unit // columns, unit % columns
            w, own = state[array, column], out[array, column]
            for row in range(w.size):
                sigma = value * (w[row] + offset)
                own[row] = sigma * sigma

    return compile_kernel(square, lambda state, *_: state.shape[0] * state.shape[1])


@functools.cache
def noise_kernel() -> Kernel:
    """Kernel (current, variance, first_array, ..., index, stream, k0, k1): current += sqrt(variance) N(0, 1).

    current : (array, sample, column), changed in place; variance : the same shape, or one column that serves all.
    first_tile : number of the first 64 columns, so that the parts of a read have noise of their own. Samples are reads
    of `repeats` times `positions` each, see `memsim.philox.read_words`.
    """

    def add_noise(
        first, last, current, variance, first_array, first_sample, repeats, positions, first_tile, index, stream, k0, k1
    ):
        for unit in range(first, last):
            samples = current.shape[1]
            columns = current.shape[2]
            array = unit // samples
            sample = unit % samples
            c1, c2 = read_words(sample, first_sample, repeats, positions, index)
            c3 = array_word(first_array + array, stream)
            z = np.empty(TILE, np.float32)
            words = np.empty((WORDS, LANES), np.uint32)
            out = current[array, sample]
            own = variance[array, sample]
            for tile in range(-(-columns // TILE)):
                draw_normals(z, words, first_tile + tile, c1, c2, c3, k0, k1)
                start = tile * TILE
                if own.size == 1:
                    sigma = np.sqrt(own[0])
                    for i in range(min(TILE, columns - start)):
                        out[start + i] += sigma * z[i]
                else:
                    for i in range(min(TILE, columns - start)):
                        out[start + i] += np.sqrt(own[start + i]) * z[i]

    return compile_kernel(add_noise, lambda current, *_: current.shape[0] * current.shape[1])
