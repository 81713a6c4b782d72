"""Scalar functions of the filters: a Gaussian between two bounds, and what a tabulated step makes of it."""

from __future__ import annotations

import math

from memsim.kernels.compile import callee

HALF_LOG_2PI = 0.9189385332046727
FAR_OUTSIDE = 4.0
"""Standard deviations of a read outside the window up to which a first read costs nothing; one in 30000 is farther."""
SURE = 7.0  # standard deviations from a bound beyond which clipping is left out: below 1e-11


@callee
def tail(x):
    """Mass of a standard normal distribution above x."""
    return 0.5 * math.erfc(x * 0.7071067811865476)


@callee
def cut(mean, deviation, low, high):
    """Mass of a Gaussian between two bounds, and its mean and variance there."""
    a = (low - mean) / deviation
    b = (high - mean) / deviation
    if a < -SURE and b > SURE:
        return 1.0, mean, deviation * deviation
    # A bound that is far away costs nothing; most of the time at most one is near.
    if b > SURE:
        mass, at_b = tail(a), 0.0
        at_a = 0.3989422804014327 * math.exp(-0.5 * a * a)
        b = 0.0
    elif a < -SURE:
        mass, at_a = tail(-b), 0.0
        at_b = 0.3989422804014327 * math.exp(-0.5 * b * b)
        a = 0.0
    else:
        mass = tail(a) - tail(b) if a > 0.0 else tail(-b) - tail(-a)
        at_a = 0.3989422804014327 * math.exp(-0.5 * a * a)
        at_b = 0.3989422804014327 * math.exp(-0.5 * b * b)
    if mass < 1e-14:
        return 0.0, min(max(mean, low), high), 0.0
    shift = (at_a - at_b) / mass
    spread = 1.0 + (a * at_a - b * at_b) / mass - shift * shift
    return mass, mean + deviation * shift, deviation * deviation * max(spread, 1e-9)


@callee
def outside(y, deviation, low, high):
    """What a first read far outside the window costs: half the square of its distance beyond four deviations.

    The state of a first read is not predicted, so that this read is not scored. But no state explains it there.
    """
    beyond = max(low - y, y - high) / deviation - FAR_OUTSIDE
    return -0.5 * beyond * beyond if beyond > 0.0 else 0.0


@callee
def look_up(table, x):
    """Step at a normalised state; beyond the window that of its end."""
    last = table.shape[0] - 1
    at = min(max(x, 0.0), 1.0) * last
    i = min(int(at), last - 1)
    return table[i] + (at - i) * (table[i + 1] - table[i])


@callee
def bent_step(table, mean, variance, low, width, gain):
    """Mean and mean square of the step of a Gaussian state, and its slope, by three points of Gauss-Hermite.

    `gain` turns the tabulated shares of the window, which is `width` wide from `low` on, into steps.
    """
    half = math.sqrt(3.0 * variance)
    at, away = (mean - low) / width, half / width
    f0 = gain * look_up(table, at)
    f1 = gain * look_up(table, at - away)
    f2 = gain * look_up(table, at + away)
    average = (4.0 * f0 + f1 + f2) / 6.0
    square = (4.0 * f0 * f0 + f1 * f1 + f2 * f2) / 6.0
    return average, square, (f2 - f1) / (2.0 * half)
