"""What figures of energy share: units, stacked bars by part, and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.document.writer import show
from memsim.energy.cost import PARTS
from memsim.plotting.curves import named
from memsim.plotting.members import Member
from memsim.plotting.rules.limits import finite
from memsim.plotting.style import INK, bar_style, fitted
from memsim.units import format_quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST = 0.05
"""Share of a total from which on a part has a colour of its own."""
_NEVER = ("half-selected cells", "bit lines")
"""Parts that pulses alone use."""
STYLES: Mapping[str, dict[str, Any]] = {
    part: bar_style(number) for number, part in enumerate(part for part in PARTS if part not in _NEVER)
}
"""The look of each part of an inference."""
_REST = {"facecolor": "white", "edgecolor": INK, "linewidth": 0.5}


def unit_for(values: Any, unit: str = "J") -> tuple[float, str]:
    """Factor and unit in which the largest of some values has one to three digits before the point."""
    largest = float(finite(values).max(initial=0.0)) or 1.0
    number, _, symbol = format_quantity(largest, unit).partition(" ")
    return float(number) / largest, symbol.replace("u", "µ", 1)


def draw_stack(
    axes: Axes, parts: np.ndarray, names: Sequence[str], styles: Mapping[str, dict[str, Any]], least: float = LEAST
) -> None:
    """A lying bar for each row of parts (row, part); parts that are small in all rows, but cells, share one colour.

    Parameters
    ----------
    axes : Axes
        Where to draw; the first row is at the height 0.
    parts : (row, part)
        Numbers; NaN where a row does not have a part.
    names : sequence of str
        Names of the parts.
    styles : mapping of str to dict
        Look of each part; one without a style belongs to the small ones.
    least : float
        Share of a row from which on a part has its own colour.
    """
    values = np.nan_to_num(parts)
    totals = values.sum(axis=1, keepdims=True)
    shares = np.divide(values, totals, out=np.zeros_like(values), where=totals > 0).max(axis=0, initial=0.0)
    large = [
        place
        for place, name in enumerate(names)
        if name in styles and shares[place] >= (0.0 if name == "cells" else least)
    ]
    rest = [place for place in range(len(names)) if place not in large]
    layers = [(names[place], values[:, place], styles[names[place]]) for place in large]
    layers.append((f"others, each below {100 * least:.0f} %", values[:, rest].sum(axis=1), _REST))
    left = np.zeros(len(values))
    for name, widths, style in layers:
        if widths.any():
            axes.barh(np.arange(len(values)), widths, left=left, height=0.7, label=named(name), **style)
            left = left + widths


def draw_ranges(axes: Axes, ends: np.ndarray, places: Sequence[float] | np.ndarray) -> None:
    """Lying whiskers between ends (row, 2), with a white rim that shows on dark bars."""
    for colour, wider in (("white", 1.6), ("black", 0.0)):
        axes.hlines(places, *ends.T, color=colour, linewidth=0.9 + wider)
        for end in ends.T:
            axes.plot(end, places, "|", markersize=4, markeredgewidth=0.9 + wider, color=colour)


def rows_of(axes: Axes, labels: Sequence[str], width: float) -> None:
    """Rows with labels that fit into a width [inch], the first one at the top."""
    axes.set_yticks(range(len(labels)), [fitted(text, width) for text in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")


def value_words(key: str, value: Any) -> str:
    """A swept value in a few words, such as "5 bits" or "tile 64 x 64"."""
    last = key.rpartition(".")[2]
    if last == "bits":
        converter = key.split(".")[-2].upper()
        return f"{converter} {show(value)} bits"
    if isinstance(value, list | tuple):
        return f"{last} {' x '.join(map(show, value))}"
    return f"{last} {show(value)}"


def short_labels(shown: Sequence[Member]) -> list[str]:
    """Labels of learners without the name that all of them share."""
    names = {member.name for member in shown}
    labels = []
    for member in shown:
        words = [value_words(key, value) for key, value in member.values.items() if not key.endswith("array.device")]
        labels.append(", ".join([*([member.name] if len(names) > 1 or not words else []), *words]))
    return labels
