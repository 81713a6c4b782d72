"""Axes of numbers that are hard to show: ratios of both signs over many decades, settings of a sweep, and times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.rules.limits import drawn, each, finite
from memsim.plotting.style import size, text_width
from memsim.units import moment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SPREAD = 20
"""Largest over smallest value that a linear axis still shows apart."""
_LINEAR_PART = 0.6  # length of the linear part, in decades
_ROOM = {"x": 0.29, "y": 0.165}  # inch that a tick label takes
_LABEL = 0.3  # inch that a plain number takes with the distance to the next one


def ratio_axis(panels: Axes | Iterable[Axes], centre: np.ndarray, which: str = "y", *, spread: float = _SPREAD) -> None:
    """Scale, limits and ticks that keep ratios of any size readable, the same for panels that are compared.

    Linear from 0 where that tells all values apart; else symmetric-logarithmic: linear around 0, beyond it in decades.
    Everything that is drawn lies inside.

    Parameters
    ----------
    panels : Axes or iterable of Axes
        What to set.
    centre : ndarray
        The values that must be told apart.
    which : {"x", "y"}
        The axis.
    spread : float
        Largest over smallest value that may stay on a linear axis.
    """
    shown, centre = each(panels), finite(centre)
    everything = finite(centre, drawn(shown, which))
    if not len(everything):
        return
    low, high = min(0.0, float(everything.min())), max(0.0, float(everything.max()))
    largest = max(-low, high)
    sizes = np.abs(centre[centre != 0])
    smallest = float(sizes.min()) if len(sizes) else largest
    linear = largest <= (spread if low == 0 else spread / 2) * smallest
    threshold = 10.0 ** math.floor(math.log10(min(max(smallest, min(1.0, largest / 10)), largest))) if largest else 1.0
    room = 0.06 * (high - low)
    for axes in shown:
        set_limits = getattr(axes, f"set_{which}lim")
        if largest == 0:
            set_limits(-0.05, 1.05)
        elif linear:
            set_limits(low - room if low < 0 else 0.0, high + room if high > 0 else 0.0)
        else:
            _symlog(axes, which, low, high, threshold)
        if low < 0 < high:
            getattr(axes, "axhline" if which == "y" else "axvline")(0, color="0.5", linewidth=0.6, zorder=1)


def _symlog(axes: Axes, which: str, low: float, high: float, threshold: float) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    getattr(axes, f"set_{which}scale")("symlog", linthresh=threshold, linscale=_LINEAR_PART)

    def place(value: float) -> float:
        """Where a value lies on the axis, in decades from 0."""
        size = abs(value) / threshold
        return math.copysign(_LINEAR_PART * size if size <= 1 else _LINEAR_PART + math.log10(size), value)

    def value_at(place: float) -> float:
        if abs(place) <= _LINEAR_PART:
            return place / _LINEAR_PART * threshold
        return math.copysign(10.0 ** min(abs(place) - _LINEAR_PART + math.log10(threshold), 307.0), place)

    room = 0.05 * (place(high) - place(low))
    low, high = (value_at(place(low) - room) if low < 0 else 0.0), (value_at(place(high) + room) if high > 0 else 0.0)
    getattr(axes, f"set_{which}lim")(low, high)
    ticks = _decades(axes, which, low, high, threshold, place)
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([power(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def _decades(
    axes: Axes, which: str, low: float, high: float, threshold: float, place: Callable[[float], float]
) -> list[float]:
    """0 and as many powers of ten, on both sides, as have room for their labels."""
    length = size(axes)[which == "y"]
    room = _ROOM[which] * (place(high) - place(low)) / length
    stride = max(1, math.ceil(room))
    decades = range(round(math.log10(threshold)), math.floor(math.log10(max(-low, high)) + 1e-9) + 1)
    powers = [10.0**k for k in decades[::stride] if place(10.0**k) >= room]
    return sorted({0.0, *(sign * size for size in powers for sign in (-1, 1) if low <= sign * size <= high)})


def power(value: float) -> str:
    """Label of a power of ten, in full from 0.001 to 100."""
    if value == 0 or 0.0009 < abs(value) < 999:
        return f"{value:g}".replace("-", "−")
    sign = "-" if value < 0 else ""
    return rf"$\mathdefault{{{sign}10^{{{round(math.log10(abs(value)))}}}}}$"


def setting_axis(axes: Axes, values: Sequence[float]) -> None:
    """Horizontal axis of a numeric setting, logarithmic where its positive values span more than a factor of 30."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    given = sorted(set(finite(np.asarray(values, float)).tolist()))
    positive = [value for value in given if value > 0]
    if len(given) < 2:
        axes.xaxis.set_major_locator(FixedLocator(given))
        axes.xaxis.set_major_formatter(FixedFormatter([_short(value) for value in given]))
        return
    if not positive or positive[-1] <= 30 * positive[0]:
        room = 0.06 * (given[-1] - given[0])
        axes.set_xlim(given[0] - room, given[-1] + room)
        return
    factor = (positive[-1] / positive[0]) ** 0.06
    if given[0] <= 0:
        axes.set_xscale("symlog", linthresh=positive[0], linscale=0.5)
        axes.set_xlim(factor * given[0] if given[0] < 0 else -0.25 * positive[0], factor * positive[-1])
    else:
        axes.set_xscale("log")
        axes.set_xlim(positive[0] / factor, factor * positive[-1])
    zero = [0.0] if given[0] == 0 else []
    decades = range(math.floor(math.log10(positive[0])), math.ceil(math.log10(positive[-1])) + 1)
    round_ = all(float(f"{value:.2g}") == value for value in given)
    choices = [given] if given[0] >= 0 and round_ else []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**k for k in decades for step in steps]
        choices.append(zero + [t for t in ticks if 0.999 * positive[0] <= t <= 1.001 * positive[-1]])
    for stride in (2, 3):
        choices.append([10.0**k for k in decades[::stride]])
    chosen = next((ticks for ticks in choices if len(ticks) > 1 and _apart(axes, ticks)), choices[-1])
    axes.xaxis.set_major_locator(FixedLocator(chosen))
    axes.xaxis.set_major_formatter(FixedFormatter([_short(value) for value in chosen]))
    axes.xaxis.set_minor_locator(NullLocator())


