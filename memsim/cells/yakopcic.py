"""Yakopcic: a hyperbolic sine scaled by a state variable, which moves beyond thresholds and slows down near its ends.

I = a_1 x sinh(b V) for V >= 0 and a_2 x sinh(b V) below; dx/dt = eta g(V) f(x) with g = A_p (e^V - e^V_p) above V_p,
-A_n (e^-V - e^V_n) below -V_n and 0 between; f = e^(-alpha_p (x - x_p)) w_p for x >= x_p while eta V > 0, with
w_p = (x_p - x)/(1 - x_p) + 1, and f = e^(alpha_n (x + x_n - 1)) w_n for x <= 1 - x_n while eta V < 0, with
w_n = x/(1 - x_n); f = 1 elsewhere. The conductance is I/V at the read voltage.

Source: Yakopcic et al., IEEE Electron Device Lett. 32, 1436 (2011), doi:10.1109/LED.2011.2163292.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential, exponential_ratio, hyperbolic_sine
from memsim.cells.integration import pulse_fields, pulses_between, pulses_function
from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar


class Yakopcic(NamedTuple):
    """Parameters of one cell."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    offset: float  # G_min/(G_max - G_min)
    largest: float  # conductance at x = 1, of the nominal window
    a1: float  # [A]
    a2: float
    b: float  # [1/V]
    eta: float
    ap: float  # A_p, A_n [1/s]
    an: float
    vp: float  # [V]
    vn: float
    xp: float
    xn: float
    alphap: float
    alphan: float
    voltage_set: float  # [V]
    voltage_reset: float
    width_set: float  # [s]
    width_reset: float
    substeps: float


@scalar
def current(x, v, p):
    """Current [A] at the voltage v [V]."""
    return (p.a1 if v >= type(x)(0.0) else p.a2) * x * hyperbolic_sine(p.b * v)


@scalar
def rate(x, v, p):
    """dx/dt [1/s] at the voltage v [V]."""
    real = type(x)
    one, none = real(1.0), real(0.0)
    here = min(max(x, none), one)
    positive = v > none
    threshold = p.vp if positive else p.vn
    beyond = max(abs(v) - threshold, none)
    # e^|V| - e^V_p without cancellation near the threshold.
    g = (p.ap if positive else p.an) * (exponential(abs(v)) * (beyond * exponential_ratio(beyond)))
    rising = positive == (p.eta > none)
    past = max(here - p.xp if rising else one - p.xn - here, none)
    room = one - (p.xp if rising else p.xn)
    f = exponential(-(p.alphap if rising else p.alphan) * past) * (one - past / room)
    return (g if rising else -g) * f


@scalar
def inside(state, p):
    """The internal variable of a normalised state, in [0, 1]."""
    real = type(state)
    return min(max((state + p.offset) / p.largest, real(0.0)), real(1.0))


_displacement = pulses_function(rate)


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    return _displacement(inside(state, p), pulses, p) * p.largest


def largest_conductance(values: Mapping[str, Any], read_voltage: float) -> Any:
    """Conductance [S] of x = 1 at the read voltage [V]."""
    return values["a1"] * np.sinh(values["b"] * read_voltage) / read_voltage


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """The published parameters, and the conductance of x = 1."""
    positive = ("a1", "a2", "b", "ap", "an", "vp", "vn", "alphap", "alphan")
    fields = {name: np.maximum(values[name], 0.0) for name in positive}
    unit = cell.g_max - cell.g_min
    offset, largest = cell.g_min / unit, np.maximum(largest_conductance(fields, cell.read_voltage) / unit, 1e-3)
    return {
        **fields,
        "eta": values["eta"],
        "xp": np.clip(values["xp"], 0.0, 0.99),
        "xn": np.clip(values["xn"], 0.0, 0.99),
        "offset": offset,
        "largest": largest,
        "low": np.maximum(cell.low, -offset),
        "high": np.minimum(cell.high, largest - offset),
        **pulse_fields(values),
    }


YAKOPCIC = CellModel(
    "yakopcic",
    Yakopcic,
    prepare,
    "I = a x sinh(b V); dx/dt = eta g(V) f(x), g = A_p (e^V - e^V_p) above V_p and -A_n (e^-V - e^V_n) below -V_n; "
    "f = e^(-alpha_p (x - x_p)) w_p from x_p on, mirrored for the way back",
    "Yakopcic et al., IEEE Electron Device Lett. 32, 1436 (2011), doi:10.1109/LED.2011.2163292",
    change=change,
    across=pulses_between(rate, inside),
    rate=rate,
    current=current,
    inside=inside,
)
