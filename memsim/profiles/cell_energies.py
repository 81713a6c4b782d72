"""Energy of a read and of a pulse in one cell, V^2 G t, at the ends and in the middle of the window."""

from __future__ import annotations

from typing import NamedTuple

from memsim.profiles.schema import DeviceSpec


class CellEnergy(NamedTuple):
    """Energy of one event in a cell.

    Attributes
    ----------
    event : str
        What happens, such as "set pulse".
    voltage, seconds : float
        On the cell [V], [s].
    low, middle, high : float
        At the lower end, in the middle and at the upper end of the window [J].
    """

    event: str
    voltage: float
    seconds: float
    low: float
    middle: float
    high: float


def window_points(spec: DeviceSpec) -> tuple[float, float, float]:
    """Lower end, middle and upper end of the window [S]."""
    low, high = spec.conductance.min, spec.conductance.max
    return low, (low + high) / 2, high


def cell_energies(spec: DeviceSpec) -> list[CellEnergy]:
    """Energies of a read, of pulses, and of a cell that is half-selected by a set pulse.

    A pulse counts with the conductance before it. Reads of devices whose current is not proportional to the voltage
    are left out.
    """
    events = [] if spec.conduction is not None else [("read", spec.read.voltage, spec.read.duration)]
    pulses = [] if spec.update is None else [("set pulse", spec.update.set), ("reset pulse", spec.update.reset)]
    known = [(name, abs(pulse.voltage), pulse.width) for name, pulse in pulses if pulse is not None]
    events += known
    for name, volts, seconds in known[:1]:
        events += [(f"half-selected at V/{part}, {name}", volts / part, seconds) for part in (2, 3)]
    return [
        CellEnergy(name, volts, seconds, *(volts * volts * siemens * seconds for siemens in window_points(spec)))
        for name, volts, seconds in events
    ]
