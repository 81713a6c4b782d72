"""CPU loop of local learning: every tile of 64 cells runs all its steps before the next is touched.

State has the dimensions (array, column, row), rows contiguous and padded to whole tiles. Padded rows see zero input and are
never read. Tiles fix the lane of every cell, and no fast-math flag is set, so threads and chunks give the same bits.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import prange, uint32

from memsim.kernels.cell import UpdateSpec, gather_function, program_function
from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.draw import draw_normals, draw_uniforms
from memsim.philox import TILE, Stream

_CHUNK = 16  # tiles that share one set of buffers
_C2C = int(Stream.C2C)
_PULSE = int(Stream.PULSE)


@functools.cache
def update_kernel(spec: UpdateSpec) -> Kernel:
    """Kernel (state, inputs, targets, rate, steps, first_step, first_array, settings, common, varying, counts, k0, k1).

    inputs : (array, sample, row); targets : (array, sample, column); `state` is changed in place. ``counts`` (array,
    column, tile, 2), int64, receives the set and reset pulses. Step number ``first_step + step * samples + sample`` is
    counter word c2.
    """
    program = program_function(spec)
    gather = gather_function(spec)
    change, idle, draws, noisy = spec.change, spec.idle, spec.draws, spec.noisy

    def update(
        state, inputs, targets, rate, steps, first_step, first_array, settings, common, varying, counts, k0, k1
    ):
        columns = state.shape[1]
        tiles = state.shape[2] // TILE
        chunks = -(-tiles // _CHUNK)
        samples = inputs.shape[1]
        none = state.dtype.type(0.0)
        for unit in prange(state.shape[0] * columns * chunks):
            array = unit // (columns * chunks)
            column = unit // chunks % columns
            first_tile = unit % chunks * _CHUNK
            c1 = uint32(column)
            c3 = uint32(uint32(first_array + array) * uint32(256))
            z = np.zeros(TILE, state.dtype)
            u = np.full(TILE, state.dtype.type(0.5))
            ups = np.empty(TILE, state.dtype)
            downs = np.empty(TILE, state.dtype)
            for tile in range(first_tile, min(first_tile + _CHUNK, tiles)):
                start = tile * TILE
                cells = state[array, column, start : start + TILE]
                ups[:] = none
                downs[:] = none
                for step in range(steps):
                    for sample in range(samples):
                        post = targets[array, sample, column]
                        if idle(post):
                            continue
                        c2 = uint32(first_step + step * samples + sample)
                        if noisy:
                            draw_normals(z, tile, c1, c2, uint32(c3 + uint32(_C2C)), k0, k1)
                        if draws:
                            draw_uniforms(u, tile, c1, c2, uint32(c3 + uint32(_PULSE)), k0, k1)
                        pre = inputs[array, sample, start : start + TILE]
                        for i in range(TILE):
                            p = gather(common, varying, array, column, start + i)
                            wish = change(pre[i], post, cells[i], rate)
                            cells[i], pulses = program(cells[i], wish, u[i], z[i], settings, p)
                            ups[i] += max(pulses, none)
                            downs[i] += max(-pulses, none)
                set_pulses = 0
                reset_pulses = 0
                for i in range(TILE):
                    set_pulses += int(ups[i])
                    reset_pulses += int(downs[i])
                counts[array, column, tile, 0] += set_pulses
                counts[array, column, tile, 1] += reset_pulses

    parts = (spec.model.parameters, spec.varying)
    return compile_kernel(update, parts, parallel=True)
