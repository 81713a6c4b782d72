"""Mean step of every model that pulses are fitted to, as a function of the normalised state.

x = (g - low)/(high - low) is the state, u the way travelled: x for set pulses, 1 - x for reset pulses. Every function gives
the magnitude of the step in units of the window, for a whole array of states.

Sources: constant, linear, soft bounds, exponential and power: Rasch et al., arXiv:2104.02184, and Fusi & Abbott, Nat.
Neurosci. 10, 485 (2007); neurosim: Chen & Yu, doi:10.1109/MDAT.2018.2890229; power law in the pulse number: Tiotto et al.,
doi:10.3389/fnins.2020.627276 (there of the resistance).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.cells.neurosim import MAX_LABEL, curvature, label

BRANCHES = ("set", "reset")
KNOTS = 7
"""States at which the measured table has a free step."""

_STEPS = (1e-6, 3.0)


@dataclass(frozen=True)
class Parameter:
    """One number of a step model.

    Attributes
    ----------
    name : str
        Dotted path of the field in a profile's `update` section.
    meaning : str
        What it is, in a few words.
    low, high : float
        Limits of the search.
    positive : bool
        Whether it is searched for on a logarithmic scale.
    scales : int
        Power with which it goes with the size of all steps: 1 for a step, -1 for a number of pulses, else 0.
    """

    name: str
    meaning: str
    low: float
    high: float
    positive: bool = True
    scales: int = 0


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
        ``step(x, branch, theta)``: magnitude of the step at the states x (branch 0: set, 1: reset), of the window.
    starts : callable
        ``starts(set, reset)``: values of theta to start from, given the average step of each branch.
    profile : callable
        ``profile(theta)``: the profile's `update` section, without pulses' voltages.
    """

    name: str
    parameters: tuple[Parameter, ...]
    step: Callable[[np.ndarray, int, np.ndarray], np.ndarray]
    starts: Callable[[float, float], Sequence[Sequence[float]]]
    profile: Callable[[np.ndarray], dict[str, Any]]


def travelled(x: np.ndarray, branch: int) -> np.ndarray:
    """Way travelled from the end that the branch starts at."""
    return x if branch == 0 else 1.0 - x


def number(value: float) -> float:
    """A fitted number as a profile states it: six significant digits."""
    return float(f"{value:.6g}")


def _pair(name: str, meaning: str, low: float, high: float, positive: bool = True) -> tuple[Parameter, ...]:
    scales = int(name == "step")
    return tuple(Parameter(f"{name}.{b}", f"{meaning}, {b}", low, high, positive, scales) for b in BRANCHES)


def _both(first: float, second: float) -> dict[str, float]:
    return {"set": number(first), "reset": number(second)}


def _pulses(*steps: float) -> int:
    """Whole number of pulses that span the window with steps of this average size."""
    return int(np.clip(round(1.0 / float(np.mean(steps))), 1, 1_000_000))


CONSTANT = StepModel(
    "constant",
    (Parameter("pulses", "pulses that span the window", 1 / _STEPS[1], 1 / _STEPS[0], scales=-1),),
    lambda x, branch, t: np.full_like(x, 1.0 / t[0]),
    lambda s, r: [(2.0 / (s + r),)],
    lambda t: {"model": "constant", "pulses": _pulses(1.0 / t[0])},
)

LINEAR = StepModel(
    "linear",
    (*_pair("step", "step at the start", *_STEPS), *_pair("slope", "change of the step over the window", -1.0, 10.0, False)),
    lambda x, branch, t: t[branch] * (1.0 + t[2 + branch] * travelled(x, branch)),
    lambda s, r: [(s, r, 0.0, 0.0), (2 * s, 2 * r, -0.8, -0.8)],
    lambda t: {
        "model": "linear",
        "pulses": _pulses(t[0] * (1 + t[2] / 2), t[1] * (1 + t[3] / 2)),
        "step": _both(t[0], t[1]),
        "slope": _both(t[2], t[3]),
    },
)

SOFT_BOUNDS = StepModel(
    "soft-bounds",
    _pair("step", "step at the start", *_STEPS),
    lambda x, branch, t: t[branch] * (1.0 - travelled(x, branch)),
    lambda s, r: [(2 * s, 2 * r), (4 * s, 4 * r)],
    lambda t: {"model": "soft-bounds", "pulses": _pulses(t[0], t[1]), "step": _both(t[0], t[1])},
)


def _exponential(x: np.ndarray, branch: int, t: np.ndarray) -> np.ndarray:
    u = travelled(x, branch)
    return t[branch] * np.maximum(1.0 - t[2 + branch] * np.exp(t[4 + branch] * (u - 1.0)), 0.0)


