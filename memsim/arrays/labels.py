"""Descriptions of arrays as labelled data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.arrays.state import ArrayState

if TYPE_CHECKING:
    import xarray as xr


def labelled_conductance(array: ArrayState) -> xr.DataArray:
    """Conductances (array, row, line) [S], with the output of each line and the sign that it has there."""
    import xarray as xr

    arrays, rows, cols = array.shape
    low, high = array.window
    lines = np.arange(array.lines)
    conductance = low + array.states() * (high - low)
    if not array.device.spec.conductance.nominal:  # an end at 0 S may be rounded to below it
        np.maximum(conductance, 0.0, out=conductance)
    return xr.DataArray(
        conductance,
        dims=("array", "row", "line"),
        coords={
            "array": array.site.first_array + np.arange(arrays),
            "row": np.arange(rows),
            "line": lines,
            "output": ("line", lines % cols, {"long_name": "output that the line belongs to"}),
            "sign": ("line", np.where(lines < cols, 1, -1), {"long_name": "sign of the line in its output"}),
        },
        name="conductance",
        attrs={"units": "S", "long_name": "conductance", "device": array.device.name},
    )
