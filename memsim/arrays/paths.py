"""Tables of relaxation for kernels: mean and size of the change by level and time, in units of the window."""

from __future__ import annotations

import math

import numpy as np

from memsim.kernels.path import RelaxationLaw
from memsim.profiles.physics import Relaxation, RelaxationTable
from memsim.profiles.schema import Window

_EARLIEST = 1e-30
"""Time, of t_ref, before which the size no longer changes."""
_DECADES = 30
"""Decades after t_ref that have a knot each."""


def relaxation_law(retention: Relaxation | RelaxationTable, window: Window) -> RelaxationLaw:
    """Mean and size of the change that a retention model states."""
    if isinstance(retention, RelaxationTable):
        return _tabulated(retention, window)
    return _line(retention, window)


def _line(retention: Relaxation, window: Window) -> RelaxationLaw:
    """Mean shift ln(t/t_ref) from t_ref on, and sigma = spread + growth ln(t/t_ref) from where it exceeds 0.

    Knots lie at every decade of t/t_ref. Source: form and figures of Falcone et al., arXiv:2502.04524; the knots are
    assumed.
    """
    spread, growth = retention.spread / window.width, retention.growth / window.width
    first = math.log(_EARLIEST)
    if growth > 0:
        first = max(first, -spread / growth)
    decades = math.log(10) * np.arange(math.log10(_EARLIEST), _DECADES + 1)
    x = np.array([first, *decades[decades > first]])
    shift = retention.shift / window.width * np.maximum(x, 0)
    size = np.maximum(spread + growth * x, 0)
    knots = math.log(retention.reference_time) + x
    return RelaxationLaw(False, knots, np.zeros(1), shift[None], size[None], window.offset)


def _tabulated(retention: RelaxationTable, window: Window) -> RelaxationLaw:
    """The rows as tables (level, time), with variances for sizes."""
    levels, times = retention.levels, retention.times
    shift, variance = np.zeros((2, len(levels), len(times)))
    for row in retention.rows:
        place = levels.index(row.conductance), times.index(row.time)
        shift[place], variance[place] = row.shift / window.width, (row.sigma / window.width) ** 2
    states = (np.array(levels) - window.min) / window.width
    return RelaxationLaw(True, np.array([math.log(time) for time in times]), states, shift, variance, window.offset)
