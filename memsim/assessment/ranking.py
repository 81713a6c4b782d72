"""Devices in the order of a metric, with what an inference costs on each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.costs import with_plain_names
from memsim.experiments.learners import name_without_device
from memsim.results.dataset import NO_DEVICE
from memsim.results.settings import any_settings_of
from memsim.tasks.compared import PROGRAMMED_ONCE

if TYPE_CHECKING:
    import xarray as xr

    from memsim.tasks.base import Metric


class Ranked(NamedTuple):
    """One of the compared with its metric and its costs; NaN is unknown.

    Attributes
    ----------
    label : str
        Its name in the result.
    learner : str
        Name of its learner, without that of the device.
    device : str
        Name of its device; empty for a digital network.
    value, low, high : float
        The metric and its 95 % interval, in the unit of the metric.
    energy, energy_low, energy_high : float
        Energy of one inference, and its range by the component table [J].
    time : float
        Time of one inference [s].
    area : float
        Area of all arrays with their circuits [m^2].
    programmed_once : bool
        Whether the learner was meant to learn in place, but the device takes no pulses, so that it was trained ideally
        and then programmed once.
    """

    label: str
    learner: str
    device: str
    value: float
    low: float
    high: float
    energy: float
    energy_low: float
    energy_high: float
    time: float
    area: float
    programmed_once: bool


def ranking(result: xr.Dataset, metric: Metric) -> list[Ranked]:
    """All that a result compares, the best first.

    Parameters
    ----------
    result : Dataset
        A result of a run, perhaps with costs (`memsim.cost`).
    metric : Metric
        What decides; over time, at the last time.
    """
    spec: Any = any_settings_of(result)
    values = _last(result[metric.variable])
    name = f"{metric.variable.removesuffix('_mean')}_interval"
    ends = _last(result[name]).values if name in result else np.full((values.size, 2), np.nan)
    ends = np.sort(metric.factor * ends, axis=-1)
    costs = _costs(result)
    notes = str(result.attrs.get("notes", "")).splitlines()
    planned = "\n".join(note for note in notes if note.startswith(PROGRAMMED_ONCE))
    rows = []
    for place, learner in enumerate(spec.compared):
        device = str(result["device"].values[place])
        low, high = (float(end) for end in ends[place])
        energy, energy_low, energy_high, time, area = (float(cost) for cost in costs[place])
        in_place = bool(device) and not getattr(learner, "programs", False)
        rows.append(
            Ranked(
                label=str(result[spec.COMPARED].values[place]),
                learner=name_without_device(learner.name),
                device="" if device == NO_DEVICE else device,
                value=metric.factor * float(values[place]),
                low=low,
                high=high,
                energy=energy,
                energy_low=energy_low,
                energy_high=energy_high,
                time=time,
                area=area,
                programmed_once=in_place and f"device '{device}'" in planned,
            )
        )
    sign = 1.0 if metric.better == "lower" else -1.0
    return sorted(rows, key=lambda row: (bool(np.isnan(row.value)), sign * row.value))


def _last(values: xr.DataArray) -> xr.DataArray:
    """Values at the last time."""
    return values.isel(time=-1) if "time" in values.dims else values


def _costs(result: xr.Dataset) -> np.ndarray:
    """Energy, its range [J], time [s] and area [m^2] of all compared (compared, 5)."""
    count = result.sizes[any_settings_of(result).COMPARED]
    costs = with_plain_names(result)
    if "phase_energy" not in costs:
        return np.full((count, 5), np.nan)
    inference = costs.sel(phase="inference")
    columns = (
        inference["phase_energy"].mean("repeat"),
        *inference["phase_energy_range"].transpose(..., "limit").values.T,
        inference["phase_time"].mean("repeat"),
        costs["array_area"],
    )
    return np.column_stack([np.asarray(column, float) for column in columns])
