"""CUDA loop of pulse trains, the twin of `trains`: a thread draws the word of a line."""

from __future__ import annotations

import functools

from numba import cuda, uint32

from memsim.kernels.cuda.launch import CudaKernel
from memsim.kernels.trains import train
from memsim.philox import array_word, counter_word


@functools.cache
def train_kernel() -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.trains.train_kernel`."""

    def draw_trains(trains, chances, slots, first_step, first_array, stream, k0, k1):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        samples, lines = chances.shape[1], chances.shape[2]
        if thread >= chances.shape[0] * samples * lines:
            return
        line = thread % lines
        sample = thread // lines % samples
        array = thread // (lines * samples)
        used = uint32((1 << slots) - 1)
        c2 = counter_word(first_step, sample)
        c3 = array_word(first_array + array, stream)
        trains[array, sample, line] = train(line, chances[array, sample, line], used, c2, c3, k0, k1)

    return CudaKernel(draw_trains, lambda trains, *_: trains.size)
