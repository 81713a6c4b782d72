"""What time does to the states of cells: drift, leakage and relaxation since each was last programmed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from memsim.arrays.cell_numbers import CellNumbers, line_blocks
from memsim.arrays.checks import number as checked_number
from memsim.arrays.history import History
from memsim.arrays.paths import relaxation_law
from memsim.arrays.place import Place
from memsim.errors import InputError
from memsim.kernels.path import RelaxationLaw
from memsim.noise.drift import Exponent, PowerLaw, drifted, exponent
from memsim.noise.leak import Rest, leaked
from memsim.philox import Stream
from memsim.profiles.physics import AnyRetention, Drift, Leak, Relaxation, RelaxationTable, StateDrift
from memsim.profiles.schema import DeviceSpec

_SHORTEST = 0.01
"""Least lifetime of a cell, of the nominal one: a spread so wide that it would vanish is cut off here."""
BOLTZMANN = 1.380649e-23
"""k [J/K]; exact since the SI of 2019."""


class Aging:
    """How states change with the time since their programming.

    A cell's state is a function of the state to which it was programmed, of the one that was aimed at, and of the time
    since. So two waits are one over the sum of their times, and a cell that is not programmed goes on to age while
    others are.

    Attributes
    ----------
    aims : bool
        Whether the change depends on the state that programming aimed at.
    """

    def __init__(self, place: Place, dtype: Any) -> None:
        retention = place.spec.retention
        if retention is None:
            raise TypeError("a device that keeps its states")
        self.retention: AnyRetention = retention
        self.aims = isinstance(retention, StateDrift | RelaxationTable)
        self._place = place
        self._numbers = CellNumbers(place, _numbers, dtype)
        self._relaxation: RelaxationLaw | None = None
        if isinstance(retention, Relaxation | RelaxationTable):
            self._relaxation = relaxation_law(retention, place.spec.conductance)

    def states(self, state: np.ndarray, history: History) -> np.ndarray:
        """The states now, (array, column, row); the earlier array is overwritten unless the history keeps it."""
        states = np.empty_like(state) if history.owns(state) else state
        for lines in line_blocks(state.shape):
            states[:, lines] = self._aged(state, history, lines)
        return states

    def _aged(self, state: np.ndarray, history: History, lines: slice) -> np.ndarray:
        """States of some lines now."""
        retention, conductance = self.retention, self._place.spec.conductance
        g0, programmed, elapsed = conductance.offset, history.programmed(state, lines), history.aged(lines)
        own, map_cells = self._numbers.value(_NAME, lines=lines), self._place.site.backend.map
        if isinstance(retention, Drift):
            return map_cells(drifted, programmed, own, elapsed, PowerLaw(g0, retention.reference_time))
        if isinstance(retention, StateDrift):
            mean, spread = (
                line.level(conductance.max, conductance.width) for line in (retention.exponent, retention.spread)
            )
            nu = map_cells(exponent, history.target(state, lines), own, 0.0, Exponent(g0, mean, spread))
            return map_cells(drifted, programmed, nu, elapsed, PowerLaw(g0, retention.reference_time))
        if self._relaxation is not None:
            first, site = lines.indices(state.shape[1])[0], self._place.site
            address = site.address | {"first_column": site.address["first_column"] + first}
            cells = programmed, history.target(state, lines), history.number(lines), elapsed
            return site.backend.relax(*cells, self._relaxation, **address)
        assert isinstance(retention, Leak)
        return map_cells(leaked, programmed, own, elapsed, Rest(retention.rest))


_NAME = "retention"


def _numbers(place: Place) -> dict[str, Any]:
    """The number of the retention of each cell: its drift exponent, a N(0, 1) number or its lifetime [s]."""
    retention = place.spec.retention
    number: Any = 0.0
    if isinstance(retention, Drift):
        number = retention.exponent
        if retention.spread:
            number = number + retention.spread * place.normal(Stream.RETENTION).astype(float)
    elif isinstance(retention, StateDrift):
        number = place.normal(Stream.RETENTION)
    elif isinstance(retention, Leak):
        number = place.positive("retention.lifetime", retention.lifetime, _SHORTEST)
    return {_NAME: number}


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
    temperature = checked_number("temperature", temperature, 0, math.inf, "K", above=True)
    power = activation.energy / BOLTZMANN * (1 / activation.reference - 1 / temperature)
    faster = seconds * math.exp(min(power, 700.0))
    if not math.isfinite(faster):
        raise InputError(f"temperature: at {temperature:g} K the retention of device '{spec.name}' is over at once")
    return faster
