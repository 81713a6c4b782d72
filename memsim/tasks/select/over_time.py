"""Read margins of passive arrays at the times of an experiment: all cells age, and each is read as before."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from memsim.arrays import Crossbar
from memsim.errors import RetentionWarning
from memsim.profiles import DeviceProfile

Read = Callable[[np.ndarray, tuple[int, int], str], float]
"""Current of a read [A]: of conductances (row, col) [S], the selected cell, by a scheme."""


def aged_currents(
    stored: np.ndarray,
    cells: Sequence[tuple[int, int]],
    device: DeviceProfile,
    times: Sequence[float],
    schemes: Sequence[str],
    read: Read,
    **options: Any,
) -> np.ndarray:
    """Currents of reads of arrays whose cells have aged since their programming, (time, scheme, array) [A].

    Parameters
    ----------
    stored : (array, row, col)
        Conductances right after programming [S].
    cells : sequence of (int, int)
        The selected cell of each array.
    device : DeviceProfile
        Says how conductances change with the time.
    times : sequence of float
        Times since the programming, ascending [s].
    schemes : sequence of str
    read : callable
    **options
        ``seed`` of the random numbers, and ``temperature`` [K] or None.
    """
    array = Crossbar.from_conductance(stored, device, seed=options["seed"], dtype="float64", backend="cpu")
    currents, now = np.empty((len(times), len(schemes), len(stored))), 0.0
    for k, time in enumerate(times):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RetentionWarning)  # a note of the result says it
            array.wait(time - now, options["temperature"])
        now = time
        conductances = array.conductance.values
        for (number, scheme), place in itertools.product(enumerate(schemes), range(len(stored))):
            currents[k, number, place] = read(conductances[place], cells[place], scheme)
    return currents
