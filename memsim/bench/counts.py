"""Bytes and operations of one call of each kernel, counted in its source.

Operations are arithmetic ones on numbers of any type: additions, multiplications, comparisons, shifts, conversions,
roots; a fused multiply-add is two, a choice between two values none. Bytes are those of every array that a pass over
the cells reads or writes, each once, as if all that is used again within a pass stayed in the cache. Both are of the
work that the kernel does, so a kernel that did less for the same result would have fewer.

==========================  ===========  ================================================================
part                        operations   where
==========================  ===========  ================================================================
random word                 20           `memsim.philox`: ten rounds of 8 for four words
normal number               56.5         a word and half of `memsim.noise.normal.normal_pair` (73)
rule, encoding, bounds      11           Hebbian 2, exact 4, sum of change and noise 1, window and bounds 4
c2c noise                   3            `memsim.noise.cycle`, at most one pulse
constant step               2            `memsim.cells.constant`, and its size 1
soft bounds, exponential    6, 36        `memsim.cells.steps`, `memsim.cells.exponential`, and their size 1
coincidences                8            `memsim.learning.encoding`, population count as one
conversion                  5            `memsim.kernels.convert`: scale, shift, round and cut off
wires                       29           a cell and iteration: direction 20, correction 9; 60 to set up and check
==========================  ===========  ================================================================
"""

from __future__ import annotations

from typing import NamedTuple

WORD = 20
NORMAL = WORD + 73 / 2
CHANGE = 11
NOISE = 3
STEPS = {"ideal": 2, "constant": 2 + 1, "soft bounds": 6 + 1, "exponential": 36 + 1}
COINCIDENCE = 8
MANY_PULSES = 3
CONVERSION = 5
FLOAT = 4


class Cost(NamedTuple):
    """Bytes that move between memory and processor, and operations."""

    traffic: float
    operations: float


def read(size: int, batch: int, *, own: bool, converters: bool) -> Cost:
    """A noisy read of a square array: one matrix product, two where every cell has a sigma of its own."""
    ends = size * batch
    moved = FLOAT * (size**2 * (3 if own else 1) + 2 * ends)  # own variances are written and read
    done = 2 * size**2 * batch * (2 if own else 1) + (2 * size**2 if own else 2 * ends)
    return Cost(moved, done + ends * (NORMAL + 3) + (2 * ends * CONVERSION if converters else 0))


def update(size: int, variant: str, varying: int = 0) -> Cost:
    """A step of every cell with cycle-to-cycle noise: the state is read and written, own parameters are read."""
    return Cost(FLOAT * size**2 * (2 + varying), size**2 * (NORMAL + CHANGE + NOISE + STEPS[variant]))


def trains(size: int, batch: int, varying: int = 0) -> Cost:
    """Constant steps by pulse trains; a tile of cells stays in the cache for the whole batch."""
    cell = NORMAL + COINCIDENCE + CHANGE - 6 + STEPS["constant"] + NOISE + MANY_PULSES
    return Cost(FLOAT * size**2 * (2 + varying), size**2 * batch * cell)


def normals(count: int) -> Cost:
    """Normal numbers, written."""
    return Cost(FLOAT * count, NORMAL * count)


def wires(size: int, iterations: int) -> Cost:
    """Conjugate gradients on one right-hand side in float32, its smooth modes left out.

    A cell and iteration move 72 bytes (the direction 40, the correction 32); 200 bytes, an estimate, are those of
    factors and checks in float64.
    """
    return Cost(size**2 * (72 * iterations + 200), size**2 * (29 * iterations + 60))


def copy(count: int) -> Cost:
    """A copy of float32 numbers."""
    return Cost(2 * FLOAT * count, 0)


def product(size: int, batch: int) -> Cost:
    """A matrix product of float32 numbers."""
    return Cost(FLOAT * (size**2 + 2 * size * batch), 2 * size**2 * batch)
