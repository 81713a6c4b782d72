"""CPU loop of relaxation: the states of cells at a time after their programming, on one path each.

See `memsim.noise.relaxation`. Mean and size of the deviation are tables by level and by the logarithm of time, linear
in both between their entries. Each cell draws its own numbers, as its programming number is its own: counter word c0 is
the row, c1 the column and, above it, the block of four knots, c2 the programming number.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import float64, int64, uint32

from memsim.cells.functions import exponential, logarithm
from memsim.kernels.compile import Kernel, compile_kernel, inline
from memsim.noise.normal import normal_pair
from memsim.noise.relaxation import next_deviation, positive_state
from memsim.philox import UPPER, WORDS, Stream, array_word, counter_word, philox, with_upper

MOST_KNOTS = WORDS * UPPER
"""Knots of a path that addresses can tell apart."""
PATH = int(Stream.PATH)
_EARLIEST, _LATEST = 1e-37, 1e37  # [s], whose logarithms are computed


class RelaxationLaw(NamedTuple):
    """Mean and size of the change of cells after their programming, by level and time; see `path_kernel`."""

    tabulated: bool
    knots: np.ndarray
    levels: np.ndarray
    shift: np.ndarray
    size: np.ndarray
    g0: float


@functools.cache
def relaxed_function(tabulated: bool) -> Any:
    """Function (w, target, t, row, c1, c2, c3, knots, levels, shift, size, g0, k0, k1) -> state after a time t [s].

    w, target : state to which the cell was programmed, and the one that was aimed at. The rest as for `path_kernel`.
    """

    def relaxed(w, target, t, row, c1, c2, c3, knots, levels, shift, size, g0, k0, k1):
        if t <= float64(0.0):
            return w
        low = int64(0)
        while low < levels.size - 2 and target >= levels[low + 1]:
            low += int64(1)
        high = min(low + int64(1), int64(levels.size - 1))
        upper = float64(0.0)  # weight of the upper level
        if high > low:
            upper = min(max((target - levels[low]) / (levels[high] - levels[low]), float64(0.0)), float64(1.0))
        lower = float64(1.0) - upper
        x = logarithm(min(max(t, float64(_EARLIEST)), float64(_LATEST)))
        passed = int64(0)
        while passed < knots.size and knots[passed] <= x:
            passed += int64(1)
        # The entries between which t lies, and the weights of both.
        next_knot = min(passed, int64(knots.size - 1))
        last_knot = max(passed - int64(1), int64(0))
        later, earlier = float64(1.0), float64(0.0)
        if passed == 0 and tabulated:
            later = exponential(x - knots[0])
        elif passed > 0 and next_knot > last_knot:
            later = (x - knots[last_knot]) / (knots[next_knot] - knots[last_knot])
            earlier = float64(1.0) - later
        deviation, before = float64(0.0), float64(0.0)
        z0, z1, z2, z3 = float64(0.0), float64(0.0), float64(0.0), float64(0.0)
        for knot in range(min(passed + int64(1), int64(knots.size))):
            if knot % WORDS == 0:
                w0, w1, w2, w3 = philox(uint32(row), with_upper(c1, knot // WORDS), c2, c3, k0, k1)
                first, second = normal_pair(w0, w1)
                third, fourth = normal_pair(w2, w3)
                z0, z1, z2, z3 = float64(first), float64(second), float64(third), float64(fourth)
            value = lower * size[low, knot] + upper * size[high, knot]
            if knot == passed:
                value = later * value + earlier * (lower * size[low, last_knot] + upper * size[high, last_knot])
            variance = value if tabulated else value * value
            deviation = next_deviation(deviation, before, variance, z0)
            before = variance
            z0, z1, z2 = z1, z2, z3
        at_next = lower * shift[low, next_knot] + upper * shift[high, next_knot]
        at_last = lower * shift[low, last_knot] + upper * shift[high, last_knot]
        mean = w + g0 + later * at_next + earlier * at_last
        if tabulated:
            sigma = math.sqrt(before)
            return positive_state(mean, sigma, deviation / sigma if sigma > float64(0.0) else float64(0.0)) - g0
        return max(mean + deviation, float64(0.0)) - g0

    return inline(relaxed)


@functools.cache
def path_kernel(tabulated: bool) -> Kernel:
    """Kernel (out, programmed, target, number, elapsed, knots, levels, shift, size, g0, ..., k1): states after a time.

    Where `tabulated`, sizes are variances and grow, like the shift, in proportion to time before the first knot; and
    states near 0 S are lognormal. Else sizes are standard deviations, that before the first knot is the first, and
    states stop at 0 S. Beyond the last knot, the lowest and the highest level, the nearest entry holds.

    out, programmed, target : (array, column, row), states
    number : (array or 1, column or 1, row or 1) uint32, numbers of the last programmings
    elapsed : likewise, float64, times since [s]
    knots : (knot,), ascending logarithms of times in seconds; from 1 to `MOST_KNOTS`
    levels : (level,), ascending states
    shift, size : (level, knot), in units of the window
    g0 : conductance at w = 0, in units of the window
    first_array, first_column, k0, k1 : address of the first cell
    """
    relaxed = relaxed_function(tabulated)

    def walk(
        first,
        last,
        out,
        programmed,
        target,
        number,
        elapsed,
        knots,
        levels,
        shift,
        size,
        g0,
        first_array,
        first_column,
        k0,
        k1,
    ):
        for unit in range(first, last):
            array = unit // out.shape[1]
            column = unit % out.shape[1]
            numbers = number[array % number.shape[0], column % number.shape[1]]
            times = elapsed[array % elapsed.shape[0], column % elapsed.shape[1]]
            c1 = counter_word(first_column, column)
            c3 = array_word(first_array + array, PATH)
            for row in range(out.shape[2]):
                out[array, column, row] = relaxed(
                    np.float64(programmed[array, column, row]),
                    np.float64(target[array, column, row]),
                    times[row % times.size],
                    row,
                    c1,
                    numbers[row % numbers.size],
                    c3,
                    knots,
                    levels,
                    shift,
                    size,
                    g0,
                    k0,
                    k1,
                )

    return compile_kernel(walk, lambda out, *_: out.shape[0] * out.shape[1])
