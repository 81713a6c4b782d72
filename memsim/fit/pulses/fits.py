"""Fits every step model to measured pulses, with every kind of noise, and says which describes them best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.criteria import Criteria
from memsim.fit.pulses.axis import LOGARITHMIC_FROM
from memsim.fit.pulses.beginnings import higher
from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.diagnostics import Diagnostics, diagnose
from memsim.fit.pulses.models import MODELS, StepModel
from memsim.fit.pulses.noise_kinds import absorbs, best_kind
from memsim.fit.pulses.optimise import maximise
from memsim.fit.pulses.problem import OWN, Problem
from memsim.fit.pulses.quantities import Fitted, fitted
from memsim.fit.pulses.review import RIVAL, Review, reviewed
from memsim.fit.pulses.search import Guess, Noise, finished, like, noise_of, problem_of, rough, widened
from memsim.fit.pulses.second_maxima import over_maxima

Progress = Callable[[str, int, int], None]

_READS_A_PARAMETER = 5
_ENOUGH = 0.05
"""Rise of the log-likelihood in one step that ends a fit to the reads that are shown."""
_HIGHER = 0.2
"""Rise of the log-likelihood that makes another start worth a full climb."""
_STRONG = 10.0
"""Difference of BIC that is very strong evidence: Kass & Raftery, J. Am. Stat. Assoc. 90, 773 (1995)."""
_TRIED_SLOW = 4
"""Models that are tried with slow read noise, the best ones without it."""
_CLOSE = 20.0
"""Difference of BIC after a short climb up to which a full climb may still turn the order round."""


@dataclass(frozen=True)
class Candidate(Criteria):
    """One model with the kind of noise that suits it best.

    Attributes
    ----------
    problem : Problem
        What was fitted.
    theta : ndarray
        The maximum of its likelihood. Where fitted means absorb write noise, the chosen model has the maximum with the
        sigmas of `memsim.fit.pulses.sigmas`.
    log_likelihood : float
        Natural logarithm of the density of all reads at the maximum, on the scale where they span 0 to 1.
    parameters : int
        Number of fitted numbers, those of single devices included.
    reads : int
        Number of reads that were scored.
    held_out : float
        Log-likelihood of each read that was not used in another fit of the means, on average.
    """

    problem: Problem
    theta: np.ndarray
    log_likelihood: float
    parameters: int
    reads: int
    held_out: float

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
        The model that the user names, else the first.
    fitted : Fitted
        Its numbers with their intervals, and spreads between devices.
    diagnostics : Diagnostics
        How its predictions miss.
    split : str
        Which reads were held out.
    not_fitted : dict
        Why some models have no fit, by name.
    review : Review
        Whether the fit describes a device that can exist, and what limits it.
    """

    data: PulseData
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    fitted: Fitted
    diagnostics: Diagnostics
    split: str
    not_fitted: dict[str, str]
    review: Review


def fit_pulses(
    data: PulseData,
    model: str | None = None,
    progress: Progress | None = None,
    compared: Sequence[str] = tuple(MODELS),
) -> PulseFit:
    """Models fitted to measured pulses, and the numbers of the best one, or of `model`.

    Parameters
    ----------
    data : PulseData
        The measurement.
    model : str, optional
        The model whose numbers are computed; the one with the lowest BIC by default.
    progress : callable, optional
        Called with the name of a model, the number of finished searches and that of all, before each search.
    compared : sequence of str
        The models that are fitted; all by default.

    Raises
    ------
    InputError
        No such model, no model at all, or `model` is not among those that are compared.
    DataError
        Too few reads for any model, or for the named one.
    """
    for name in (*compared, *filter(None, (model,))):
        if name not in MODELS:
            raise InputError(f"unknown model '{name}'{nearest(name, MODELS)}")
    if not compared:
        raise InputError(f"no model to compare; allowed: {', '.join(MODELS)}")
    if model is not None and model not in compared:
        raise InputError(f"the model '{model}' is not among those that are compared: {', '.join(compared)}")
    usable, reasons = _usable(data, compared)
    if model in reasons:
        raise DataError(f"{data.name}: the model '{model}' {reasons[model]}")
    if not usable:
        name, reason = next(iter(reasons.items()))
        raise DataError(f"{data.name}: the model '{name}' {reason}")
    kinds = [Noise("range"), Noise("step")]
    if data.unit == "S" and data.axis.first > 0 and data.axis.last >= LOGARITHMIC_FROM * data.axis.first:
        kinds.append(Noise("step", logarithmic=True))
    total, done = len(usable) * (len(kinds) + 1) + 2, 0

    def tick(name: str) -> None:
        nonlocal done
        if progress is not None:
            progress(name, done, total)
        done += 1

    guesses: dict[str, list[Guess]] = {each.name: [] for each in usable}
    for each in usable:
        for noise in kinds:
            tick(each.name)
            guesses[each.name].append(rough(problem_of(each, noise, data), data, guesses[each.name][-1:]))
    leader = min((guess for each in guesses.values() for guess in each), key=_rough_bic)
    tick("noise")
    plain = _of_value(leader, guesses[leader.problem.model.name], data)
    slow = _slower(plain, guesses, data)
    candidates, failed = _candidates(usable, guesses, slow, data, tick)
    if slow is not plain and candidates and _hides_write_noise(min(candidates, key=attrgetter("bic")), data):
        candidates, failed = _candidates(usable, guesses, plain, data, lambda name: None)
    reasons |= failed
    if model in reasons:
        raise DataError(f"{data.name}: the model '{model}': {reasons[model]}")
    if not candidates:
        raise DataError(f"{data.name}: no search ended at a maximum: {next(iter(reasons.values()))}")
    hidden, split = data.held_out()
    candidates = sorted((_judged(candidate, hidden) for candidate in candidates), key=attrgetter("bic"))
    at = next(i for i, c in enumerate(candidates) if model is None or c.name == model)
    tick("intervals")
    chosen, margin = _of_best_kind(candidates[at], guesses[candidates[at].name], data, hidden)
    numbers = fitted(data, chosen.problem, chosen.theta)
    numbers = over_maxima(data, chosen.problem, chosen.theta, numbers)
    chosen = candidates[at] = replace(chosen, theta=numbers.point)
    diagnostics = diagnose(chosen.problem, chosen.theta)
    rivals = {
        c.name: c.problem.axis.value(c.problem.own(c.theta)[:, :2]).mean(0)
        for c in candidates
        if c is not chosen and c.bic < candidates[0].bic + RIVAL
    }
    review = reviewed(data, chosen.problem, chosen.theta, numbers, diagnostics, margin, chosen.held_out, rivals)
    return PulseFit(data, tuple(candidates), chosen, numbers, diagnostics, split, reasons, review)


