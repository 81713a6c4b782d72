"""One entrance for all measurements: which kind a table holds, and the fit that suits it."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.data import PulseData, Sweep
from memsim.fit.iv import fit_iv
from memsim.fit.layouts import VALUE, looks_like_pulses, pulse_data
from memsim.fit.programmed import TIME
from memsim.fit.pulses import Progress, PulseFit, fit_pulses
from memsim.fit.read_noise import fit_read_noise
from memsim.fit.retention import fit_retention
from memsim.fit.section import SectionFit
from memsim.fit.sweep import CURRENT, VOLTAGE
from memsim.fit.table import Table, find_column, read_table

KINDS = ("pulses", "retention", "read-noise", "iv")
"""What can be fitted."""


def fit_device(
    measurement: str | os.PathLike[str] | tuple[Sequence[float], Sequence[float]],
    *,
    kind: str | None = None,
    model: str | None = None,
    window: tuple[float, float] | None = None,
    read_voltage: float | None = None,
    progress: Progress | None = None,
) -> PulseFit | SectionFit:
    """Device models fitted to a measurement: numbers with 95 % intervals, and how well each model describes the data.

    Parameters
    ----------
    measurement : path, or two sequences of float
        A table (CSV and the like), or the reads after successive set pulses and after successive reset pulses, as
        normalised weights.
    kind : str, optional
        "pulses", "retention", "read-noise" or "iv"; by default what the headings say.
    model : str, optional
        Step model to report for pulses; the one with the lowest BIC by default.
    window : tuple of float, optional
        Ends of the window [S]; read noise is relative to it where that fits better.
    read_voltage : float, optional
        Read voltage of the device [V], at which a polynomial of the current is told.
    progress : callable, optional
        Called with (name, done, total).

    Returns
    -------
    PulseFit or SectionFit
        `memsim.fit.profile_of` makes a device of the first, `memsim.fit.extended` adds the second to one.

    Raises
    ------
    DataError
        The table cannot be read, or does not hold what a fit needs.
    InputError
        No such kind or model.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"unknown kind '{kind}'{nearest(kind, KINDS)}")
    if not isinstance(measurement, str | os.PathLike):
        return fit_pulses(_from_arrays(measurement), model, progress)
    table = read_table(measurement)
    kind = kind_of(table) if kind is None else kind
    if model is not None and kind != "pulses":
        raise InputError(f"a model can be chosen for pulses; {table.name} is read as {kind}")
    if kind == "pulses":
        return fit_pulses(pulse_data(table), model, progress)
    if kind == "retention":
        return fit_retention(table)
    if kind == "read-noise":
        return fit_read_noise(table, window)
    return fit_iv(table, read_voltage)


def kind_of(table: Table) -> str:
    """What a table holds, by its headings.

    Raises
    ------
    DataError
        Retention and read noise have the same headings: the user must say which.
    """
    if not table.header or looks_like_pulses(table):
        return "pulses"
    if find_column(table, VOLTAGE) is not None and find_column(table, CURRENT) is not None:
        return "iv"
    if find_column(table, VALUE) is not None:
        time = find_column(table, TIME)
        if time is None:
            return "pulses" if find_column(table, ("pulse", "pulse number", "cycle")) is not None else "read-noise"
        raise DataError(
            f"{table.name}: time and conductance may be retention or read noise; say which with --kind retention or "
            "--kind read-noise"
        )
    return "pulses"


def _from_arrays(measurement: object) -> PulseData:
    try:
        arrays = [np.asarray(values, float) for values in measurement]  # type: ignore[attr-defined]
        if len(arrays) != 2:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(
            "give a path, or two sequences of numbers: reads after set pulses, and after reset pulses"
        ) from None
    for word, values in zip(("set", "reset"), arrays, strict=True):
        if values.ndim != 1 or not np.isfinite(values).all():
            raise DataError(f"reads after {word} pulses must be one row of finite numbers")
    sweeps = [Sweep("1", "1", branch, values) for branch, values in enumerate(arrays)]
    return PulseData.checked("arrays", sweeps, None)
