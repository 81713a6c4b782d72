"""Limits of axes: everything that is drawn lies inside them, and panels that are compared share them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM = 0.05
"""Room beyond everything that is drawn, as a share of its extent."""
COMPARABLE = 10.0
"""Largest over smallest extent of panels that still share a scale; a smaller one would be hard to see in it."""


def finite(*values: Iterable[float] | np.ndarray | float) -> np.ndarray:
    """All finite numbers among some arrays, in one row."""
    flat = np.concatenate([np.ravel(np.asarray(v, float)) for v in values]) if values else np.empty(0)
    return flat[np.isfinite(flat)]


def each(panels: Axes | Iterable[Axes]) -> list[Axes]:
    """A list of panels, also of a single one."""
    return list(panels) if isinstance(panels, Iterable) else [panels]


def drawn(panels: Axes | Iterable[Axes], which: str = "y") -> np.ndarray:
    """Lowest and highest coordinate of lines, bars, bands and intervals in some panels; empty where nothing is drawn.

    Parameters
    ----------
    panels : Axes or iterable of Axes
        Where to look. Texts and lines across a panel do not count in the direction in which they have no coordinate.
    which : {"x", "y"}
        The axis. On a logarithmic one, only numbers above 0 count.
    """
    return finite(*(_drawn(axes, which) for axes in each(panels)))


def _drawn(axes: Axes, which: str) -> np.ndarray:
    low, high = np.sort(getattr(axes.dataLim, f"interval{which}"))
    if getattr(axes, f"get_{which}scale")() == "log":
        low = getattr(axes.dataLim, f"minpos{which}")
    return np.array([low, high]) if low <= high < np.inf and low > -np.inf else np.empty(0)


def fit_limits(
    panels: Axes | Iterable[Axes],
    which: str = "y",
    *,
    reach: Sequence[float] = (),
    foot: float | None = None,
    room: float = ROOM,
) -> None:
    """Give panels the same limits, a little beyond everything that is drawn in any of them.

    Parameters
    ----------
    panels : Axes or iterable of Axes
        One panel, or those that are compared. They have the same scale, linear or logarithmic.
    which : {"x", "y"}
        The axis.
    reach : sequence of float
        Values that the axis reaches whatever is drawn.
    foot : float, optional
        Value on which bars or curves stand: the axis ends there if nothing lies below it.
    room : float
        Room beyond both ends, as a share of the extent.
    """
    shown = each(panels)
    values = finite(drawn(shown, which), reach, () if foot is None else [foot])
    if not shown or not len(values):
        return
    logarithmic = getattr(shown[0], f"get_{which}scale")() == "log"
    places = np.log10(values[values > 0]) if logarithmic else values
    if not len(places):
        return
    low, high = float(places.min()), float(places.max())
    extra = room * (high - low) or max(room * abs(high), room)
    ends = low if foot == low else low - extra, high + extra
    for axes in shown:
        getattr(axes, f"set_{which}lim")(*(10.0**end if logarithmic else end for end in ends))


def comparable(extents: Sequence[float]) -> bool:
    """Whether things of these extents can be seen on one scale; extents of 0 do not count."""
    positive = [extent for extent in extents if extent > 0]
    return not positive or max(positive) <= COMPARABLE * min(positive)


def beyond(values: Any, low: float, high: float) -> float:
    """Share of the finite values that lie outside a range."""
    known = finite(values)
    return float(np.mean((known < low) | (known > high))) if len(known) else 0.0


def percent(share: float) -> str:
    """A share in percent, with as many digits as tell it from 0 and from 100 %."""
    if share == 0 or share == 1:
        return f"{100 * share:.0f} %"
    return "under 0.1 %" if share < 0.001 else "over 99.9 %" if share > 0.999 else f"{100 * share:.2g} %"