def time_axis(axes: Axes, seconds: np.ndarray, label: str = "") -> None:
    """Horizontal axis of times [s], with ticks at the times themselves as far as their names do not touch."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    setting_axis(axes, seconds.tolist())
    scale = {"log": " (logarithmic)", "symlog": " (logarithmic beyond 0)"}.get(axes.get_xscale(), "")
    axes.set_xlabel(label or f"time since the end of the programming{scale}")
    inch = size(axes)[0]
    low, high = axes.transData.transform([(x, 0) for x in axes.get_xlim()])[:, 0]
    ends = []
    for value in seconds:
        place = axes.transData.transform((value, 0))[0] * inch / (high - low)
        half = text_width(moment(float(value))) / 2 + 0.04
        ends.append((place - half, place + half))
    ticks: list[float] = []
    end = -np.inf
    for value, (first, last) in zip(seconds, ends, strict=True):  # the last time has its tick in any case
        if value == seconds[-1] or (first >= end and last <= ends[-1][0]):
            ticks.append(float(value))
            end = last
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([moment(tick) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())


def plain_log_axis(axes: Axes, which: str) -> None:
    """Logarithmic axis of few decades, with ticks at 1, 2 and 5 times powers of ten, written as plain numbers.

    It stays linear where the largest value is less than five times the smallest.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    low, high = getattr(axes.dataLim, f"interval{which}")
    if not 0 < 5 * low <= high:
        return
    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def logarithmic_axis(axes: Axes, which: str) -> None:
    """Logarithmic axis with as many plain numbers as have room, linear where values differ less than fivefold."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    low, high = getattr(axes.dataLim, f"interval{which}")
    if not 0 < 5 * low <= high:
        return
    getattr(axes, f"set_{which}scale")("log")
    room = size(axes)[which == "y"] / (_LABEL if which == "x" else _ROOM["y"])
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**k for k in decades for step in steps if low <= step * 10.0**k <= high]
        if len(ticks) <= room:
            break
    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([_short(tick) for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def mark_break(axes: Axes) -> None:
    """Two strokes across the foot of the vertical axis, if it begins above 0."""
    if axes.get_ylim()[0] <= 0:
        return
    step = 0.04 / size(axes)[1]
    options: dict[str, Any] = {
        "color": "black",
        "linewidth": 0.8,
        "clip_on": False,
        "zorder": 5,
        "transform": axes.transAxes,
    }
    for place in (1.5 * step, 2.5 * step):
        half = 0.05 / size(axes)[0]
        axes.plot((-half, half), (place - 0.6 * step, place + 0.6 * step), **options)


def _apart(axes: Axes, ticks: Sequence[float]) -> bool:
    """Whether the labels of these ticks of the horizontal axis do not touch."""
    length = size(axes)[0]
    low, high = axes.transData.transform([(x, 0) for x in axes.get_xlim()])[:, 0]
    places = axes.transData.transform([(tick, 0) for tick in ticks])[:, 0] * length / (high - low)
    halves = [text_width(_short(tick)) / 2 + 0.03 for tick in ticks]
    return all(places[i + 1] - places[i] > halves[i] + halves[i + 1] for i in range(len(ticks) - 1))


def _short(value: float) -> str:
    if value == 0 or 0.0001 <= abs(value) < 1e4:
        return f"{value:g}"
    digits, exponent = f"{value:.1e}".split("e")
    factor = "" if digits == "1.0" else rf"{float(digits):g}\times"
    return rf"$\mathdefault{{{factor}10^{{{int(exponent)}}}}}$"
