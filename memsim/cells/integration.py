"""Programming pulses of cells told by a differential equation dx/dt = rate(x, v, p), integrated over their duration.

The classical Runge-Kutta method of fourth order with `substeps` equal steps a pulse. It sums up the displacement, not x
itself: small steps of a large x would be rounded away in float32. The internal variable stays within [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy import int32

from memsim.scalars import scalar


def displacement_function(rate: Any) -> Any:
    """Scalar function (x, v, duration, steps, p) -> displacement of x by a constant voltage v [V] of a duration [s]."""

    @scalar
    def displacement(x, v, duration, steps, p):
        real = type(x)
        half = real(0.5) * (duration / real(steps))
        sixth = half / real(3.0)
        moved = real(0.0)
        for _ in range(steps):
            here = x + moved
            k1 = rate(here, v, p)
            if k1 == real(0.0):  # the equation has no clock: at rest, it stays at rest
                break
            k2 = rate(here + half * k1, v, p)
            k3 = rate(here + half * k2, v, p)
            k4 = rate(here + real(2.0) * half * k3, v, p)
            moved += sixth * (k1 + real(2.0) * (k2 + k3) + k4)
            moved = min(max(moved, -x), real(1.0) - x)
        return moved

    return displacement


def pulses_function(rate: Any) -> Any:
    """Scalar function (x, pulses, p) -> displacement of x by `pulses` pulses (signed) of the cell's set or reset."""
    displacement = displacement_function(rate)

    @scalar
    def by_pulses(x, pulses, p):
        up = pulses > 0
        count = int32(abs(pulses))
        steps = int32(count * int32(p.substeps))
        duration = type(x)(count) * (p.width_set if up else p.width_reset)
        return displacement(x, p.voltage_set if up else p.voltage_reset, duration, steps, p)

    return by_pulses


def pulses_between(rate: Any, inside: Any) -> Callable[[Any], float]:
    """Function (p) -> set pulses from the state 0 to 1, by the integral of dx over the rate at the set voltage."""

    def across(p: Any) -> float:
        ends = (inside(0.0, p), inside(1.0, p))
        # Midpoints, as the rate may vanish at the very ends.
        edges = np.linspace(*ends, 2001)
        rates = np.array([rate(x, p.voltage_set, p) for x in (edges[1:] + edges[:-1]) / 2])
        towards = math.copysign(1.0, ends[1] - ends[0])
        if not (rates * towards > 0).all():
            return math.nan
        return float(np.sum(np.diff(edges) / rates) / p.width_set)

    return across


def pulse_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The pulses as fields of a cell's parameters: voltages [V], widths [s] and steps of the integration a pulse."""
    fields = {f"{name}_{way}": values[f"{way}.{name}"] for name in ("voltage", "width") for way in ("set", "reset")}
    return {**fields, "substeps": values["substeps"]}
