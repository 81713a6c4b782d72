"""Rows of figures: where they lie, their labels, stacked bars of parts of hardware, and ranges beside the bars."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.curves import named
from memsim.plotting.parts import PART_STYLES, SMALL_PARTS, part_label
from memsim.plotting.style import INK, fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.6
"""Distance between groups beyond that of rows, in rows."""
_BAR, _WHISKER = 0.5, 0.34
"""Height of a bar with a whisker below it, and distance of the whisker from the middle of the row, in rows."""


def grouped(keys: Sequence[Hashable]) -> tuple[list[int], np.ndarray]:
    """Rows with equal keys one after the other, and gaps between such groups.

    Parameters
    ----------
    keys : sequence
        Group of each row.

    Returns
    -------
    order : list of int
        Numbers of the rows from the top to the bottom; groups are in the order of their first rows.
    heights : (row,)
        Where the rows in this order lie, from 0 downwards. Groups of one row each have no gaps.
    """
    groups = list(dict.fromkeys(keys))
    order = sorted(range(len(keys)), key=lambda number: groups.index(keys[number]))
    gap = GAP if len(groups) < len(keys) else 0.0
    return order, np.array([place + gap * groups.index(keys[number]) for place, number in enumerate(order)])


def label_rows(axes: Axes, heights: np.ndarray, labels: Sequence[str], width: float) -> None:
    """Rows with labels that fit into a width [inch], the first one at the top, and lines between groups."""
    axes.set_yticks(heights, [fitted(text, width) for text in labels])
    axes.set_ylim(heights[-1] + 0.6, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    for place in np.flatnonzero(np.diff(heights) > 1):
        middle = (heights[place] + heights[place + 1]) / 2
        axes.axhline(middle, color=INK, linewidth=0.5, linestyle=(0, (1, 2)), zorder=0.5)


def draw_parts(
    axes: Axes,
    heights: np.ndarray,
    parts: np.ndarray,
    names: Sequence[str],
    least: float,
    *,
    large: Sequence[int] | None = None,
    whiskers: bool = False,
) -> None:
    """A lying bar for each row of parts (row, part); parts that are small in all rows, but cells, share one colour.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    heights : (row,)
        Where the rows lie.
    parts : (row, part)
        Numbers; NaN where a row does not have a part.
    names : sequence of str
        Names of the parts.
    least : float
        Share of a row from which on a part has its own colour.
    large : sequence of int, optional
        Numbers of the parts with their own colours, where other bars have a say in it.
    whiskers : bool
        Whether bars leave room for whiskers below them.
    """
    large = large_parts(parts, names, least) if large is None else large
    values = np.nan_to_num(parts)
    rest = [place for place in range(len(names)) if place not in large]
    layers = [(part_label(names[place]), values[:, place], PART_STYLES[names[place]]) for place in large]
    layers.append((others(least), values[:, rest].sum(axis=1), SMALL_PARTS))
    height, lift = (_BAR, 0.09) if whiskers else (0.7, 0.0)
    left = np.zeros(len(values))
    for name, widths, style in layers:
        if widths.any():
            axes.barh(heights - lift, widths, left=left, height=height, label=named(name), **style)
            left = left + widths


def others(least: float) -> str:
    """How legends name all small parts together."""
    return f"others, each below {100 * least:g} %"


def large_parts(parts: np.ndarray, names: Sequence[str], least: float) -> list[int]:
    """Numbers of the parts (row, part) that are cells, or have at least a share in any row."""
    values = np.nan_to_num(parts)
    totals = values.sum(axis=1, keepdims=True)
    shares = np.divide(values, totals, out=np.zeros_like(values), where=totals > 0).max(axis=0, initial=0.0)
    return [place for place, name in enumerate(names) if shares[place] >= (0.0 if name == "cells" else least)]


def draw_ranges(axes: Axes, heights: np.ndarray, ends: np.ndarray, *, below: bool = False) -> None:
    """Lying whiskers between ends (row, 2), in the middle of each row or below its bar."""
    places = heights + (_WHISKER if below else 0.0)
    axes.hlines(places, *ends.T, color="black", linewidth=0.9)
    for end in ends.T:
        axes.plot(end, places, "|", markersize=4, markeredgewidth=0.9, color="black")
