"""Fits every step model to measured pulses, with every kind of noise, and says which describes them best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.criteria import Criteria
from memsim.fit.data import PulseData
from memsim.fit.diagnostics import Diagnostics, diagnose
from memsim.fit.models import MODELS, TABLE, StepModel, nearest_theta
from memsim.fit.optimise import Maximum, assemble, maximise, slopes
from memsim.fit.problem import OWN, Problem
from memsim.fit.quantities import Fitted, fitted

Progress = Callable[[str, int, int], None]

_FITS = 3
"""Fits of one model before the last: write noise of the range, of the step, and the better of them with slow noise."""
_KNOWN_WITHIN = 0.05
"""Standard error of a window's end, of the span, from which on the pulses do not tell where it is."""
_READS_A_PARAMETER = 5


@dataclass(frozen=True)
class Candidate(Criteria):
    """One model with the kind of noise that suits it best.

    Attributes
    ----------
    problem : Problem
        What was fitted.
    theta : ndarray
        Its maximum.
    log_likelihood : float
        Natural logarithm of the density of all reads, on the scale where they span 0 to 1.
    parameters : int
        Number of fitted numbers, those of single devices included.
    reads : int
        Number of reads that were scored.
    held_out : float
        Log-likelihood, a read, of reads that another fit was not shown.
    converged : bool
        Whether the search ended at a maximum.
    """

    problem: Problem
    theta: np.ndarray
    log_likelihood: float
    parameters: int
    reads: int
    held_out: float
    converged: bool

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.problem.model.name


@dataclass(frozen=True)
class PulseFit:
    """Models fitted to measured pulses.

    Attributes
    ----------
    data : PulseData
        The measurement.
    candidates : tuple of Candidate
        One a model, the lowest BIC first.
    chosen : Candidate
        The model that was asked for, else the first.
    fitted : Fitted
        Its numbers with their intervals, and spreads between devices.
    diagnostics : Diagnostics
        How its predictions miss.
    split : str
        Which reads were held out.
    left_out : tuple of str
        Models with too many parameters for these data.
    """

    data: PulseData
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    fitted: Fitted
    diagnostics: Diagnostics
    split: str
    left_out: tuple[str, ...]


def fit_pulses(data: PulseData, model: str | None = None, progress: Progress | None = None) -> PulseFit:
    """Every model fitted to measured pulses, and the numbers of the best one, or of `model`.

    Raises
    ------
    InputError
        No such model.
    DataError
        Too few reads for any model, or for the one that was asked for.
    """
    if model is not None and model not in MODELS:
        raise InputError(f"unknown model '{model}'{nearest(model, MODELS)}")
    series = data.series()
    hidden, split = data.held_out()
    size = len(data.devices)
    own = len(OWN) * size if size > 1 else 2
    usable = [m for m in MODELS.values() if not m.physical or (data.unit == "S" and data.origin > 0)]
    enough = [m for m in usable if data.reads >= _READS_A_PARAMETER * (len(m.parameters) + 2 + own)]
    left_out = tuple(m.name for m in usable if m not in enough)
    if model is not None and MODELS[model] not in usable:
        raise DataError(f"{data.name}: the model '{model}' needs conductances above 0, with a unit")
    if not enough or (model is not None and model in left_out):
        wanted = MODELS[model] if model is not None else MODELS["constant"]
        least = _READS_A_PARAMETER * (len(wanted.parameters) + 2 + own)
        raise DataError(f"{data.name}: {data.reads} reads; the model '{wanted.name}' needs at least {least}")
    total = len(enough) * (_FITS + 1) + 1 - _FITS * (TABLE in enough)
    done = 0

    def tick(name: str) -> None:
        nonlocal done
        if progress is not None:
            progress(name, done, total)
        done += 1

    def blank(each: StepModel, write: str, slow: bool) -> Problem:
        return Problem(
            each,
            series,
            size,
            write,
            "range",
            slow,
            data.origin / data.span,
            (data.resolution / data.span) ** 2 / 12,
            np.full((size, 2), np.nan),
        )

    best: dict[str, Candidate] = {}
    for each in enough:
        if each.name == "table":
            continue
        found: list[Candidate] = []
        for write in ("range", "step"):
            tick(each.name)
            found.append(_fit(blank(each, write, False), data, found))
        tick(each.name)
        better = max(found, key=lambda candidate: candidate.log_likelihood)
        slow = blank(each, better.problem.write, True)
        if data.reads >= _READS_A_PARAMETER * int(slow.free.sum()):
            found.append(_fit(slow, data, [better]))
            # The likelihood has more than one maximum: what this search found is where the other base starts.
            other = blank(each, "step" if slow.write == "range" else "range", True)
            found.append(_fit(other, data, found[-1:]))
        best[each.name] = min(found, key=lambda candidate: candidate.bic)
    leader = max(best.values(), key=lambda candidate: candidate.log_likelihood)
    for each in enough:
        # A second start: the steps that the best model found, told by this one as well as it can.
        tick(each.name)
        again = _fit_like(blank(each, leader.problem.write, leader.problem.slow), data, leader)
        if each.name not in best or again.bic < best[each.name].bic:
            best[each.name] = again
    candidates = [_judged(candidate, hidden) for candidate in best.values()]
    candidates.sort(key=lambda candidate: candidate.bic)
    chosen = next(c for c in candidates if model is None or c.name == model)
    tick("intervals")
    if data.unit == "S" and data.origin > 0:
        relative = _candidate(replace(chosen.problem, read="value"), _relative_start(chosen))
        if relative.bic < chosen.bic:
            candidates[candidates.index(chosen)] = chosen = _judged(relative, hidden)
    return PulseFit(
        data,
        tuple(candidates),
        chosen,
        fitted(data, chosen.problem, chosen.theta),
        diagnose(chosen.problem, chosen.theta),
        split,
        left_out,
    )


