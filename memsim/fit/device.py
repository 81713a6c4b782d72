"""One entrance for all measurements: which kind a table holds, and the fit that suits it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.fits import Progress, PulseFit, fit_pulses
from memsim.fit.reading.assumed import units_of
from memsim.fit.reading.columns import numbers_of, with_columns
from memsim.fit.reading.conditions import check_temperature
from memsim.fit.reading.folder import read_table
from memsim.fit.reading.headings import PULSE, PULSE_SETTINGS, READ, RESISTANCE, SAMPLE, TIME
from memsim.fit.reading.layouts import looks_like_pulses, pulse_data
from memsim.fit.reading.places import refuse_map, unread, with_devices
from memsim.fit.reading.plausible import check_outliers, check_polarity
from memsim.fit.reading.repeats import unrolled
from memsim.fit.reading.stated import equations_repeated
from memsim.fit.reading.suggestions import example_of_directions, signed_columns
from memsim.fit.reading.sweep_columns import iv_columns, looks_like_sweep, refuse_log
from memsim.fit.reading.table import Table, find_column, first_column
from memsim.fit.reading.transformed import with_reads_after
from memsim.fit.reading.values import VALUE, with_conductance
from memsim.fit.sections.iv import fit_iv
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.retention import fit_retention
from memsim.fit.sections.section import SectionFit

KINDS = ("pulses", "retention", "read-noise", "iv")
"""What can be fitted."""


def read_measurement(
    path: str | os.PathLike[str],
    *,
    columns: str | Mapping[str, str] | None = None,
    table: int | None = None,
    decimal: str | None = None,
    repeats: str | None = None,
) -> Table:
    """Table of a measurement, with what its user says of it.

    Parameters
    ----------
    path : path
        A text file, a pipe, or a folder with one file a device.
    columns : str or mapping, optional
        What the columns are: "G = Iread/Vread, direction = Mode, pulse = #". On the left stand memsim's own names, on
        the right headings, places such as #2, or expressions with + - * / and brackets; a unit may follow in square
        brackets. By default the headings say it.
    table : int, optional
        Which table of a file with several, from 1.
    decimal : str, optional
        Decimal sign, "." or ",".
    repeats : str, optional
        "devices", "cycles" or "reads": what columns with the same heading, or rows of the same pulse, are.

    Raises
    ------
    DataError
        The table cannot be read, or may be read in several ways.
    InputError
        An argument is wrong.
    """
    named = numbers_of(columns) if columns is not None else ()
    result = read_table(path, decimal=decimal, number=table, named=named)
    if columns is not None:
        result = with_columns(result, columns)
    with equations_repeated(result.stated):
        return unrolled(with_devices(with_reads_after(result)), repeats)


def fit_device(
    measurement: str | os.PathLike[str] | Table | tuple[Sequence[float], Sequence[float]],
    *,
    kind: str | None = None,
    model: str | None = None,
    window: tuple[float, float] | None = None,
    read_voltage: float | None = None,
    columns: str | Mapping[str, str] | None = None,
    table: int | None = None,
    decimal: str | None = None,
    repeats: str | None = None,
    progress: Progress | None = None,
) -> PulseFit | SectionFit:
    """Device models fitted to a measurement: numbers with 95 % intervals, and how well each model describes the data.

    Parameters
    ----------
    measurement : path, Table, or two sequences of float
        A table (CSV and the like, or a folder with one file a device), or the reads after successive set pulses and
        after successive reset pulses, as normalised weights.
    kind : str, optional
        "pulses", "retention", "read-noise" or "iv"; by default what the headings say.
    model : str, optional
        Step model to report for pulses; the one with the lowest BIC by default.
    window : tuple of float, optional
        Ends of the window [S]; read noise is relative to it where that fits better.
    read_voltage : float, optional
        Read voltage of the device [V], at which the coefficients of a polynomial are stated.
    columns, table, decimal, repeats : optional
        How a file is read, as in `memsim.fit.read_measurement`.
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
        No such kind or model, or an argument does not suit the measurement.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"unknown kind '{kind}'{nearest(kind, KINDS)}")
    if isinstance(measurement, str | os.PathLike):
        measurement = read_measurement(
            measurement, columns=columns, table=table, decimal=decimal, repeats=repeats
        )  # fmt: skip
    elif any(argument is not None for argument in (columns, table, decimal, repeats)):
        raise InputError("columns, table, decimal and repeats say how a file is read; the measurement is no path")
    if not isinstance(measurement, Table):
        return fit_pulses(_from_arrays(measurement), model, progress)
    with equations_repeated(measurement.stated):
        return _fit_table(with_devices(measurement), kind, model, window, read_voltage, progress)


def _fit_table(
    measurement: Table,
    kind: str | None,
    model: str | None,
    window: tuple[float, float] | None,
    read_voltage: float | None,
    progress: Progress | None,
) -> PulseFit | SectionFit:
    kind = kind_of(measurement) if kind is None else kind
    if kind in ("retention", "read-noise"):
        measurement = with_conductance(measurement)
    if model is not None and kind != "pulses":
        raise InputError(f"a model can be chosen for pulses; {measurement.name} is read as {kind}")
    if kind == "pulses":
        return fit_pulses(pulse_data(measurement), model, progress)
    at = check_temperature(measurement)
    notes = [
        *(at if kind == "retention" else ()),
        *units_of(measurement, kind),
        *unread(measurement, *iv_columns(measurement)),
    ]
    if kind == "retention":
        section = fit_retention(measurement)
    elif kind == "read-noise":
        section = fit_read_noise(measurement, window)
    else:
        section = fit_iv(measurement, read_voltage)
    return replace(section, notes=(*measurement.notes, *notes, *section.notes))


def kind_of(table: Table) -> str:
    """What a table holds, by its headings.

    Raises
    ------
    DataError
        The headings fit several kinds: the user must say which.
    """
    with equations_repeated(table.stated), table.questions_together():
        return _kind(table)


def _kind(table: Table) -> str:
    if not table.header or looks_like_pulses(table):
        return "pulses"
    pulsed = find_column(table, [name for name in PULSE if "pulse" in name]) is not None
    example = example_of_directions(table)
    named = f'columns="{example}" names' if example else "columns=... names"
    if looks_like_sweep(table):
        if pulsed:
            raise DataError(
                f"{table.place()}: voltages and currents beside pulse numbers may be pulses or a curve of the current: "
                f"{named} the directions, kind='iv' means a curve"
            )
        refuse_log(table)
        return "iv"
    none = find_column(table, (*VALUE, *RESISTANCE)) is None
    if none and (None in iv_columns(table) or signed_columns(table) or first_column(table, PULSE_SETTINGS)):
        return "pulses"
    if find_column(table, TIME) is not None:
        pulses = f"; {named} the directions if they are pulses" if signed_columns(table) else ""
        raise DataError(
            f"{table.name}: time and conductance may be retention or read noise; say which with kind='retention' or "
            f"kind='read-noise'{pulses}"
        )
    if find_column(table, (*READ, *SAMPLE)) is not None:
        return "read-noise"
    if pulsed or find_column(table, ("cycle",)) is not None:
        return "pulses"
    refuse_map(table)
    raise DataError(
        f"{table.place()}: conductances without directions may be reads after pulses or repeated reads of a resting "
        f"cell; say which: {named} the directions, kind='read-noise' means repeated reads"
    )


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
    data = PulseData.checked("arrays", sweeps, None)
    check_polarity(data, "the reads after set pulses come first")
    check_outliers(data)
    return data
