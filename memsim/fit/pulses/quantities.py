"""The numbers of a fit as people read them: in the data's unit, with 95 % intervals, and spreads between devices."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from memsim.cells.neurosim import label
from memsim.fit.pulses.data import PulseData
from memsim.fit.pulses.own import own_moments
from memsim.fit.pulses.problem import OWN, Problem, with_element
from memsim.fit.pulses.sigmas import absorbed, near_maximum, sigmas
from memsim.fit.pulses.spread import FEWEST, Spread, between, between_conductances
from memsim.fit.pulses.uncertainty import covariance, ridge_interval
from memsim.units import format_quantity

_WIDEST = 3.0
"""How many times wider or narrower than its value a window may be: that which a search allows."""


_BASES = {"range": "the window", "step": "the step", "value": "the value"}


@dataclass(frozen=True)
class Number:
    """A fitted number with its 95 % interval.

    Attributes
    ----------
    name : str
        Dotted path in a profile, as far as it has one.
    value, low, high : float
        In SI units or as a fraction; an end is infinite where the data set none.
    unit : str
        "S", "%" (of a fraction), "pulses" or "".
    meaning : str
        What it is.
    known : bool
        Whether it was fitted; else it was read off the data.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    meaning: str
    known: bool = True

    def holds(self, value: float) -> bool:
        """Whether the interval contains a value, or there is none."""
        return not (value < self.low or value > self.high)

    @property
    def value_text(self) -> str:
        """The value with its unit."""
        return quantity_text(self.value, self.unit)

    @property
    def interval_text(self) -> str:
        """The interval in words."""
        low, high = (quantity_text(end, self.unit) for end in (self.low, self.high))
        if math.isnan(self.low):
            return "not fitted"
        if math.isinf(self.low) and math.isinf(self.high):
            return "not limited by the data"
        if math.isinf(self.high):
            return f"above {low}"
        if math.isinf(self.low) or (self.low == 0 and self.unit == "%"):
            return f"below {high}"
        return f"{low} to {high}"


def quantity_text(value: float, unit: str) -> str:
    """A fitted value with its unit, as people read it."""
    if unit in ("S", "%"):
        return format_quantity(value, unit, 3)
    return f"{value:.4g} {unit if unit != 'pulses' else ''}".strip()


@dataclass(frozen=True)
class Fitted:
    """Numbers of a fit.

    Attributes
    ----------
    numbers : tuple of Number
        Window, model, noise.
    spreads : dict
        "low", "high" (in the data's unit) and "step" (relative) -> spread between devices.
    theta : ndarray
        Shared natural values, the sigmas freed of bias, those of the model first.
    window : tuple of float
        Ends in the data's unit: of the average device.
    point : ndarray
        Theta at which the numbers hold: the maximum of the likelihood, or the maximum with the sigmas freed of bias
        where fitted means absorb write noise.
    beginnings : int
        Number of ways in which trains may begin, see `memsim.fit.pulses.beginnings`, for which the intervals hold.
    second : tuple of Number
        What second maxima of the likelihood put outside the interval of the first one; the intervals hold for all.
    """

    numbers: tuple[Number, ...]
    spreads: dict[str, Spread]
    theta: np.ndarray
    window: tuple[float, float]
    point: np.ndarray
    beginnings: int = 1
    second: tuple[Number, ...] = ()

    def __getitem__(self, name: str) -> Number:
        return next(number for number in self.numbers if number.name == name)