def _exponential_profile(t: np.ndarray) -> dict[str, Any]:
    # With z = x (a = 1/2, b = 0) a set step is s (1 - A e^(gamma x)), a reset step s (1 - A e^(-gamma x)).
    return {
        "model": "exponential",
        "pulses": _pulses(t[0], t[1]),
        "step": _both(t[0], t[1]),
        "amplitude": _both(t[2] * np.exp(-t[4]), t[3]),
        "gamma": _both(t[4], t[5]),
        "a": 0.5,
        "b": 0.0,
    }


EXPONENTIAL = StepModel(
    "exponential",
    (
        *_pair("step", "full step", *_STEPS),
        *_pair("fall", "share of the step lost at the end of the window", -10.0, 1.0, False),
        *_pair("gamma", "steepness of the loss", 0.2, 30.0),
    ),
    _exponential,
    lambda s, r: [(s, r, 0.5, 0.5, 3.0, 3.0), (2 * s, 2 * r, 0.9, 0.9, 1.5, 1.5), (s, r, -0.5, -0.5, 3.0, 3.0)],
    _exponential_profile,
)

POWER = StepModel(
    "power",
    (*_pair("step", "full step", *_STEPS), *_pair("exponent", "exponent", 0.02, 20.0)),
    lambda x, branch, t: t[branch] * np.maximum(1.0 - travelled(x, branch), 0.0) ** t[2 + branch],
    lambda s, r: [(2 * s, 2 * r, 1.0, 1.0), (4 * s, 4 * r, 2.0, 2.0), (s, r, 0.3, 0.3)],
    lambda t: {
        "model": "power",
        "pulses": _pulses(t[0], t[1]),
        "step": _both(t[0], t[1]),
        "exponent": _both(t[2], t[3]),
    },
)


def _neurosim(x: np.ndarray, branch: int, t: np.ndarray) -> np.ndarray:
    # One pulse of x(n) = B (1 - e^(-n/(A P))), as a recurrence; `memsim.cells.neurosim.change` is its scalar twin.
    a = t[1 + branch]
    return -np.expm1(-a / t[0]) * (-1.0 / np.expm1(-a) - travelled(x, branch))


_STEEPEST = float(curvature(MAX_LABEL))

NEUROSIM = StepModel(
    "neurosim",
    (
        Parameter("pulses", "pulses that span the window", 1.0, 1e6, scales=-1),
        *_pair("curvature", "1/A, curvature", 1e-3, _STEEPEST),
    ),
    _neurosim,
    lambda s, r: [(2 / (s + r), 0.5, 0.5), (1.5 / (s + r), 2.0, 2.0), (1 / (s + r), 4.0, 4.0)],
    lambda t: {
        "model": "neurosim",
        "pulses": _pulses(1.0 / t[0]),
        "nonlinearity": _both(float(label(t[1])), -float(label(t[2]))),
    },
)


def _power_law(x: np.ndarray, branch: int, t: np.ndarray) -> np.ndarray:
    u, nu = np.clip(travelled(x, branch), 0.0, 1.0), t[2 + branch]
    return (u ** (1.0 / nu) + t[branch]) ** nu - u


POWER_LAW = StepModel(
    "power-law",
    (*_pair("step", "1/pulses that span the window", *_STEPS), *_pair("exponent", "exponent of the pulse number", 0.05, 5.0)),
    _power_law,
    lambda s, r: [(s, r, 0.5, 0.5), (s, r, 1.0, 1.0)],
    lambda t: {
        "model": "power-law",
        "pulses": _pulses(t[0], t[1]),
        "step": _both(t[0], t[1]),
        "exponent": _both(t[2], t[3]),
    },
)

_AT = np.linspace(0.0, 1.0, KNOTS)

TABLE = StepModel(
    "table",
    tuple(
        Parameter(f"table.{b}.{i}", f"step at {at:.2g} of the window, {b}", -1.0, _STEPS[1], False)
        for b in BRANCHES
        for i, at in enumerate(_AT)
    ),
    lambda x, branch, t: np.interp(x, _AT, t[branch * KNOTS : (branch + 1) * KNOTS]),
    lambda s, r: [(*(2 * s * (1 - 0.8 * _AT)), *(2 * r * (0.2 + 0.8 * _AT))), (*([s] * KNOTS), *([r] * KNOTS))],
    lambda t: {
        "model": "table",
        "pulses": _pulses(t[:KNOTS].mean(), t[KNOTS:].mean()),
        "state": [number(at) for at in _AT],
        "step": {"set": [number(s) for s in t[:KNOTS]], "reset": [number(s) for s in t[KNOTS:]]},
    },
)

MODELS: dict[str, StepModel] = {
    model.name: model
    for model in (CONSTANT, LINEAR, SOFT_BOUNDS, EXPONENTIAL, POWER, NEUROSIM, POWER_LAW, TABLE)
}
