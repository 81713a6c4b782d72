"""Cells that are stuck, as a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.arrays import Crossbar
from memsim.plotting.page import title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_ROWS, _COLUMNS = 32, 96


def draw_faults(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the cells of an array that was set to the middle of its window."""
    array = Crossbar(device, _ROWS, _COLUMNS, seed=seed, initial=(0.5, 0.5 + 1e-9), column="single")
    axes.imshow(array.weights[0], vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.grid(False)
    axes.set_xlabel("bit line")
    axes.set_ylabel("word line")
    title(axes, "State of the cells: stuck off dark, stuck on bright")