def fitted(data: PulseData, problem: Problem, theta: np.ndarray, behind: float = 0.0) -> Fitted:
    """Numbers, intervals and spreads at a maximum of a fit.

    `behind` is how far the log-likelihood of this maximum is below that of the highest one.
    """
    from scipy.special import stdtrit

    spread, inner = covariance(problem, theta)
    better = near_maximum(problem, theta, spread, inner)
    sigma_intervals: dict[int, tuple[float, float]] = {}
    # The errors of the means are in proportion to the noise of the pulses.
    grown = max(float(better[problem.noise[0]] - theta[problem.noise[0]]), 0.0)
    wider = float(np.exp(grown))
    if absorbed(problem, theta, better):
        problem, theta, _, sigma_intervals, wider = sigmas(problem, theta)
        spread, inner = covariance(problem, theta)
        better = theta
    spreads = _spreads(problem, theta, spread, positive=data.unit == "S")
    numbers = [*_window(data, problem, theta, spread, spreads, behind)]
    for index, parameter in enumerate(problem.shared):
        of = _reported(problem, index)
        value, noise = of(better), index in problem.noise
        if index in sigma_intervals:
            low, high = (of(with_element(theta, index, end)) for end in sigma_intervals[index])
        else:
            low, high = ridge_interval(problem, theta, index, spread, of, behind)
            if noise:
                low, high = _of_larger_sigma(of(theta), low, high, float(better[index] - theta[index]))
            else:
                low, high = _widened(value, low, high, wider, positive=parameter.positive)
        if noise and _base(problem, index) == "range":
            low, high = _of_an_uncertain_range(value, low, high, numbers[0], numbers[1])
        spreading = f"update.{parameter.name}" == problem.model.spread
        if (parameter.scales or spreading) and "step" in spreads:
            # The average over these devices is not quite that over all devices.
            power = abs(problem.model.power(problem.natural(better))) if spreading else 1.0
            t = float(stdtrit(problem.devices - 1, 0.975))
            more = t * power * spreads["step"].sigma / np.sqrt(problem.devices)
            low = value * np.exp(-np.hypot(np.log(value / low), more)) if low > 0 else low
            high = value * np.exp(np.hypot(np.log(high / value), more)) if np.isfinite(high) else high
        low = max(low, 0.0) if parameter.low >= 0 else low
        name, unit, meaning = _wording(problem, index)
        numbers.append(Number(name, value, float(low), float(high), unit, meaning))
    ends = tuple(number.value for number in numbers[:2])
    return Fitted(tuple(numbers), spreads, problem.natural(better), (ends[0], ends[1]), theta)


def _widened(value: float, low: float, high: float, factor: float, *, positive: bool) -> tuple[float, float]:
    """Ends of an interval that is wider by a factor: as a ratio to the value, where this is positive."""
    if positive and low > 0 and np.isfinite(high):
        return value * (low / value) ** factor, value * (high / value) ** factor
    return value - factor * (value - low), value + factor * (high - value)


def _of_larger_sigma(value: float, low: float, high: float, shift: float) -> tuple[float, float]:
    """Ends of the interval of a sigma whose logarithm is larger than at the maximum, and less certain by as much."""
    larger = value * float(np.exp(shift))
    if low > 0:
        wider = float(np.exp(max(shift, 0.0)))
        return larger * (low / value) ** wider, larger * (high / value) ** wider
    return low, high * float(np.exp(shift))


def _width(problem: Problem, theta: np.ndarray) -> float:
    own = problem.own(theta)
    return float((own[:, 1] - own[:, 0]).mean())


def _base(problem: Problem, index: int) -> str:
    """What the sigma with this index is a share of: "range", "step" or "value"; empty for other numbers."""
    name = problem.shared[index].name
    return problem.write if name == "c2c" else problem.read_base if name in ("read", "slow") else ""


def _of_an_uncertain_range(value: float, low: float, high: float, lower: Number, upper: Number) -> tuple[float, float]:
    """Ends of the interval of a share of the window, widened by the relative errors of the window's ends."""
    width = upper.value - lower.value
    # NaN stands for an end that was not fitted.
    wider = np.nan_to_num(np.array([upper.high - upper.value, lower.value - lower.low]) / width, posinf=_WIDEST)
    narrower = np.nan_to_num(np.array([upper.value - upper.low, lower.high - lower.value]) / width, posinf=_WIDEST)
    grown = np.log1p(min(float(np.hypot(*wider)), _WIDEST - 1))
    shrunk = -np.log1p(-min(float(np.hypot(*narrower)), 1 - 1 / _WIDEST))
    if low > 0:
        low = value * float(np.exp(-np.hypot(np.log(value / low), grown)))
    return low, value * float(np.exp(np.hypot(np.log(high / value), shrunk)))