def _candidates(
    usable: list[StepModel],
    guesses: dict[str, list[Guess]],
    leader: Guess,
    data: PulseData,
    tick: Callable[[str], None],
) -> tuple[list[Candidate], dict[str, str]]:
    """The maxima of all models, with their own kinds of noise and that of the best guess; why others have none."""
    ends = {}
    for each in usable:
        tick(each.name)
        ends[each.name] = _best([finished(guess) for guess in _promising(each, guesses[each.name], leader, data)])
    leader = max(ends.values(), key=attrgetter("value"))
    candidates, failed = [], {}
    for each in sorted(usable, key=lambda model: len(model.parameters)):
        end = ends[each.name]
        for again in sorted(_others(end, list(ends.values()), leader, data), key=attrgetter("value"), reverse=True):
            if again.value > end.value + _HIGHER:
                end = ends[each.name] = _best([end, finished(again)])
        if _rough_bic(end) < min(map(_rough_bic, ends.values())) + _CLOSE:
            end = ends[each.name] = higher(end)
        if end.fault:
            failed[each.name] = f"the search did not end at a maximum: {end.fault}"
        else:
            candidates.append(_candidate(end.problem, end.theta))
    return candidates, failed


def _usable(data: PulseData, names: Sequence[str]) -> tuple[list[StepModel], dict[str, str]]:
    """Models that can be fitted to the data, and why the others cannot, by name."""
    size = len(data.devices)
    own = len(OWN) * size if size > 1 else 2
    usable, reasons = [], {}
    for each in (MODELS[name] for name in MODELS if name in names):
        least = _READS_A_PARAMETER * (len(each.parameters) + 2 + own)
        if each.physical and not (data.unit == "S" and data.axis.first > 0):
            reasons[each.name] = "needs conductances above 0, with a unit"
        elif data.reads < least:
            reasons[each.name] = f"needs at least {least} reads of {size} device(s); there are {data.reads}"
        else:
            usable.append(each)
    return usable, reasons


def _of_value(leader: Guess, guesses: list[Guess], data: PulseData) -> Guess:
    """The best guess, with read noise relative to the value where that describes the data better."""
    if data.unit != "S" or data.axis.first <= 0:
        return leader
    linear = [guess for guess in guesses if not guess.problem.axis.logarithmic]
    kinds = [noise_of(guess.problem)._replace(read="value") for guess in linear]
    tried = [rough(problem_of(leader.problem.model, kind, data), data, linear) for kind in kinds]
    return min([leader, *tried], key=_rough_bic)


def _slower(leader: Guess, guesses: dict[str, list[Guess]], data: PulseData) -> Guess:
    """The best guess, with read noise of which a part is correlated over pulses, on strong evidence.

    Steps that bend can stand for slow noise, so several models are tried with it.
    """
    best_of = [leader, *(min(own, key=_rough_bic) for own in guesses.values() if own)]
    models = {guess.problem.model.name: guess for guess in sorted(best_of[1:], key=_rough_bic)}
    models[leader.problem.model.name] = leader
    tried = [leader, *(guess for name, guess in models.items() if name != leader.problem.model.name)][:_TRIED_SLOW]
    best = min((_with_slow(guess, data) for guess in tried), key=_rough_bic)
    # Write noise that soft bounds forget looks like slow read noise, which needs strong evidence.
    return best if _rough_bic(best) < _rough_bic(leader) - _STRONG else leader


