"""Size of 1/f noise: sigma of a factor e in time, as it depends on the conductance, and how it grows after programming.

The variance of a relaxation process stands for the factors e that it covers; the sum over all is sigma^2 ln(slowest/
fastest), and the one-sided spectrum is sigma^2/f between 1/(2 pi slowest) and 1/(2 pi fastest).

Where noise grows after programming, a process takes part as far as its interval of time constants lies below t +
fastest/2, with t the time since programming: one whose interval lies half below it counts with half its variance. The
sum is then sigma^2 ln((t + fastest/2)/fastest) at every time t up to the slowest time constant, which is the published
form ln((t + t_r)/(2 t_r)) with fastest = 2 t_r. Each process is stationary, whether it takes part or not.

Source: Q_s = min(.0088/g^.65, .2) and sigma = G Q_s sqrt(ln((t + t_r)/(2 t_r))) for phase-change memory: Nandakumar et
al., ICECS 2019. g is the conductance that was programmed, G the present one, and t counts from programming, a time t_c
longer than the time since the first read, as IBM aihwkit's noise model of phase-change memory does. That a growing sum
of stationary processes makes this variance is assumed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy import float64

from memsim.cells.functions import logarithm, power
from memsim.noise.level import Level, level_value
from memsim.noise.two_level import process_count
from memsim.scalars import scalar


class Size(NamedTuple):
    """What all cells share; conductances in units of the window."""

    g0: float  # conductance at w = 0
    g_max: float  # conductance at w = 1
    exponent: float
    limit: float  # largest sigma
    base: float  # what sigma is relative to; 0 for the cell's own conductance
    share: float  # square root of the factors e that one process stands for


class CurveSize(NamedTuple):
    """As `Size`, with a curve in place of the power."""

    g0: float
    curve: Level
    limit: float
    base: float
    share: float


class Onset(NamedTuple):
    """How the processes begin to take part after programming."""

    start: float  # time at which the clock of the cells starts, after programming, and half of `fastest` [s]
    fastest: float  # lower end of the time constants [s]
    spacing: float  # factors e that one process stands for
    number: float  # how many processes there are


@scalar
def sigma_per_e(programmed, sigma, p):
    """Standard deviation for each factor e in time: min(sigma (G/G_max)^-exponent, limit)."""
    smaller = power(max((programmed + p.g0) / p.g_max, float64(0.0)), p.exponent)
    return min(sigma / max(smaller, float64(1e-30)), p.limit)


@scalar
def _base(w, p):
    """What sigma is relative to, in units of the window."""
    return p.base if p.base > float64(0.0) else max(w + p.g0, float64(0.0))


@scalar
def swing(w, sigma, programmed, p):
    """Half the distance between the two levels of one process, in units of the window, for a cell that is now at w."""
    return sigma_per_e(programmed, sigma, p) * _base(w, p) * p.share


@scalar
def curve_swing(w, sigma, programmed, p):
    """As `swing`, with sigma times the curve, from 0 to the limit, for each factor e in time."""
    level = max(level_value(max(programmed + p.g0, float64(0.0)), p.curve), float64(0.0))
    return min(sigma * level, p.limit) * _base(w, p) * p.share


@scalar
def active(w, elapsed, _, p):
    """Number of processes that take part at a time [s] since the clock of the cell started.

    The whole part counts the fastest processes. The fraction is the share of the next one's amplitude, the square root
    of the share of its variance.
    """
    factors = logarithm(max((elapsed + p.start) / p.fastest, float64(1.0)))
    place = min(factors / p.spacing, p.number)
    whole = math.floor(place)
    return whole + math.sqrt(max(place - whole, float64(0.0)))


def weight_of(process: int, active: np.ndarray) -> np.ndarray:
    """Share of the amplitude of a process, counted from 0 for the fastest, that takes part; of what `active` gives."""
    return np.clip(active - process, 0.0, 1.0)


def onset(fastest: float, slowest: float, reference_time: float) -> Onset:
    """The onset of processes between two times, where the clock starts at a reference time after programming [s]."""
    count = process_count(fastest, slowest)
    return Onset(reference_time + fastest / 2, fastest, math.log(slowest / fastest) / count, float(count))


def share(fastest: float, slowest: float, count: int) -> float:
    """Square root of the factors e between two times that each of `count` processes stands for."""
    return math.sqrt(math.log(slowest / fastest) / count)
