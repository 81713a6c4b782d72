"""What time does to the states of cells: drift, leakage and relaxation since each was last programmed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from memsim.arrays.own import Own, Place, line_blocks
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
    programmed goes on to age while others are. Nothing is kept of each cell before the first wait; from then on the
    state to which it was programmed, and, once pulses have changed some, when.
    """

    def __init__(self, place: Place, dtype: Any) -> None:
        retention = place.spec.retention
        if retention is None:
            raise TypeError("a device that keeps its states")
        self.retention: AnyRetention = retention
        self._place = place
        self._own = Own(place, _own, dtype)
        self._clock = 0.0
        self._waits = 0
        self._since: Any = None
        self._origin: Any = None

    @property
    def begun(self) -> bool:
        """Whether time has passed."""
        return self._clock > 0

    def programmed(self, state: np.ndarray, lines: slice = slice(None), changed: Any = True) -> None:
        """Take note that cells of some lines have just been programmed to their present states: where `changed`."""
        if not self.begun:
            return
        if self._origin is not None:
            np.copyto(self._origin[:, lines], state[:, lines], where=changed)
        if self._since is None:
            self._since = np.zeros_like(state, dtype=float)
        np.copyto(self._since[:, lines], self._clock, where=changed)

    def wait(self, state: np.ndarray, seconds: float) -> np.ndarray:
        """The states after some time [s], (array, column, row); the earlier array is kept or overwritten."""
        start, self._clock = self._clock, self._clock + seconds
        random = isinstance(self.retention, Relaxation)
        fresh = self._origin is None and not random
        if fresh:
            self._origin = state
        found = np.empty_like(state) if fresh else state
        for lines in line_blocks(state.shape):
            since = 0.0 if self._since is None else self._since[:, lines]
            found[:, lines] = (
                self._relaxed(state, lines, since, start) if random else self._aged(lines, self._clock - since)
            )
        self._waits += random
        return found

    def _aged(self, lines: slice, elapsed: Any) -> np.ndarray:
        """States of some lines at a time [s] after they were programmed."""
        retention, g0 = self.retention, self._place.spec.conductance.offset
        law: Any
        if isinstance(retention, Drift):
            function, law = drifted, PowerLaw(g0, retention.reference_time)
        elif isinstance(retention, StateDrift):
            moments = _line(retention.exponent), _line(retention.spread)
            function, law = state_drifted, StatePowerLaw(g0, 1 + g0, retention.reference_time, *moments)
        else:
            assert isinstance(retention, Leak)
            function, law = leaked, Rest(retention.rest)
        backend = self._place.site.backend
        return backend.map(function, self._origin[:, lines], self._own.of(lines=lines), elapsed, law)

    def _relaxed(self, state: np.ndarray, lines: slice, since: Any, start: float) -> np.ndarray:
        """States of some lines after the present wait, which began at `start` [s]."""
        retention, conductance = self.retention, self._place.spec.conductance
        assert isinstance(retention, Relaxation)
        window, g0 = conductance.width, conductance.offset
        moments = (retention.shift / window, retention.spread / window, retention.growth / window)
        increment = Increment(g0, retention.reference_time, *moments, start, self._clock)
        z = self._place.part(slice(None), lines).normal(Stream.RELAXATION, self._waits)
        return self._place.site.backend.map(relaxed, state[:, lines], z, since, increment)

    def memory(self, state: np.ndarray) -> dict[str, np.ndarray]:
        """When cells were programmed and to what, and the time and number of waits; by name."""
        since = np.zeros_like(state, dtype=float) if self._since is None else self._since
        origin = state if self._origin is None else self._origin
        clock = np.array([self._clock, self._waits])
        return {"programmed_time": since, "programmed_state": origin, "clock": clock}

    def restore(self, memory: Mapping[str, np.ndarray]) -> None:
        """Go on from what `memory` was."""
        self._clock, self._waits = float(memory["clock"][0]), int(memory["clock"][1])
        if self.begun:
            self._since = memory["programmed_time"]
            self._origin = None if isinstance(self.retention, Relaxation) else memory["programmed_state"]


def _own(place: Place) -> Any:
    """What of its retention a cell has for itself: its drift exponent, a N(0, 1) number or its lifetime [s]."""
    retention = place.spec.retention
    if isinstance(retention, Drift):
        spread = retention.spread
        return (
            retention.exponent + spread * place.normal(Stream.RETENTION).astype(float) if spread else retention.exponent
        )
    if isinstance(retention, StateDrift):
        return place.normal(Stream.RETENTION)
    if isinstance(retention, Leak):
        return place.spreads.positive("retention.lifetime", retention.lifetime, _SHORTEST)
    return 0.0


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
