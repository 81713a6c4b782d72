"""What models with a step share: its size in each direction, a cell's own ends, and steps that fall with the state.

A model's own state w runs from w_min to w_max (``update.weights``) while the normalised state x runs from 0 to 1.

The nominal step s0, the asymmetry beta, a cell's own step s and its own difference r between set and reset give

    set: |s + s0 (min(beta, 0) + r)|,   reset: |s - s0 (max(beta, 0) + r)|,

so that the larger of the two steps is s: only the smaller one is told by beta. Where w = 0 lies inside the range of w,
a cell's own ends are those of the source: crossed ends are exchanged, and an end beyond w = 0 is reflected at it.

Source: step and ends of a pulsed device as IBM aihwkit 1.2.0 (MIT licence) computes them (its documentation prints
1 +- beta instead); models of Rasch et al., AICAS 2021, arXiv:2104.02184.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from memsim.cells.functions import exponential_ratio, logarithm_beside_one
from memsim.cells.model import Surroundings

SIZES = "set: s_set = |s + s0 (min(beta, 0) + r)|; reset: s_reset = |s - s0 (max(beta, 0) + r)|"
"""The two steps, for people; s0 is the nominal step, s that of the cell, r the cell's own part of the asymmetry."""

OFFSET = "reference_offset"
"""Among what `falling_steps` returns: how far a reference stands from the symmetry point, of the nominal window."""
# An end at w = 0 has no finite slope; the least distance from it, of the range of w. Assumed.
_NEAREST_END = 1e-9


class Falling(NamedTuple):
    """Parameters of one cell whose steps fall linearly with the state, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    step_set: float  # at w = 0, of the nominal window
    step_reset: float
    fall_set: float  # of the step, per way travelled from w = 0
    fall_reset: float
    zero: float  # normalised state of w = 0


@njit(forceinline=True, error_model="numpy")
def falling_step(state, direction, p):
    """Change of the normalised state by one pulse: +- (step - fall y), y the way from w = 0 in that direction."""
    up = direction > 0
    step = p.step_set if up else p.step_reset
    fall = p.fall_set if up else p.fall_reset
    return (step - fall * ((state - p.zero) * direction)) * direction


@njit(forceinline=True, error_model="numpy")
def falling_change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed): +- (step - fall y) (1 - (1 - fall)^n)/fall.

    From a fall of 1 on, the first pulse passes the limit and the cell's end stops it there: it counts alone.
    """
    real = type(state)
    up = pulses > 0
    step = p.step_set if up else p.step_reset
    fall = p.fall_set if up else p.fall_reset
    direction = real(1.0) if up else real(-1.0)
    count = abs(pulses)
    beyond = fall >= real(1.0)
    decay = -logarithm_beside_one(real(0.0) if beyond else -fall)
    share = decay / fall if fall != real(0.0) else real(1.0)
    steps = min(count, real(1.0)) if beyond else count * share * exponential_ratio(decay * count)
    return (step - fall * ((state - p.zero) * direction)) * direction * steps


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
    fields = {"step_set": up, "step_reset": down, "fall_set": up * gamma_set / above}
    fields |= {"fall_reset": down * gamma_reset / below, **ends, "zero": zero}
    return fields if "reference.offset" not in values else _from_reference(fields, values["reference.offset"] / span)


def _from_reference(fields: Mapping[str, Any], offset: Any) -> dict[str, Any]:
    """The fields where the state counts from a reference at the cell's symmetry point plus `offset`, normalised.

    At the symmetry point, step_set - fall_set y = step_reset + fall_reset y, set and reset pulses move the state by the
    same amount. A cell that stands there has the state of w = 0.
    """
    falls = fields["fall_set"] + fields["fall_reset"]
    difference = fields["step_set"] - fields["step_reset"]
    # A cell whose steps do not fall has no symmetry point.
    shift = np.where(np.greater(falls, 0), difference / np.maximum(falls, 1e-300), 0.0) + offset
    return {**fields, **{name: fields[name] - shift for name in ("low", "high", "zero")}, OFFSET: offset}


def own_ends(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """A cell's own ends `low` and `high`, normalised: each on its side of w = 0 if that lies inside the range of w."""
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
    step, own = values["step"] / span, values["asymmetry"] - beta
    return np.abs(step + nominal * (min(beta, 0.0) + own)), np.abs(step - nominal * (max(beta, 0.0) + own))
