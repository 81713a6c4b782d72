"""Change of the conductance by one pulse, against where the cell stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.device.pulses import response
from memsim.plotting.device.scale import scaled
from memsim.plotting.page import title
from memsim.plotting.style import INK, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_CELLS = 4096
_NEAR = 1e-3


def draw_steps(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the mean step of set and reset pulses, taken from the mean of cells that were all pulsed alike."""
    numbers, found = response(device, seed, _CELLS)
    mean = found.mean(1)
    steps = np.diff(mean) / np.diff(numbers)
    # A step that the window's end cuts short says nothing about the model.
    window = device.spec.conductance
    ends = np.array([window.min, window.max])[:, None]
    steps[(np.abs(mean[1:] - ends) < _NEAR * window.width).any(0)] = np.nan
    x = mean[:-1] / scaled(axes.xaxis, "conductance before the pulse", "S", float(mean.max()))
    y = steps / scaled(axes.yaxis, "change by one pulse", "S", float(np.nanmax(np.abs(steps))))
    half = len(steps) if device.spec.update is not None and device.spec.update.one_sided else len(steps) // 2
    for k, (part, name) in enumerate(((slice(0, half), "set"), (slice(half, None), "reset"))):
        if len(x[part]):
            style = line_style(k)
            axes.plot(x[part], y[part], color=style["color"], linestyle=style["linestyle"], label=f"{name} pulse")
    axes.axhline(0, color=INK, linewidth=0.6)
    title(axes, "Step against state")
