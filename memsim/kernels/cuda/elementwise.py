"""CUDA loop of one scalar function over all cells, the twin of `elementwise`: a thread a cell."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import cuda

from memsim.kernels.cuda.launch import CudaKernel


@functools.cache
def elementwise_kernel(function: Any, parameters: Any) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.elementwise.elementwise_kernel`."""

    def map_cells(out, x, y, z, p):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns, rows = out.shape[1], out.shape[2]
        if thread >= out.shape[0] * columns * rows:
            return
        row = thread % rows
        column = thread // rows % columns
        array = thread // (rows * columns)
        out[array, column, row] = function(
            np.float64(x[array, column, row]),
            np.float64(y[array % y.shape[0], column % y.shape[1], row % y.shape[2]]),
            np.float64(z[array % z.shape[0], column % z.shape[1], row % z.shape[2]]),
            p,
        )

    return CudaKernel(map_cells, lambda out, *_: out.size)
