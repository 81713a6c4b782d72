"""Points of accuracy against energy: networks on crossbars and in a digital processor, and the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.document.writer import show
from memsim.plotting.curves import named
from memsim.plotting.members import Member
from memsim.plotting.style import INK, learner_style
from memsim.tasks.classify.figures.energy_parts import setting_words, value_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHORT = 2
"""Characters of a value that fit into a marker."""
_WIDE = {"o": 8.5, "s": 8.0, "D": 7.5, "p": 10.0, "h": 9.5, "8": 9.0}
"""Markers with room for a text, and their sizes [point]."""


class Point(NamedTuple):
    """A learner: its energy with the ends of its range, and its accuracy with those of its interval [%]."""

    energy: np.ndarray
    accuracy: np.ndarray

    def times(self, factor: float) -> Point:
        """The same in another unit of energy."""
        return self._replace(energy=factor * self.energy)


def front_of(energies: np.ndarray, accuracies: np.ndarray) -> list[int]:
    """Places of the points of which no other is at least as accurate with less energy, by rising energy.

    Parameters
    ----------
    energies, accuracies : (point,)
        Means.
    """
    best, front = -np.inf, []
    for place in np.lexsort((-accuracies, energies)).tolist():
        if accuracies[place] > best:
            best = accuracies[place]
            front.append(place)
    return front


def draw_front(axes: Axes, points: Sequence[Point]) -> None:
    """Line through the points that no other beats."""
    energies, accuracies = np.array([(point.energy[0], point.accuracy[0]) for point in points]).T
    front = front_of(energies, accuracies)
    axes.plot(energies[front], accuracies[front], color=INK, linewidth=1.2, linestyle="--", zorder=1.6)


def first_and_others(shown: Sequence[Member]) -> tuple[list[str], list[str]]:
    """Values of the first swept setting, and those of the others in words; empty unless a marker can show the first.

    It can if one learner is swept over several settings, and all values of the first have one or two characters.
    """
    keys = list(dict.fromkeys(key for member in shown for key in member.values))
    if len(keys) < 2 or len({member.name for member in shown}) > 1:
        return [], []
    if any(len(member.values) != len(keys) for member in shown):
        return [], []
    firsts = [show(member.values[keys[0]]) for member in shown]
    others = [", ".join(value_words(key, member.values[key]) for key in keys[1:]) for member in shown]
    return (firsts, others) if max(map(len, firsts)) <= _SHORT else ([], [])


def draw_points(axes: Axes, points: Sequence[Point], shown: Sequence[Member]) -> str:
    """Points of learners, and what the texts in their markers mean.

    In a sweep over several settings, the first value stands in the marker; colour and marker tell the others, and a
    line joins the points in which these are equal.
    """
    firsts, others = first_and_others(shown)
    if not firsts:
        for number, (point, member) in enumerate(zip(points, shown, strict=True)):
            _draw_point(axes, point, learner_style(number), member.label)
        return ""
    for number, other in enumerate(dict.fromkeys(others)):
        style = learner_style(number) | {"marker": list(_WIDE)[number % len(_WIDE)]}
        places = [place for place, own in enumerate(others) if own == other]
        line = [(points[place].energy[0], points[place].accuracy[0]) for place in places]
        axes.plot(*np.transpose(line), color=style["color"], linewidth=0.8, alpha=0.7, zorder=1.7)
        for place in places:
            _draw_point(axes, points[place], style, other if place == places[0] else "", firsts[place])
    return f"numbers in markers: {setting_words(next(iter(shown[0].values)))}"


def draw_processor(axes: Axes, point: Point, label: str) -> None:
    """A network in a digital processor: a star with the range of its energy."""
    axes.hlines(point.accuracy[0], *point.energy[1:], color=INK, linewidth=0.8)
    _draw_point(axes, point, {"color": INK, "marker": "*"}, label)


def _draw_point(axes: Axes, point: Point, style: dict[str, Any], label: str, text: str = "") -> None:
    """A point with its interval, and a text in its marker."""
    (energy, *_), (accuracy, *interval) = point
    axes.vlines(energy, *interval, color=style["color"], linewidth=0.8, alpha=0.8, zorder=1.5)
    options: dict[str, Any] = {"label": named(label)} if label else {}
    size = _WIDE[style["marker"]] if text else 9.0 if style["marker"] == "*" else 6.0
    rim: dict[str, Any] = {
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
        "markersize": size,
        "linestyle": "none",
        "zorder": 3,
    }
    axes.plot([energy], [accuracy], **style, **rim, **options)
    if text:
        ink = "black" if _light(style["color"]) else "white"
        options = {"ha": "center", "va": "center_baseline", "fontsize": 6, "color": ink, "zorder": 4}
        axes.text(energy, accuracy, text, **options)


def _light(colour: str) -> bool:
    """Whether black is easier to read on a colour than white."""
    from matplotlib.colors import to_rgb

    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114))) > 0.6
