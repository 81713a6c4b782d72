"""Current-voltage loop of a cell told by a differential equation, under a sinusoidal voltage."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from memsim.cells import MODELS
from memsim.errors import InputError
from memsim.profiles.catalog import device_of
from memsim.profiles.nominal import nominal_cell
from memsim.profiles.profile import DeviceProfile

_MAX_POINTS = 10_000_000


class Loop(NamedTuple):
    """A simulated measurement; each of dimension (point,).

    Attributes
    ----------
    time : ndarray
        [s], from 0.
    voltage : ndarray
        [V].
    current : ndarray
        [A].
    state : ndarray
        Internal variable x of the model, 0 to 1.
    """

    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    state: np.ndarray


def hysteresis(
    device: DeviceProfile | str,
    amplitude: float,
    frequency: float,
    *,
    periods: float = 2.0,
    points: int = 1000,
    initial: float = 0.0,
) -> Loop:
    """Voltage, current and internal variable of the nominal cell under v(t) = amplitude sin(2 pi frequency t).

    The classical Runge-Kutta method of fourth order with a step from point to point, in float64, without any noise.

    Parameters
    ----------
    device : DeviceProfile or str
        One with the model `vteam`, `yakopcic` or `ion-drift`.
    amplitude : float
        [V].
    frequency : float
        [Hz].
    periods : float
        How many periods are simulated.
    points : int
        Points a period.
    initial : float
        State at the start, as a share of the conductance window: 0 is G_min, 1 is G_max.

    Raises
    ------
    InputError
        The device's model has no current-voltage loop, or a number is not allowed.
    """
    device = device_of(device)
    update = device.spec.update
    able = [name for name, model in MODELS.items() if model.rate is not None]
    if update is None or update.model not in able:
        given = f"model '{update.model}'" if update is not None else "no update model"
        raise InputError(
            f"device '{device.name}' has {given}, which is not a differential equation; "
            f"current-voltage loops exist for {', '.join(able)}"
        )
    for name, value in (("amplitude", amplitude), ("frequency", frequency), ("periods", periods)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}: {value!r} is not a finite number above 0")
    if not 0 <= initial <= 1:
        raise InputError(f"initial: {initial!r} is not in 0 to 1")
    if points < 4 or points * periods > _MAX_POINTS:
        raise InputError(f"points: {points} a period for {periods:g} periods; allowed: from 4, {_MAX_POINTS} in all")
    model, p = nominal_cell(device.spec)
    time = np.arange(round(points * periods) + 1) / (points * frequency)
    voltage = amplitude * np.sin(2 * math.pi * frequency * time)
    middle = amplitude * np.sin(2 * math.pi * frequency * (time[:-1] + time[1:]) / 2)
    state = _follow(model.rate)(float(model.inside(float(initial), p)), voltage, middle, 1 / (points * frequency), p)
    current = np.array([model.current(x, v, p) for x, v in zip(state, voltage, strict=True)])
    return Loop(time, voltage, current, state)


@functools.cache
def _follow(rate: Any) -> Any:
    """Function (x, voltage, voltage between the points, time step, p) -> x at all points."""

    import numba

    @numba.njit(error_model="numpy")
    def follow(x, voltage, middle, h, p):
        states = np.empty(len(voltage))
        states[0] = x
        for i in range(len(middle)):
            k1 = rate(x, voltage[i], p)
            k2 = rate(x + h / 2 * k1, middle[i], p)
            k3 = rate(x + h / 2 * k2, middle[i], p)
            k4 = rate(x + h * k3, voltage[i + 1], p)
            x = min(max(x + h / 6 * (k1 + 2 * (k2 + k3) + k4), 0.0), 1.0)
            states[i + 1] = x
        return states

    return follow
