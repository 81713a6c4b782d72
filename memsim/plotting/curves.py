"""Means over images with their 95 % intervals as curves and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LINES = 24
"""Learners that a figure of curves shows at most."""


def curve(axes: Axes, x: np.ndarray, found: np.ndarray, style: dict[str, Any], label: str | None = None) -> Any:
    """A line through means (mean-low-high, x) with its band; a single point gets a bar. Returns the line."""
    (line,) = axes.plot(x, found[0], label=label, **style)
    if len(x) == 1:
        bars(axes, x, found, style["color"])
    else:
        axes.fill_between(x, found[1], found[2], color=style["color"], alpha=0.16, linewidth=0)
    return line


def named(name: object) -> str:
    """Label of a learner's line; a blank keeps matplotlib from hiding names that begin with '_'."""
    return f" {name}"


def bars(axes: Axes, x: np.ndarray, found: np.ndarray, color: str, *, across: bool = False) -> None:
    """Intervals as thin bars: upright at x, or lying at the height x."""
    draw = axes.hlines if across else axes.vlines
    draw(x, found[1], found[2], color=color, linewidth=1.0)


def point(style: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A style without its line."""
    return {**style, "linestyle": "none", **changes}
