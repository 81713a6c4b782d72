"""Symmetry points of cells: states at which a set and a reset pulse move the state equally far on average."""

from __future__ import annotations

import functools

import numpy as np
from numpy import int32

from memsim.errors import InputError
from memsim.kernels.cell import UpdateSpec, gather_function
from memsim.kernels.compile import Kernel, compile_kernel
from memsim.kernels.line_pulses import Cells, line_pulses
from memsim.profiles import DeviceProfile
from memsim.profiles.nominal import nominal_cell

_HALVINGS = 40
"""Halvings of a window, after which it is smaller than the precision of states."""
_LAST = 2
"""The last of so many parts of the pulses over which states are averaged."""


def check_symmetry(device: DeviceProfile) -> None:
    """Refuse a device whose nominal cell has no symmetry point inside its window.

    Raises
    ------
    InputError
        If it takes no pulses, if its pulses only succeed or fail, or if one direction is the stronger one everywhere.
    """
    name = device.name
    if device.spec.update is None:
        raise InputError(f"device '{name}' can only be programmed: it takes no pulses, so it has no symmetry point")
    model, p = nominal_cell(device.spec)
    step = model.step or model.change
    if model.draws == "uniform" or step is None:
        raise InputError(f"device '{name}' has no symmetry point: its pulses only succeed or fail")
    if getattr(device.spec.update, "one_sided", False):
        raise InputError(f"device '{name}' has no symmetry point: it has no gradual reset")
    at_ends = [step(np.float64(end), 1.0, p) + step(np.float64(end), -1.0, p) for end in (p.low, p.high)]
    if not at_ends[0] > 0 > at_ends[1]:
        which = "set" if at_ends[1] >= 0 else "reset"
        if at_ends[0] == 0 == at_ends[1]:
            return  # symmetric at every state
        raise InputError(f"device '{name}' has no symmetry point: its {which} pulses are the larger ones at all states")


def symmetry_points(cells: Cells, spec: UpdateSpec) -> np.ndarray:
    """The symmetry point of each cell without noise, (array, line, padded row): its window is halved again and again.

    A cell whose set pulses are the larger ones everywhere has the upper end, in the opposite case the lower one; a cell
    that is symmetric everywhere has the middle.
    """
    points = np.empty_like(cells.state)
    _halving_kernel(spec)(points, cells)
    return points


def measured_symmetry_points(cells: Cells, spec: UpdateSpec, pairs: int, first: int) -> np.ndarray:
    """Averages of the states of all cells under alternating set and reset pulses, which come to the symmetry points.

    The pulses act on the states. Each pair has one set and one reset pulse. The average is over the second half.

    Parameters
    ----------
    cells, spec
        The cells.
    pairs : int
        Pairs of pulses.
    first : int
        Number of the first pulse, in random addresses.

    Source: Kim et al., "Zero-shifting technique for deep neural network training on resistive cross-point arrays",
    arXiv:1907.10228 (2019).
    """
    averages = np.zeros_like(cells.state)
    _alternating_kernel(spec)(averages, cells, pairs, first)
    return averages


@functools.cache
def _halving_kernel(spec: UpdateSpec) -> Kernel:
    """Kernel (points, cells)."""
    gather, step = gather_function(spec), spec.model.step or spec.model.change

    def halve(begin, end, points, cells):
        lines = points.shape[1]
        real = points.dtype.type
        for unit in range(begin, end):
            array, line = unit // lines, unit % lines
            for row in range(points.shape[2]):
                p = gather(cells.common, cells.varying, array, line, row)
                low, high = real(p.low), real(p.high)
                for _ in range(_HALVINGS):
                    middle = (low + high) * real(0.5)
                    net = step(middle, real(1.0), p) + step(middle, real(-1.0), p)
                    if net == real(0.0):
                        low = high = middle
                    elif net > real(0.0):
                        low = middle
                    else:
                        high = middle
                points[array, line, row] = (low + high) * real(0.5)

    return compile_kernel(halve, lambda points, *_: points.shape[0] * points.shape[1])


@functools.cache
def _alternating_kernel(spec: UpdateSpec) -> Kernel:
    """Kernel (averages, cells, pairs, first)."""
    single = line_pulses(spec).single

    def alternate(begin, end, averages, cells, pairs, first):
        lines = averages.shape[1]
        counts = np.zeros(2, np.int64)
        averaged = max(1, pairs // _LAST)
        for unit in range(begin, end):
            array, line = unit // lines, unit % lines
            for row in range(averages.shape[2]):
                total = 0.0
                for pair in range(pairs):
                    for half in range(2):
                        single(cells, array, line, row, int32(1 - 2 * half), first + 2 * pair + half, counts)
                        if pair >= pairs - averaged:
                            total += cells.state[array, line, row]
                averages[array, line, row] = total / (2 * averaged)

    return compile_kernel(alternate, lambda averages, *_: averages.shape[0] * averages.shape[1])
