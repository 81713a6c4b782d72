"""Non-linear pulse model of NeuroSim: an exponential approach to a limit beyond the window's end.

With x the state within the cell's own window and n set pulses, x_LTP(n) = B (1 - e^(-n/(A P))), where P pulses span the
window and B = 1/(1 - e^(-1/A)). As a recurrence that needs no pulse number and has no singularity at the linear limit,

    x + (start - decay x) n phi(decay n),   decay = 1/(A P),  start = B decay,  phi(y) = (1 - e^-y)/y.

Reset is the same in 1 - x with its own A. Published labels NL = 10.1015 max_x [f(x) - x], f(x) = B (1 - e^(-x/A)),
carry a sign that only says which curve bends which way; their magnitude gives A. Both branches saturate (fast first,
then slower) whatever the sign: for phase-change memory and the FeFET the table prints a positive label of depression
too, so a shape cannot be read off it, and no device of the table needs another one. Steps that grow along the way can
be told by the models `exponential` or `table`.

Source: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723; Chen & Yu, IEEE Design & Test (2018),
doi:10.1109/MDAT.2018.2890229.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from memsim.cells.functions import exponential_ratio
from memsim.cells.model import CellModel, Surroundings

MAX_LABEL = 9.0
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


@njit(forceinline=True, error_model="numpy")
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    width = p.high - p.low
    x = (state - p.low) / width
    up = pulses > 0
    start = p.start_set if up else p.start_reset
    decay = p.decay_set if up else p.decay_reset
    travelled = x if up else type(x)(1.0) - x
    return width * ((start - decay * travelled) * pulses * exponential_ratio(decay * abs(pulses)))


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
    """1/A for a published label NL (array or number; the sign is dropped), by inverting its closed form.

    Source: Chen & Yu, doi:10.1109/MDAT.2018.2890229; A = 0.5 has |NL| 2.40, A = 0.2 has 4.88.
    """
    table = np.concatenate([[0.0], np.geomspace(1e-4, 100.0, 16384)])
    return np.interp(np.abs(nonlinearity), label(table), table)


def rates(nonlinearity, pulses):
    """(start, decay) per pulse for labels and for `pulses` that span the window; (1/P, 0) in the linear limit."""
    a = curvature(nonlinearity)
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(a > 0, a / -np.expm1(-a), 1.0)
    return start / pulses, a / pulses


def prepare(values: Mapping[str, Any], _: Surroundings) -> dict[str, Any]:
    """Start and decay of both directions."""
    fields = {}
    for direction in ("set", "reset"):
        labels = np.minimum(np.abs(values[f"nonlinearity.{direction}"]), MAX_LABEL)
        fields["start_" + direction], fields["decay_" + direction] = rates(labels, values["pulses"])
    return fields


NEUROSIM = CellModel(
    "neurosim",
    Neurosim,
    prepare,
    "set: x(n) = B (1 - e^(-n/(A P))), B = 1/(1 - e^(-1/A)); reset: the same in 1 - x; "
    "|NL| = 10.1015 max_x [B (1 - e^(-x/A)) - x]",
    "Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723",
    change=change,
)
