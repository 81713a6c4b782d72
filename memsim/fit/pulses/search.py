"""Search for the best fit of one step model with one kind of noise: where it begins, and how its end is examined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.derivatives import outer_products, slopes
from memsim.fit.pulses.models import StepModel, nearest_theta
from memsim.fit.pulses.optimise import maximise, settled
from memsim.fit.pulses.problem import Problem

_KNOWN_WITHIN = 0.05
"""Standard error of a window's end, of the span, from which on the pulses do not show where it is."""
_SHARES = (0.5, 0.9, 0.1)
"""Shares of the read in the variance of reads from which searches start."""
_WINDOWS = (0.05, -0.1)
_FARTHER = 0.1
_SAME = 2.0
"""Fall of the log-likelihood up to which an end of a window may be put at the outermost state."""
_ROUGH = 0.3
"""Rise of the log-likelihood in one step that ends a rough climb."""
_ROUGH_STEPS = 15
_NEARLY = 0.05
"""The same, that ends a climb from which Newton's method goes on."""


class Noise(NamedTuple):
    """A kind of noise: what both sigmas are relative to, whether all is lognormal, whether reads have a slow part."""

    write: str
    read: str = "range"
    logarithmic: bool = False
    slow: bool = False

    @property
    def other(self) -> Noise:
        """The kind whose write noise goes with the other of range and step."""
        return self._replace(write="step" if self.write == "range" else "range")


class Guess(NamedTuple):
    """A problem, a theta, the log-likelihood there, and at the end of a search why it is no maximum, if so."""

    problem: Problem
    theta: np.ndarray
    value: float
    fault: str = ""


def noise_of(problem: Problem) -> Noise:
    """The kind of noise of a problem."""
    return Noise(problem.write, problem.read, problem.axis.logarithmic, problem.slow)


def problem_of(model: StepModel, noise: Noise, data: PulseData) -> Problem:
    """The problem of a model with a kind of noise, all ends of windows free."""
    axis = replace(data.axis, logarithmic=noise.logarithmic)
    devices = len(data.devices)
    rounding = 0.0 if noise.logarithmic else (data.resolution / axis.span) ** 2 / 12
    ends = np.full((devices, 2), np.nan)
    return Problem(model, data.series(axis), devices, noise.write, noise.read, noise.slow, axis, rounding, ends)


def rough(problem: Problem, data: PulseData, before: Sequence[Guess] = ()) -> Guess:
    """The end of a short climb, from the best of the model's own starts and of guesses for other kinds of noise."""
    steps = [data.average_step(branch) for branch in range(2)]
    first, last = problem.extremes()
    # Windows that pulses reach the ends of, and wider ones.
    windows = [
        np.column_stack([first + share * (last - first), last - share * (last - first), np.zeros(len(first))])
        for share in _WINDOWS
    ]
    # From the linear axis to the logarithmic one a guess may lead far away from the maximum.
    afresh = not before or problem.axis.logarithmic
    shapes = list(problem.model.starts(*steps)) if afresh else []
    starts = []
    for k, shape in enumerate(shapes):
        for read, write in _noises(problem, _SHARES if k == 0 else _SHARES[:1]):
            write = write / float(np.mean(steps)) if problem.write == "step" else write
            read = read / (problem.axis.origin + 0.5) if problem.read == "value" else read
            slow = (0.7 * read, 8.0) if problem.slow else ()
            starts += [problem.pack([*shape, write, read, *slow], own) for own in windows]
    starts += [carried(problem, guess, float(np.mean(steps))) for guess in before]
    return _climbed(problem, starts)


def like(problem: Problem, data: PulseData, leader: Guess) -> Guess:
    """The end of a short climb from the steps, the noise and the windows of another model's fit.

    The steps of the other model are those of the linear axis, so the two may have different kinds of noise.
    """
    leading = leader.problem.steps(leader.theta)[:, ::8]
    steps = [data.average_step(branch) for branch in range(2)]
    start = carried(problem, leader, float(np.mean(steps)), shape=False)
    own = problem.own(start)
    shape = nearest_theta(problem.model, leading, problem.model.starts(*steps), problem.offset(own[:, :2].mean(0)))
    noise = problem.natural(start)[len(problem.model.parameters) :]
    return _climbed(problem, [problem.pack([*shape, *noise], own)])


def finished(guess: Guess) -> Guess:
    """The maximum near a guess, examined, with ends of windows that the pulses do not show at the outermost states."""
    theta = maximise(guess.problem, guess.theta, enough=_NEARLY).theta
    problem = guess.problem.begun(theta)
    end = settled(problem, theta)
    loose = _loose(problem, end.theta)
    if not loose.any():
        return Guess(problem, *end)
    pinned = problem.pinned(np.where(loose, problem.visited(end.theta), np.nan))
    start = pinned.pack(problem.natural(end.theta), problem.own(end.theta))
    other = settled(pinned, maximise(pinned, start, enough=_NEARLY).theta)
    # An end that costs likelihood where it is put is one that the pulses show.
    return Guess(pinned, *other) if other.value > end.value - _SAME else Guess(problem, *end)


