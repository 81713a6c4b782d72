"""CUDA loop of local learning, the twin of `update`: a thread holds the four cells of one word group for all steps.

The scalar functions are the CPU loop's own; only the loop differs.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numba import cuda, int64
from numpy import float64

from memsim.kernels.cell import UpdateSpec, deviation_function, gather_function, program_function
from memsim.kernels.compile import inline
from memsim.kernels.cuda.launch import THREADS, CudaKernel, callee
from memsim.kernels.draw import four_normals, four_uniforms
from memsim.philox import LANES, TILE, WORDS, Stream, array_word, counter_word, group_word, in_stream

_C2C = int(Stream.C2C)
_PULSE = int(Stream.PULSE)


def _replaced(four, word, value):
    """Four values, the one of a word replaced; chosen, not indexed, so that they stay in registers."""
    return (
        value if word == 0 else four[0],
        value if word == 1 else four[1],
        value if word == 2 else four[2],
        value if word == 3 else four[3],
    )


@functools.cache
def update_kernel(spec: UpdateSpec) -> CudaKernel:
    """Kernel with the arguments of `memsim.kernels.update.update_kernel`, but ``counts`` of `count_shape` here."""
    program = program_function(spec)
    gather, replaced = gather_function(spec, callee), callee(_replaced)
    change, idle, draws, deviate = spec.change, spec.idle, spec.draws, deviation_function(spec)
    noisy, chancy, marked = spec.chance == "normal", spec.chance == "uniform", spec.marked
    counted = spec.counted
    tallied = spec.tallied
    charged = spec.charged

    def update(
        state,
        inputs,
        targets,
        rate,
        steps,
        first_step,
        first_array,
        first_column,
        settings,
        common,
        varying,
        counts,
        marks,
        cell_counts,
        tally,
        charges,
        row_sums,
        line_sums,
        tile_sums,
        line_tiles,
        row_tiles,
        state_before,
        joules,
        k0,
        k1,
    ):
        thread: int = cuda.grid(1)  # type: ignore[call-arg]
        columns = state.shape[1]
        tiles = state.shape[2] // TILE
        group, line = thread % _stride(tiles), thread // _stride(tiles)
        column, array = line % columns, line // columns
        set_pulses = 0
        reset_pulses = 0
        in_cells, on_lines, in_tile = 0.0, 0.0, 0.0
        if group < tiles * LANES:  # threads beyond the last cell of a column wait with the others of their block
            tile, lane = group // LANES, group % LANES
            first = tile * TILE + lane
            real = type(rate)
            none, half = real(0.0), real(0.5)
            c0 = group_word(tile, lane)
            c1 = counter_word(first_column, column)
            c3 = array_word(first_array + array, 0)
            cells = (
                state[array, column, first],
                state[array, column, first + LANES],
                state[array, column, first + 2 * LANES],
                state[array, column, first + 3 * LANES],
            )
            lines, around = (none, none, none, none), (none, none, none, none)
            if charged:
                for word in range(WORDS):
                    row = first + word * LANES
                    line_tile, row_tile = line_tiles[column], row_tiles[row]
                    both = row_sums[array, line_tile, row] + line_sums[array, column, row_tile]
                    begun = state_before[array, column, row]
                    lines = replaced(lines, word, both - real(2.0) * begun)
                    around = replaced(around, word, tile_sums[array, line_tile, row_tile] - begun)
            for step in range(steps):
                for sample in range(inputs.shape[1]):
                    post = targets[array, sample, column]
                    if idle(post):
                        continue
                    c2 = counter_word(first_step, step * inputs.shape[1] + sample)
                    z0, z1, z2, z3 = none, none, none, none
                    u0, u1, u2, u3 = half, half, half, half
                    if noisy:
                        z0, z1, z2, z3 = four_normals(c0, c1, c2, in_stream(c3, _C2C), k0, k1)
                    if chancy:
                        z0, z1, z2, z3 = four_uniforms(c0, c1, c2, in_stream(c3, _C2C), k0, k1)
                    if draws:
                        u0, u1, u2, u3 = four_uniforms(c0, c1, c2, in_stream(c3, _PULSE), k0, k1)
                    z = (real(z0), real(z1), real(z2), real(z3))
                    u = (real(u0), real(u1), real(u2), real(u3))
                    for word in range(WORDS):
                        row = first + word * LANES
                        p = gather(common, varying, array, column, row)
                        old = cells[word]
                        wish = change(inputs[array, sample, row], post, old, rate)
                        y = deviate(row, c1, c2, c3, k0, k1, settings.shifts)
                        new, pulses = program(old, wish, u[word], z[word], y, settings, p)
                        cells = replaced(cells, word, real(new))
                        if marked and pulses != none:
                            marks[array, column, row] = 1
                        if counted and pulses != none:
                            direction = 0 if pulses > none else 1
                            cell_counts[array, column, row, direction] += int(abs(pulses))
                        if tallied and pulses != none:
                            size, way = abs(float64(pulses)), 0 if pulses > none else 1
                            tally[way, array, column, row] += size
                            tally[way + 2, array, column, row] += size * (float64(old) + float64(new)) * 0.5
                        if charged and pulses != none:
                            spent = max(pulses, none) * charges.set + max(-pulses, none) * charges.reset
                            in_cells += float64(spent * ((old + new) * half + charges.offset))
                            on_lines += float64(spent * lines[word])
                            in_tile += float64(spent * around[word])
                        set_pulses += int(max(pulses, none))
                        reset_pulses += int(max(-pulses, none))
            for word in range(WORDS):
                state[array, column, first + word * LANES] = cells[word]
        ups = cuda.shared.array(THREADS, int64)
        downs = cuda.shared.array(THREADS, int64)
        joules_in_cells = cuda.shared.array(THREADS if charged else 1, float64)
        joules_on_lines = cuda.shared.array(THREADS if charged else 1, float64)
        joules_in_tile = cuda.shared.array(THREADS if charged else 1, float64)
        own = cuda.threadIdx.x
        ups[own] = set_pulses
        downs[own] = reset_pulses
        if charged:
            joules_in_cells[own] = in_cells
            joules_on_lines[own] = on_lines
            joules_in_tile[own] = in_tile
        rest = THREADS // 2
        while rest > 0:
            cuda.syncthreads()
            if own < rest:
                ups[own] += ups[own + rest]
                downs[own] += downs[own + rest]
                if charged:
                    joules_in_cells[own] += joules_in_cells[own + rest]
                    joules_on_lines[own] += joules_on_lines[own + rest]
                    joules_in_tile[own] += joules_in_tile[own + rest]
            rest //= 2
        if own == 0:
            counts[array, column, group // THREADS, 0] += ups[0]
            counts[array, column, group // THREADS, 1] += downs[0]
            if charged:
                joules[array, column, group // THREADS, 0] += joules_in_cells[0]
                joules[array, column, group // THREADS, 1] += joules_on_lines[0]
                joules[array, column, group // THREADS, 2] += joules_in_tile[0]

    return CudaKernel(update, lambda state, *_: math.prod(state.shape[:2]) * _stride.py_func(state.shape[2] // TILE))


@inline
def _stride(tiles):
    """Threads of a column, whole blocks, so that a block counts the pulses of one column."""
    return (tiles * LANES + THREADS - 1) // THREADS * THREADS


def count_shape(state: np.ndarray) -> tuple[int, int, int, int]:
    """Shape of the pulse counts: (array, column, block, 2), a place for each block, so without atomics."""
    arrays, columns, rows = state.shape
    return arrays, columns, _stride.py_func(rows // TILE) // THREADS, 2
