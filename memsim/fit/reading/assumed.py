"""Units that a table does not state: which one is assumed, and which numbers are not those of a cell in it."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import TIME
from memsim.fit.reading.sweep_columns import iv_columns
from memsim.fit.reading.table import Column, Table, find_column
from memsim.units import format_quantity

MOST_VOLTAGE, MOST_IV_CONDUCTANCE, MOST_TIME = 20.0, 0.1, 3e9
"""Largest magnitudes that are taken for volts, for siemens of a sweep and for seconds (a century); assumed."""


def units_of(table: Table, kind: str) -> list[str]:
    """Notes on the units that a fit of retention or of a current assumes, in SI.

    Raises
    ------
    DataError
        The numbers are not those of a cell in that unit.
    """
    if not table.header:
        return []
    if kind == "retention":
        time = find_column(table, TIME)
        return [] if time is None else in_unit(table, time, "time", "s", MOST_TIME, "ms")
    voltage, current = iv_columns(table)
    if kind != "iv" or voltage is None or current is None:
        return []
    notes = in_unit(table, voltage, "V", "V", MOST_VOLTAGE, "mV")
    top = float(np.abs(table.numbers(voltage, "V")).max())
    return [*notes, *in_unit(table, current, "I", "A", MOST_IV_CONDUCTANCE * top, "uA")]


def in_unit(table: Table, column: Column, name: str, unit: str, most: float, other: str) -> list[str]:
    """Note that a column without a unit is read in `unit`; empty where it has one.

    Parameters
    ----------
    name : str
        memsim's own name of the column, for the message.
    most : float
        Largest magnitude that is taken for a number in this unit.
    other : str
        Another unit that is likely where numbers are larger, for the message.

    Raises
    ------
    DataError
        A number is larger.
    """
    if column.physical:
        return []
    size = np.abs(table.numbers(column))
    if size.max() > most:
        row = int(np.argmax(size))
        raise DataError(
            f"{table.place(row)}: {table.label(column)} has no unit, and {format_quantity(size[row], unit, 4)} is "
            f'too much; say the unit with columns="{name} = {table.source(column)} [{other}]"'
        )
    return [f"{table.label(column)} has no unit and is read in {unit}"]