def _reported(problem: Problem, index: int) -> Callable[[np.ndarray], float]:
    """What is reported of a theta for one shared parameter: sigmas as fractions of the window, curvatures as labels."""
    name = problem.shared[index].name
    if name.startswith("curvature."):
        return lambda theta: float(label(problem.natural(theta)[index]))
    base = _base(problem, index)
    if base == "range":
        return lambda theta: float(problem.natural(theta)[index]) / _width(problem, theta)
    if base == "value" and problem.axis.logarithmic:
        # Relative standard deviation of a lognormal variable.
        return lambda theta: float(
            np.sqrt(np.expm1(min((problem.axis.ratio * problem.natural(theta)[index]) ** 2, 20.0)))
        )
    return lambda theta: float(problem.natural(theta)[index])


def _wording(problem: Problem, index: int) -> tuple[str, str, str]:
    parameter = problem.shared[index]
    name = parameter.name
    write, read = (_BASES[base] for base in (problem.write, problem.read_base))
    if name == "c2c":
        return "variability.c2c.sigma", "%", f"write noise: standard deviation of a pulse, relative to {write}"
    if name == "read":
        return "read.noise.sigma", "%", f"read noise: standard deviation of a read, relative to {read}"
    if name == "slow":
        meaning = f"standard deviation of read noise that is correlated over pulses, relative to {read}"
        return "read.noise.slow.sigma", "%", meaning
    if name == "memory":
        return "read.noise.slow.memory", "pulses", "pulses after which this correlation has fallen to 1/e"
    if name.startswith("curvature."):
        branch = name.split(".")[1]
        return f"update.nonlinearity.{branch}", "", f"magnitude of NeuroSim's nonlinearity label, {branch}"
    return f"update.{name}", "pulses" if name == "pulses" else "", parameter.meaning


def _window(
    data: PulseData,
    problem: Problem,
    theta: np.ndarray,
    spread: np.ndarray,
    spreads: dict[str, Spread],
    behind: float = 0.0,
) -> list[Number]:
    numbers = []
    for k, (end, name, word) in enumerate((("low", "min", "lower"), ("high", "max", "upper"))):
        meaning = f"{word} end of the window"
        value = float(problem.axis.value(problem.own(theta)[:, k]).mean())
        known = bool(np.isnan(problem.known[:, k]).all())
        if not known:
            low = high = np.nan
            meaning += ": outermost state; no pulse shows the end"
        elif end in spreads:
            value, low, high = spreads[end].mean, spreads[end].mean_low, spreads[end].mean_high
        else:
            ends = []
            for d in range(problem.devices):
                index = len(problem.shared) + d * len(OWN) + k
                ends.append(ridge_interval(problem, theta, index, spread, lambda t, i=index: t[i], behind))  # type: ignore[misc]
            low, high = map(float, problem.axis.value(np.mean(ends, axis=0)))
        if data.unit == "S" and low < 0 <= value:
            low = 0.0
        numbers.append(Number(f"conductance.{name}", value, low, high, data.unit or "", meaning, known))
    return numbers


def _spreads(problem: Problem, theta: np.ndarray, spread: np.ndarray, *, positive: bool) -> dict[str, Spread]:
    """Spreads between devices of the window's ends and of the size of the steps, where there are enough devices.

    `positive` says that ends cannot be below 0.
    """
    if problem.devices < FEWEST:
        return {}
    spreads = {}
    own, blocks = own_moments(problem, theta, spread)
    ends = problem.axis.value(own[:, :2])
    slope = problem.axis.ratio * ends if problem.axis.logarithmic else np.full(ends.shape, problem.axis.span)
    for k, name in enumerate(("low", "high")):
        variance = blocks[:, k, k] * slope[:, k] ** 2
        good = variance > 0
        if good.sum() >= FEWEST:
            spreads[name] = replace(between_conductances(ends[good, k], variance[good]), positive=positive)
    # Steps as shares of the average window: what profiles state.
    width = ends[:, 1] - ends[:, 0]
    sizes = own[:, 2] + np.log(width / width.mean())
    slopes = np.stack([-slope[:, 0] / width, slope[:, 1] / width, np.ones(len(width))])
    variance = np.einsum("id,dij,jd->d", slopes, blocks, slopes)
    good = variance > 0
    if good.sum() >= FEWEST:
        spreads["step"] = between(sizes[good], variance[good])
    return spreads
