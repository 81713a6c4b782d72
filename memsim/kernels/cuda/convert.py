"""CUDA loops of the converters, the twins of `convert`: a thread an input, or the four outputs of a word group."""

from __future__ import annotations

import functools
import math

import numpy as np
from numba import cuda

from memsim.kernels.convert import nearest_code, shifted_code
from memsim.kernels.cuda.launch import CudaKernel, callee, place
from memsim.kernels.draw import four_normals
from memsim.philox import LANES, TILE, WORDS, array_word, group_word, read_words


@functools.cache
def dac_kernel(uneven: bool, bowed: bool) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.convert.dac_kernel`."""

    def convert(x, out, rows, unit, least, most, gain, offset, bow):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        samples = out.shape[1]
        if thread >= out.shape[0] * samples * rows:
            return
        row = thread % rows
        sample = thread // rows % samples
        array = thread // (rows * samples)
        per_unit = out.dtype.type(1.0) / unit
        code = nearest_code(x[array if x.shape[0] > 1 else 0, sample, row] * per_unit, least, most)
        if bowed:
            code = code + bow[array, row, np.int64(code - least)]
        if uneven:
            code = gain[array, row] * code + offset[array, row]
        out[array, sample, row] = code * unit

    return CudaKernel(convert, lambda x, out, rows, *_: out.shape[0] * out.shape[1] * rows)


@functools.cache
def adc_kernel(noisy: bool, uneven: bool, bowed: bool) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.convert.adc_kernel`."""
    shifted = callee(shifted_code)

    def convert(
        current,
        variance,
        total,
        unit,
        least,
        most,
        gain,
        offset,
        bow,
        first_array,
        first_sample,
        repeats,
        positions,
        first_tile,
        index,
        stream,
        k0,
        k1,
    ):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        samples, columns = current.shape[1], current.shape[2]
        tiles = -(-columns // TILE)
        if thread >= current.shape[0] * samples * tiles * LANES:
            return
        array, sample, tile, lane = place(thread, samples, tiles)
        real = current.dtype.type
        size = unit[array]
        per_unit = real(1.0) / size
        z = (np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(0.0))
        if noisy:
            c0 = group_word(first_tile + tile, lane)
            c1, c2 = read_words(sample, first_sample, repeats, positions, index)
            c3 = array_word(first_array + array, stream)
            z = four_normals(c0, c1, c2, c3, k0, k1)
        for word in range(WORDS):
            column = tile * TILE + word * LANES + lane
            if column < columns:
                value = current[array, sample, column]
                if noisy:
                    sigma = real(math.sqrt(variance[array, sample, column if variance.shape[2] > 1 else 0]))
                    value = value + sigma * real(z[word])
                value = value * per_unit
                if uneven:
                    value = gain[array, column] * value + offset[array, column]
                if bowed:
                    code = shifted(value, bow[array, column], least, most)
                else:
                    code = nearest_code(value, least, most)
                total[array, sample, column] += code * size

    return CudaKernel(
        convert, lambda current, *_: current.shape[0] * current.shape[1] * -(-current.shape[2] // TILE) * LANES
    )
