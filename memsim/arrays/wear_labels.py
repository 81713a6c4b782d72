"""Pulses and cycles of the cells of arrays as labelled data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays.labels import labelled_cells
from memsim.arrays.state import ArrayState
from memsim.arrays.wear import wrong_bits
from memsim.errors import InputError
from memsim.profiles.endurance import BitErrors

if TYPE_CHECKING:
    import xarray as xr

PERCENTS = (50.0, 95.0, 99.0, 99.9)
"""Percentiles of a summary, unless others are asked for."""


def labelled_pulses(array: ArrayState) -> xr.DataArray:
    """Pulses of each cell, see `Crossbar.cell_pulses`."""
    return labelled_cells(array, _pulses(array), "cell_pulses", "programming pulses of a cell", ("set", "reset"))


def wear_summary(array: ArrayState, percents: Sequence[float]) -> xr.Dataset:
    """Wear over the cells of each array, see `Crossbar.wear_summary`."""
    import xarray as xr

    asked = np.atleast_1d(np.asarray(percents, float))
    if asked.ndim != 1 or not asked.size or not ((asked >= 0) & (asked <= 100)).all():
        raise InputError(f"percents: {percents!r} is not allowed; numbers from 0 to 100")
    pulses = _pulses(array)
    pulses = np.concatenate([pulses, pulses.sum(-1, keepdims=True)], axis=-1)
    bank, rows = array.cells.lines, array.shape[1]
    cycles = array.site.backend.numpy(bank.wear.cycles)[:, :, :rows]
    leading: tuple[str, ...] = () if array.axes.arrays is None else ("array",)
    coords: dict[str, Any] = {"direction": ["set", "reset", "both"], "percent": asked}
    if leading:
        coords["array"] = array.site.first_array + np.arange(array.shape[0])
    found: dict[str, Any] = {}

    def add(name: str, values: np.ndarray, long_name: str, *dims: str) -> None:
        found[name] = ((*leading, *dims), array.axes.cells(values), {"units": "1", "long_name": long_name})

    for name, values, dims in (("pulses", pulses, ("direction",)), ("cycles", cycles.swapaxes(1, 2), ())):
        add(f"{name}_mean", values.mean((1, 2)), f"mean of the {name} of a cell", *dims)
        add(f"{name}_max", values.max((1, 2)), f"largest number of {name} of a cell", *dims)
        percentiles = np.moveaxis(np.percentile(values, asked, axis=(1, 2)), 0, 1)
        add(f"{name}_percentile", percentiles, f"percentile of the {name} of a cell", "percent", *dims)
    stuck = np.zeros(cycles.shape, bool) if bank.stuck is None else array.site.backend.numpy(bank.stuck)[:, :, :rows]
    add("stuck", (stuck != 0).mean((1, 2)), "share of cells that are stuck")
    model = bank.wear.model
    if isinstance(model, BitErrors):
        add("bit_errors", wrong_bits(model, cycles).mean((1, 2)), _errors(model))
    return xr.Dataset(found, coords, {"device": array.device.name})


def _errors(model: BitErrors) -> str:
    bake = model.bake
    after = "" if bake is None else f" after {bake.time:g} s at {bake.temperature:g} K"
    return f"expected share of wrong bits of cells with {model.bits} bits{after}"


def _pulses(array: ArrayState) -> np.ndarray:
    """Pulses of cells, (array, row, line, direction).

    Raises
    ------
    InputError
        If they are not counted.
    """
    pulses = array.cells.lines.wear.pulses
    if pulses is None:
        raise InputError(
            "cell_pulses: this array does not count the pulses of each cell; make it with count_cell_pulses=True"
        )
    return array.site.backend.numpy(pulses[:, :, : array.shape[1]].swapaxes(1, 2)).copy()
