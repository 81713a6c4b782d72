"""Current against voltage: of a cell that keeps its state, and loops of cells that a voltage moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.device.cells import mark_states, row, state_style, states_of, without
from memsim.plotting.device.scale import scaled
from memsim.plotting.page import title
from memsim.plotting.style import line_style
from memsim.profiles.hysteresis import Loop, hysteresis
from memsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_REACH = 2.0
"""Largest voltage, in read voltages."""
_SWING = 0.5
"""Share of the state's range that the slower loop passes through."""
_TRIES, _FINER = 96, 10**0.125


def draw_current(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the current of cells of some states."""
    x = np.linspace(-_REACH, _REACH, 81)
    quiet = without(device, "variability.d2d", "read.noise", "read.telegraph", "read.flicker", "faults")
    found = []
    for state in states_of(device):
        array = row(quiet, seed, state, count=1)
        found.append(array.output(x[:, None], noise=False)[:, 0] * array.full_scale)
    unit = scaled(axes.yaxis, "current", "A", float(np.max(np.abs(found))))
    voltage = x * device.spec.read.voltage
    size = scaled(axes.xaxis, "voltage", "V", float(voltage[-1]))
    for k, current in enumerate(found):
        axes.plot(voltage / size, current / unit, **state_style(k))
    mark_states(axes, device)
    axes.set_xlim(voltage[0] / size, voltage[-1] / size)
    title(axes, f"Current ({device.spec.conduction.model})")  # type: ignore[union-attr]


def loops(device: DeviceProfile) -> tuple[float, Loop, Loop]:
    """A frequency [Hz], the second period of the loop at which the state moves far, and of that ten times as fast."""
    update = device.spec.update
    assert update is not None and update.set is not None and update.reset is not None
    amplitude = max(abs(update.set.voltage), abs(update.reset.voltage))
    frequency = 10 / update.set.width
    for _ in range(_TRIES):
        slow = hysteresis(device, amplitude, frequency)
        if np.ptp(slow.state) >= _SWING:
            break
        frequency /= _FINER
    return frequency, _last(slow), _last(hysteresis(device, amplitude, 10 * frequency))


def _last(loop: Loop) -> Loop:
    half = len(loop.time) // 2
    return Loop(*(part[half:] for part in loop))


def draw_loops(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the current of the nominal cell under a sinusoidal voltage, slow and ten times as fast."""
    frequency, *found = loops(device)
    unit = scaled(axes.yaxis, "current", "A", max(float(np.abs(loop.current).max()) for loop in found))
    size = scaled(axes.xaxis, "voltage", "V", float(np.abs(found[0].voltage).max()))
    for k, (loop, factor) in enumerate(zip(found, (1, 10), strict=True)):
        label = f"sine of {format_quantity(frequency * factor, 'Hz', 2)}"
        colour, dashes = line_style(1 + 2 * k)["color"], ("-", "--")[k]
        axes.plot(loop.voltage / size, loop.current / unit, color=colour, linestyle=dashes, label=label)
    title(axes, "Current under a sinusoidal voltage")
