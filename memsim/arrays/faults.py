"""Stuck cells: drawn by a device's rates, or given as a map; they keep their end of the window whatever is done."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.site import Site
from memsim.errors import InputError
from memsim.philox import Stream, padded
from memsim.profiles.physics import Faults


def drawn(faults: Faults | None, site: Site, shape: tuple[int, int, int]) -> np.ndarray | None:
    """1 for cells stuck on, -1 for cells stuck off and 0 for others, (array, column, row) int8; None for none."""
    if faults is None or faults.stuck_on + faults.stuck_off == 0:
        return None
    u = site.backend.numpy(site.draw("uniform", shape, Stream.FAULT))
    on = u <= np.float32(faults.stuck_on)
    return on.astype(np.int8) - (~on & (u > np.float32(1.0 - faults.stuck_off)))


def given(faults: Any, shape: tuple[int, int, int]) -> np.ndarray | None:
    """A user's map (array, row, line) or (row, line) as `drawn` gives it; None where no cell is stuck.

    Raises
    ------
    InputError
        If the shape does not fit or an entry is not -1, 0 or 1.
    """
    arrays, lines, rows = shape
    try:
        values = np.asarray(faults, float)
    except (TypeError, ValueError):
        raise InputError("faults: not an array of numbers; -1 is stuck off, 0 healthy and 1 stuck on") from None
    if values.shape not in ((rows, lines), (arrays, rows, lines)):
        raise InputError(
            f"faults: shape {values.shape} does not fit; allowed: (array, row, line) = {(arrays, rows, lines)} or "
            f"(row, line) = {(rows, lines)}"
        )
    wrong = ~np.isin(values, (-1, 0, 1))
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise InputError(f"faults: {values[place]:g} at {place} is not -1 (stuck off), 0 (healthy) or 1 (stuck on)")
    if not values.any():
        return None
    stuck = np.zeros((arrays, lines, padded(rows)), np.int8)
    stuck[:, :, :rows] = np.broadcast_to(values, (arrays, rows, lines)).swapaxes(1, 2)
    return stuck
