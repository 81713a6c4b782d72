"""What time does to the states of cells: drift, leakage and relaxation since each was last programmed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.arrays.population import Spreads
from memsim.arrays.site import Site
from memsim.errors import InputError
from memsim.noise.drift import PowerLaw, StatePowerLaw, drifted, state_drifted
from memsim.noise.leak import Rest, leaked
from memsim.noise.relaxation import Increment, relaxed
from memsim.philox import Stream
from memsim.profiles.physics import AnyRetention, Drift, Leak, Line, Relaxation, StateDrift
from memsim.profiles.schema import DeviceSpec

_SHORTEST = 0.01
"""Least lifetime of a cell, of the nominal one: a spread so wide that it would vanish is cut off here."""
BOLTZMANN = 1.380649e-23
"""k [J/K]; exact since the SI of 2019."""


class Aging:
    """When the cells were programmed, to which states, and how these change.

    A cell's state is a function of the state to which it was programmed and of the time since, except for relaxation,
    which is drawn anew for every wait. So two waits are one over the sum of their times, and a cell that is not
    programmed goes on to age while others are.
    """

    def __init__(
        self, spec: DeviceSpec, site: Site, state: np.ndarray, shape: tuple[int, int, int], spreads: Spreads
    ) -> None:
        retention = spec.retention
        if retention is None:
            raise TypeError("a device that keeps its states")
        self.retention: AnyRetention = retention
        self._spec, self._site = spec, site
        self._clock = 0.0
        self._waits = 0
        self._since = np.zeros_like(state, dtype=float)
        self._origin = state.copy()
        self._own: Any = 0.0
        if isinstance(retention, Drift):
            self._own = retention.exponent
            if retention.spread > 0:
                self._own = retention.exponent + retention.spread * self._cells(shape)
        elif isinstance(retention, StateDrift):
            self._own = self._cells(shape)
        elif isinstance(retention, Leak):
            self._own = site.backend.asarray(spreads.positive("retention.lifetime", retention.lifetime, _SHORTEST))

    def programmed(self, state: np.ndarray, lines: slice = slice(None), changed: Any = True) -> None:
        """Take note that cells of some lines have just been programmed to their present states: where `changed`."""
        np.copyto(self._origin[:, lines], state[:, lines], where=changed)
        np.copyto(self._since[:, lines], self._clock, where=changed)

    def wait(self, state: np.ndarray, seconds: float) -> np.ndarray:
        """The states after some time [s], (array, column, row)."""
        start, self._clock = self._clock, self._clock + seconds
        window, g0 = self._spec.conductance.width, self._spec.conductance.offset
        retention, backend = self.retention, self._site.backend
        elapsed = self._clock - self._since
        if isinstance(retention, Drift):
            return backend.map(drifted, self._origin, self._own, elapsed, PowerLaw(g0, retention.reference_time))
        if isinstance(retention, StateDrift):
            lines = _line(retention.exponent), _line(retention.spread)
            law = StatePowerLaw(g0, 1 + g0, retention.reference_time, *lines)
            return backend.map(state_drifted, self._origin, self._own, elapsed, law)
        if isinstance(retention, Leak):
            return backend.map(leaked, self._origin, self._own, elapsed, Rest(retention.rest))
        assert isinstance(retention, Relaxation)
        moments = (retention.shift / window, retention.spread / window, retention.growth / window)
        increment = Increment(g0, retention.reference_time, *moments, start, self._clock)
        z = self._site.draw("normal", state.shape, Stream.RELAXATION, self._waits)
        self._waits += 1
        return backend.map(relaxed, state, z, self._since, increment)

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """When cells were programmed and to what, and the time and number of waits; by name."""
        clock = np.array([self._clock, self._waits])
        return {"programmed_time": self._since, "programmed_state": self._origin, "clock": clock}

    def restore(self, memory: Mapping[str, np.ndarray]) -> None:
        """Go on from what `memory` was."""
        self._since, self._origin = memory["programmed_time"], memory["programmed_state"]
        self._clock, self._waits = float(memory["clock"][0]), int(memory["clock"][1])

    def _cells(self, shape: tuple[int, int, int]) -> np.ndarray:
        """A N(0, 1) number for each cell."""
        return self._site.draw("normal", shape, Stream.RETENTION).astype(float)


def accelerated(spec: DeviceSpec, seconds: float, temperature: float | None) -> float:
    """Time at the reference temperature [s] that does what `seconds` do at another temperature [K] (Arrhenius).

    Raises
    ------
    InputError
        If the device has no temperature dependence, or a number is not allowed.
    """
    if temperature is None:
        return seconds
    activation = spec.retention.activation if spec.retention else None
    if activation is None:
        raise InputError(
            f"temperature: device '{spec.name}' does not say how its retention depends on it (no "
            "'retention.activation'); leave the temperature out"
        )
    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError(f"temperature: {temperature!r} is not a number above 0 [K]")
    power = activation.energy / BOLTZMANN * (1 / activation.reference - 1 / temperature)
    faster = seconds * math.exp(min(power, 700.0))
    if not math.isfinite(faster):
        raise InputError(f"temperature: at {temperature:g} K the retention of device '{spec.name}' is over at once")
    return faster


def _line(line: Line) -> tuple[float, float, float, float]:
    return line.slope, line.offset, line.min, line.max
