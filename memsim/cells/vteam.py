"""VTEAM: a boundary that moves with a power of the voltage beyond a threshold, and not at all below it.

dw/dt = k_off (v/v_off - 1)^a_off f(w) for v > v_off > 0, k_on (v/v_on - 1)^a_on f(w) for v < v_on < 0, else 0;
R = R_on + (R_off - R_on)(w - w_on)/(w_off - w_on). The internal variable here is x = (w - w_on)/(w_off - w_on), 0 in
the lowest resistance: a negative voltage sets. The paper leaves the window f open; those of `memsim.cells.windows` are
offered, with 1 where none is given.

Source: Kvatinsky et al., IEEE Trans. Circuits Syst. II 62, 786 (2015), doi:10.1109/TCSII.2015.2433536.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import power
from memsim.cells.integration import pulse_fields, pulses_between, pulses_function
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.resistance import inside, ohmic, resistance_fields, state_change
from memsim.cells.windows import window
from memsim.scalars import scalar


class Vteam(NamedTuple):
    """Parameters of one cell."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    offset: float  # see `memsim.cells.resistance`
    start: float
    change: float
    unit: float  # G_max - G_min [S]
    speed_off: float  # k/(w_off - w_on) [1/s]
    speed_on: float
    threshold_off: float  # v_off, v_on [V]
    threshold_on: float
    power_off: float  # a_off, a_on
    power_on: float
    kind: float  # window: number, exponent, scale
    exponent: float
    scale: float
    voltage_set: float  # [V]
    voltage_reset: float
    width_set: float  # [s]
    width_reset: float
    substeps: float


@scalar
def rate(x, v, p):
    """dx/dt [1/s] at the voltage v [V]."""
    real = type(x)
    here = min(max(x, real(0.0)), real(1.0))
    off = v > real(0.0)
    beyond = max(v / (p.threshold_off if off else p.threshold_on) - real(1.0), real(0.0))
    speed = (p.speed_off if off else p.speed_on) * power(beyond, p.power_off if off else p.power_on)
    return speed * window(here, off, p.kind, p.exponent, p.scale)


_displacement = pulses_function(rate)


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    return state_change(state, _displacement(inside(state, p), pulses, p), p)


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Resistances, speeds, thresholds, window and pulses."""
    width = np.maximum(values["width.off"] - values["width.on"], 1e-12)
    return {
        **resistance_fields(values["resistance.on"], values["resistance.off"], cell, start_on=True),
        "speed_off": np.maximum(values["speed.off"], 0.0) / width,
        "speed_on": np.minimum(values["speed.on"], 0.0) / width,
        "threshold_off": np.maximum(values["threshold.off"], 1e-6),
        "threshold_on": np.minimum(values["threshold.on"], -1e-6),
        "power_off": np.maximum(values["power.off"], 1e-3),
        "power_on": np.maximum(values["power.on"], 1e-3),
        "kind": values["window.kind"],
        "exponent": np.maximum(values["window.exponent"], 0.0),
        "scale": np.maximum(values["window.scale"], 0.0),
        **pulse_fields(values),
    }


VTEAM = CellModel(
    "vteam",
    Vteam,
    prepare,
    "dw/dt = k_off (v/v_off - 1)^a_off f(w) for v > v_off, k_on (v/v_on - 1)^a_on f(w) for v < v_on, else 0; "
    "R = R_on + (R_off - R_on)(w - w_on)/(w_off - w_on)",
    "Kvatinsky et al., IEEE Trans. Circuits Syst. II 62, 786 (2015), doi:10.1109/TCSII.2015.2433536",
    change=change,
    across=pulses_between(rate, inside),
    rate=rate,
    current=ohmic,
    inside=inside,
)