def widened(end: Guess, data: PulseData) -> Guess:
    """The end of short climbs from the end of a search, with one or both ends of the windows farther out.

    The likelihood often has one maximum where pulses reach an end of the window and another where they do not.
    """
    problem, theta = end.problem, end.theta
    blank = problem_of(problem.model, noise_of(problem), data)
    guesses = []
    for low, high in ((_FARTHER, 0.0), (0.0, _FARTHER), (_FARTHER, _FARTHER)):
        own = problem.own(theta) + np.array([-low, high, 0.0])
        guesses.append(_climbed(blank, [blank.pack(blank.natural(theta), own)]))
    return max(guesses, key=lambda guess: guess.value)


def carried(problem: Problem, guess: Guess, step: float, *, shape: bool = True) -> np.ndarray:
    """Theta of a guess for another kind of noise or another model, on the axis of this problem.

    Parameters
    ----------
    step : float
        Average step, of the window: what turns a sigma of the step into one of the range.
    shape : bool
        Whether both problems have the same model; otherwise the numbers of the model are those of its first start.
    """
    old, count = guess.problem, len(guess.problem.model.parameters)
    natural, own = old.natural(guess.theta), old.own(guess.theta).copy()
    write, read, *slow = natural[count:]
    # From one axis to the other a sigma scales like a distance in the middle of the window.
    stretch = 1.0
    if old.axis.logarithmic != problem.axis.logarithmic:
        middle = own[:, :2].mean()
        near = problem.axis.scaled(old.axis.value(middle + np.array([-0.05, 0.05])))
        stretch = float(np.diff(near)[0]) / 0.1
        own[:, :2] = problem.axis.scaled(old.axis.value(own[:, :2]))
    if old.write == "range":
        write *= stretch
    if old.write != problem.write:
        write *= step if problem.write == "range" else 1 / step
    middle = own[:, :2].mean() + problem.axis.origin
    if old.read != problem.read and not problem.axis.logarithmic:
        # Read noise of the range and of the value are the same in the middle of the window.
        stretch *= float(middle if problem.read == "range" else 1 / middle)
    read, slow = read * stretch, [value * factor for value, factor in zip(slow, (stretch, 1.0), strict=False)]
    noise = [write, read, *slow]
    if problem.slow and not old.slow:
        noise = [0.4 * write, read, read, 8.0]
    elif old.slow and not problem.slow:
        noise = [write, float(np.hypot(read, slow[0]))]
    low, high = ([getattr(p, end) for p in problem.shared] for end in ("low", "high"))
    numbers = natural[:count] if shape else problem.model.starts(step, step)[0]
    return problem.inside(problem.pack(np.clip([*numbers, *noise], low, high), own))


def _climbed(problem: Problem, starts: Sequence[np.ndarray]) -> Guess:
    early = [maximise(problem, start, most=3) for start in starts] if len(starts) > 1 else []
    start = max(early, key=lambda m: m.value).theta if early else starts[0]
    end = maximise(problem, start, most=_ROUGH_STEPS, enough=_ROUGH)
    return Guess(problem, end.theta, end.value)


def _loose(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Which ends of windows the pulses do not show (device, 2)."""
    whole = outer_products(problem, slopes(problem, theta)) + problem.tie_slope(theta)[1]
    at = np.flatnonzero(problem.free)
    variance = np.full(len(theta), np.inf)
    variance[at] = np.diag(np.linalg.pinv(whole[np.ix_(at, at)] + 1e-9 * np.eye(len(at))))
    low, high = problem.limits
    loose = (np.sqrt(np.abs(variance)) > _KNOWN_WITHIN) | (theta <= low + 1e-6) | (theta >= high - 1e-6)
    return problem.own(loose.astype(float))[:, :2] > 0


def _noises(problem: Problem, shares: Sequence[float]) -> list[tuple[float, float]]:
    """Rough sigmas of a read and of a pulse, for some shares of the read in the scatter of the reads.

    Differences of successive increments are free of the mean step, as far as it changes little from pulse to pulse.
    Reads at equal distances of n pulses give them the variance 2 n write^2 + 6 read^2.
    """
    s = problem.series
    squares, pulses = [], []
    for a, b in zip(s.start, s.stop, strict=True):
        at = a + np.flatnonzero(s.observed[a:b])
        same = np.diff(s.branch[at[1:]]) == 0
        squares.append((np.diff(s.value[at], 2) ** 2)[same])
        pulses.append(np.diff(at))
    values = np.concatenate(squares)
    # A median is not moved by the few pulses at which a train is steep.
    variance = float(np.median(values)) / 0.4549 if len(values) else 0.0
    count = float(np.concatenate(pulses).mean())
    return [
        (float(np.sqrt(share * variance / 6)) + 1e-3, float(np.sqrt((1 - share) * variance / 2 / count)) + 1e-3)
        for share in shares
    ]
