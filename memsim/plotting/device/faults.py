"""Cells that are stuck, as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.arrays import Crossbar
from memsim.plotting.page import title
from memsim.plotting.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_ROWS, _COLUMNS = 32, 96
_SOUND = 0.75
"""State of the sound cells, between those of stuck ones."""


def draw_faults(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the states of an array whose sound cells were set to three quarters of the window."""
    array = Crossbar(device, _ROWS, _COLUMNS, seed=seed, initial=(_SOUND, _SOUND + 1e-9), column="single")
    image = axes.imshow(array.state, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.grid(False)
    axes.set_xlabel("bit line")
    axes.set_ylabel("word line")
    faults = device.spec.faults
    kinds = {"sound cells": (1.0, _SOUND)}
    if faults is not None:
        kinds |= {"stuck off": (faults.stuck_off, 0.0), "stuck on": (faults.stuck_on, 1.0)}
        if faults.stuck_at is not None:
            kinds["stuck inside the window"] = (faults.stuck_at.share, faults.stuck_at.state)
    for name, (share, state) in kinds.items():
        if share > 0:
            axes.plot([], [], "s", color=image.cmap(state), markeredgecolor=INK, label=name)
    title(axes, "State of the cells of an array")
