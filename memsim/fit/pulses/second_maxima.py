"""Intervals of a fit whose likelihood has several maxima: a profile likelihood over them.

Few trains leave open where they begin (`memsim.fit.pulses.beginnings`). Where trains stop before an end of the window,
steps that fall off slowly towards a near end and steps that fall off fast towards a far one explain the reads nearly as
well. A ridge of the likelihood does not lead from one to the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from memsim.fit.criteria import DROP95
from memsim.fit.pulses.beginnings import maxima
from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.optimise import maximise, settled
from memsim.fit.pulses.problem import Problem, with_element
from memsim.fit.pulses.quantities import Fitted, fitted
from memsim.fit.pulses.search import Guess

_AWAY = (-0.7, -0.35, 0.35, 0.7)
"""How far the number of a shape is moved: a factor of e for 1, or as a difference where it may be negative."""
_NEAR = 0.05
"""Difference of the number of a shape below which two maxima are the same."""
_MOST_READS, _MOST_SHAPES = 2000, 4
_WORTH = 6.0
"""How far below the maximum a climb with a held shape may end for the shape to be freed."""


def second_maxima(problem: Problem, theta: np.ndarray) -> list[Guess]:
    """Maxima of other shapes that the data do not exclude at 95 %; none with many reads, which show the window."""
    shapes = [i for i, p in enumerate(problem.model.parameters) if not p.scales and problem.free[i]]
    if len(shapes) > _MOST_SHAPES or int(problem.series.observed.sum()) > _MOST_READS:
        return []
    top, (low, high) = problem.value(theta), problem.limits
    ends: list[Guess] = []

    def known(place: np.ndarray) -> bool:
        return any(np.abs(place - t)[shapes].max() < _NEAR for t in (theta, *(end.theta for end in ends)))

    for index in shapes:
        held = problem.holding(index)
        for away in _AWAY:
            place = float(np.clip(theta[index] + away, low[index], high[index]))
            climb = maximise(held, with_element(theta, index, place), most=30)
            if climb.value < top - _WORTH:
                continue
            climb = maximise(problem, climb.theta)
            if climb.value < top - DROP95 or known(climb.theta):
                continue
            end = Guess(problem, *settled(problem, climb.theta))
            if not end.fault and not known(end.theta):
                ends.append(end)
    return ends


def _farther_ends(problem: Problem, theta: np.ndarray) -> list[Guess]:
    """The maxima with ends of windows that no pulse shows wherever the likelihood is highest; none where all show."""
    if np.isnan(problem.known).all() or int(problem.series.observed.sum()) > _MOST_READS:
        return []
    free, start = problem.unpinned(theta)
    end = Guess(free, *settled(free, maximise(free, start).theta))
    return [] if end.fault else [end, *second_maxima(free, end.theta)]


def over_maxima(data: PulseData, problem: Problem, theta: np.ndarray, numbers: Fitted) -> Fitted:
    """The numbers of a fit, with intervals that hold for every maximum that the data do not exclude."""
    kinds, shapes = maxima(problem, theta), [*second_maxima(problem, theta), *_farther_ends(problem, theta)]
    if not kinds and not shapes:
        return numbers
    top = problem.value(theta)
    best = max([top, *(end.value for end in kinds)])
    of_kinds = [fitted(data, k.problem, k.theta, best - k.value) for k in kinds if k.value > best - DROP95]
    # Likelihoods of one assumption about where trains begin are compared with one another.
    of_shapes = [fitted(data, end.problem, end.theta, max(top - end.value, 0.0)) for end in shapes]
    wider = []
    for number in numbers.numbers:
        intervals = [number, *(each[number.name] for each in (*of_kinds, *of_shapes))]
        # NaN, where an end of the window was not fitted, stays.
        low, high = np.min([each.low for each in intervals]), np.max([each.high for each in intervals])
        wider.append(replace(number, low=float(low), high=float(high)))
    second = tuple(
        other
        for each in of_shapes
        for other in each.numbers
        if numbers[other.name].known and not numbers[other.name].holds(other.value)
    )
    return replace(numbers, numbers=tuple(wider), beginnings=len(of_kinds) or 1, second=second)