def _fit(blank: Problem, data: PulseData, before: list[Candidate]) -> Candidate:
    """The fit of one model and kind of noise, from its own starts and from kinds that were fitted before."""
    first, last = blank.extremes()
    own = np.column_stack([first + 0.05 * (last - first), last - 0.05 * (last - first), np.zeros(len(first))])
    steps = [data.average_step(branch) for branch in range(2)]
    read, write = _noise(blank)
    if blank.write == "step":
        write /= float(np.mean(steps))
    slow = (0.7 * read, 8.0) if blank.slow else ()
    first_of = list(blank.model.starts(*steps))[: 1 if before else None]
    first_of = [] if before and before[0].problem.slow else first_of
    starts = [blank.pack([*each, write, read, *slow], own) for each in first_of]
    shared = len(blank.model.parameters)
    for candidate in before:
        old = candidate.problem.natural(candidate.theta)
        write, read = old[shared : shared + 2]
        if candidate.problem.write != blank.write:
            write *= np.mean(steps) if blank.write == "range" else 1 / np.mean(steps)
        if candidate.problem.slow:
            noise = [write, *old[shared + 1 :]]
        else:
            noise = [0.4 * write, read, read, 8.0] if blank.slow else [write, read]
        starts.append(blank.pack([*old[:shared], *noise], candidate.problem.own(candidate.theta)))
    early = [maximise(blank, start, most=3) for start in starts]
    best = maximise(blank, max(early, key=lambda m: m.value).theta)
    return _candidate(*_settled(blank, best))


def _fit_like(blank: Problem, data: PulseData, leader: Candidate) -> Candidate:
    """The fit of a model from the steps, the noise and the windows of another model's fit."""
    own = leader.problem.own(leader.theta)
    wanted = leader.problem.steps(leader.theta)[:, ::8]
    steps = [data.average_step(branch) for branch in range(2)]
    shape = nearest_theta(blank.model, wanted, blank.model.starts(*steps), blank.offset(own))
    noise = leader.problem.natural(leader.theta)[len(leader.problem.model.parameters) :]
    return _candidate(*_settled(blank, maximise(blank, blank.pack([*shape, *noise], own))))


def _settled(problem: Problem, found: Maximum) -> tuple[Problem, np.ndarray]:
    """The problem with ends of windows that the pulses do not tell put at the outermost state, and its start."""
    problem = problem.begun(found.theta)
    score = slopes(problem, found.theta)
    device = problem.device_of
    blocks = np.array([score[:, device == d] @ score[:, device == d].T for d in range(problem.devices)])
    whole = assemble(problem, blocks) + problem.tie_slope(found.theta)[1]
    at = np.flatnonzero(problem.free)
    variance = np.full(len(found.theta), np.inf)
    variance[at] = np.diag(np.linalg.pinv(whole[np.ix_(at, at)] + 1e-9 * np.eye(len(at))))
    low, high = problem.limits
    loose = (np.sqrt(np.abs(variance)) > _KNOWN_WITHIN) | (found.theta <= low + 1e-6) | (found.theta >= high - 1e-6)
    ends = problem.own(loose.astype(float))[:, :2] > 0
    if not ends.any():
        return problem, found.theta
    visited = problem.visited(found.theta)
    known = np.where(ends, visited, np.nan)
    pinned = problem.pinned(known)
    return pinned, pinned.pack(problem.natural(found.theta), problem.own(found.theta))


def _candidate(problem: Problem, start: np.ndarray) -> Candidate:
    found = maximise(problem, start)
    s = problem.series
    reads = int(s.seen.sum()) - int(s.seen[s.start].sum())
    tied = 1 if problem.devices > 1 else 0
    value = problem.value(found.theta)
    return Candidate(problem, found.theta, value, int(problem.free.sum()) - tied, reads, np.nan, found.converged)


def _judged(candidate: Candidate, hidden: np.ndarray) -> Candidate:
    """The candidate with the log-likelihood of held-out reads, given the others, under a fit to the others."""
    problem = candidate.problem
    shown = problem.on(problem.series._replace(seen=problem.series.seen & ~hidden))
    theta = maximise(shown, candidate.theta).theta
    scored = problem.series.seen & hidden
    scored[problem.series.start] = False
    gain = problem.value(theta) - shown.value(theta)
    return replace(candidate, held_out=float(gain / max(int(scored.sum()), 1)))


def _noise(problem: Problem) -> tuple[float, float]:
    """Rough sigmas of a read and of a pulse from the variance and the lag-1 covariance of increments."""
    s = problem.series
    squares, products = [], []
    for a, b in zip(s.start, s.stop, strict=True):
        steps = np.diff(s.value[a:b])[s.seen[a + 1 : b] & s.seen[a : b - 1]]
        steps = steps - steps.mean() if len(steps) else steps
        squares.append(steps**2)
        products.append(steps[1:] * steps[:-1])
    variance = float(np.concatenate(squares).mean())
    shared = float(np.concatenate(products).mean()) if sum(map(len, products)) else 0.0
    read = np.clip(-shared, 0.02 * variance, 0.49 * variance)
    return float(np.sqrt(read)) + 1e-4, float(np.sqrt(variance - 2 * read)) + 1e-4


def _relative_start(candidate: Candidate) -> np.ndarray:
    """Theta with the sigmas of a read turned from the span to the value, at the middle of the window."""
    problem, theta = candidate.problem, candidate.theta.copy()
    middle = problem.own(theta)[:, :2].mean() + problem.origin
    first = len(problem.model.parameters) + 1
    theta[first] -= np.log(middle)
    if problem.slow:
        theta[first + 1] -= np.log(middle)
    return theta
