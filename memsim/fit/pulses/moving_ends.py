"""Whether the ends of a device's window move from cycle to cycle, from the slopes of each cycle's log-likelihood.

A model has one window for all cycles of a device. At its maximum, the slopes of the log-likelihood by both ends, summed
over the reads of one cycle, have a mean of 0 and a variance equal to the information of that cycle. Slopes that follow
the number of the cycle show an end that wears away; slopes that scatter by more show ends that differ.

Source: score test, Rao, Math. Proc. Camb. Philos. Soc. 44, 50 (1948).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.problem import OWN, Problem

_FEWEST = 3
"""Cycles of a device that show a movement."""
_WIDTH = 0.01  # of differences, of the window
_OPEN = 0.15  # standard error of an end in one cycle, of the window, from which on the reads leave it open; assumed
_LEVEL, _STEADY = 1e-4, 0.01
"""Probabilities, for a window that stays, of a movement that is reported, and of one called a trend."""


@dataclass(frozen=True)
class MovingEnds:
    """How the ends of the window differ between cycles.

    Attributes
    ----------
    low, high : float
        Movement of each end from the first cycle to the last, or, without a trend, standard deviation between cycles,
        in the data's unit.
    steady : bool
        Whether the ends move with the number of the cycle.
    p : float
        Probability of such a movement, if the window stays.
    """

    low: float
    high: float
    steady: bool
    p: float


def moving_ends(data: PulseData, problem: Problem, theta: np.ndarray) -> MovingEnds | None:
    """Movement of the ends of the window from cycle to cycle; None where none shows."""
    from scipy.special import chdtrc, fdtrc

    slopes, information = _by_read(problem, theta)
    trend = spread = 0.0
    freedom = devices = 0
    moves, squares = np.zeros(2), np.zeros(2)
    for d in range(problem.devices):
        cycles = [np.flatnonzero(data.cycle_of == n) for n in np.unique(data.cycle_of[problem.device_of == d])]
        if len(cycles) < _FEWEST:
            continue
        own = np.stack([slopes[at].sum(0) for at in cycles])
        mean = np.stack([information[at].sum(0) for at in cycles]).mean(0)
        # The mean over cycles: the information of single ones is uncertain where few reads are near an end.
        if np.linalg.eigvalsh(mean)[0] <= 0:
            continue
        inverse = np.linalg.inv(mean)
        if np.diag(inverse).max() > _OPEN**2:
            continue
        own = own - own.mean(0)
        number = np.arange(len(cycles)) - (len(cycles) - 1) / 2
        along = number @ own / (number @ number)
        rest = own - number[:, None] * along
        trend += float(number @ number) * float(along @ inverse @ along)
        spread += float(np.einsum("ci,ij,cj->", rest, inverse, rest))
        moves += (inverse @ along) * (len(cycles) - 1)
        squares += np.maximum(((own @ inverse) ** 2).sum(0) / (len(cycles) - 1) - np.diag(inverse), 0.0)
        freedom += 2 * (len(cycles) - 2)
        devices += 1
    if not devices:
        return None
    # Ends that differ at random from cycle to cycle show a trend by chance.
    more = spread / freedom
    steady = float(
        fdtrc(2 * devices, freedom, trend / (2 * devices) / more) if more > 1 else chdtrc(2 * devices, trend)
    )
    both = float(chdtrc(2 * devices + freedom, trend + spread))
    low, high = problem.own(theta)[:, :2].mean(0)
    width = high - low
    sizes = (moves / devices if steady < _STEADY else np.sqrt(squares / devices)) * width
    if min(steady, both) >= _LEVEL:
        return None
    ends = problem.axis.value(np.array([low, high]) + sizes) - problem.axis.value(np.array([low, high]))
    return MovingEnds(float(ends[0]), float(ends[1]), steady < _STEADY, min(steady, both))


def _by_read(problem: Problem, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes (read, 2) and information (read, 2, 2) of the ends, in units of the average window."""
    ends = [np.arange(len(problem.shared) + side, len(theta), len(OWN)) for side in (0, 1)]
    own = problem.own(theta)
    step = _WIDTH * float((own[:, 1] - own[:, 0]).mean())
    trials = np.repeat(theta[None], 7, axis=0)
    for trial, (low, high) in enumerate([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)], 1):
        trials[trial, ends[0]] += low * step
        trials[trial, ends[1]] += high * step
    scores = problem.scores(trials)
    scores[:, problem.series.start] = 0.0  # what keeps first reads in the window is no likelihood
    middle, a, b, c, d, e, f = scores
    slopes = np.stack([a - b, c - d], axis=-1) / (2 * _WIDTH)
    information = np.empty((len(middle), 2, 2))
    information[:, 0, 0] = 2 * middle - a - b
    information[:, 1, 1] = 2 * middle - c - d
    information[:, 0, 1] = information[:, 1, 0] = (a + b + c + d - 2 * middle - e - f) / 2
    return slopes, information / _WIDTH**2
