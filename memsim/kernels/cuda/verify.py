"""CUDA loop of write and verify, the twin of `verify`: a thread a cell."""

from __future__ import annotations

import functools

from numba import cuda

from memsim.kernels.cuda.launch import CudaKernel, callee
from memsim.kernels.verify_cell import VerifySpec, cell_function


@functools.cache
def verify_kernel(spec: VerifySpec) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.verify.verify_kernel`."""
    verify_cell = cell_function(spec, callee)

    # In full: numba-cuda compiles no lists of arguments of any length.
    def verify(
        state,
        readings,
        low,
        high,
        memory,
        counts,
        squares,
        energy,
        status,
        rows,
        first_step,
        first_array,
        first_column,
        limits,
        settings,
        common,
        varying,
        knobs,
        voltages,
        read,
        k0,
        k1,
    ):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns = state.shape[1]
        if thread >= state.shape[0] * columns * rows:
            return
        row = thread % rows
        column = thread // rows % columns
        array = thread // (rows * columns)
        if status[array, column, row] != 0:
            return
        verify_cell(
            array,
            column,
            row,
            state,
            readings,
            low,
            high,
            memory,
            counts,
            squares,
            energy,
            status,
            first_step,
            first_array,
            first_column,
            limits,
            settings,
            common,
            varying,
            knobs,
            voltages,
            read,
            k0,
            k1,
        )

    return CudaKernel(verify, lambda state, *_: state.size)
