"""CPU loop of write and verify: each cell gets pulses and reads until its algorithm accepts it or a limit ends it."""

from __future__ import annotations

import functools

from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.verify_cell import Knobs, Limits, Memory, PulseVoltages, VerifyRead, VerifySpec, cell_function
from memsim.philox import TILE


@functools.cache
def verify_kernel(spec: VerifySpec) -> Kernel:
    """Kernel (state, readings, low, high, memory, counts, squares, energy, status, rows, first_step, ..., k0, k1).

    state, low, high : (array, column, row); `state` is changed in place, and states from `low` to `high` are accepted
    readings : (array, column, row), the readings of all cells, if the specification says so; else not used
    memory : (field of `Memory`, array, column, row), float32; counts : (3, array, column, row) of int32, set pulses,
    reset pulses and reads; squares : (2, array, column, row), float64, sums of V^2 of set and of reset pulses [V^2];
    energy : (array, column, row), float64 [J]; status : uint8, 0 for a cell that is not finished, 1 for an accepted one
    and 2 for one that failed. All are changed in place.
    rows : how many rows there are
    first_step : address of the first pulse and the first read
    """
    verify_cell = cell_function(spec)

    def verify(first, last, state, readings, low, high, memory, counts, squares, energy, status, rows, *rest):
        columns = state.shape[1]
        tiles = state.shape[2] // TILE
        for unit in range(first, last):
            array = unit // (columns * tiles)
            column = unit // tiles % columns
            start = unit % tiles * TILE
            for row in range(start, min(start + TILE, rows)):
                if status[array, column, row] == 0:
                    progress = (memory, counts, squares, energy, status)
                    verify_cell(array, column, row, state, readings, low, high, *progress, *rest)

    parts = (spec.update.model.parameters, spec.update.varying, Knobs, Limits, Memory, PulseVoltages, VerifyRead)
    return compile_kernel(verify, lambda state, *_: state.shape[0] * state.shape[1] * (state.shape[2] // TILE), parts)
