"""Conductance against the time since programming."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.device.cells import BAND, mark_states, row, state_style, states_of
from memsim.plotting.device.scale import conductances
from memsim.plotting.page import title
from memsim.profiles.physics import Leak, RelaxationTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_POINTS = 60
_DECADES = 6
_HOT = 358.15
"""Temperature of the second curve of devices that know what it does [K]: 85 degrees Celsius."""


def times_of(device: DeviceProfile) -> np.ndarray:
    """Times since programming that are drawn [s]."""
    retention = device.spec.retention
    if isinstance(retention, Leak):
        return np.geomspace(retention.lifetime / 100, retention.lifetime * 10, _POINTS)
    if isinstance(retention, RelaxationTable):
        return np.geomspace(retention.times[0] / 10, retention.times[-1], _POINTS)
    return np.geomspace(1, 10**_DECADES, _POINTS) * retention.reference_time  # type: ignore[union-attr]


def aged(device: DeviceProfile, seed: int, state: float, temperature: float | None = None) -> np.ndarray:
    """Conductances of cells of one state at the times since programming [S], (time, cell)."""
    array = row(device, seed, state)
    found, before = [], 0.0
    for time in times_of(device):
        array.wait(float(time - before), temperature)
        before = time
        found.append(array.conductance.values[0])
    return np.array(found)


def draw_retention(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the median of cells of some states over time, with bands."""
    from matplotlib.ticker import NullLocator

    found = [aged(device, seed + k, state) for k, state in enumerate(states_of(device))]
    unit = conductances(axes.yaxis, device)
    x = times_of(device)
    for k, values in enumerate(found):
        style = state_style(k)
        low, middle, high = np.percentile(values, (BAND[0], 50.0, BAND[1]), axis=1) / unit
        axes.fill_between(x, low, high, color=style["color"], alpha=0.22, linewidth=0)
        axes.plot(x, middle, **style)
    mark_states(axes, device)
    spec = device.spec
    assert spec.retention is not None
    if spec.retention.activation is not None:
        hot = np.median(aged(device, seed + 1, states_of(device)[1], _HOT), axis=1) / unit
        axes.plot(x, hot, **{**state_style(1), "linestyle": ":"}, label="the same at 85 °C")
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(x[0], x[-1])
    axes.set_xlabel("time since programming [s]")
    title(axes, f"Retention ({spec.retention.model}): median and 90 % of cells")
