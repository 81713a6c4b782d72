"""Images and learned maps as panels with a scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.page import panel, title
from memsim.plotting.style import SMALL, fitted, plain, text_width
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY: Mapping[str, Any] = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0}
BAR = 0.42
"""Room that the scale beside a picture takes [inch]."""


def learned_map(dataset: xr.Dataset, learner: int) -> tuple[str, np.ndarray, str] | None:
    """What a learner made of the first image: "learned by" or "sensitivity of", the map, and its unit.

    The conductances of a crossbar, the sensitivity of a network; None for a model of another size.
    """
    if "example_conductance" in dataset:
        siemens = dataset.example_conductance.values[learner]
        if np.isfinite(siemens).any():
            largest = float(np.nanmax(np.abs(siemens))) or 1.0
            number, unit = format_quantity(largest, "S").split()
            return "learned by", siemens * (float(number) / largest), unit.replace("u", "µ")
    if "example_sensitivity" not in dataset:
        return None
    slope = dataset.example_sensitivity.values[learner]
    sizes = np.abs(slope[np.isfinite(slope)])
    if not len(sizes):
        return None
    exponent = math.floor(math.log10(sizes.max())) if sizes.max() > 0 else 0
    if -1 <= exponent <= 2:
        exponent = 0
    unit = rf"$\times\,10^{{{exponent}}}$" if exponent else ""
    return "sensitivity of", np.where(np.isfinite(slope), slope / 10.0**exponent, np.nan), unit


def place(rows: int, columns: int, left: float, bottom: float, side: float) -> tuple[float, float, float, float]:
    """Where an image of this shape lies in the middle of a square: left, bottom, width, height [inch]."""
    wide, tall = (side * max(0.08, min(1.0, ratio)) for ratio in (columns / rows, rows / columns))
    return left, bottom + (side - tall) / 2, wide, tall


def picture(
    figure: Figure,
    box: tuple[float, float, float],
    values: np.ndarray,
    text: str,
    unit: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """An image in a square of the figure, with a title and, if a unit is given, a scale at its right.

    Parameters
    ----------
    figure : Figure
        Where to draw.
    box : tuple of float
        Left and bottom end and side of the square [inch].
    values : (y, x)
        The image.
    text : str
        Title; cut to the width of the square and its scale.
    unit : str, optional
        Unit of the scale.
    options : mapping, optional
        For ``imshow``.
    """
    left, bottom, side = box
    look = dict(options or {})
    where = place(values.shape[0], values.shape[1], left, bottom, side)
    axes = panel(figure, *where, bare=True)
    axes.imshow(values, interpolation="nearest", aspect="auto", **look)
    axes.set_axis_off()
    if text:
        room = side + (BAR if unit is not None else 0) - 0.02
        size = next((size for size in (SMALL, 6.5) if text_width(plain(text), size) <= room), 6.0)
        title(axes, fitted(text, room, size), fontsize=size)
    if unit is not None:
        shown = values[np.isfinite(values)]
        bar = panel(figure, left + where[2] + 0.06, bottom, 0.07, side, bare=True)
        _scale(bar, look.get("vmin", shown.min()), look.get("vmax", shown.max()), unit, look.get("cmap"))


def _scale(axes: Axes, low: float, high: float, unit: str, cmap: str | None) -> None:
    """The colours from low to high; simpler than a colour bar, and drawn in a third of the time."""
    from matplotlib.ticker import MaxNLocator

    if not high > low:
        low, high = low - 0.5, high + 0.5
    colours = np.linspace(0, 1, 128)[:, None]
    axes.imshow(colours, cmap=cmap, extent=(0, 1, float(low), float(high)), aspect="auto", origin="lower")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.tick_right()
    axes.tick_params(length=2, pad=2)
    axes.set_xticks([])
    axes.set_xlabel(unit, fontsize=SMALL)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
