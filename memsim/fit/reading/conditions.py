"""Conditions of a measurement that a table states: pulses of one direction must be equal, and the temperature one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.reading.directions import READ_WORDS
from memsim.fit.reading.headings import CONDUCTANCE, READ_VOLTAGE, RESISTANCE, SETTINGS, TEMPERATURE, folded, split_unit
from memsim.fit.reading.numerals import NOT_READ
from memsim.fit.reading.plausible import HIGHEST_READ
from memsim.fit.reading.settings import only_scatters, varied_setting
from memsim.fit.reading.table import Column, Table, first_column
from memsim.units import unit_of

_SCATTER = 0.02  # of the largest value: differences of a measured amplitude or width; assumed
_READ_SCATTER = 0.05  # the same of a read voltage; assumed
_DEGREES = 5.0  # range of a temperature that is kept constant; assumed
_LISTED = 3


def check_pulses(table: Table, branch: np.ndarray | None = None, direction: Column | None = None) -> tuple[str, ...]:
    """Refuse pulses that differ within a direction; returns a note where read voltages do.

    Parameters
    ----------
    branch : ndarray of int, optional
        0 for set and 1 for reset, (row,); without it, every column is to have one value.
    direction : Column, optional
        The column of directions; rows in which it says that no pulse was made are left out.

    Raises
    ------
    DataError
        An amplitude, a width or another setting of the pulses of one direction, or the temperature, has several values.
    """
    check_temperature(table)
    volts = {folded(name) for name in READ_VOLTAGE}
    pulsed = list(range(len(table.lines)))
    if direction is not None:
        pulsed = [row for row in pulsed if direction.cells[row].lower() not in READ_WORDS]
    rows_of = {"": pulsed}
    if branch is not None:
        rows_of = {f" of {BRANCHES[b]} pulses": [row for row in pulsed if branch[row] == b] for b in range(2)}
    reads, notes = _reads(table), []
    for column in table.columns:
        head = folded(column.heading)
        if column is direction:
            # A user may have said that the voltages of the pulses are the directions.
            heading, unit = split_unit(column.written)
            head, column = folded(heading), replace(column, heading=heading, unit=unit or column.unit)
        may_be_pulses = head in volts and "read" not in head and _largest(table, column) > HIGHEST_READ
        for what, rows in rows_of.items() if table.header else ():
            if (head in SETTINGS or may_be_pulses) and not only_scatters(table, column, rows):
                _refuse_differing_pulses(table, column, rows, what)
            elif varied_setting(table, column, rows, reads):
                _refuse_differing_pulses(table, column, rows, what, ", or leave out the column if it sets nothing")
        if head in volts and not may_be_pulses:
            difference = _differing(table, column, range(len(table.lines)), _READ_SCATTER)
            if difference is not None:
                notes.append(f"{table.label(column)} {difference[0]}: conductances of non-linear cells depend on it")
    return tuple(notes)


def check_temperature(table: Table) -> tuple[str, ...]:
    """Refuse reads at several temperatures; returns a note on the one that the table states.

    Raises
    ------
    DataError
        A column of temperatures has values that are more than 5 degrees apart.
    """
    names = {folded(name) for name in TEMPERATURE}
    notes = []
    for column in table.columns:
        if folded(column.heading) in names:
            difference = _differing(table, column, range(len(table.lines)), 0.0, _DEGREES)
            if difference is not None:
                words, row = difference
                raise DataError(
                    f"{table.place(row)}: {table.label(column)} {words}; a fit is that of one temperature: keep the "
                    "rows of one in the file"
                )
            filled = next((cell for cell in column.cells if cell.lower() not in NOT_READ), "")
            if filled:
                notes.append(f"{table.label(column)} is {filled[:20]} {column.unit}".rstrip() + ": the fit holds there")
    return tuple(notes)


def _reads(table: Table) -> np.ndarray | None:
    """Conductances or resistances of all rows, as written; None where the table has no single column of them."""
    column = first_column(table, (*CONDUCTANCE, *RESISTANCE))
    values = [] if column is None else [table.numerals.value(cell) for cell in column.cells]
    return np.array(values, float) if values and None not in values else None


def _refuse_differing_pulses(
    table: Table, column: Column, rows: Sequence[int], what: str, remedy: str = ", and leave the others out"
) -> None:
    difference = _differing(table, column, rows, _SCATTER)
    if difference is not None:
        words, row = difference
        raise DataError(
            f"{table.place(row)}: {table.label(column)}{what} {words}; the models describe equal pulses: keep the rows "
            f"of equal pulses in the file{remedy}"
        )


def _largest(table: Table, column: Column) -> float:
    """Largest magnitude in a column of voltages [V]; 0 without numbers."""
    values = [abs(value) for cell in column.cells if (value := table.numerals.value(cell)) is not None]
    dimension, factor = unit_of(column.unit) or ("V", 1.0)
    return max(values, default=0.0) * factor if dimension == "V" else 0.0


def _differing(
    table: Table, column: Column, rows: Sequence[int], share: float, most: float = 0.0
) -> tuple[str, int] | None:
    """What the different values of a column are, in words, and the first row that differs; None for one value.

    Empty cells and zeros do not count: they belong to reads without a pulse.

    Parameters
    ----------
    share, most : float
        Range of values that is taken for one value: of the largest one, and in the column's unit.
    """
    cells = {row: column.cells[row] for row in rows if column.cells[row].lower() not in NOT_READ}
    numbers = {row: table.numerals.value(cell) for row, cell in cells.items()}
    if None not in numbers.values():
        values = np.array([value for value in numbers.values() if value], float)
        if not len(values) or np.ptp(values) <= max(share * np.abs(values).max(), most):
            return None
        cells = {row: cells[row] for row, value in numbers.items() if value}
    texts = list(cells.values())
    distinct = list(dict.fromkeys(texts))
    if len(distinct) < 2:
        return None
    row = next(row for row, cell in cells.items() if cell != distinct[0])
    unit = f" {column.unit}" if column.unit else ""
    if len(distinct) > _LISTED:
        return f"has {len(distinct)} values, such as {distinct[0][:20]} and {distinct[-1][:20]}{unit}", row
    counted = [f"{text[:20]}{unit} in {texts.count(text)} rows" for text in distinct]
    return f"is {' and '.join(counted)}", row
