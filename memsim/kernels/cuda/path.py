"""CUDA loop of relaxation, the twin of `path`: a thread a cell."""

from __future__ import annotations

import functools

import numpy as np
from numba import cuda

from memsim.kernels.cuda.launch import CudaKernel, callee
from memsim.kernels.path import PATH, relaxed_function
from memsim.philox import array_word, counter_word


@functools.cache
def path_kernel(tabulated: bool) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.path.path_kernel`."""
    relaxed = callee(relaxed_function(tabulated))

    def walk(
        out,
        programmed,
        target,
        number,
        elapsed,
        knots,
        levels,
        shift,
        size,
        g0,
        first_array,
        first_column,
        k0,
        k1,
    ):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns, rows = out.shape[1], out.shape[2]
        if thread >= out.shape[0] * columns * rows:
            return
        row = thread % rows
        column = thread // rows % columns
        array = thread // (rows * columns)
        out[array, column, row] = relaxed(
            np.float64(programmed[array, column, row]),
            np.float64(target[array, column, row]),
            elapsed[array % elapsed.shape[0], column % elapsed.shape[1], row % elapsed.shape[2]],
            row,
            counter_word(first_column, column),
            number[array % number.shape[0], column % number.shape[1], row % number.shape[2]],
            array_word(first_array + array, PATH),
            knots,
            levels,
            shift,
            size,
            g0,
            k0,
            k1,
        )

    return CudaKernel(walk, lambda out, *_: out.size)
