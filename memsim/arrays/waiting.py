"""Passage of time for arrays: cells age, and correlated noise goes on."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from memsim.arrays.aging import accelerated
from memsim.arrays.state import ArrayState
from memsim.errors import EnduranceWarning, InputError, RetentionWarning
from memsim.profiles import DeviceProfile
from memsim.units import ELECTRONVOLT


def equivalent_time(array: ArrayState, seconds: float, temperature: float | None = None) -> float:
    """Time at the reference temperature [s] that changes the states as much, if time may pass at all.

    Raises
    ------
    InputError
        If the device does not know what temperature does, or nothing is programmed yet.
    """
    aged = accelerated(array.device.spec, seconds, temperature)
    if not array.programmed:
        raise InputError(
            f"wait: nothing is programmed yet into the cells of device '{array.device.name}'; call program() before"
        )
    return aged


def warn_of_retention(array: ArrayState, stacklevel: int) -> None:
    """Warn where time passes for a device that specifies no retention."""
    if array.device.spec.retention is None:
        warnings.warn(
            f"device '{array.device.name}' specifies no retention: its cells keep their states, and time changes "
            "only correlated noise",
            RetentionWarning,
            stacklevel=stacklevel,
        )


def warn_of_endurance(array: ArrayState, stacklevel: int) -> None:
    """Warn where cells see cycles that change nothing."""
    wear, name = array.cells.lines.wear, array.device.name
    if wear.model is None:
        noted = "cycles are counted and" if wear.noted else "cycles are not counted (count_cell_pulses=True counts) and"
        text = f"device '{name}' specifies no endurance: {noted} change no cell"
    elif not wear.changes:
        text = (
            f"the endurance of device '{name}' is a table of wrong bits: cycles change no state; wear_summary() has "
            "the expected share of wrong bits"
        )
    else:
        return
    warnings.warn(text, EnduranceWarning, stacklevel=stacklevel)


def let_pass(array: ArrayState, seconds: float, aged: float) -> None:
    """Let time pass [s], of which `aged` counts for the states."""
    for bank in array.cells.both:
        bank.wait(seconds, aged)


def retention_notes(devices: Iterable[tuple[DeviceProfile, float | None]], longest: float) -> list[str]:
    """What a reader must know of results over time: devices without retention, and what is known of temperature.

    Parameters
    ----------
    devices : iterable of (DeviceProfile, float or None)
        Cells and their temperature [K]; None for that at which their retention was measured.
    longest : float
        Time that passes in all [s].
    """
    profiles: dict[str, DeviceProfile] = {}
    temperatures: dict[str, dict[float, None]] = {}
    for device, temperature in devices:
        profiles[device.name] = device
        temperatures.setdefault(device.name, {}).update({} if temperature is None else {temperature: None})
    without = [name for name, device in profiles.items() if device.spec.retention is None]
    notes = []
    if without and longest:
        notes.append(f"no retention is known of {', '.join(without)}: their cells keep their states")
    for name, device in profiles.items():
        activation = device.spec.retention.activation if device.spec.retention else None
        if activation is None or not temperatures[name]:
            continue
        status = device.provenance("retention.activation.energy").status
        faster = ", ".join(
            f"{accelerated(device.spec, 1.0, kelvin):.3g} times as fast at {kelvin:g} K"
            for kelvin in temperatures[name]
        )
        energy = f"{activation.energy / ELECTRONVOLT:.3g} eV"
        notes.append(
            f"the activation energy of '{name}', {energy}, is {status}; time runs {faster} as at "
            f"{activation.reference:g} K"
        )
    return notes
