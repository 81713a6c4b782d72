"""Landing: a pulse takes a cell to a conductance that its voltage sets, from wherever it stands.

A set pulse lands at g_max (1 - e^(-(V - V_set)/v_set)): nothing happens up to the threshold V_set, and g_max, the upper
end of the cell's own window, is approached at high voltages. A reset pulse lands at g_max e^(-(V - V_reset)/v_reset).
Set pulses only raise a conductance and reset pulses only lower it, so a second pulse of the same voltage does nothing
without noise. V is the size of the voltage. v_set and v_reset are ``voltage_scale`` of both pulses: e^((V - V_pulse)/v)
is what other models call the size of a pulse.

Source: the form is assumed. It follows the median resistances after pulses of rising voltage, and their dependence on
the voltage near 6 kOhm, that are published with RADAR: IEEE Trans. Electron Devices (2021),
doi:10.1109/TED.2021.3097975.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from memsim.cells.functions import exponential
from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar

_LEAST_GAP = 1e-6
"""Nearest distance from g_max at which a set pulse is aimed, of g_max."""


class Landing(NamedTuple):
    """Parameters of one cell, dimensionless."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # sigma of a pulse, of the nominal window or of its step
    offset: float  # G_min/(G_max - G_min)
    reach_set: float  # (V - V_set)/v_set of the device's pulse
    reach_reset: float


@scalar
def sized(state, direction, size, p):
    """Change of the normalised state by one pulse of a direction (1 or -1) and a size, before noise and bounds."""
    real = type(state)
    none, one = real(0.0), real(1.0)
    top = p.high + p.offset
    up = direction > none
    rest = exponential(-(p.reach_set if up else p.reach_reset)) / size
    moved = top * (one - rest if up else rest) - p.offset - state
    return max(moved, none) if up else (min(moved, none) if direction < none else none)


@scalar
def step(state, direction, p):
    """The same for the device's own pulse."""
    return sized(state, direction, type(state)(1.0), p)


def size_to(states: Any, p: Landing) -> Any:
    """Size of the set pulse that takes an erased cell to normalised states, in pulses of the device; an array."""
    gap = np.maximum(1 - (np.asarray(states, float) + p.offset) / (p.high + p.offset), _LEAST_GAP)
    return np.exp(-p.reach_set) / gap


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """How far the device's pulses lie above the thresholds."""
    reach = {
        f"reach_{way}": (abs(values[f"{way}.voltage"]) - values[f"threshold.{way}"]) / values[f"{way}.voltage_scale"]
        for way in ("set", "reset")
    }
    return {"offset": cell.g_min / (cell.g_max - cell.g_min), **reach}


LANDING = CellModel(
    "landing",
    Landing,
    prepare,
    "set: g = max(g, g_max (1 - e^(-(V - V_set)/v_set))); reset: g = min(g, g_max e^(-(V - V_reset)/v_reset))",
    "assumed; the dependence on voltages as measured with RADAR, IEEE Trans. Electron Devices (2021), "
    "doi:10.1109/TED.2021.3097975",
    step=step,
    sized=sized,
    size_to=size_to,
)
