"""Descriptions of arrays as labelled data, with public axes.

The dimension `col` counts the columns of the matrix of the product. Where each of them is one bit line, cells have this
dimension too. Where it is a pair of lines, or several slices, cells have the dimension `line`, with the coordinates
`col` and `sign`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.outputs import effective_states, output_matrix
from memsim.arrays.state import ArrayState
from memsim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def labelled_state(array: ArrayState) -> xr.DataArray:
    """State w of every cell as reads see it."""
    return _cells(array, array.states().copy(), "state", "1", "state w; 0 is G_min and 1 is G_max of the device")


def labelled_conductance(array: ArrayState) -> xr.DataArray:
    """Conductance of every cell [S]."""
    return _cells(array, conductances(array), "conductance", "S", "conductance")


def labelled_saturation(array: ArrayState) -> xr.DataArray:
    """Whether the state of each cell is at an end of the range that it can take."""
    saturated = array.present.lines.saturated[:, :, : array.shape[1]].swapaxes(1, 2)
    return _cells(array, array.site.backend.numpy(saturated), "saturated", "1", "whether the state is at an end")


def labelled_weights(array: ArrayState) -> xr.DataArray:
    """The matrix of the product; without a mapping, that of outputs in units of the window."""
    weights = output_matrix(array)
    if array.mapping is not None:
        inputs = np.ones((1, array.shape[1], 1))
        weights = array.mapping.products(weights, inputs, array.bounds, array.device.spec.conductance.offset)
    return _matrix(array, weights, "weights", "weight of each input in each output")


def labelled_effective_state(array: ArrayState) -> xr.DataArray:
    """State w of each input in each output, see `memsim.arrays.outputs.effective_states`."""
    return _matrix(array, effective_states(array), "effective_state", "state w of each input in each output")


def labelled_programming(array: ArrayState) -> xr.Dataset:
    """What the last programming by write and verify took of each cell.

    Raises
    ------
    InputError
        If it is not known: the cells were programmed in another way, or not yet.
    """
    import xarray as xr

    if array.programming is None:
        raise InputError(
            "programming: what the last programming took of each cell is not known; algorithms of write and verify and "
            "gradient descent note it"
        )
    parts = {
        "set_pulses": ("1", "set pulses"),
        "reset_pulses": ("1", "reset pulses"),
        "verify_reads": ("1", "verify reads"),
        "time": ("s", "time of pulses, delays and verify reads"),
        "energy": ("J", "sum of V I t of pulses and verify reads"),
        "accepted": ("1", "whether the last verify reads lay inside the acceptance window"),
    }
    outcome = array.programming
    cells = {name: _cells(array, getattr(outcome, name), name, *labels) for name, labels in parts.items()}
    return xr.Dataset(cells, attrs={"device": array.device.name, "settings": json.dumps(outcome.settings)})


def labelled_cells(
    array: ArrayState, values: np.ndarray, name: str, long_name: str, directions: tuple[str, ...]
) -> xr.DataArray:
    """Values (array, row, line, direction) of cells, one for each direction of pulses."""
    import xarray as xr

    parts = [_cells(array, values[..., place], name, "1", long_name) for place in range(len(directions))]
    joined = xr.concat(parts, xr.Variable("direction", list(directions)))
    return joined.assign_coords(direction=list(directions)).transpose(..., "direction")


def conductances(array: ArrayState) -> np.ndarray:
    """Conductance of every cell as reads see it, without read noise and wires, (array, row, line) [S]."""
    low, high = array.window
    conductance = low + array.states() * (high - low)
    if not array.device.spec.conductance.nominal:  # an end at 0 S may be rounded to below it
        np.maximum(conductance, 0.0, out=conductance)
    return conductance


def line_coordinates(array: ArrayState) -> dict[str, Any]:
    """Coordinates of the bit lines: number, column of the product, sign in it and, of several, slice."""
    lines, slices = np.arange(array.lines), 1 if array.mapping is None else array.mapping.slices
    cols = array.shape[2] // slices
    coords: dict[str, Any] = {
        "line": lines,
        "col": ("line", lines % cols, {"long_name": "column of the product that the line belongs to"}),
        "sign": ("line", np.where(lines < array.shape[2], 1, -1), {"long_name": "sign of the line in its column"}),
    }
    if slices > 1:
        coords["slice"] = ("line", lines // cols % slices, {"long_name": "digits of the weight, the least first"})
    return coords


def _matrix(array: ArrayState, values: np.ndarray, name: str, long_name: str) -> xr.DataArray:
    """Values (array, row, col) without a unit."""
    coords = {"row": np.arange(values.shape[1]), "col": np.arange(values.shape[2])}
    return _labelled(array, values, ("row", "col"), coords, name, "1", long_name)


def _cells(array: ArrayState, values: np.ndarray, name: str, units: str, long_name: str) -> xr.DataArray:
    """Values (array, row, line) of cells."""
    coords: dict[str, Any] = {"row": np.arange(values.shape[1])}
    lines = "col" if array.column != "pair" and (array.mapping is None or array.mapping.slices == 1) else "line"
    coords |= {"col": np.arange(values.shape[2])} if lines == "col" else line_coordinates(array)
    return _labelled(array, values, ("row", lines), coords, name, units, long_name)


def _labelled(
    array: ArrayState,
    values: np.ndarray,
    dims: tuple[str, ...],
    coords: dict[str, Any],
    name: str,
    units: str,
    long_name: str,
) -> xr.DataArray:
    """Values (array, ...) with the array axis of a stack."""
    import xarray as xr

    if array.axes.arrays is not None:
        dims = ("array", *dims)
        coords = {"array": array.site.first_array + np.arange(len(values)), **coords}
    attrs = {"units": units, "long_name": long_name, "device": array.device.name}
    return xr.DataArray(array.axes.cells(values), coords, dims, name, attrs)
