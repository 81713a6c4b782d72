"""What models with a step share: its size in each direction, and the approach to a limit in closed form.

A model's own state w runs from w_min to w_max (``update.weights``) while the normalised state x runs from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from memsim.cells.functions import exponential_ratio
from memsim.cells.model import Surroundings

# Just below 1: a step that ends at its limit at once would have no finite rate.
_LARGEST_FALL = 1 - 1e-7


class Approach(NamedTuple):
    """Parameters of one cell whose steps fall linearly with the state, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    start_set: float  # rate of set at x = 0, per pulse; the distance travelled is x
    decay_set: float
    start_reset: float  # rate of reset at x = 1; the distance travelled is 1 - x
    decay_reset: float


@njit(forceinline=True, error_model="numpy")
def approach_step(state, direction, p):
    """Change of the normalised state by one pulse: (start - decay x) phi(decay), with phi(y) = (1 - e^-y)/y."""
    # Both ratios are worked out before one is chosen: where they do not vary over cells, that is done once a loop.
    factor_set = exponential_ratio(p.decay_set)
    factor_reset = exponential_ratio(p.decay_reset)
    up = direction > 0
    start = p.start_set * factor_set if up else p.start_reset * factor_reset
    fall = p.decay_set * factor_set if up else p.decay_reset * factor_reset
    travelled = state if up else type(state)(1.0) - state
    return (start - fall * travelled) * direction


@njit(forceinline=True, error_model="numpy")
def approach_change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed): (start - decay x) n phi(decay n)."""
    up = pulses > 0
    start = p.start_set if up else p.start_reset
    decay = p.decay_set if up else p.decay_reset
    travelled = state if up else type(state)(1.0) - state
    return (start - decay * travelled) * pulses * exponential_ratio(decay * abs(pulses))


def approach(rise: Any, fall: Any) -> tuple[Any, Any]:
    """(start, decay) of steps rise - fall x, for which n steps are n times the exponential approach.

    x' = rise/fall + (x - rise/fall) (1 - fall)^n, so decay = -ln(1 - fall) and start = rise decay/fall.
    """
    fall = np.clip(fall, 0.0, _LARGEST_FALL)
    decay = -np.log1p(-fall)
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = np.where(fall > 0, decay / fall, 1.0)
    return rise * stretch, decay


def falling_steps(values: Mapping[str, Any], cell: Surroundings, fall_set: Any, fall_reset: Any) -> dict[str, Any]:
    """Fields of `Approach` for steps s (1 - gamma w/w_end), w_end the cell's own end of the window in that direction.

    Parameters
    ----------
    fall_set, fall_reset : float or ndarray
        gamma of each direction, 0 to 1.
    """
    w_min, w_max = values["weights.min"], values["weights.max"]
    span = w_max - w_min
    up, down = normalised_steps(values)
    # Own ends in w. A cell whose end lies on the wrong side of w = 0 keeps a tenth of a per cent of the range.
    top = np.maximum(w_min + span * cell.high, 1e-3 * span)
    bottom = np.minimum(w_min + span * cell.low, -1e-3 * span)
    start_set, decay_set = approach(up * (1 - fall_set * w_min / top), up * fall_set * span / top)
    start_reset, decay_reset = approach(down * (1 - fall_reset * w_max / bottom), -down * fall_reset * span / bottom)
    return {
        "start_set": start_set,
        "decay_set": decay_set,
        "start_reset": start_reset,
        "decay_reset": decay_reset,
    }


def normalised_steps(values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Steps of set and reset, of the nominal window: s (1 + beta) and s (1 - beta), none below 0."""
    step = values["step"] / (values["weights.max"] - values["weights.min"])
    beta = values["asymmetry"]
    return np.maximum(step * (1 + beta), 0.0), np.maximum(step * (1 - beta), 0.0)
