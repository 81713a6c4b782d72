"""Measured steps: the mean step of a pulse and its spread, interpolated over the conductance.

Both are resampled to nodes evenly spaced over the nominal window and interpolated linearly between them; beyond the
first and last measured conductance they stay as they are there. The steps of n pulses are taken one after the other;
their random parts are one draw of sqrt(n) times the spread at the state before them.

Source: conductance-change tables of measured pulses, as used for example by Burr et al., IEEE Trans. Electron Devices
62, 3498 (2015), doi:10.1109/TED.2015.2439635 ("jump tables").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy import int32

from memsim.cells.model import CellModel, Surroundings
from memsim.scalars import scalar

NODES = 33


class Table(NamedTuple):
    """Parameters of one cell, dimensionless; tables over the state from 0 to 1."""

    low: float  # own window, normalised state
    high: float
    c2c: float  # not used: the spread of a step is in the tables
    scale: float  # factor on all steps and spreads
    steps: tuple[float, ...]  # of set, then of reset: an index into a tuple is costly to compile
    sigmas: tuple[float, ...]


@scalar
def _place(state, up):
    """Node below a state in the tables of set or reset, and how far the state is on the way to the next."""
    real = type(state)
    nodes = min(max(state, real(0.0)), real(1.0)) * real(NODES - 1)
    below = min(int32(nodes), int32(NODES - 2))
    return below + (int32(0) if up else int32(NODES)), nodes - real(below)


@scalar
def step(state, direction, p):
    """Change of the normalised state by one pulse of a direction (1 or -1), before noise and bounds."""
    i, part = _place(state, direction > 0)
    first = p.steps[i]
    return p.scale * (first + part * (p.steps[i + 1] - first)) * abs(direction)


@scalar
def noise(pulses, moved, normal, state, p):
    """Random change of the normalised state that comes with `pulses` (signed); 0 for none."""
    i, part = _place(state, pulses > 0)
    first = p.sigmas[i]
    return p.scale * (first + part * (p.sigmas[i + 1] - first)) * math.sqrt(abs(pulses)) * normal


def across(p: Any) -> float:
    """Set pulses from the state 0 to 1, by the integral of dx over the mean step."""
    x = np.linspace(0, 1, 64 * (NODES - 1) + 1)
    steps = p.scale * np.interp(x, np.linspace(0, 1, NODES), p.steps[:NODES])
    return float(np.trapezoid(1 / steps, x)) if (steps > 0).all() else math.nan


def prepare(values: Mapping[str, Any], cell: Surroundings) -> dict[str, Any]:
    """Tables at the nodes, in units of the window."""
    window = cell.g_max - cell.g_min
    nodes = cell.g_min + window * np.linspace(0, 1, NODES)
    columns = [np.array(values[f"table.{way}"]) for way in ("set", "reset")]
    steps, sigmas = (
        np.concatenate([np.interp(nodes, rows[0], rows[column]) / window for rows in columns]) for column in (1, 2)
    )
    return {"scale": np.maximum(values["scale"], 0.0), "steps": steps, "sigmas": sigmas}


TABLE = CellModel(
    "table",
    Table,
    prepare,
    "dG = step_d(G) + sigma_d(G) xi, both interpolated between the rows of a table",
    "Burr et al., IEEE Trans. Electron Devices 62, 3498 (2015), doi:10.1109/TED.2015.2439635",
    step=step,
    noise=noise,
    across=across,
)
