"""Mean step of every model that pulses are fitted to, as a function of the normalised state, and its way to a profile.

x = (g - low)/(high - low) is the state, u the way travelled: x for set pulses, 1 - x for reset pulses. Every function
gives the magnitude of the step in units of the window, for a whole array of states; its scalar twin, with equation and
source, is in `memsim.cells`. Profiles state steps in w, which runs from -1 to 1 over the window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.neurosim import MAX_LABEL, curvature, label
from memsim.units import format_quantity

BRANCHES = ("set", "reset")
KNOTS = 7
"""States at which the measured table has a free step."""
MAX_PULSES = 1_000_000

_STEPS = (1e-6, 3.0)
_SPAN = 2.0  # of w


@dataclass(frozen=True)
class Parameter:
    """One number of a step model.

    Attributes
    ----------
    name : str
        Path below `update`, as far as a profile has the number itself.
    meaning : str
        What it is, in a few words.
    low, high : float
        Limits of the search.
    positive : bool
        Whether it is searched for on a logarithmic scale.
    scales : int
        Power with which it goes with the size of all steps: 1 for a step, -1 for a number of pulses, else 0.
    open_with : str
        Parameter at whose lower limit this one is unbounded above, as only a product of the two is determined there.
    """

    name: str
    meaning: str
    low: float
    high: float
    positive: bool = True
    scales: int = 0
    open_with: str = ""


class Target(NamedTuple):
    """What a profile's numbers depend on besides those of the model."""

    low: float  # window [S]
    high: float
    write: float  # sigma of a pulse
    relative_to: str  # "range" or "step"
    growth: float  # mean over devices of the number that spreads, relative to its median


@dataclass(frozen=True)
class StepModel:
    """A model of the mean step.

    Attributes
    ----------
    name : str
        Name in profiles (``update.model``).
    parameters : tuple of Parameter
        Its numbers, in the order of theta.
    step : callable
        ``step(x, branch, theta, offset)``: magnitude of the step at the states x (branch 0: set, 1: reset), of the
        window; `offset` is G_min/(G_max - G_min).
    starts : callable
        ``starts(set, reset)``: values of theta to start from, given the average step of each branch.
    profile : callable
        ``profile(theta, target)``: the profile's `update` section, without pulses' voltages.
    spread : str
        Field of a profile that differs between devices whose steps differ in size.
    power : callable
        ``power(theta)``: the field is proportional to this power of the size of the steps.
    physical : bool
        Whether the model is one of conductances above 0, and makes no sense for weights without a unit.
    """

    name: str
    parameters: tuple[Parameter, ...]
    step: Callable[[np.ndarray, int, np.ndarray, float], np.ndarray]
    starts: Callable[[float, float], Sequence[Sequence[float]]]
    profile: Callable[[np.ndarray, Target], dict[str, Any]]
    spread: str = "update.step"
    power: Callable[[np.ndarray], float] = lambda _: 1.0
    physical: bool = False


def travelled(x: np.ndarray, branch: int) -> np.ndarray:
    """Way travelled from the end that the branch starts at."""
    return x if branch == 0 else 1.0 - x


def number(value: float) -> float:
    """A fitted number as a profile states it: six significant digits."""
    return float(f"{value:.6g}")


def _pair(
    name: str, meaning: str, low: float, high: float, positive: bool = True, open_with: str = ""
) -> tuple[Parameter, ...]:
    scales = int(name == "step")
    return tuple(
        Parameter(f"{name}.{b}", f"{meaning}, {b}", low, high, positive, scales, open_with and f"{open_with}.{b}")
        for b in BRANCHES
    )


def _both(first: float, second: float) -> dict[str, float]:
    return {"set": number(first), "reset": number(second)}


def _sizes(up: float, down: float, target: Target) -> dict[str, float]:
    """Nominal step in w and asymmetry beta of steps s (1 + min(beta, 0)) and s (1 - max(beta, 0)): s is the larger."""
    larger = max(up, down)
    sizes = {"step": number(larger * target.growth * _SPAN)}
    asymmetry = number((up - down) / larger)
    return {**sizes, "asymmetry": asymmetry} if asymmetry else sizes


def _pulses(count: float) -> int:
    return int(np.clip(round(count), 1, MAX_PULSES))


CONSTANT = StepModel(
    "constant",
    _pair("step", "step, of the window", *_STEPS),
    lambda x, branch, t, _: np.full_like(x, t[branch]),
    lambda s, r: [(s, r)],
    lambda t, to: {"model": "constant", **_sizes(t[0], t[1], to)},
)

