"""Cells of one device for its figure, with all of its spreads or some of them left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.arrays import Crossbar
from memsim.plotting.style import line_style
from memsim.profiles.updates import BinaryUpdate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

CELLS = 512
"""Cells that a band or a standard deviation stands for."""
BAND = (5.0, 95.0)
"""Percentiles that a band spans."""
_NEARLY = 1e-9
_SHADES = (0, 1, 3)


def column(device: DeviceProfile, seed: int, *, count: int = CELLS) -> Crossbar:
    """Fresh cells at w = 0 in one column, which a single input with all rows pulses alike."""
    return Crossbar(device, count, 1, seed=seed, initial=(0.0, _NEARLY), column="single")


def row(device: DeviceProfile, seed: int, state: float, *, count: int = CELLS) -> Crossbar:
    """Cells at one state w side by side, each with an output of its own; those that need it are programmed there."""
    state = min(state, 1 - _NEARLY)
    array = Crossbar(device, 1, count, seed=seed, initial=(state, state + _NEARLY), column="single")
    return array.program(np.full((1, 1), state), algorithm="model") if array.planned else array


def without(device: DeviceProfile, *paths: str) -> DeviceProfile:
    """The device without some of its optional sections."""
    there = {path: None for path in paths if device.document.get(path) is not None}
    return device.replace(there) if there else device


def states_of(device: DeviceProfile) -> tuple[float, ...]:
    """States of the cells that are shown where one curve a state is drawn, as shares of the window."""
    return (0.0, 1.0) if isinstance(device.spec.update, BinaryUpdate) else (0.1, 0.5, 0.9)


def state_style(number: int) -> dict[str, Any]:
    """Line of one of the states: solid, as dashes hide noise, in colours that are dark, middle and light in grey."""
    return {"color": line_style(_SHADES[number])["color"], "linestyle": "-"}


def mark_states(axes: Axes, device: DeviceProfile) -> None:
    """Entries of the legend for the states, which panels share."""
    for number, state in enumerate(states_of(device)):
        axes.plot([], [], **state_style(number), label=f"cell at {100 * state:.0f} % of the window")
