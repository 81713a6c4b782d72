"""Images as panels with a scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.page import panel, title
from memsim.plotting.style import SMALL, fitted, plain, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY: Mapping[str, Any] = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0}
BAR = 0.42
"""Room that the scale beside a picture takes [inch]."""


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
