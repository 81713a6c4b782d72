"""CUDA loop of addressed random numbers, the twin of `fill`: a thread draws the four numbers of a word group."""

from __future__ import annotations

import functools

from numba import cuda, uint32

from memsim.kernels.cuda.launch import CudaKernel, place
from memsim.kernels.draw import four_normals, four_uniforms
from memsim.philox import LANES, TILE, WORDS, array_word, counter_word, group_word


@functools.cache
def fill_kernel() -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.fill.fill_kernel`."""

    def fill(out, normal, first_array, first_column, step, stream, k0, k1):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        tiles = out.shape[2] // TILE
        if thread >= out.shape[0] * out.shape[1] * tiles * LANES:
            return
        array, column, tile, lane = place(thread, out.shape[1], tiles)
        c0 = group_word(tile, lane)
        c1 = counter_word(first_column, column)
        c3 = array_word(first_array + array, stream)
        if normal:
            z = four_normals(c0, c1, uint32(step), c3, k0, k1)
        else:
            z = four_uniforms(c0, c1, uint32(step), c3, k0, k1)
        for word in range(WORDS):
            out[array, column, tile * TILE + word * LANES + lane] = z[word]

    return CudaKernel(fill, lambda out, *_: out.shape[0] * out.shape[1] * (out.shape[2] // TILE) * LANES)
