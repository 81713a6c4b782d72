"""CPU loops of the array read: fixed-order sums for narrow arrays, and the noise epilogue that both read paths share.

The sum over rows runs in sixteen float64 lanes that are added in one fixed order, without fast-math, so a narrow read
gives the same bits for any thread count and chunking.
"""

from __future__ import annotations

import functools

import numpy as np

from memsim.arithmetic import sum_of_products
from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.kernels.draw import draw_normals
from memsim.philox import LANES, TILE, WORDS, array_word, read_words

NARROW = 16


@functools.cache
def narrow_kernel(noise: str) -> Kernel:
    """Kernel (inputs, state, own, rows, offset, same, mean, variance) for at most 16 columns.

    inputs : (array or 1, sample, row) in units of the read voltage; state : (array, column, row), both padded to whole
    lanes; rows : how many rows there are. ``mean`` (array, sample, column), float64, receives sum x (w + offset).
    ``variance`` receives, by `noise`: "each", sum x^2 own with the variances (array, column, row) of cells; "same",
    one column sum x^2 same; "none", nothing. Units are V_read (G_max - G_min) and its square.
    """
    sums = _sums_of_sample(noise)

    def read_samples(first, last, inputs, state, own, rows, offset, same, mean, variance):
        x, squares = np.zeros((2, -(-rows // LANES) * LANES))
        for unit in range(first, last):
            samples = inputs.shape[1]
            array = unit // samples
            sample = unit % samples
            voltages = inputs[array if inputs.shape[0] > 1 else 0, sample]
            for row in range(rows):
                x[row] = voltages[row]
            sums(x, squares, state[array], own[array], offset, same, mean[array, sample], variance[array, sample])

    return compile_kernel(read_samples, lambda inputs, state, *_: state.shape[0] * inputs.shape[1])


@functools.cache
def patch_kernel(noise: str) -> Kernel:
    """Kernel (images, patches, pixels, bias, state, own, rows, offset, same, mean, variance), as `narrow_kernel`.

    images : (array or 1, image, pixel). A sample is a patch of an image: its row r is the pixel patches[p] + pixels[r],
    or `bias` where pixels[r] is -1. Samples are the patches of the first image, then those of the second, and so on.
    """
    sums = _sums_of_sample(noise)

    def read_patches(first, last, images, patches, pixels, bias, state, own, rows, offset, same, mean, variance):
        x, squares = np.zeros((2, -(-rows // LANES) * LANES))
        for unit in range(first, last):
            count = images.shape[1]
            array = unit // count
            number = unit % count
            image = images[array if images.shape[0] > 1 else 0, number]
            for patch in range(patches.size):
                start = patches[patch]
                for row in range(rows):
                    pixel = pixels[row]
                    x[row] = image[start + pixel] if pixel >= 0 else bias
                sample = number * patches.size + patch
                sums(x, squares, state[array], own[array], offset, same, mean[array, sample], variance[array, sample])

    return compile_kernel(
        read_patches, lambda images, patches, pixels, bias, state, *_: state.shape[0] * images.shape[1]
    )


@functools.cache
def _sums_of_sample(noise):
    """Sums of a sample x (row,), float64 and padded to whole lanes, for all columns; `squares` is room for x^2."""
    each, alike = noise == "each", noise == "same"

    @inline
    def sums_of_sample(x, squares, w, own, offset, same, mean, variance):
        if each:
            for row in range(x.size):
                squares[row] = x[row] * x[row]
        if alike:
            variance[0] = sum_of_products(x, x, 0.0) * same
        for column in range(w.shape[0]):
            mean[column] = sum_of_products(x, w[column], offset)
            if each:
                variance[column] = sum_of_products(squares, own[column], 0.0)

    return sums_of_sample


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
                start = tile * TILE
                width = min(TILE, columns - start)
                draw_normals(z, words, first_tile + tile, c1, c2, c3, k0, k1)
                if own.size == 1:
                    sigma = np.sqrt(own[0])
                    for i in range(width):
                        out[start + i] += sigma * z[i]
                else:
                    for i in range(width):
                        out[start + i] += np.sqrt(own[start + i]) * z[i]

    return compile_kernel(add_noise, lambda current, *_: current.shape[0] * current.shape[1])
