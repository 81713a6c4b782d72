"""Passage of time for arrays: cells age, and correlated noise goes on."""

from __future__ import annotations

import warnings

from memsim.arrays.aging import accelerated
from memsim.arrays.state import ArrayState
from memsim.errors import InputError, RetentionWarning


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


def let_pass(array: ArrayState, seconds: float, aged: float) -> None:
    """Let time pass [s], of which `aged` counts for the states."""
    for bank in array.cells.both:
        bank.wait(seconds, aged)
