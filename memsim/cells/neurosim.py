"""Non-linear pulse model of NeuroSim: each branch is an exponential in the number of pulses, fast first or slow first.

With x the state within the cell's own window and n set pulses, x_LTP(n) = B (1 - e^(-a n/P)), where P pulses span the
window (P may differ between set and reset, and between cells), a = 1/A is the curvature of the branch and B = 1/(1 -
e^(-a)). As a recurrence that needs no pulse number and has no singularity at the linear limit,

    x + (start - decay x) n phi(decay n),   decay = a/P,  start = B decay,  phi(y) = (1 - e^-y)/y.

Reset is the same in 1 - x with its own a. For a > 0 steps shrink on the way to a limit beyond the window's end: fast
first, then slow. For a < 0 they grow with the distance from a limit behind the start: slow first, then fast.

The magnitude of a published label is |NL| = 10.1015 max_x [f(x) - x] with f(x) = (1 - e^(-|a| x))/(1 - e^(-|a|)). Its
sign tells the shape, as in NeuroSim's code: potentiation with a positive and depression with a negative label is fast
first, potentiation with a negative and depression with a positive label is slow first. A branch that is slow first may
have a label of up to 6 in magnitude: beyond, the first steps from G_max are too small for a state in single precision.

Source: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723, and the code of NeuroSim; Chen & Yu,
IEEE Design & Test (2018), doi:10.1109/MDAT.2018.2890229.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential_ratio
from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar

MAX_LABEL = 9.0
"""Largest magnitude of a label whose branch is fast first; there the branch is almost a single step."""
MAX_SLOW_LABEL = 6.0
"""Largest magnitude of a label whose branch is slow first: up to 1000 pulses stay within 2e-4 of it in float32."""
_LABEL_SCALE = 10.1015


class Neurosim(NamedTuple):
    """Parameters of one cell, dimensionless; `start` and `decay` as in the module's equation, per pulse."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    start_set: float
    decay_set: float
    start_reset: float
    decay_reset: float


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    width = p.high - p.low
    x = (state - p.low) / width
    up = pulses > 0
    start = p.start_set if up else p.start_reset
    decay = p.decay_set if up else p.decay_reset
    travelled = x if up else type(x)(1.0) - x
    # Behind the limit of a slow branch no pulse moves the state back.
    rate = max(start - decay * travelled, type(x)(0.0))
    return width * (rate * pulses * exponential_ratio(decay * abs(pulses)))


def label(curvature):
    """Magnitude of the published label NL for curvature 1/A (array or number, >= 0), dimensionless."""
    a = np.asarray(curvature, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        top = -np.expm1(-a)
        x = -np.log(top / a) / a
        value = _LABEL_SCALE * (-np.expm1(-a * x) / top - x)
    # Below 1e-4 the closed form cancels; the series of f(x) - x gives a/8.
    return np.where(a < 1e-4, _LABEL_SCALE * a / 8, value)


def curvature(nonlinearity):
    """1/A for a published label NL (array or number), with the sign of the label, by inverting its closed form.

    Source: Chen & Yu, doi:10.1109/MDAT.2018.2890229; A = 0.5 has |NL| 2.40, A = 0.2 has 4.88.
    """
    table = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 16384)])
    return np.sign(nonlinearity) * np.interp(np.abs(nonlinearity), label(table), table)


def rates(nonlinearity, pulses):
    """(start, decay) per pulse of a branch that `pulses` pulses span; (1/P, 0) in the linear limit.

    `nonlinearity` is a label of potentiation, or minus one of depression: positive is fast first, negative slow first.
    """
    a = curvature(np.clip(nonlinearity, -MAX_SLOW_LABEL, MAX_LABEL))
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(a != 0, a / -np.expm1(-a), 1.0)
    return start / pulses, a / pulses


def prepare(values: Mapping[str, Any], _: Surroundings) -> dict[str, Any]:
    """Start and decay of both directions, each from its number of pulses."""
    fields = {}
    pulses = values["pulses"], values.get("reset_pulses", values["pulses"])
    for direction, sign, count in zip(("set", "reset"), (1, -1), pulses, strict=True):
        nonlinearity = sign * np.asarray(values[f"nonlinearity.{direction}"], float)
        # A cell that spreads so far that less than one pulse spans its window takes one.
        fields["start_" + direction], fields["decay_" + direction] = rates(nonlinearity, np.maximum(count, 1.0))
    return fields


NEUROSIM = CellModel(
    "neurosim",
    Neurosim,
    prepare,
    "set: x(n) = B (1 - e^(-n/(A P))), B = 1/(1 - e^(-1/A)), A with the sign of NL_set; "
    "reset: the same in 1 - x, A with the opposite sign of NL_reset; "
    "|NL| = 10.1015 max_x [(1 - e^(-x/|A|))/(1 - e^(-1/|A|)) - x]",
    "Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723",
    change=change,
)
