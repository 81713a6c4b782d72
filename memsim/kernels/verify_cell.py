"""Pulses and verify reads of one cell until an algorithm accepts its conductance; CPU and CUDA loops both call it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy import float64, int64

from memsim.cells.functions import exponential
from memsim.kernels.cell import UpdateSpec, deviation_function, gather_function, pulse_function
from memsim.kernels.compile import inline
from memsim.noise.normal import normal_pair, uniform
from memsim.philox import LANES, TILE, Stream, array_word, counter_word, group_word, in_stream, philox

_C2C = int(Stream.C2C)
_VERIFY = int(Stream.VERIFY)

ACCEPT, SET, RESET, READ, ERASE, ERASE_AND_SET, STOP = 0, 1, -1, 2, -2, -3, 3
"""What an algorithm may decide after a read: to accept the cell; a set or a reset pulse; another read; a full reset,
also with a set pulse after it; to stop without success.
"""


class Knobs(NamedTuple):
    """Settings of an algorithm, the same for all cells; voltages are sizes [V]."""

    set_start: float
    set_step: float
    set_end: float
    reset_start: float
    reset_step: float
    reset_end: float
    turns: float  # most changes of direction
    at_end: float  # most pulses in a row at the end voltage
    reads: float  # verify reads in a row that must lie inside the window
    refinement: float  # factor on both steps after the first change of direction
    coarse_start: float  # of set pulses before the first change of direction
    coarse_step: float


class Memory(NamedTuple):
    """What an algorithm knows of a cell between reads; 0 at the start."""

    voltage: float  # of the last pulse [V]
    direction: float  # of the last pulse, 1 or -1
    turns: float  # changes of direction so far
    inside: float  # reads in a row that lay inside the window
    at_end: float  # pulses in a row at the end voltage


class PulseVoltages(NamedTuple):
    """The voltages and widths of pulses, and how the size of a step depends on the voltage."""

    set_voltage: float  # at which the model's steps hold [V]
    reset_voltage: float
    set_width: float  # [s]
    reset_width: float
    set_scale: float  # voltage for e times the step [V]; infinite where steps do not depend on it
    reset_scale: float


class VerifyRead(NamedTuple):
    """A verify read: its noise, and what converts states to siemens."""

    value: float  # sigma of read noise, of the conductance
    window: float  # likewise, of the window
    offset: float  # conductance at state 0, of the window
    siemens: float  # width of the window [S]
    charge: float  # V_read^2 times the duration of a read [V^2 s]


class Limits(NamedTuple):
    """Most pulses and reads of one call, and of the programming as a whole."""

    pulses: int
    reads: int
    erasing: float  # pulses of a full reset


class Progress(NamedTuple):
    """How far each cell is; see `memsim.kernels.verify.verify_kernel` for shapes."""

    memory: Any
    counts: Any
    squares: Any
    energy: Any
    status: Any


@dataclass(frozen=True)
class VerifySpec:
    """What is compiled into a verify loop; equal specs share one kernel.

    Attributes
    ----------
    update : UpdateSpec
        What a pulse does to a cell.
    decide : scalar function
        ``decide(reading, low, high, memory, knobs)`` -> (action, voltage [V], memory): what follows a read of the state
        `reading`, where states from `low` to `high` are accepted.
    read : bool
        Whether readings are arguments, one for each cell. If not, the loop reads the cell itself, with white noise.
    """

    update: UpdateSpec
    decide: Any
    read: bool = False


@functools.cache
def verify_function(spec: VerifySpec) -> Any:
    """Function of a cell: its state, memory and counts after pulses and reads.

    (w, supplied, low, high, memory, counts, row, c1, c3, first_step, limits, settings, p, knobs, voltages, read, k0,
    k1) -> (w, memory, sets, resets, reads, square_up, square_down, energy, state). Counts are (sets, resets, reads) so
    far, squares are the sums of V^2 of set and of reset pulses [V^2], energy [J] is the sum of V I t of pulses and
    reads, and state is 1 for an accepted cell, 2 for one that reached a limit, 0 else. For a cell that is read
    elsewhere, `supplied` is its reading.
    """
    pulse, deviate, decide = pulse_function(spec.update), deviation_function(spec.update), spec.decide
    noisy, chancy = spec.update.chance == "normal", spec.update.chance == "uniform"
    read_elsewhere = spec.read

    @inline
    def number(row, c1, c2, c3, k0, k1):
        """The words of a cell that make its number, of the four cells of its group."""
        w0, w1, w2, w3 = philox(group_word(row // TILE, row % LANES), c1, c2, c3, k0, k1)
        place = row % TILE // LANES
        first, second = (w0, w1) if place < 2 else (w2, w3)
        return first, second, place

    @inline
    def normal(row, c1, c2, c3, k0, k1):
        first, second, place = number(row, c1, c2, c3, k0, k1)
        z0, z1 = normal_pair(first, second)
        return z0 if place % 2 == 0 else z1

    @inline
    def even(row, c1, c2, c3, k0, k1):
        first, second, place = number(row, c1, c2, c3, k0, k1)
        return uniform(first if place % 2 == 0 else second)

    @inline
    def after(w, pulses, size, row, c1, c2, c3, settings, p, k0, k1):
        real = type(w)
        draw = real(0.0)
        if noisy:
            draw = real(normal(row, c1, c2, in_stream(c3, _C2C), k0, k1))
        if chancy:
            draw = real(even(row, c1, c2, in_stream(c3, _C2C), k0, k1))
        deviations = deviate(row, c1, c2, c3, k0, k1, settings.shifts)
        return pulse(w, real(pulses), real(size), draw, deviations, settings, p)

    def programmed(
        w,
        supplied,
        low,
        high,
        memory,
        counts,
        row,
        c1,
        c3,
        first_step,
        limits,
        settings,
        p,
        knobs,
        voltages,
        read,
        k0,
        k1,
    ):
        sets, resets, reads = counts
        square_up = square_down = energy = float64(0.0)
        state = int64(0)
        last = reads + limits.reads
        while reads < last and state == 0:
            g = float64(w) + read.offset
            reading = supplied
            if not read_elsewhere:
                noise = math.sqrt(read.value * g * (read.value * g) + read.window * read.window)
                reading = float64(w)
                if noise > float64(0.0):
                    c2 = counter_word(first_step, reads)
                    reading = reading + noise * float64(normal(row, c1, c2, in_stream(c3, _VERIFY), k0, k1))
            energy += read.charge * g * read.siemens
            reads += int64(1)
            action, voltage, memory = decide(reading, low, high, memory, knobs)
            if action == ACCEPT:
                state = int64(1)
            elif action == STOP or (action != READ and sets + resets >= limits.pulses):
                state = int64(2)
            if state == 0 and action <= ERASE:
                c2 = counter_word(first_step, sets + resets)
                before = float64(w)
                w = after(w, -limits.erasing, 1.0, row, c1, c2, c3, settings, p, k0, k1)
                g = (before + float64(w)) * 0.5 + read.offset
                square = voltages.reset_voltage * voltages.reset_voltage * limits.erasing
                energy += square * voltages.reset_width * g * read.siemens
                square_down += square
                resets += int64(limits.erasing)
            if state == 0 and action in (SET, RESET, ERASE_AND_SET):
                c2 = counter_word(first_step, sets + resets)
                before = float64(w)
                if action == RESET:
                    size = exponential((voltage - voltages.reset_voltage) / voltages.reset_scale)
                    w = after(w, -1.0, size, row, c1, c2, c3, settings, p, k0, k1)
                    width = voltages.reset_width
                    square_down += voltage * voltage
                    resets += int64(1)
                else:
                    size = exponential((voltage - voltages.set_voltage) / voltages.set_scale)
                    w = after(w, 1.0, size, row, c1, c2, c3, settings, p, k0, k1)
                    width = voltages.set_width
                    square_up += voltage * voltage
                    sets += int64(1)
                g = (before + float64(w)) * 0.5 + read.offset
                energy += voltage * voltage * width * g * read.siemens
        return w, memory, sets, resets, reads, square_up, square_down, energy, state

    return inline(programmed)


def cell_function(spec: VerifySpec, jit: Any = inline) -> Any:
    """Function (array, column, row, state, readings, ..., k0, k1): `verify_function` of a cell of arrays.

    It changes the cell, which is not finished. The arguments after the row are those of
    `memsim.kernels.verify.verify_kernel`, without `rows`. `jit` is as for `gather_function`.
    """
    programmed, gather = verify_function(spec), gather_function(spec.update, jit)
    read_elsewhere = spec.read

    def verify(
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
    ):
        known = Memory(
            float64(memory[0, array, column, row]),
            float64(memory[1, array, column, row]),
            float64(memory[2, array, column, row]),
            float64(memory[3, array, column, row]),
            float64(memory[4, array, column, row]),
        )
        before = (
            int64(counts[0, array, column, row]),
            int64(counts[1, array, column, row]),
            int64(counts[2, array, column, row]),
        )
        w, known, sets, resets, reads, square_up, square_down, joule, reached = programmed(
            state[array, column, row],
            float64(readings[array, column, row]) if read_elsewhere else float64(0.0),
            float64(low[array, column, row]),
            float64(high[array, column, row]),
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
        squares[0, array, column, row] += square_up
        squares[1, array, column, row] += square_down
        energy[array, column, row] += joule
        status[array, column, row] = reached

    return jit(verify)