def _with_slow(guess: Guess, data: PulseData) -> Guess:
    """The best guess of a model for read noise with a slow part; the guess itself with too few reads for it."""
    problem = guess.problem
    noise = noise_of(problem)._replace(slow=True)
    slow = problem_of(problem.model, noise, data)
    if data.reads < _READS_A_PARAMETER * int(slow.free.sum()):
        return guess
    ends = [rough(slow, data, [guess])]
    if not noise.logarithmic:
        # The likelihood has more than one maximum: the end of this search is where the other base starts.
        ends.append(rough(problem_of(problem.model, noise.other, data), data, ends))
    return min(ends, key=_rough_bic)


def _hides_write_noise(candidate: Candidate, data: PulseData) -> bool:
    """Whether slow read noise stands for write noise that the means absorb."""
    end = Guess(candidate.problem, candidate.theta, candidate.log_likelihood)
    return end.problem.slow and absorbs(end) and not best_kind(end, data, _STRONG).end.problem.slow


def _of_best_kind(
    candidate: Candidate, guesses: list[Guess], data: PulseData, hidden: np.ndarray
) -> tuple[Candidate, float]:
    """The candidate with the kind of noise that suits it best, and by how much the other base of write noise is worse.

    Where means absorb write noise, the adjusted likelihood decides.
    """
    problem = candidate.problem
    end = Guess(problem, candidate.theta, candidate.log_likelihood)
    if not absorbs(end):
        other = noise_of(problem).other
        values = [guess.value for guess in guesses if noise_of(guess.problem) == other]
        return candidate, end.value - max(values, default=-np.inf)
    best, margin = best_kind(end, data, _STRONG)
    if best is not end:
        candidate = _judged(_candidate(best.problem, best.theta), hidden)
    return candidate, margin


def _promising(model: StepModel, own: list[Guess], leader: Guess, data: PulseData) -> list[Guess]:
    """The guesses of a model that are worth a full search: at most one for each kind of noise, the best first.

    Beside the model's own guesses there are two with the noise of the best model: one with the steps of that model, and
    one with its own.
    """
    best = min(own, key=_rough_bic)
    guesses = [best]
    if leader.problem.model is model:
        guesses.append(leader)
    else:
        problem = problem_of(model, noise_of(leader.problem), data)
        if data.reads >= _READS_A_PARAMETER * int(problem.free.sum()):
            guesses += [like(problem, data, leader), rough(problem, data, [best])]
    kinds: dict[Noise, Guess] = {}
    for guess in sorted(guesses, key=_rough_bic):
        if _rough_bic(guess) < _rough_bic(best) + _CLOSE:
            kinds.setdefault(noise_of(guess.problem), guess)
    return list(kinds.values())


def _others(end: Guess, ends: list[Guess], leader: Guess, data: PulseData) -> list[Guess]:
    """Guesses from which another search of a model may end higher than at this end.

    They come from wider windows, from the steps of the best model, and from a model with fewer parameters that
    describes the data better. Models contain one another, so then a maximum or a kind of noise was missed.
    """
    model, own = end.problem.model, noise_of(end.problem)
    others = [like(problem_of(model, own, data), data, leader), widened(end, data)]
    simpler = max(
        (e for e in ends if len(e.problem.shared) < len(end.problem.shared)), key=attrgetter("value"), default=end
    )
    if leader.value > end.value + _HIGHER and noise_of(leader.problem) != own:
        others.append(like(problem_of(model, noise_of(leader.problem), data), data, leader))
    if simpler.value > end.value + _HIGHER and simpler is not leader:
        others.append(like(problem_of(model, noise_of(simpler.problem), data), data, simpler))
    return others


def _best(ends: list[Guess]) -> Guess:
    """The end of a search with the lowest BIC, among those that are maxima if there are any."""
    return min(ends, key=lambda end: (bool(end.fault), _rough_bic(end)))


def _rough_bic(guess: Guess) -> float:
    return len(guess.problem.shared) * float(np.log(guess.problem.series.observed.sum())) - 2 * guess.value


def _candidate(problem: Problem, theta: np.ndarray) -> Candidate:
    s = problem.series
    reads = int(s.observed.sum()) - int(s.observed[s.start].sum())
    # An end of a window at the outermost state is a number from the data, too; the mean factor of all devices is not.
    own = 2 * problem.devices + problem.devices - 1
    return Candidate(problem, theta, problem.value(theta), len(problem.shared) + own, reads, np.nan)


def _judged(candidate: Candidate, hidden: np.ndarray) -> Candidate:
    """The candidate with the log-likelihood of held-out reads, given the others, with means fitted to the others."""
    problem = candidate.problem
    shown = problem.on(problem.series._replace(observed=problem.series.observed & ~hidden))
    # Half of the reads may hardly show the noise, which is that of all reads.
    theta = maximise(shown.holding(*problem.noise), candidate.theta, enough=_ENOUGH).theta
    scored = problem.series.observed & hidden
    scored[problem.series.start] = False
    gain = problem.value(theta) - shown.value(theta)
    return replace(candidate, held_out=float(gain / max(int(scored.sum()), 1)))
