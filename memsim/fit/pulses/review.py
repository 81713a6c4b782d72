"""Review of a fit of pulses: whether it describes a device that can exist, and what limits what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memsim.fit.criteria import p_in_words
from memsim.fit.pulses.data import PulseData, increments
from memsim.fit.pulses.diagnostics import Diagnostics
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.pulses.moving_ends import MovingEnds, moving_ends
from memsim.fit.pulses.problem import OWN, Problem
from memsim.fit.pulses.quantities import Fitted
from memsim.fit.pulses.simulate import simulated
from memsim.fit.pulses.spread import FOR_A_SHAPE, Spread, between
from memsim.units import format_quantity

LEAST_COVERED = 0.75
"""Share of the reads of all trains that the 95 % bands of simulated trains must contain; 0.95 for the right model."""
RIVAL = 6.0
"""Difference of BIC up to which another model describes the data nearly as well: Kass & Raftery (1995)."""
LARGEST_NOISE = 1.0
"""Relative standard deviation of a read from which on it is no longer the read of a device."""
_WALKS = 200
_POINTS = 20_000
"""Reads that are compared with simulated ones."""
_LEVEL = 0.01
"""Probability of any rejection by the tests of the residuals, if the model is right."""
_UNEVEN, _SCATTERED, _SURELY = 1.5, 2.0, 1e-6
"""Variance of the residuals that is named, or its inverse; that and its p at which a model explains nothing."""
_OPEN = 2.0
"""Width of the interval of an end, of the range of the reads, from which the reads leave the end open; assumed."""
_SMALL = 0.05
"""Spread of the lower ends, of the window, up to which a profile may leave it out; assumed."""
_UNCLEAR = 2.0
"""Difference of log-likelihoods below which neither of two kinds of noise is preferred."""
_WORSE = 1.0
"""Fall of the log-likelihood of each held-out read, assumed, at which a fit describes its own reads alone."""
_CYCLES = 3
_NAMED = 4


@dataclass(frozen=True)
class Review:
    """What was seen of a fit besides its numbers.

    Attributes
    ----------
    faults : tuple of str
        Why no profile is written of it; empty for a fit of a device that can exist.
    limits : tuple of str
        What limits the numbers.
    covered : float
        Share of the reads that lie in the 95 % bands of trains simulated from their first reads.
    cycles : Spread or None
        Logarithm of the size of the steps over cycles of the same device; None with too few cycles.
    """

    faults: tuple[str, ...]
    limits: tuple[str, ...]
    covered: float
    cycles: Spread | None


def reviewed(
    data: PulseData,
    problem: Problem,
    theta: np.ndarray,
    fitted: Fitted,
    diagnostics: Diagnostics,
    margin: float = np.inf,
    held_out: float = np.inf,
    rivals: Mapping[str, np.ndarray] | None = None,
) -> Review:
    """Review of a fit at its maximum.

    Parameters
    ----------
    margin : float
        By how much the log-likelihood is lower with write noise of the step instead of the window, or the other way
        round.
    held_out : float
        Average log-likelihood of reads that were not used in another fit of the means.
    rivals : mapping, optional
        Name of each other model that describes the data nearly as well -> ends of its average window (2,).
    """
    covered = reproduced(problem, theta)
    cycles = between_cycles(data, problem, theta)
    return Review(
        tuple(_faults(data, problem, theta, fitted, diagnostics, covered)),
        (
            *_limits(data, problem, theta, fitted, diagnostics, cycles, margin, held_out),
            *_moving(moving_ends(data, problem, theta), data.unit or ""),
            *_differing(fitted, rivals or {}),
        ),
        covered,
        cycles,
    )


def reproduced(problem: Problem, theta: np.ndarray, seed: int = 0) -> float:
    """Share of the reads after the first that lie in the 95 % bands of trains simulated from the first read."""
    series, rng = problem.series, np.random.default_rng(seed)
    inside = compared = 0
    for train in range(len(series.start)):
        a, b = int(series.start[train]), int(series.stop[train])
        _, reads = simulated(problem, theta, train, _WALKS, rng)
        low, high = np.quantile(reads[1:], [0.025, 0.975], axis=1)
        observed, value = series.observed[a + 1 : b], series.value[a + 1 : b]
        inside += int(((value >= low) & (value <= high))[observed].sum())
        compared += int(observed.sum())
        if compared > _POINTS:
            break
    return inside / max(compared, 1)


def between_cycles(data: PulseData, problem: Problem, theta: np.ndarray) -> Spread | None:
    """Spread of the logarithm of the size of the steps over the cycles of each device.

    The slope of a cycle's log-likelihood by this logarithm, over its information, estimates how far the cycle lies
    from its device. The estimates have known variances, and what exceeds them is the spread.
    """
    cycle = data.cycle_of
    if cycle.max() + 1 < problem.devices + _CYCLES - 1:
        return None
    width = 0.02
    factors = np.arange(len(problem.shared) + 2, len(theta), len(OWN))
    trials = np.repeat(theta[None], 3, axis=0)
    trials[1, factors] += width
    trials[2, factors] -= width
    middle, up, down = problem.scores(trials)
    estimates, variances = [], []
    for d in range(problem.devices):
        for c in np.unique(cycle[problem.device_of == d]):
            at = cycle == c
            slope = (up[at].sum() - down[at].sum()) / (2 * width)
            information = -(up[at].sum() - 2 * middle[at].sum() + down[at].sum()) / width**2
            if information > 0:
                estimates.append(slope / information)
                variances.append(1 / information)
    return between(np.array(estimates), np.array(variances)) if len(estimates) >= _CYCLES else None


def _faults(
    data: PulseData,
    problem: Problem,
    theta: np.ndarray,
    fitted: Fitted,
    diagnostics: Diagnostics,
    covered: float,
) -> list[str]:
    faults = []
    for number in fitted.numbers:
        if not np.isfinite(number.value):
            faults.append(f"{number.name} is not a finite number")
    read, write = fitted["read.noise.sigma"].value, fitted["variability.c2c.sigma"].value
    if read > LARGEST_NOISE:
        faults.append(f"read noise of {format_quantity(read, '%', 3)} of the {problem.read_base}, above 100 %")
    if problem.write == "range" and write > LARGEST_NOISE:
        faults.append(f"write noise of {format_quantity(write, '%', 3)} of the window in one pulse, above 100 %")
    if _noiseless_ends(problem, theta, data.resolution / data.axis.span):
        faults.append(
            "the search ended where reads have no noise and single reads are the ends of the window, where the "
            "likelihood says nothing; fit another model with model=..., or measure trains that reach the ends"
        )
    low = fitted["conductance.min"]
    if data.unit == "S" and low.value < 0 and not low.high >= 0:
        faults.append(f"a negative lower end of the window, {format_quantity(low.value, 'S', 3)}")
    if problem.devices > 1 and not fitted.spreads:
        faults.append(f"no spread could be computed between the {problem.devices} devices")
    for word, sign, step in zip(BRANCHES, ("lower", "raise"), problem.steps(theta).mean(axis=1), strict=True):
        if step <= 0:
            faults.append(f"in the model {problem.model.name}, {word} pulses {sign} the conductance on average")
    low_ends = fitted.spreads.get("low")
    if data.unit == "S" and low_ends is not None and low_ends.below_zero and not _droppable(low_ends, fitted):
        more = "" if problem.devices >= FOR_A_SHAPE else f", or measure at least {FOR_A_SHAPE}"
        faults.append(
            f"lower ends of the window of {format_quantity(low_ends.mean, 'S', 3)} with a spread of "
            f"{format_quantity(low_ends.sigma, 'S', 3)} between devices: more than 1e-4 of such cells would lie below "
            f"0 S; fit devices of different kinds apart{more}"
        )
    if diagnostics.variance > _SCATTERED and diagnostics.scatter < _SURELY:
        faults.append(
            f"the model {problem.model.name} does not explain the reads: the variance of the residuals is "
            f"{diagnostics.variance:.2g} times that of the fit (p {diagnostics.scatter:.1g})"
        )
    if covered < LEAST_COVERED:
        faults.append(
            f"the model {problem.model.name} does not reproduce the trains: 95 % bands of simulated trains contain "
            f"{covered:.0%} of the reads, and at least {LEAST_COVERED:.0%} are needed"
        )
    return faults


def _droppable(low_ends: Spread, fitted: Fitted) -> bool:
    """Whether the spread of the lower ends may be so small that no cells lie below 0 S, or is small in the window."""
    width = fitted.window[1] - fitted.window[0]
    return max(low_ends.above_zero, _SMALL * width) >= low_ends.sigma_low


def _limits(
    data: PulseData,
    problem: Problem,
    theta: np.ndarray,
    fitted: Fitted,
    diagnostics: Diagnostics,
    cycles: Spread | None,
    margin: float,
    held_out: float,
) -> list[str]:
    limits = []
    ends = [word for word, side in (("lower", "min"), ("upper", "max")) if not fitted[f"conductance.{side}"].known]
    if ends:
        which = " and the ".join(ends)
        limits.append(f"the pulses do not show the {which} end of the window; the outermost state stands for it")
    low = fitted["conductance.min"]
    if data.unit == "S" and low.value < 0 <= low.high:
        limits.append(
            f"the lower end of the window, {format_quantity(low.value, 'S', 3)}, is 0 S within its interval, and 0 S "
            "in a profile"
        )
    low_ends = fitted.spreads.get("low")
    if data.unit == "S" and low_ends is not None and low_ends.below_zero:
        limits.append(
            f"with the spread of the lower ends of the windows, {format_quantity(low_ends.sigma, 'S', 3)}, some cells "
            f"would lie below 0 S; a profile states {format_quantity(low_ends.above_zero, 'S', 3)}"
        )
    for word, side in (("lower", "min"), ("upper", "max")):
        end = fitted[f"conductance.{side}"]
        if np.isfinite([end.low, end.high]).all() and end.high - end.low > _OPEN * data.axis.span:
            limits.append(f"the reads leave the {word} end of the window open: its interval is wider than their range")
    resumed, trains = int(problem.series.resumed.sum()), len(problem.series.start)
    if resumed:
        limits.append(
            f"{resumed} of {trains} trains go on where the one before stopped while reads still "
            "moved: they say little of the end of the window beyond"
        )
    if fitted.beginnings > 1:
        limits.append(
            f"the data do not show where trains begin ({trains - resumed} in all): at an end of the window, a "
            "pulse from it, or elsewhere; the intervals cover every beginning that fits"
        )
    if fitted.second:
        others = ", ".join(f"{n.name} {_quantity(n.value, n.unit)}" for n in fitted.second[:_NAMED])
        limits.append(
            f"the likelihood has a second maximum that the data do not exclude, with {others}: the intervals hold for "
            "both; trains that reach the ends of the window would decide"
        )
    unclear = [n.name for n in fitted.numbers if n.unit == "%" and not n.low > 0]
    if unclear:
        limits.append(f"a model without {' and '.join(unclear)} fits the data as well")
    if margin < _UNCLEAR:
        limits.append(
            "the data do not show whether write noise is the same at all states or proportional to the step: the "
            f"log-likelihoods differ by less than {_UNCLEAR:g}; the two models differ near the ends of the window"
        )
    average = problem.value(theta) / max(int(problem.series.observed.sum()) - len(problem.series.start), 1)
    if held_out < average - _WORSE:
        limits.append(
            f"reads that were held out have a log-likelihood of {held_out:.2f} each, those of the fit {average:.2f}: "
            "the numbers say little of other trains"
        )
    pulses = np.concatenate([increments(data.trains, branch)[1] for branch in range(2)])
    if pulses.mean() > 1.5:
        limits.append(
            f"there is one read for {format_quantity(float(pulses.mean()), '1', 3)} pulses on average: the noise of a "
            "pulse follows from that of several together"
        )
    resolution = data.resolution / data.axis.span
    if not problem.axis.logarithmic and resolution > 2 * fitted.theta[len(problem.model.parameters) + 1]:
        limits.append(
            f"reads are rounded to {resolution:.2g} of their span, more than twice the read noise, which is uncertain"
        )
    at_limit = problem.free & np.any(np.abs(theta - np.array(problem.limits)) < 1e-6, axis=0)
    names = [f"update.{p.name}" for p, limited in zip(problem.model.parameters, at_limit, strict=False) if limited]
    of_devices = problem.own(at_limit)
    names += [f"the window of device {name}" for name, own in zip(data.devices, of_devices, strict=True) if own.any()]
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        limits.append(f"at the limit of what is searched: {', '.join(names[:_NAMED])}{more}")
    if 1 < problem.devices < 5:
        limits.append(
            f"{problem.devices} devices say little about the spread between devices: the intervals of the spread and "
            "of further devices are wide"
        )
    rejected = _rejected(diagnostics)
    if not 1 / _UNEVEN < diagnostics.variance < _UNEVEN and diagnostics.scatter < _LEVEL:
        limits.append(
            f"the variance of the residuals is {diagnostics.variance:.2g} times that of the fit (p "
            f"{diagnostics.scatter:.1g}): its noise and its intervals are not reliable"
        )
    if "normality" in rejected:
        limits.append(
            f"the residuals are not distributed as the model says ({p_in_words(diagnostics.normality)}, skewness "
            f"{diagnostics.skewness:+.2f}, excess {diagnostics.excess:+.2f}): something is missing from the model, "
            "such as jumps of a trap, failed pulses or trains that begin elsewhere; the noise contains it, and the "
            "intervals may miss the truth"
        )
    if "independence" in rejected:
        limits.append(
            f"successive residuals are not independent ({p_in_words(diagnostics.independence)}): the intervals are too "
            "narrow"
        )
    if cycles is not None and cycles.sigma_low > 0:
        limits.append(
            f"the size of the steps differs between cycles of a device by {format_quantity(cycles.sigma, '%', 2)} "
            f"({format_quantity(cycles.sigma_low, '%', 2)} to {format_quantity(cycles.sigma_high, '%', 2)}): the noise "
            "of the pulses contains it"
        )
    return limits


def _moving(ends: MovingEnds | None, unit: str) -> list[str]:
    """What the cycles say of ends of the window that move."""
    if ends is None:
        return []
    low, high = (_quantity(size, unit) for size in (ends.low, ends.high))
    if ends.steady:
        text = (
            f"the ends of the window move from cycle to cycle: about {low} (lower) and {high} (upper) from the first "
        )
        text += "cycle to the last"
    else:
        text = f"the ends of the window differ between cycles of a device by about {low} (lower) and {high} (upper)"
    return [f"{text} (p {ends.p:.1g}): the fit has one window for all cycles, and its noise contains the difference"]


def _differing(fitted: Fitted, rivals: Mapping[str, np.ndarray]) -> list[str]:
    """Ends of the window that other models, which describe the data nearly as well, put outside the interval."""
    limits = []
    for place, (side, word) in enumerate((("min", "lower"), ("max", "upper"))):
        number = fitted[f"conductance.{side}"]
        low, high = (number.low, number.high) if number.known else (number.value, number.value)
        outside = {name: ends[place] for name, ends in rivals.items() if not low <= ends[place] <= high}
        if outside:
            words = [f"{name} {_quantity(float(end), number.unit)}" for name, end in outside.items()]
            limits.append(
                f"the {word} end of the window depends on the model: of the models within {RIVAL:g} of the lowest BIC, "
                f"others put it at {', '.join(words)}"
            )
    return limits


def _quantity(value: float, unit: str) -> str:
    """A number of a fit as text, see `Number.unit`; weights have none."""
    return f"{value:.3g} {unit}".rstrip() if unit in ("", "pulses") else format_quantity(value, unit, 3)


def _noiseless_ends(problem: Problem, theta: np.ndarray, resolution: float) -> bool:
    """Whether read noise is at the limit of the search and ends of windows are single reads.

    The density of a read at an end grows without bound there, so this is no maximum that says something of the noise.
    """
    read = problem.noise[1]
    if theta[read] > problem.limits[0][read] + 0.05 or resolution > problem.natural(theta)[read]:
        return False
    first, last = problem.extremes()
    own = problem.own(theta)
    near = np.abs(np.column_stack([own[:, 0] - first, own[:, 1] - last])) < 5 * problem.natural(theta)[read]
    return bool((near & np.isnan(problem.known)).any())


def _rejected(diagnostics: Diagnostics) -> set[str]:
    """Tests of the residuals that reject the model, by Holm's method (Scand. J. Stat. 6, 65, 1979)."""
    tests = sorted((getattr(diagnostics, name), name) for name in ("normality", "independence"))
    rejected = set()
    for left, (p, name) in zip((2, 1), tests, strict=True):
        if not p < _LEVEL / left:
            break
        rejected.add(name)
    return rejected
