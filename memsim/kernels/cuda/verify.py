"""CUDA loop of write and verify, the twin of `verify`: a thread a cell."""

from __future__ import annotations

import functools

import numpy as np
from numba import cuda

from memsim.kernels.cell import gather_function
from memsim.kernels.cuda.launch import CudaKernel, callee
from memsim.kernels.verify_cell import Memory, VerifySpec, verify_function
from memsim.philox import array_word, counter_word


@functools.cache
def verify_kernel(spec: VerifySpec) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.verify.verify_kernel`."""
    programmed, gather = callee(verify_function(spec)), gather_function(spec.update, jit=callee)

    def verify(
        state,
        low,
        high,
        memory,
        counts,
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
        known = Memory(
            np.float64(memory[0, array, column, row]),
            np.float64(memory[1, array, column, row]),
            np.float64(memory[2, array, column, row]),
            np.float64(memory[3, array, column, row]),
            np.float64(memory[4, array, column, row]),
        )
        before = (
            np.int64(counts[0, array, column, row]),
            np.int64(counts[1, array, column, row]),
            np.int64(counts[2, array, column, row]),
        )
        w, known, sets, resets, reads, joule, reached = programmed(
            state[array, column, row],
            np.float64(low[array, column, row]),
            np.float64(high[array, column, row]),
            known,
            before,
            row,
            counter_word(first_column, column),
            array_word(first_array + array, 0),
            first_step,
            limits,
            settings,
            gather(common, varying, array, column, row),
            knobs,
            voltages,
            read,
            k0,
            k1,
        )
        state[array, column, row] = w
        for field in range(5):
            memory[field, array, column, row] = known[field]
        counts[0, array, column, row] = sets
        counts[1, array, column, row] = resets
        counts[2, array, column, row] = reads
        energy[array, column, row] += joule
        status[array, column, row] = reached

    return CudaKernel(verify, lambda state, *_: state.size)
