"""Two-level processes of cells, kept as bits of a word: a trap that fills and empties, and those that make 1/f noise.

Over a time dt a process with rates up (0 to 1) and down changes its level with the probability of the exact two-state
Markov transition,

    P(1 at t + dt | 0 at t) = pi (1 - e^(-(up + down) dt)), P(0 | 1) = (1 - pi) (1 - e^(-(up + down) dt)),

with pi = up/(up + down) the share of time at level 1. So the levels at any times have the right joint distribution,
however long the time between reads, and two transitions in a row are one over the sum of their times.

Sources: Machlup, J. Appl. Phys. 25, 341 (1954), doi:10.1063/1.1721637 (telegraph noise, its Lorentzian); McWhorter, in
Semiconductor Surface Physics (1957), and Ambrogio et al., IEEE TED 62, 3812 (2015), doi:10.1109/TED.2015.2475598 (1/f
noise as a sum of such processes whose time constants are spread evenly over a logarithmic axis).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy import float64, int64, uint32

from memsim.scalars import scalar

DIGITS = 64
"""Binary digits to which a probability decides."""
TRAP = 31
"""Bit of a word that is the trap; the lower ones are the processes of 1/f noise."""
_DECADE = math.log(10)
_A_DECADE = 3
"""Processes a decade, as long as they fit into a word: the spectrum then follows 1/f to 2 %."""


class Trap(NamedTuple):
    """Rates of one process [1/s]."""

    fill: float
    empty: float

    @property
    def share(self) -> float:
        """Share of time that the trap is filled."""
        return self.fill / (self.fill + self.empty)

    @property
    def correlation_time(self) -> float:
        """Time over which the level is forgotten by a factor e [s]."""
        return 1 / (self.fill + self.empty)

    def change(self, seconds: float) -> tuple[float, float]:
        """Probabilities that an empty trap is filled after some time, and a filled one empty."""
        done = -math.expm1(-(self.fill + self.empty) * seconds)
        return self.share * done, (1 - self.share) * done


def process_count(fastest: float, slowest: float) -> int:
    """Number of processes of 1/f noise between two times: three a decade, at most 31 in all."""
    return max(1, min(TRAP, math.ceil(_A_DECADE * math.log(slowest / fastest) / _DECADE)))


def time_constants(fastest: float, slowest: float) -> np.ndarray:
    """Time constants [s] of the processes of 1/f noise, (process,), ascending.

    Each is the middle of its process's interval; the intervals divide the axis of ln t evenly.
    """
    span, count = math.log(slowest / fastest), process_count(fastest, slowest)
    return fastest * np.exp(span * (np.arange(count) + 0.5) / count)


def flips(tau: np.ndarray, seconds: float) -> np.ndarray:
    """Probability that symmetric processes with correlation times tau [s] have another level after some time."""
    return -np.expm1(-seconds / tau) / 2


def digits(probability: float) -> int:
    """The first `DIGITS` binary digits of a probability."""
    return min(int(math.ldexp(probability, DIGITS)), (1 << DIGITS) - 1)


def level(words: np.ndarray, process: int) -> np.ndarray:
    """The level, 0 or 1, of a process in the words of cells."""
    return words >> np.uint32(process) & np.uint32(1)


def planes(probabilities: np.ndarray) -> np.ndarray:
    """Binary digits of probabilities, (digit,) uint32: bit k of word i is digit i of probability k."""
    found = np.zeros(DIGITS, np.uint32)
    for k, probability in enumerate(probabilities):
        value = digits(float(probability))
        for i in range(DIGITS):
            found[i] |= np.uint32((value >> (DIGITS - 1 - i) & 1) << k)
    return found


@scalar
def filled(word):
    """1 if the trap is filled, else 0."""
    return uint32(word) >> uint32(TRAP)


@scalar
def count_ones(word):
    """Number of processes of 1/f noise at level 1."""
    x = uint32(word) & uint32(0x7FFFFFFF)
    x = uint32(x - ((x >> uint32(1)) & uint32(0x55555555)))
    x = uint32((x & uint32(0x33333333)) + ((x >> uint32(2)) & uint32(0x33333333)))
    x = uint32((x + (x >> uint32(4))) & uint32(0x0F0F0F0F))
    x = uint32(x + (x >> uint32(8)))
    return uint32(x + (x >> uint32(16))) & uint32(0x3F)


@scalar
def active_levels(word, active):
    """Sum of the levels, +1 or -1, of the processes of 1/f noise that take part in a read.

    The whole part of `active` (0 to 31) says how many of the fastest do. The next process counts by the fraction.
    """
    whole = uint32(active)
    fraction = float64(active) - float64(whole)
    fastest = uint32(uint32(uint32(1) << whole) - uint32(1))
    ones = count_ones(uint32(uint32(word) & fastest))
    next_level = float64(2 * int64(uint32(uint32(word) >> whole) & uint32(1)) - 1)
    return float64(2 * int64(ones) - int64(whole)) + fraction * next_level
