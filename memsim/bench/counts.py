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
rule, encoding, bounds      12           Hebbian 2, exact 4, sum with change and noise 2, window and bounds 4
pulses                      3            `memsim.kernels.update`: their signs and sums
c2c noise                   3, 7         `memsim.noise.cycle`: at most one pulse, several
ideal, constant step        3            `memsim.cells.constant`, with the size of a pulse 1
linear, soft bounds         6            `memsim.cells.steps`, likewise
exponential                 38           `memsim.cells.exponential`, likewise
power                       71           `memsim.cells.power`, likewise
coincidences                8            `memsim.learning.encoding`, population count as one
conversion                  5            `memsim.kernels.convert`: scale, shift, round and cut off
wires                       29           a cell and iteration: direction 20, correction 9; 60 to set up and check
==========================  ===========  ================================================================
"""

from __future__ import annotations

from typing import NamedTuple

WORD = 20
NORMAL = WORD + 73 / 2
CHANGE, DELIVERY, PULSES = 12, 6, 3
"""Rule, encoding and bounds; rule and encoding among them; the count of pulses."""
NOISE, NOISE_OF_MANY = 3, 7
STEPS = {"ideal": 3, "constant": 3, "linear": 6, "soft bounds": 6, "exponential": 38, "power": 71}
COINCIDENCE = 8
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
    return Cost(FLOAT * size**2 * (2 + varying), size**2 * (NORMAL + CHANGE + PULSES + NOISE + STEPS[variant]))


def trains(size: int, batch: int, varying: int = 0) -> Cost:
    """Constant steps by pulse trains; a tile of cells stays in the cache for the whole batch."""
    cell = NORMAL + COINCIDENCE + CHANGE - DELIVERY + PULSES + STEPS["constant"] + NOISE_OF_MANY
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
