"""Means over images with their 95 % intervals as curves and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.intervals import over_images
from memsim.memorise_schema import MemoriseSpec
from memsim.variables import VARIABLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LINES = 24
"""Learners that a figure of curves shows at most."""


def means(name: str, values: np.ndarray, settings: MemoriseSpec) -> np.ndarray:
    """Mean and 95 % interval over the second axis, (mean-low-high, learner, ...); NaN where the mean is not finite.

    Parameters
    ----------
    name : str
        A variable of a result.
    values : (learner, image, ...)
        Its values.
    settings : MemoriseSpec
        Seed and number of resamples, so that the intervals are those of the result.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        columns = np.moveaxis(np.asarray(values, float), 1, 0)[:, None]
        intervals = np.stack(over_images(columns, [VARIABLES[name]], settings.seed, settings.resamples))[:, 0]
    return np.where(np.isfinite(intervals), intervals, np.nan)


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
