"""Refresh of pairs of columns: cells that are full are reset, and the difference of their pair is written again.

Cells that learn by set pulses alone fill up, although only the difference of a pair is the weight. Where either cell of
a pair has come near the upper end of the window, both are reset to the lower one and the cell on the weight's side gets
the difference back, with the device's own pulses and noise.

Source: Boybat et al., Nat. Commun. 9, 2514 (2018), doi:10.1038/s41467-018-04933-y (differential phase-change synapses
and their refresh).
"""

from __future__ import annotations

import numpy as np

from memsim.arrays.checks import number, whole
from memsim.arrays.outputs import effective_states
from memsim.arrays.programming.program import program
from memsim.arrays.state import ArrayState
from memsim.errors import InputError
from memsim.learning import Encoding


def full_pairs(array: ArrayState, threshold: float) -> np.ndarray:
    """Which pairs have a cell above `threshold` of the nominal window, bool (array, row, col).

    Raises
    ------
    InputError
        The array has no pairs, or the threshold is not allowed.
    """
    if array.column != "pair":
        raise InputError(f"refresh: columns are '{array.column}'; only pairs (column='pair') can be refreshed")
    if array.device.spec.update is None:
        raise InputError(f"refresh: device '{array.device.name}' has no update model; it is only programmed")
    number("threshold", threshold, 0, 1, above=True)
    first, second = np.split(array.states(), 2, axis=-1)
    return np.maximum(first, second) >= threshold


def refresh(array: ArrayState, threshold: float, cycles: int | None) -> np.ndarray:
    """Refresh the pairs that are full and return which these were, (array, row, col); see `Crossbar.refresh`."""
    if cycles is not None:
        cycles = whole("cycles", cycles, 1)
    full = full_pairs(array, threshold)
    if not full.any():
        return full
    chosen = np.concatenate([full, full], axis=-1)
    difference = effective_states(array)
    span = array.device.span
    # One pulse a round: steps far from the nominal one make a count of pulses overshoot.
    encoding = Encoding("sign", threshold=0.5 / span)
    rounds = span if cycles is None else cycles
    update = array.device.spec.update
    resets = 1 if update is not None and update.single_reset else rounds
    lowest = np.where(chosen, array.bounds[0], array.states())
    program(array, array.axes.cells(lowest), cycles=resets, encoding=encoding, falls=True)
    targets = np.concatenate([np.maximum(difference, 0), np.maximum(-difference, 0)], axis=-1)
    written = np.where(chosen, targets, array.states())
    program(array, array.axes.cells(written), cycles=rounds, encoding=encoding)
    array.request = None
    return full
