"""Voltages, widths and energy of the pulses of a device."""

from __future__ import annotations

import math
from typing import Any

from memsim.arrays.bank import Bank
from memsim.kernels.verify_cell import PulseVoltages
from memsim.profiles.schema import DeviceSpec


def device_pulses(spec: DeviceSpec) -> PulseVoltages:
    """Voltages [V] and widths [s] of set and reset pulses; 0 where a device has no pulse of a direction."""
    pulses = (None, None) if spec.update is None else (spec.update.set, spec.update.reset)
    voltages = [0.0 if pulse is None else abs(pulse.voltage) for pulse in pulses]
    widths = [0.0 if pulse is None else pulse.width for pulse in pulses]
    return PulseVoltages(voltages[0], voltages[1], widths[0], widths[1], math.inf, math.inf)


def pulse_energy(bank: Bank, tally: Any, voltages: PulseVoltages) -> Any:
    """Sum of V I t of the pulses of each cell [J], with the mean of the currents before and after each.

    Parameters
    ----------
    bank : Bank
        The cells.
    tally : (4, array, line, row)
        Pulses of each cell, see `memsim.kernels.update.update_kernel`.
    voltages : PulseVoltages
        Of the pulses.
    """
    window = bank.spec.conductance
    energy: Any = 0.0
    for way, volts, width in (
        (0, voltages.set_voltage, voltages.set_width),
        (1, voltages.reset_voltage, voltages.reset_width),
    ):
        siemens = (tally[way + 2] + tally[way] * window.offset) * window.width
        energy = energy + volts * volts * width * siemens
    return energy
