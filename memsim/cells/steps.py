"""What models with a step share: its size in each direction, a cell's own ends, and steps that fall with the state.

A model's own state w runs from w_min to w_max (``update.weights``) while the normalised state x runs from 0 to 1.

The nominal step s0, the asymmetry beta, a cell's own step s and its own difference r between set and reset give

    set: |s + s0 (min(beta, 0) + r)|,   reset: |s - s0 (max(beta, 0) + r)|,

so that the larger of the two steps is s, and beta makes the other one smaller.

Where w = 0 lies inside the range of w, an end of a cell window that lies on the wrong side of w = 0 is reflected there,
as in the source.

Source: step and ends of a pulsed device as IBM aihwkit 1.2.0 (MIT licence) computes them (its documentation prints
1 +- beta instead); models of Rasch et al., AICAS 2021, arXiv:2104.02184.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential_ratio
from memsim.cells.model import Surroundings
from memsim.scalars import scalar

SIZES = "set: s_set = |s + s0 (min(beta, 0) + r)|; reset: s_reset = |s - s0 (max(beta, 0) + r)|"
"""The two steps, for people; s0 is the nominal step, s that of the cell, r the cell's own part of the asymmetry."""

OFFSET = "reference_offset"
"""Among what `falling_steps` returns: how far a reference stands from the symmetry point, of the nominal window."""
# An end at w = 0 has no finite slope; the least distance from it, of the range of w. Assumed.
_NEAREST_END = 1e-9


class Falling(NamedTuple):
    """Parameters of one cell whose steps fall linearly with the state, dimensionless.

    With y the way from w = 0 in a direction, a step is s - fall y. For a fall below 1, n steps are (start - decay y) n
    phi(decay n) with decay = -ln(1 - fall), start = s decay/fall and phi(y) = (1 - e^-y)/y. A larger fall, with which
    the first pulse passes the limit of the state, is kept as decay = -fall with start = s.
    """

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    start_set: float
    decay_set: float
    start_reset: float
    decay_reset: float
    zero: float  # normalised state of w = 0


@scalar
def _passes(decay):
    """Whether the first pulse passes the limit of the state.

    Values above -1/2 are taken for deviations of a decay from pulse to pulse, which are assumed to be smaller.
    """
    return decay <= type(decay)(-0.5)


@scalar
def _shrink(decay):
    """Step per start: phi(decay), and 1 where the fall is at least 1."""
    return exponential_ratio(type(decay)(0.0) if _passes(decay) else abs(decay))


@scalar
def falling_step(state, direction, p):
    """Change of the normalised state by one pulse."""
    # Both ratios are worked out before one is chosen: where they do not vary over cells, that is done once a loop.
    factor_set, factor_reset = _shrink(p.decay_set), _shrink(p.decay_reset)
    up = direction > 0
    start = abs(p.start_set) * factor_set if up else abs(p.start_reset) * factor_reset
    fall = abs(p.decay_set) * factor_set if up else abs(p.decay_reset) * factor_reset
    return (start - fall * ((state - p.zero) * direction)) * direction


@scalar
def falling_change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed).

    From a fall of 1 on, the first pulse passes the limit and the cell's end stops it there: it counts alone.
    """
    real = type(state)
    up = pulses > 0
    start = abs(p.start_set) if up else abs(p.start_reset)
    decay = p.decay_set if up else p.decay_reset
    way = state - p.zero if up else p.zero - state
    count = abs(pulses)
    passes = _passes(decay)
    limited = min(count, real(1.0)) if passes else count
    rate = real(0.0) if passes else abs(decay)
    moved = (start - abs(decay) * way) * limited * exponential_ratio(rate * count)
    return moved if up else -moved


@scalar
def falling_size(pulses, p):
    """Step of the cell at w = 0 in the direction of the pulses."""
    size_set, size_reset = p.start_set * _shrink(p.decay_set), p.start_reset * _shrink(p.decay_reset)
    return size_set if pulses > 0 else size_reset


@scalar
def stated_size(pulses, p):
    """Full step of the cell in the direction of the pulses."""
    return p.step_set if pulses > 0 else p.step_reset


def falling_steps(
    values: Mapping[str, Any], cell: Surroundings, gamma_set: Any, gamma_reset: Any, nominal: bool = False
) -> dict[str, Any]:
    """Fields of `Falling` for steps s_set (1 - gamma w/w_max) and s_reset (1 - gamma w/w_min).

    Parameters
    ----------
    gamma_set, gamma_reset : float or ndarray
        Fall of each direction's step from w = 0 to the end.
    nominal : bool
        Whether w_max and w_min are the nominal ends, of all cells, in place of the cell's own.
    """
    w_min, w_max = values["weights.min"], values["weights.max"]
    span = w_max - w_min
    ends = own_ends(values, cell)
    up, down = normalised_steps(values)
    zero = -w_min / span
    above, below = w_max / span, zero
    if not nominal:
        above = np.maximum(ends["high"] - below, _NEAREST_END)
        below = np.maximum(below - ends["low"], _NEAREST_END)
    slopes = up * gamma_set / above, down * gamma_reset / below
    start_set, decay_set = _approach(up, slopes[0])
    start_reset, decay_reset = _approach(down, slopes[1])
    fields = {
        **ends,
        "start_set": start_set,
        "decay_set": decay_set,
        "start_reset": start_reset,
        "decay_reset": decay_reset,
        "zero": zero,
    }
    if "reference.offset" not in values:
        return fields
    offset = values["reference.offset"] / span
    shift = _symmetry_point((up, down), slopes) + offset
    return {**fields, **{name: fields[name] - shift for name in ("low", "high", "zero")}, OFFSET: offset}


def _symmetry_point(steps: tuple[Any, Any], falls: tuple[Any, Any]) -> Any:
    """Way from w = 0 to where set and reset pulses move the state by the same amount, normalised.

    There step_set - fall_set y = step_reset + fall_reset y. A cell whose steps do not fall has no such point: 0.
    """
    fall = falls[0] + falls[1]
    return np.where(np.greater(fall, 0), (steps[0] - steps[1]) / np.maximum(fall, 1e-300), 0.0)


def _approach(step: Any, fall: Any) -> tuple[Any, Any]:
    """(start, decay) of `Falling` for a step at w = 0 and its fall."""
    beyond = np.greater_equal(fall, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        decay = np.where(beyond, -fall, -np.log1p(-np.where(beyond, 0.0, fall)))
        stretch = np.where(beyond | (fall == 0), 1.0, decay / fall)
    return step * stretch, decay


def own_ends(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The ends `low` and `high` of the cell windows, normalised: each on its own side of w = 0 if that lies inside."""
    w_min, w_max = values["weights.min"], values["weights.max"]
    if not w_min < 0 < w_max:
        return {"low": cell.low, "high": cell.high}
    zero = -w_min / (w_max - w_min)
    # An end on its own side keeps its bits.
    low = np.where(np.greater(cell.low, zero), 2 * zero - cell.low, cell.low)
    high = np.where(np.less(cell.high, zero), 2 * zero - cell.high, cell.high)
    return {"low": low, "high": high}


def normalised_steps(values: Mapping[str, Any]) -> tuple[Any, Any]:
    """Steps of set and reset, of the nominal window, as the module's text has them."""
    span = values["weights.max"] - values["weights.min"]
    nominal, beta = values["step.nominal"] / span, values["asymmetry.nominal"]
    step, spread = values["step"] / span, values["asymmetry"] - beta
    return np.abs(step + nominal * (min(beta, 0.0) + spread)), np.abs(step - nominal * (max(beta, 0.0) + spread))
