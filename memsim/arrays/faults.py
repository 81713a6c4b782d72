"""Stuck cells: drawn by a device's rates, or given as a map; they keep their state whatever is done to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.arrays.site import Site
from memsim.errors import InputError
from memsim.philox import Stream, padded
from memsim.profiles.physics import Faults
from memsim.profiles.schema import DeviceSpec

ON, OFF, INSIDE = 1, -1, 2
"""Cells stuck at the upper end of their window, at the lower end, or inside it (``faults.stuck_at`` of a profile)."""
_WORDS = "-1 is stuck off, 0 sound, 1 stuck on, 2 stuck inside the window"


def drawn(faults: Faults | None, site: Site, shape: tuple[int, int, int]) -> np.ndarray | None:
    """How each cell is stuck, see `ON`, (array, column, row) int8, 0 for sound cells; None where all are sound."""
    if faults is None or faults.share == 0:
        return None
    u = site.backend.numpy(site.draw("uniform", shape, Stream.FAULT))
    inside = faults.stuck_on + (faults.stuck_at.share if faults.stuck_at else 0.0)
    stuck = np.zeros(u.shape, np.int8)
    stuck[u <= np.float32(inside)] = INSIDE
    stuck[u <= np.float32(faults.stuck_on)] = ON
    stuck[u > np.float32(1.0 - faults.stuck_off)] = OFF
    return stuck


def from_map(faults: Any, spec: DeviceSpec, shape: tuple[int, int, int], stack: bool) -> np.ndarray | None:
    """A user's map (row, line), or of a stack (array, row, line), as `drawn` gives it; None where no cell is stuck.

    Raises
    ------
    InputError
        If the shape does not fit, an entry is not -1, 0, 1 or 2, or it is 2 and the device has no ``faults.stuck_at``.
    """
    arrays, lines, rows = shape
    try:
        values = np.asarray(faults, float)
    except (TypeError, ValueError):
        raise InputError(f"faults: not an array of numbers; {_WORDS}") from None
    if values.shape != (rows, lines) and not (stack and values.shape == (arrays, rows, lines)):
        whole = f"(array, row, line) = {(arrays, rows, lines)} or " if stack else ""
        raise InputError(f"faults: shape {values.shape} does not fit; allowed: {whole}(row, line) = {(rows, lines)}")
    wrong = ~np.isin(values, (OFF, 0, ON, INSIDE))
    if wrong.any():
        place = tuple(map(int, np.argwhere(wrong)[0]))
        raise InputError(f"faults: {values[place]:g} at {place} is not allowed; {_WORDS}")
    if (values == INSIDE).any() and (spec.faults is None or spec.faults.stuck_at is None):
        raise InputError(
            f"faults: 2 (stuck inside the window) needs a device with 'faults.stuck_at'; '{spec.name}' has none"
        )
    if not values.any():
        return None
    stuck = np.zeros((arrays, lines, padded(rows)), np.int8)
    stuck[:, :, :rows] = np.broadcast_to(values, (arrays, rows, lines)).swapaxes(1, 2)
    return stuck
