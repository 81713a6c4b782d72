"""What cycles of set and reset pulses do to cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.arrays.wear import stuck_share, wrong_bits
from memsim.plotting.device.cells import BAND, row, state_style
from memsim.plotting.device.scale import conductances
from memsim.plotting.page import title
from memsim.plotting.style import line_style
from memsim.profiles.endurance import BitErrors, GrowingResistance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_POINTS = 60
_BEFORE, _AFTER = 2, 5
"""Decades of cycles that are drawn before and after the first onset."""


def draw_endurance(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the ends of the windows of cells, or with shares, against the cycles of a cell."""
    from matplotlib.ticker import NullLocator

    model = device.spec.endurance
    if isinstance(model, GrowingResistance):
        first = min(model.onset(end) for end in (model.low_resistance, model.high_resistance))
        x = first * np.logspace(-_BEFORE, _AFTER, _POINTS)
        unit = conductances(axes.yaxis, device)
        for k, start in enumerate((0.0, 1.0)):
            low, middle, high = np.percentile(_ends(device, seed, x, start), (BAND[0], 50.0, BAND[1]), axis=1) / unit
            style = state_style(k) | {"label": "upper end" if start else "lower end"}
            axes.fill_between(x, low, high, color=style["color"], alpha=0.22, linewidth=0)
            axes.plot(x, middle, **style)
        what = "Ends of the window, 90 % of cells"
    else:
        assert model is not None
        knots = [row.cycles for row in model.rows]
        x = np.geomspace(knots[0] / 10, knots[-1] * 10, _POINTS)
        if isinstance(model, BitErrors):
            shares = {"wrong bits": wrong_bits(model, x)}
        else:
            shares = {way: stuck_share(model, way.replace(" ", "_"), x) for way in ("stuck on", "stuck off")}
        for k, (name, share) in enumerate(shares.items()):
            axes.plot(x, 100 * share, **line_style(k) | {"markevery": 8, "markersize": 3}, label=name)
        axes.set_ylabel("share [%]")
        what = "Wrong bits" if isinstance(model, BitErrors) else "Stuck cells"
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(x[0], x[-1])
    axes.set_xlabel("cycles of a cell")
    title(axes, f"Endurance: {what[0].lower()}{what[1:]}")


def _ends(device: DeviceProfile, seed: int, cycles: np.ndarray, start: float) -> np.ndarray:
    """Conductances of cells at an end of their windows after some cycles [S], (cycles, cell)."""
    array = row(device, seed, start)
    found, before = [], 0.0
    for count in cycles:
        array.wear(float(count - before))
        before = count
        found.append(array.conductance.values[0])
    return np.array(found)
