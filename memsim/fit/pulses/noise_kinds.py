"""Which kind of noise describes the reads of a model best where fitted means absorb write noise.

There the maxima of the likelihood of all kinds lie at no write noise, or noise of the read that is correlated over
pulses stands for write noise. The adjusted likelihood compares kinds of noise of one model.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.search import Guess, Noise, carried, finished, noise_of, problem_of
from memsim.fit.pulses.sigmas import absorbed, highest, near_maximum, well_known
from memsim.fit.pulses.uncertainty import covariance


def absorbs(end: Guess) -> bool:
    """Whether the means of a finished search absorb so much of the write noise that kinds must be compared."""
    spread, inner = covariance(end.problem, end.theta)
    if well_known(end.problem, spread, inner):
        return False
    return absorbed(end.problem, end.theta, near_maximum(end.problem, end.theta, spread, inner))


class Choice(NamedTuple):
    """The end of a search with the best kind of noise, and by how much the other base of write noise is worse."""

    end: Guess
    margin: float


def best_kind(end: Guess, data: PulseData, strong: float) -> Choice:
    """The end of a search with the kind of noise that has the highest adjusted likelihood.

    Parameters
    ----------
    end : Guess
        A finished search. Beside its own kind of noise the one of the other write noise is tried, and both without a
        slow part.
    strong : float
        Difference of BIC that a slow part needs.
    """
    own = noise_of(end.problem)
    kinds = {own, own._replace(slow=False)}
    if not own.logarithmic:
        kinds |= {kind.other for kind in kinds}
    judged = []
    for kind in sorted(kinds, key=lambda kind: kind != own):
        tried = end if kind == own else _finished(end, kind, data)
        if not tried.fault:
            cost = strong / 2 + np.log(data.reads) if kind.slow else 0.0
            judged.append((highest(tried.problem, tried.theta) - cost, tried))
    if not judged:
        return Choice(end, np.inf)
    value, best = max(judged, key=lambda pair: pair[0])
    others = [value for value, tried in judged if tried.problem.write != best.problem.write]
    return Choice(best, value - max(others, default=-np.inf))


def _finished(end: Guess, kind: Noise, data: PulseData) -> Guess:
    step = float(np.mean([data.average_step(branch) for branch in range(2)]))
    problem = problem_of(end.problem.model, kind, data)
    return finished(Guess(problem, carried(problem, end, step), end.value))