LINEAR = StepModel(
    "linear",
    (
        *_pair("step", "step in the middle, of the window", *_STEPS),
        *_pair("slope", "fall of the step from the middle to the end", 0.0, 1.0, False),
    ),
    lambda x, branch, t, _: t[branch] * (1.0 - t[2 + branch] * (2.0 * travelled(x, branch) - 1.0)),
    lambda s, r: [(s, r, 0.1, 0.1), (s, r, 0.7, 0.7)],
    lambda t, to: {"model": "linear", **_sizes(t[0], t[1], to), "slope": _both(t[2], t[3])},
)

SOFT_BOUNDS = StepModel(
    "soft-bounds",
    _pair("step", "step in the middle, of the window", *_STEPS),
    lambda x, branch, t, _: t[branch] * 2.0 * (1.0 - travelled(x, branch)),
    lambda s, r: [(s, r), (2 * s, 2 * r)],
    lambda t, to: {"model": "soft-bounds", **_sizes(t[0], t[1], to)},
)


def _exponential(x: np.ndarray, branch: int, t: np.ndarray, _: float) -> np.ndarray:
    u = travelled(x, branch)
    return t[branch] * np.maximum(1.0 - t[2 + branch] * np.exp(t[4 + branch] * (u - 1.0)), 0.0)


def _exponential_profile(t: np.ndarray, to: Target) -> dict[str, Any]:
    # With z = x (a = b = 1/2) a set step is s (1 - A e^(gamma x)), a reset step s (1 - A e^(-gamma x)).
    return {
        "model": "exponential",
        **_sizes(t[0], t[1], to),
        "amplitude": _both(t[2] * np.exp(-t[4]), t[3]),
        "gamma": _both(t[4], t[5]),
        "a": 0.5,
        "b": 0.5,
    }


EXPONENTIAL = StepModel(
    "exponential",
    (
        *_pair("step", "full step, of the window", *_STEPS, open_with="gamma"),
        *_pair("fall", "share of it lost at the end of the window", -10.0, 1.0, False),
        *_pair("gamma", "steepness of the loss", 0.2, 30.0),
    ),
    _exponential,
    lambda s, r: [(s, r, 0.5, 0.5, 3.0, 3.0), (2 * s, 2 * r, 0.9, 0.9, 1.5, 1.5), (s, r, -0.5, -0.5, 3.0, 3.0)],
    _exponential_profile,
)

POWER = StepModel(
    "power",
    (*_pair("step", "full step, of the window", *_STEPS), *_pair("exponent", "exponent", 0.02, 20.0)),
    lambda x, branch, t, _: t[branch] * np.maximum(1.0 - travelled(x, branch), 0.0) ** t[2 + branch],
    lambda s, r: [(2 * s, 2 * r, 1.0, 1.0), (4 * s, 4 * r, 2.0, 2.0), (s, r, 0.3, 0.3)],
    lambda t, to: {"model": "power", **_sizes(t[0], t[1], to), "exponent": _both(t[2], t[3])},
)


def _neurosim(x: np.ndarray, branch: int, t: np.ndarray, _: float) -> np.ndarray:
    # One pulse of x(n) = B (1 - e^(-n/(A P))), written as a recurrence; both branches are fitted as fast first.
    a = t[1 + branch]
    return -np.expm1(-a / t[0]) * (-1.0 / np.expm1(-a) - travelled(x, branch))


NEUROSIM = StepModel(
    "neurosim",
    (
        Parameter("pulses", "pulses that span the window", 1.0, float(MAX_PULSES), scales=-1),
        *_pair("curvature", "1/A, curvature", 1e-3, float(curvature(MAX_LABEL))),
    ),
    _neurosim,
    lambda s, r: [(2 / (s + r), 0.5, 0.5), (1.5 / (s + r), 2.0, 2.0), (1 / (s + r), 4.0, 4.0)],
    lambda t, to: {
        "model": "neurosim",
        "pulses": _pulses(t[0] * to.growth),
        "nonlinearity": _both(float(label(t[1])), -float(label(t[2]))),
    },
    spread="update.pulses",
    power=lambda _: -1.0,
)


def _power_law(x: np.ndarray, branch: int, t: np.ndarray, offset: float) -> np.ndarray:
    # Resistances in units of 1/(G_max - G_min); the state determines the pulse number n = ((r - r0)/r1)^(1/a).
    highest = 1.0 / (1.0 + offset)
    r = 1.0 / (np.clip(travelled(x, branch), 0.0, 1.0) + offset)
    above = r - t[0] * highest
    inverse = np.exp(np.minimum(-np.log(np.maximum(above, 1e-12) / t[1]) / t[2], 60.0))  # 1/n
    fall = -above * np.expm1(t[2] * np.log1p(inverse))
    return fall / (r * np.maximum(r - fall, 1e-9))


