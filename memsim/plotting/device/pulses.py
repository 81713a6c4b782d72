"""Conductance against pulse number: potentiation from G_min, then depression, with what varies from pulse and cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.learning import Encoding, Hebbian
from memsim.plotting.device.cells import BAND, CELLS, column, without
from memsim.plotting.device.scale import conductances
from memsim.plotting.page import title
from memsim.plotting.style import INK, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_EVERY = 300
"""Pulses a branch up to which every one is a point of the curve; beyond, so many points."""
_ONE_BY_ONE = 5000
"""Pulses a branch up to which they are given one by one; beyond, those between two points at once."""
_FEWEST = 10
"""Pulses a branch for cells that fewer would carry through."""
_TRACES = 3
_D2D = "variability.d2d"
_PER_PULSE = ("variability.c2c", "variability.per_pulse", "variability.write")


def response(device: DeviceProfile, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pulse numbers, and the conductance after each [S], (point, cell): up from w = 0 and, if the device can, down.

    Pulses go through the array like those of learning: the same models, noise and bounds.
    """
    array = column(device, seed, count=count)
    update = device.spec.update
    assert update is not None
    span = device.span
    last = max(span, _FEWEST)
    points = np.unique(np.linspace(0, last, min(last, _EVERY) + 1).round().astype(int))
    encoding = Encoding.rounded("sign" if span <= _ONE_BY_ONE else "counted")
    numbers, found = [0], [array.conductance.values[:, 0]]
    for direction in (1.0,) if update.one_sided else (1.0, -1.0):
        for pulses in np.diff(points):
            if encoding.name == "sign":
                array.train(Hebbian(rate=1.0), np.ones(count), [direction], steps=int(pulses), encoding=encoding)
            else:
                array.train(Hebbian(rate=pulses / span), np.ones(count), [direction], encoding=encoding)
            numbers.append(numbers[-1] + int(pulses))
            found.append(array.conductance.values[:, 0])
    return np.array(numbers), np.array(found)


def draw_pulses(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the mean, a band for what varies from pulse to pulse, one for cell to cell, and single cells."""
    spec = device.spec
    has_d2d = spec.variability is not None and bool(spec.variability.d2d)
    x, one_device = response(without(device, _D2D), seed, CELLS)
    varies = spec.update is not None and (spec.update.own_noise is not None or without(device, *_PER_PULSE) != device)
    unit = conductances(axes.yaxis, device)
    if has_d2d:
        _, many = response(without(device, *_PER_PULSE), seed, CELLS)
        style = line_style(3)
        low, high = np.percentile(many, BAND, axis=1) / unit
        axes.fill_between(x, low, high, color=style["color"], alpha=0.22, linewidth=0)
        axes.plot(x, low, color=style["color"], linestyle="--", linewidth=0.8, label="cell to cell, 90 %")
        axes.plot(x, high, color=style["color"], linestyle="--", linewidth=0.8)
    if varies:
        low, high = np.percentile(one_device, BAND, axis=1) / unit
        axes.fill_between(
            x, low, high, color=line_style(2)["color"], alpha=0.5, linewidth=0, label="pulse to pulse, 90 %"
        )
    if varies or has_d2d:
        _, traces = response(device, seed + 1, _TRACES)
        for k, trace in enumerate(traces.T / unit):
            axes.plot(x, trace, color=INK, linewidth=0.5, label="single cells" if k == 0 else None)
    axes.plot(x, one_device.mean(1) / unit, color=line_style(0)["color"], label="mean of a nominal cell")
    if any(name.startswith("conductance.") for name in (spec.variability.d2d if spec.variability else ())):
        for end, label in ((spec.conductance.min, "nominal window"), (spec.conductance.max, None)):
            axes.axhline(end / unit, color=INK, linewidth=0.8, linestyle=(0, (1, 3)), label=label)
    axes.set_xlim(0, x[-1])
    if spec.update is not None and spec.update.one_sided:
        title(axes, "Potentiation")
        axes.set_xlabel("set pulses")
    else:
        axes.axvline(x[-1] / 2, color=INK, linewidth=0.6, linestyle=":")
        title(axes, "Potentiation and depression")
        axes.set_xlabel("set pulses, then as many reset pulses")
