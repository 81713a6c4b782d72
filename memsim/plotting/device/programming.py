"""Error of cells that are programmed once: how far they land from their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.arrays import Crossbar
from memsim.plotting.device.cells import CELLS, without
from memsim.plotting.device.scale import scaled
from memsim.plotting.page import title
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.profiles import DeviceProfile

_TARGETS = np.linspace(0.0, 1.0, 21)


def landed(device: DeviceProfile, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Targets [S], and the conductances that cells have after programming [S], (target, cell)."""
    array = Crossbar(without(device, "variability.d2d", "faults"), CELLS, len(_TARGETS), seed=seed, column="single")
    array.program(_TARGETS, algorithm="model")
    low, high = array.window
    return low + _TARGETS * (high - low), array.conductance.values.T


def draw_programming(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the standard deviation of the programming error against the target."""
    targets, found = landed(device, seed)
    sigmas = (found - targets[:, None]).std(1)
    style = line_style(0)
    x = targets / scaled(axes.xaxis, "target conductance", "S", float(targets.max()))
    y = sigmas / scaled(axes.yaxis, "sigma after programming", "S", float(sigmas.max()))
    axes.plot(x, y, color=style["color"], marker=style["marker"], label=f"over {CELLS} cells")
    fit_limits(axes, foot=0)
    title(axes, f"Programming error ({device.spec.programming.model})")  # type: ignore[union-attr]
