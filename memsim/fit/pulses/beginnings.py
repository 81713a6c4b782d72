"""Intervals of a fit whose trains do not show where they begin.

The first read of a train is made at an end of the window, one pulse from it, or anywhere. A fit estimates the shares of
such trains. With few trains the likelihood is almost the same for each kind, and each kind has a maximum of its own.
The intervals then hold for every kind that the data do not exclude, see `memsim.fit.pulses.second_maxima`.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

import numpy as np

from memsim.fit.pulses.optimise import Maximum, maximise, settled
from memsim.fit.pulses.problem import Problem
from memsim.fit.pulses.search import Guess, finished

_FEW, _SEVERAL = 12, 40
"""Trains up to which their beginnings may be unknown: of any length, and of short ones."""
_READS = 2000
"""Reads of several trains up to which these are short."""
_KINDS = ((0.9, 0.05), (0.05, 0.9), (0.05, 0.05))
"""Shares of trains that begin at an end of the window, and one pulse from it, for each kind of beginning."""

_RESETS = 2
"""Times that all devices are set to one kind of beginning before a climb."""
_HIGHER = 0.2
"""Rise of the log-likelihood by which another beginning is preferred."""
_WIDER = 0.06
"""How much wider the window is, at each end and of the span, from which a second climb starts."""


def _of_kind(problem: Problem, theta: np.ndarray, kind: int, **effort: float) -> tuple[Problem, Maximum]:
    """The problem with one kind of beginning, and the end of climbs of its likelihood from a fit."""
    begin, moved = _KINDS[kind]
    other = replace(problem, begin=begin, moved=moved)
    wide = problem.pack(problem.natural(theta), problem.own(theta) + np.array([-_WIDER, _WIDER, 0.0]))
    best = max((maximise(other, start, **effort) for start in (theta, wide)), key=attrgetter("value"))  # type: ignore[arg-type]
    for _ in range(_RESETS if kind < 2 else 0):
        # Single devices may be at the maximum of another kind.
        start = problem.pack(problem.natural(best.theta), _own_of_kinds(problem, best.theta)[kind])
        best = max(best, maximise(other, start, **effort), key=attrgetter("value"))  # type: ignore[arg-type]
    return other, best


def _unclear(problem: Problem) -> bool:
    """Whether the reads may leave open where trains begin."""
    trains, reads = int((~problem.series.resumed).sum()), int(problem.series.observed.sum())
    return 0 < trains <= _FEW or (0 < trains <= _SEVERAL and reads <= _READS)


def maxima(problem: Problem, theta: np.ndarray) -> list[Guess]:
    """The maxima of the likelihood for each kind of beginning, near the maximum of a fit; none with many trains."""
    if not _unclear(problem):
        return []
    ends = []
    for kind in range(len(_KINDS)):
        other, climb = _of_kind(problem, theta, kind)
        ends.append(Guess(other, *settled(other, climb.theta)))
    return [end for end in ends if not end.fault]


def _own_of_kinds(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Own parameters (device, 3) if all trains begin at an end of the window, and if all begin a pulse from it.

    The ends of the windows follow from the first reads; ends at which no train begins stay where they are.
    """
    series, own = problem.series, problem.own(theta)
    steps = problem.trial(theta[None]).step[0]
    width = own[:, 1] - own[:, 0]
    at_end, moved = own.copy(), own.copy()
    branch, first = series.branch[series.start], series.value[series.start]
    for device in range(problem.devices):
        for side in range(2):
            reads = first[(series.device == device) & (branch == side) & ~series.resumed]
            if len(reads):
                jump = steps[side, 0 if side == 0 else -1] * width[device] * np.exp(own[device, 2])
                at_end[device, side], moved[device, side] = reads.mean(), reads.mean() - jump
    return at_end, moved


def higher(end: Guess) -> Guess:
    """The end of a search, or a higher one that begins where trains begin otherwise."""
    if not _unclear(end.problem):
        return end
    # Ends of windows that were not fitted are again.
    free, theta = end.problem.unpinned(end.theta)
    for kind in range(len(_KINDS)):
        other, climb = _of_kind(free, theta, kind, most=25, enough=0.1)
        begun = other.begun(climb.theta)
        if begun.value(climb.theta) > end.value + _HIGHER:
            again = finished(Guess(begun, climb.theta, climb.value))
            end = again if not again.fault and again.value > end.value + _HIGHER else end
    return end
