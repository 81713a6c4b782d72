"""CPU functions that pulse the cells of one array where trains of its lines coincide, or one by one, without a launch.

They skip lines without pulses and groups of cells without coincidences. Random numbers have the addresses of the loop
over whole arrays (`memsim.kernels.update`), so both give a cell the same bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import float32, int32, uint32

from memsim.arithmetic import popcount
from memsim.kernels.cell import UpdateSpec, deviation_function, gather_function, pulse_function
from memsim.kernels.compile import callee, inline
from memsim.kernels.draw import four_normals, four_uniforms, one_of_four
from memsim.philox import LANES, TILE, Stream, array_word, counter_word, in_stream

_C2C = int(Stream.C2C)
_SLOTS = 0x7FFFFFFF
"""Bits of a word of a train that are time slots; the uppermost bit is its sign."""


class Cells(NamedTuple):
    """The cells of one role in a layer, as loops take them.

    Attributes
    ----------
    state : (array, line, padded row)
        Normalised states, changed in place.
    common, varying, settings
        Parameters that all cells share; those that differ, (parameter, array, line, row); see
        `memsim.kernels.update.update_kernel`.
    first_array : int
        Number of the first array in random addresses.
    k0, k1 : uint32
        Words of the key.
    """

    state: Any
    common: Any
    varying: Any
    settings: Any
    first_array: int
    k0: Any
    k1: Any


class LinePulses(NamedTuple):
    """Functions that pulse cells; both count set and reset pulses in `counts` (2,) and return nothing.

    Attributes
    ----------
    coincide : callable
        ``coincide(cells, array, rows, lines, step, counts)``: pulses where trains `rows` (padded row,) and `lines`
        (line,), uint32, coincide, negative where their signs differ.
    single : callable
        ``single(cells, array, line, row, pulses, step, counts)``: signed pulses of one cell.
    """

    coincide: Any
    single: Any


def line_pulses(spec: UpdateSpec) -> LinePulses:
    """The functions for the cells and noise that a specification describes."""
    pulse, gather, deviate = pulse_function(spec), gather_function(spec), deviation_function(spec)
    draws, draw = spec.chance is not None, four_normals if spec.chance == "normal" else four_uniforms

    @inline
    def pulsed(cells, array, line, row, pulses, drawn, c1, c2, c3, counts):
        real = cells.state.dtype.type
        deviations = deviate(row, c1, c2, c3, cells.k0, cells.k1, cells.settings.shifts)
        p = gather(cells.common, cells.varying, array, line, row)
        state = cells.state[array, line, row]
        cells.state[array, line, row] = pulse(
            state, real(pulses), real(1.0), real(drawn), deviations, cells.settings, p
        )
        counts[0 if pulses > 0 else 1] += abs(pulses)

    @callee
    def coincide(cells, array, rows, lines, step, counts):
        c2 = counter_word(step, 0)
        c3 = array_word(cells.first_array + array, 0)
        active, groups = np.empty(rows.size // TILE * LANES, np.int64), 0
        for group in range(active.size):
            first = group // LANES * TILE + group % LANES
            words = rows[first] | rows[first + LANES] | rows[first + 2 * LANES] | rows[first + 3 * LANES]
            if words & uint32(_SLOTS) != uint32(0):
                active[groups] = group
                groups += 1
        for line in range(lines.size):
            word = lines[line]
            if word & uint32(_SLOTS) == uint32(0):
                continue
            c1 = counter_word(0, line)
            for place_of_group in range(groups):
                group = active[place_of_group]
                first = group // LANES * TILE + group % LANES
                r0, r1 = rows[first], rows[first + LANES]
                r2, r3 = rows[first + 2 * LANES], rows[first + 3 * LANES]
                if (r0 | r1 | r2 | r3) & word & uint32(_SLOTS) == uint32(0):
                    continue
                z0, z1, z2, z3 = float32(0.0), float32(0.0), float32(0.0), float32(0.0)
                if draws:
                    z0, z1, z2, z3 = draw(uint32(group), c1, c2, in_stream(c3, _C2C), cells.k0, cells.k1)
                for place in range(4):
                    row_word = one_of_four(place, r0, r1, r2, r3)
                    count = popcount(uint32(row_word & word & uint32(_SLOTS)))
                    if count == 0:
                        continue
                    resets = (row_word ^ word) & uint32(0x80000000) != uint32(0)
                    drawn = one_of_four(place, z0, z1, z2, z3)
                    pulses = int32(-int32(count)) if resets else int32(count)
                    pulsed(cells, array, line, first + place * LANES, pulses, drawn, c1, c2, c3, counts)

    @callee
    def single(cells, array, line, row, pulses, step, counts):
        if pulses == 0:
            return
        c1, c2 = counter_word(0, line), counter_word(step, 0)
        c3 = array_word(cells.first_array + array, 0)
        place = row % TILE // LANES
        drawn = float32(0.0)
        if draws:
            group = row // TILE * LANES + row % LANES
            z0, z1, z2, z3 = draw(uint32(group), c1, c2, in_stream(c3, _C2C), cells.k0, cells.k1)
            drawn = one_of_four(place, z0, z1, z2, z3)
        pulsed(cells, array, line, row, pulses, drawn, c1, c2, c3, counts)

    return LinePulses(coincide, single)