def _power_law_profile(t: np.ndarray, to: Target) -> dict[str, Any]:
    width = to.high - to.low
    return {
        "model": "power-law",
        "limit": format_quantity(t[0] / to.high, "Ohm", 6),
        "amplitude": format_quantity(t[1] / width * to.growth, "Ohm", 6),
        "exponent": number(t[2]),
    }


POWER_LAW = StepModel(
    "power-law",
    (
        Parameter("limit", "R_0 of R = R_0 + R_1 n^exponent, relative to the resistance at G_max", 0.0, 0.999, False),
        Parameter("amplitude", "R_1 times the width of the window", 1e-3, 1e6),
        Parameter("exponent", "exponent of the pulse number n", -4.0, -0.02, False),
    ),
    _power_law,
    lambda s, r: [(0.2, 1.0, -0.5), (0.5, 10.0, -1.0), (0.5, 100.0, -2.0)],
    _power_law_profile,
    spread="update.amplitude",
    power=lambda t: float(t[2]),  # f times as many pulses: R_1 (f n)^a
    physical=True,
)

_AT = np.linspace(0.0, 1.0, KNOTS)


def _table_profile(t: np.ndarray, to: Target) -> dict[str, Any]:
    width = to.high - to.low
    rows = {}
    for branch, name in enumerate(BRANCHES):
        steps = t[branch * KNOTS : (branch + 1) * KNOTS] * width * to.growth * (1 if branch == 0 else -1)
        sigmas = to.write * (np.abs(steps) if to.relative_to == "step" else np.full(KNOTS, width))
        rows[name] = [
            dict(
                zip(
                    ("conductance", "step", "sigma"),
                    (format_quantity(float(v), "S", 6) for v in (to.low + width * at, step, sigma)),
                    strict=True,
                )
            )
            for at, step, sigma in zip(_AT, steps, sigmas, strict=True)
        ]
    return {"model": "table", "table": rows}


TABLE = StepModel(
    "table",
    tuple(
        # Below 0, steps that push back would stand for an end of the window at which pulses stop.
        Parameter(f"table.{b}.{i}", f"step at {at:.2g} of the window, {b}", 0.0, _STEPS[1], False)
        for b in BRANCHES
        for i, at in enumerate(_AT)
    ),
    lambda x, branch, t, _: np.interp(x, _AT, t[branch * KNOTS : (branch + 1) * KNOTS]),
    lambda s, r: [(*(2 * s * (1 - 0.8 * _AT)), *(2 * r * (0.2 + 0.8 * _AT))), (*([s] * KNOTS), *([r] * KNOTS))],
    _table_profile,
    spread="update.scale",
)

MODELS: dict[str, StepModel] = {
    model.name: model for model in (CONSTANT, LINEAR, SOFT_BOUNDS, EXPONENTIAL, POWER, NEUROSIM, POWER_LAW, TABLE)
}


def nearest_theta(model: StepModel, wanted: np.ndarray, starts: Sequence[Sequence[float]], offset: float) -> np.ndarray:
    """Theta whose steps come closest to wanted ones (branch, state at equal distances), by least squares."""
    from scipy.optimize import least_squares

    x = np.linspace(0.0, 1.0, wanted.shape[1])
    positive = np.array([p.positive for p in model.parameters])

    def natural(free: np.ndarray) -> np.ndarray:
        return np.where(positive, np.exp(np.where(positive, free, 0.0)), free)

    def searched(values: Sequence[float]) -> np.ndarray:
        given = np.asarray(values, float)
        return np.where(positive, np.log(np.where(positive, given, 1.0)), given)

    low, high = (searched([getattr(p, end) for p in model.parameters]) for end in ("low", "high"))
    scale = np.abs(wanted).mean() + 1e-12

    def misses(free: np.ndarray) -> np.ndarray:
        theta = natural(free)
        return np.concatenate([model.step(x, b, theta, offset) - wanted[b] for b in range(2)]) / scale

    fits = [
        least_squares(misses, np.clip(searched(start), low + 1e-9, high - 1e-9), bounds=(low, high), max_nfev=60)
        for start in starts
    ]
    return natural(min(fits, key=lambda fit: fit.cost).x)
