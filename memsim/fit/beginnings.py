"""Intervals of a fit whose trains do not show where they begin.

The first read of a train is made at an end of the window, one pulse from it, or anywhere. A fit estimates the shares of
such trains. With few trains the likelihood is almost the same for each kind, and each kind has a maximum of its own.
The intervals then hold for every kind that the data do not exclude: a profile likelihood over a discrete parameter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from memsim.fit.criteria import DROP95
from memsim.fit.data import PulseData
from memsim.fit.optimise import maximise, settled
from memsim.fit.problem import Problem
from memsim.fit.pulse_search import Guess, finished
from memsim.fit.quantities import Fitted, fitted

_FEW = 40
"""Trains up to which their beginnings may be unknown."""
_KINDS = ((0.9, 0.05), (0.05, 0.9), (0.05, 0.05))
"""Shares of trains that begin at an end of the window, and one pulse from it, for each kind of beginning."""

_HIGHER = 0.2
"""Rise of the log-likelihood by which another beginning is preferred."""
_WIDER = 0.06
"""How much wider the window is, at each end and of the span, from which a second climb starts."""


def maxima(problem: Problem, theta: np.ndarray) -> list[Guess]:
    """The maxima of the likelihood for each kind of beginning, near the maximum of a fit; none with many trains."""
    if len(problem.series.start) > _FEW:
        return []
    wide = problem.pack(problem.natural(theta), problem.own(theta) + np.array([-_WIDER, _WIDER, 0.0]))
    ends = []
    for begin, moved in _KINDS:
        other = replace(problem, begin=begin, moved=moved)
        climbs = [maximise(other, start) for start in (theta, wide)]
        ends.append(Guess(other, *settled(other, max(climbs, key=lambda climb: climb.value).theta)))
    return [end for end in ends if not end.fault]


def higher(end: Guess) -> Guess:
    """The end of a search, or a higher one that begins where trains begin otherwise."""
    others = [finished(other._replace(problem=other.problem.begun(other.theta))) for other in maxima(*end[:2])]
    best = max([end, *(other for other in others if not other.fault)], key=lambda guess: guess.value)
    return best if best.value > end.value + _HIGHER else end


def over_beginnings(data: PulseData, problem: Problem, theta: np.ndarray, numbers: Fitted) -> Fitted:
    """The numbers of a fit, with intervals that hold for every kind of beginning that the data do not exclude."""
    ends = maxima(problem, theta)
    if not ends:
        return numbers
    best = max([problem.value(theta), *(end.value for end in ends)])
    of_kinds = [fitted(data, end.problem, end.theta) for end in ends if end.value > best - DROP95]
    wider = []
    for number in numbers.numbers:
        intervals = [number, *(of_kind[number.name] for of_kind in of_kinds)]
        # NaN, where an end of the window was not fitted, stays.
        low, high = np.min([each.low for each in intervals]), np.max([each.high for each in intervals])
        wider.append(replace(number, low=float(low), high=float(high)))
    return replace(numbers, numbers=tuple(wider), beginnings=len(of_kinds) or 1)
