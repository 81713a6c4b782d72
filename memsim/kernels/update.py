"""CPU loop of local learning: every run of 16 tiles of 64 cells does all its steps before the next is touched.

State has the dimensions (array, column, row), rows contiguous and padded to whole tiles. Padded rows see zero input and
are never read. Addresses fix every cell's numbers, and no fast-math flag is set, so threads and chunks give the same
bits. Random words, the numbers made of them and the cells have a short loop each: one loop of all three does not fit
the registers and the instructions that a processor looks ahead.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import float64, int32

from memsim.arithmetic import prefetch
from memsim.kernels.cell import UpdateSpec, deviation_function, gather_function, program_function
from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.kernels.draw import draw_normals, draw_uniforms
from memsim.philox import LANES, TILE, WORDS, Stream, array_word, counter_word, in_stream

_CHUNK = 16  # tiles that share one set of buffers, which the first-level cache holds
_C2C = int(Stream.C2C)
_PULSE = int(Stream.PULSE)


@functools.cache
def update_kernel(spec: UpdateSpec) -> Kernel:
    """Kernel (state, inputs, targets, rate, steps, first_step, first_array, first_column, settings, ..., k0, k1).

    inputs : (array, sample, row); targets : (array, sample, column); `state` is changed in place. The last
    arguments are settings, common and varying parameters, counts, marks, cell_counts, tally and the key's words;
    ``counts``, int64 of `count_shape`, receives the set and reset pulses, ``marks``, uint8 like `state`, a 1 for each
    cell that gets a pulse, if the kernel marks any, and ``cell_counts``, int64 (array, column, row, 2), the set and
    reset pulses of each cell on top of those before, if the kernel counts them. Step ``first_step + step * samples +
    sample`` is counter word c2.

    If the kernel tallies, it adds to ``tally`` (4, array, column, row), float64: set pulses; reset pulses; and of both
    the sum over pulses of the mean of the states before and after their step.

    If the kernel adds up energies, ``joules``, float64 of `count_shape` with 3 in its last place, receives the energy
    of the pulses in their cells, in the other cells of both lines, and in all others of the tile, at the full voltage,
    see `memsim.kernels.cell.Charges`; ``row_sums`` to ``state_before`` are those of `memsim.kernels.cell.Beside`. The
    sum of a step over at most 64 cells has the precision of the state; all other sums are float64. Their order is
    fixed.
    """
    program = program_function(spec)
    gather = gather_function(spec)
    change, idle, draws, deviate = spec.change, spec.idle, spec.draws, deviation_function(spec)
    noisy, chancy, marked = spec.chance == "normal", spec.chance == "uniform", spec.marked
    counted = spec.counted
    tallied = spec.tallied
    charged, alike = spec.charged, spec.alike

    @inline
    def learn(state, pre, post, rate, u, z, y, settings, p):
        return program(state, change(pre, post, state, rate), u, z, y, settings, p)

    @inline
    def spent(pulses, mean, half_difference):
        """V^2 t (G_max - G_min) of signed pulses, from the mean and half the difference of a set and a reset pulse."""
        return abs(pulses) * mean if alike else abs(pulses) * mean + pulses * half_difference

    def update_tiles(
        first,
        last,
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
        columns = state.shape[1]
        tiles = state.shape[2] // TILE
        chunks = -(-tiles // _CHUNK)
        samples = inputs.shape[1]
        real = state.dtype.type
        words = np.empty((WORDS, _CHUNK * LANES), np.uint32)
        decisions = np.full(_CHUNK * TILE, np.float32(0.5))
        drawn = np.zeros(_CHUNK * TILE, np.float32)
        ups = np.zeros(_CHUNK * TILE if counted else 1, np.int64)
        downs = np.zeros(_CHUNK * TILE if counted else 1, np.int64)
        in_cells, on_lines, in_tile = np.zeros((3, LANES))
        # Of one step, in the precision of the state: sums in float64 would cost as much as the pulses themselves.
        step_cells, step_lines, step_tile = np.zeros((3, LANES), state.dtype)
        lines, around = np.empty((2, _CHUNK * TILE if charged else 1), state.dtype)
        half, two = real(0.5), real(2.0)
        mean, half_difference = (charges.set + charges.reset) * half, (charges.set - charges.reset) * half
        for unit in range(first, last):
            array = unit // (columns * chunks)
            column = unit // chunks % columns
            chunk = unit % chunks
            first_tile = chunk * _CHUNK
            start = first_tile * TILE
            stop = min(start + _CHUNK * TILE, tiles * TILE)
            cells = state[array, column, start:stop]
            for i in range(0, stop - start, 16):  # on the way while numbers are drawn
                prefetch(cells, i)
            u = decisions[: stop - start]
            z = drawn[: stop - start]
            c1 = counter_word(first_column, column)
            c3 = array_word(first_array + array, 0)
            net = 0
            total = 0
            if counted:
                ups[:] = 0
                downs[:] = 0
            if charged:
                line_tile = line_tiles[column]
                rows, begun = row_sums[array, line_tile, start:stop], state_before[array, column, start:stop]
                if line_sums.shape[2] == 1:  # without a lookup, so that the loop is one of vectors
                    whole = line_sums[array, column, 0]
                    for i in range(stop - start):
                        lines[i] = (rows[i] + whole) - two * begun[i]
                        around[i] = tile_sums[array, line_tile, 0] - begun[i]
                else:
                    for i in range(stop - start):
                        row_tile = row_tiles[start + i]
                        lines[i] = (rows[i] + line_sums[array, column, row_tile]) - two * begun[i]
                        around[i] = tile_sums[array, line_tile, row_tile] - begun[i]
                in_cells[:] = 0
                on_lines[:] = 0
                in_tile[:] = 0
            for step in range(steps):
                for sample in range(samples):
                    post = targets[array, sample, column]
                    if idle(post):
                        continue
                    c2 = counter_word(first_step, step * samples + sample)
                    if noisy:
                        draw_normals(z, words, first_tile, c1, c2, in_stream(c3, _C2C), k0, k1)
                    if chancy:
                        draw_uniforms(z, words, first_tile, c1, c2, in_stream(c3, _C2C), k0, k1)
                    if draws:
                        draw_uniforms(u, words, first_tile, c1, c2, in_stream(c3, _PULSE), k0, k1)
                    pre = inputs[array, sample, start:stop]
                    step_net: Any = int32(0)
                    step_total: Any = int32(0)
                    for tile in range((stop - start) // TILE):
                        for i in range(tile * TILE, tile * TILE + LANES):
                            y0 = deviate(start + i, c1, c2, c3, k0, k1, settings.shifts)
                            p0 = gather(common, varying, array, column, start + i)
                            y1 = deviate(start + i + LANES, c1, c2, c3, k0, k1, settings.shifts)
                            p1 = gather(common, varying, array, column, start + i + LANES)
                            y2 = deviate(start + i + 2 * LANES, c1, c2, c3, k0, k1, settings.shifts)
                            p2 = gather(common, varying, array, column, start + i + 2 * LANES)
                            y3 = deviate(start + i + 3 * LANES, c1, c2, c3, k0, k1, settings.shifts)
                            p3 = gather(common, varying, array, column, start + i + 3 * LANES)
                            # All four before any is stored: their long chains of operations run side by side.
                            w0, n0 = learn(cells[i], pre[i], post, rate, real(u[i]), real(z[i]), y0, settings, p0)
                            w1, n1 = learn(
                                cells[i + LANES],
                                pre[i + LANES],
                                post,
                                rate,
                                real(u[i + LANES]),
                                real(z[i + LANES]),
                                y1,
                                settings,
                                p1,
                            )
                            w2, n2 = learn(
                                cells[i + 2 * LANES],
                                pre[i + 2 * LANES],
                                post,
                                rate,
                                real(u[i + 2 * LANES]),
                                real(z[i + 2 * LANES]),
                                y2,
                                settings,
                                p2,
                            )
                            w3, n3 = learn(
                                cells[i + 3 * LANES],
                                pre[i + 3 * LANES],
                                post,
                                rate,
                                real(u[i + 3 * LANES]),
                                real(z[i + 3 * LANES]),
                                y3,
                                settings,
                                p3,
                            )
                            if tallied:
                                for k, n, w in ((0, n0, w0), (LANES, n1, w1), (2 * LANES, n2, w2), (3 * LANES, n3, w3)):
                                    size, way = abs(float64(n)), 0 if n > 0 else 1
                                    middle = (float64(cells[i + k]) + float64(w)) * 0.5
                                    tally[way, array, column, start + i + k] += size
                                    tally[way + 2, array, column, start + i + k] += size * middle
                            if charged:
                                e0, e1 = spent(n0, mean, half_difference), spent(n1, mean, half_difference)
                                e2, e3 = spent(n2, mean, half_difference), spent(n3, mean, half_difference)
                                g0 = (cells[i] + w0) * half + charges.offset
                                g1 = (cells[i + LANES] + w1) * half + charges.offset
                                g2 = (cells[i + 2 * LANES] + w2) * half + charges.offset
                                g3 = (cells[i + 3 * LANES] + w3) * half + charges.offset
                                lane = i - tile * TILE
                                step_cells[lane] += (e0 * g0 + e1 * g1) + (e2 * g2 + e3 * g3)
                                g0, g1, g2, g3 = lines[i], lines[i + LANES], lines[i + 2 * LANES], lines[i + 3 * LANES]
                                step_lines[lane] += (e0 * g0 + e1 * g1) + (e2 * g2 + e3 * g3)
                                g0, g1 = around[i], around[i + LANES]
                                g2, g3 = around[i + 2 * LANES], around[i + 3 * LANES]
                                step_tile[lane] += (e0 * g0 + e1 * g1) + (e2 * g2 + e3 * g3)
                            cells[i], cells[i + LANES], cells[i + 2 * LANES], cells[i + 3 * LANES] = w0, w1, w2, w3
                            if marked:
                                for k, n in ((0, n0), (LANES, n1), (2 * LANES, n2), (3 * LANES, n3)):
                                    if n != 0:
                                        marks[array, column, start + i + k] = 1
                            if counted:
                                for k, n in ((0, n0), (LANES, n1), (2 * LANES, n2), (3 * LANES, n3)):
                                    ups[i + k] += int32(max(n, real(0.0)))
                                    downs[i + k] += int32(max(-n, real(0.0)))
                            step_net = int32(step_net + int32(n0 + n1 + n2 + n3))
                            step_total = int32(step_total + int32(abs(n0) + abs(n1) + abs(n2) + abs(n3)))
                    if charged:
                        for lane in range(LANES):
                            in_cells[lane] += float64(step_cells[lane])
                            on_lines[lane] += float64(step_lines[lane])
                            in_tile[lane] += float64(step_tile[lane])
                        step_cells[:] = real(0.0)
                        step_lines[:] = real(0.0)
                        step_tile[:] = real(0.0)
                    net += step_net
                    total += step_total
            if counted and total > 0:
                for i in range(stop - start):
                    cell_counts[array, column, start + i, 0] += ups[i]
                    cell_counts[array, column, start + i, 1] += downs[i]
            if charged:
                for lane in range(LANES):
                    joules[array, column, chunk, 0] += in_cells[lane]
                    joules[array, column, chunk, 1] += on_lines[lane]
                    joules[array, column, chunk, 2] += in_tile[lane]
            counts[array, column, chunk, 0] += (total + net) // 2
            counts[array, column, chunk, 1] += (total - net) // 2

    return compile_kernel(
        update_tiles, lambda state, *_: math.prod(count_shape(state)[:3]), (spec.model.parameters, spec.varying)
    )


def count_shape(state: np.ndarray) -> tuple[int, int, int, int]:
    """Shape of the pulse counts that the kernel fills for a state: (array, column, run of tiles, 2)."""
    arrays, columns, rows = state.shape
    return arrays, columns, -(-rows // (TILE * _CHUNK)), 2
