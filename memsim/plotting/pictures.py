"""Images as panels with a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import panel, title
from memsim.plotting.rules.colours import ColourRange
from memsim.plotting.style import INK, SMALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREYS = ColourRange(0.0, 1.0)
"""Range of the grey levels of images."""
_ARROW = 0.07
"""Height of the arrow at an end of a scale beyond which there are values [inch]."""
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
    colours: ColourRange = GREYS,
    unit: str | None = None,
    cmap: str | None = "gray",
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
        Title in one or two lines, as `fitted` returns it.
    colours : ColourRange
        Values of the first and the last colour.
    unit : str, optional
        Unit of the scale.
    cmap : str, optional
        Name of the colours; None for those of maps.
    """
    left, bottom, side = box
    where = place(values.shape[0], values.shape[1], left, bottom, side)
    axes = panel(figure, *where, bare=True)
    axes.imshow(values, cmap=cmap, vmin=colours.low, vmax=colours.high, interpolation="nearest", aspect="auto")
    axes.set_axis_off()
    if text:
        title(axes, text, fontsize=SMALL)
    if unit is not None:
        colour_bar(figure, (left + where[2] + 0.06, bottom, side), colours, unit, cmap)


def colour_bar(
    figure: Figure,
    box: tuple[float, float, float],
    colours: ColourRange,
    unit: str,
    cmap: str | None = None,
    *,
    upright: bool = False,
) -> None:
    """The colours of a range from bottom to top, with unit and clipped share below or, upright, at the right.

    An arrow extends each end beyond which there are values.

    Simpler than matplotlib's, and drawn in a third of the time.

    Parameters
    ----------
    figure : Figure
        Where to draw.
    box : tuple of float
        Left and bottom end and height [inch].
    colours : ColourRange
        The range.
    unit : str
        Unit of the values.
    cmap : str, optional
        Name of the colours.
    upright : bool
        Whether the text stands upright, where there is no room below.
    """
    from matplotlib import colormaps, rcParams
    from matplotlib.patches import Polygon
    from matplotlib.ticker import MaxNLocator

    left, bottom, height = box
    axes = panel(figure, left, bottom, 0.07, height, bare=True)
    shades = np.linspace(0, 1, 128)[:, None]
    axes.imshow(shades, cmap=cmap, extent=(0, 1, colours.low, colours.high), aspect="auto", origin="lower")
    axes.set_ylim(colours.low, colours.high)
    for present, end, tip in ((colours.below, 0.0, -_ARROW), (colours.above, 1.0, _ARROW)):
        if present:
            corners = np.array([[0, end], [1, end], [0.5, end + tip / height]])
            shade = colormaps[cmap or rcParams["image.cmap"]](end)
            axes.add_patch(
                Polygon(corners, facecolor=shade, edgecolor=INK, linewidth=0.5, transform=axes.transAxes, clip_on=False)
            )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.tick_right()
    axes.tick_params(length=2, pad=2)
    axes.set_xticks([])
    if upright:
        axes.yaxis.set_label_position("right")
        axes.set_ylabel(colours.label(unit), fontsize=SMALL)
    else:
        # A long text ends at the bar's right end: below the picture, there is room for it.
        axes.set_xlabel(colours.label(unit), fontsize=SMALL, loc="right" if colours.clipped > 0 else "center")
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
