"""Read noise: what single cells give from read to read, and how its size goes with the conductance."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from memsim.errors import RetentionWarning
from memsim.plotting.device.cells import CELLS, mark_states, row, state_style, states_of, without
from memsim.plotting.device.scale import conductances, scaled
from memsim.plotting.page import title
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from memsim.arrays import Crossbar
    from memsim.profiles import DeviceProfile

READS = 200
AGE = 1.0
"""Time after which cells are read whose noise grows after programming [s]; assumed."""
_D2D = "variability.d2d"
_SIZES = np.linspace(0.0, 1.0, 11)


def grows(device: DeviceProfile) -> bool:
    """Whether noise grows after programming."""
    flicker = device.spec.read.flicker
    return flicker is not None and flicker.onset == "programming"


def interval_of(device: DeviceProfile) -> float:
    """Time between the reads that are drawn [s], such that what is correlated changes on the way."""
    read = device.spec.read
    if read.telegraph is not None:
        return min(read.telegraph.empty, read.telegraph.filled) / 10
    if read.flicker is not None:
        slowest = read.flicker.slowest
        if grows(device):
            slowest = min(slowest, read.flicker.reference_time + AGE)
        return float(np.sqrt(read.flicker.fastest * slowest)) / READS
    return read.duration


def trace(device: DeviceProfile, seed: int, state: float, count: int) -> np.ndarray:
    """Conductances that successive reads of cells at one state give [S], (read, cell)."""
    array = _read_cells(device, seed, state, count)
    current = array.read(np.ones((READS, 1)), interval=interval_of(device))
    return current / device.spec.read.voltage


def size(device: DeviceProfile, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over cells of a read's conductance [S], (state,)."""
    found = []
    for state in _SIZES:
        array = _read_cells(device, seed, float(state), CELLS)
        own = array.conductance.values[0]
        error = array.read(np.ones((4, 1)), interval=interval_of(device) * READS) / device.spec.read.voltage - own
        found.append((own.mean(), error.std()))
    means, sigmas = np.array(found).T
    return means, sigmas


def _read_cells(device: DeviceProfile, seed: int, state: float, count: int) -> Crossbar:
    """Cells of one state that do not differ, as old as they are read."""
    array = row(without(device, _D2D), seed, state, count=count)
    if grows(device):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RetentionWarning)
            array.wait(AGE)
    return array


def draw_reads(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with successive reads of single cells."""
    values = [trace(device, seed + k, state, 1)[:, 0] for k, state in enumerate(states_of(device))]
    unit = conductances(axes.yaxis, device)
    interval = interval_of(device)
    correlated = device.spec.read.telegraph is not None or device.spec.read.flicker is not None
    if correlated:
        x = np.arange(READS) * interval / scaled(axes.xaxis, "time", "s", READS * interval)
    else:
        x = np.arange(1.0, READS + 1)
        axes.set_xlabel("read")
    for k, reads in enumerate(values):
        axes.plot(x, reads / unit, **{**state_style(k), "linewidth": 0.8})
    mark_states(axes, device)
    axes.set_xlim(x[0], x[-1])
    title(axes, "Successive reads of single cells")


def draw_size(axes: Axes, device: DeviceProfile, seed: int) -> None:
    """Panel with the standard deviation of a read against the conductance."""
    means, sigmas = size(device, seed)
    style = line_style(0)
    x = means / conductances(axes.xaxis, device)
    y = sigmas / scaled(axes.yaxis, "sigma of a read", "S", float(sigmas.max()))
    axes.plot(x, y, color=style["color"], marker=style["marker"], label=f"over {CELLS} cells")
    fit_limits(axes, foot=0)
    title(axes, f"Read noise, {AGE:g} s after programming" if grows(device) else "Read noise")
