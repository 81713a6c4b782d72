"""Linear ion drift: the boundary of a doped region moves with the current that it carries.

dx/dt = mu R_on/D^2 i f(x), R = R_on x + R_off (1 - x), with x the doped share of the thickness D, mu the mobility of
the ions and f one of the windows of `memsim.cells.windows`. A positive voltage sets.

Source: Strukov et al., Nature 453, 80 (2008), doi:10.1038/nature06932.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.integration import pulse_fields, pulses_between, pulses_function
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.resistance import inside, ohmic, resistance_fields, state_change
from memsim.cells.windows import window
from memsim.scalars import scalar


class IonDrift(NamedTuple):
    """Parameters of one cell."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    offset: float  # see `memsim.cells.resistance`
    start: float
    change: float
    unit: float  # G_max - G_min [S]
    speed: float  # mu R_on/D^2 [1/(A s)]
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
    return p.speed * ohmic(here, v, p) * window(here, v > real(0.0), p.kind, p.exponent, p.scale)


_displacement = pulses_function(rate)


@scalar
def change(state, pulses, p):
    """Change of the normalised state by `pulses` pulses (signed), before noise and bounds."""
    return state_change(state, _displacement(inside(state, p), pulses, p), p)


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Resistances, speed of the boundary, window and pulses."""
    mobility, thickness = np.maximum(values["mobility"], 0.0), np.maximum(values["thickness"], 1e-12)
    return {
        **resistance_fields(values["resistance.on"], values["resistance.off"], cell, start_on=False),
        "speed": mobility * np.maximum(values["resistance.on"], 0.0) / thickness**2,
        "kind": values["window.kind"],
        "exponent": np.maximum(values["window.exponent"], 0.0),
        "scale": np.maximum(values["window.scale"], 0.0),
        **pulse_fields(values),
    }


ION_DRIFT = CellModel(
    "ion-drift",
    IonDrift,
    prepare,
    "dx/dt = mu R_on/D^2 i f(x), R = R_on x + R_off (1 - x); f: 1, Joglekar 1 - (2x - 1)^(2p), "
    "Biolek 1 - (x - step(-i))^(2p), Prodromakis j (1 - ((x - 1/2)^2 + 3/4)^p)",
    "Strukov et al., Nature 453, 80 (2008), doi:10.1038/nature06932",
    change=change,
    across=pulses_between(rate, inside),
    rate=rate,
    current=ohmic,
    inside=inside,
)
