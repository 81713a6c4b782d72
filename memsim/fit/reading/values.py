"""Conductances or weights of all rows of a table, from whatever it has: conductances, resistances, or currents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import (
    CONDUCTANCE,
    MEANS,
    READ_CURRENT,
    READ_VOLTAGE,
    RESISTANCE,
    WEIGHT,
    folded,
    read_voltage_in,
)
from memsim.fit.reading.plausible import ohms, refuse_counts, refuse_negative, refuse_pulse_voltage, refuse_without_unit
from memsim.fit.reading.suggestions import example_of_reads, has_word, unit_text
from memsim.fit.reading.table import Column, Table, find_column, unknown_headings
from memsim.fit.reading.transformed import refuse_transformed

VALUE = CONDUCTANCE + WEIGHT
"""Names of a column of conductances or weights."""
_VALUES = {folded(name) for name in (*CONDUCTANCE, *RESISTANCE, *WEIGHT)}


def value_column(table: Table) -> Column | None:
    """The column of conductances, resistances or weights; names that may mean something else come last.

    A "Value" beside a "Reading" is what a source-measure unit applied, no weight.
    """
    column = find_column(table, (*CONDUCTANCE, *RESISTANCE, *WEIGHT))
    applied = column is not None and folded(column.heading) == "value" and find_column(table, ("reading",)) is not None
    return None if applied else column


def values_of(table: Table) -> tuple[np.ndarray, str | None, tuple[str, ...]]:
    """Conductances or weights of all rows, their unit, and what was understood."""
    column = value_column(table)
    current, voltage = find_column(table, READ_CURRENT), find_column(table, READ_VOLTAGE)
    vague = column is None or _is_vague(column)
    if vague and current is not None and voltage is not None:
        quotient = _ratio(table, current, voltage)
        refuse_pulse_voltage(table, voltage, current)
        return quotient
    if column is None:
        raise no_conductance(table)
    refuse_transformed(table, column)
    others = [c for c in table.columns if c is not column and folded(c.heading) in _VALUES]
    notes = tuple(f"{table.label(column)} is used, {table.label(other)} is not" for other in others)
    if any(mean in folded(column.heading) for mean in MEANS):
        notes += (f"{table.label(column)} is a mean of several reads: the read noise is that of this mean",)
    resistance = _resistances(table, column) if folded(column.heading) in map(folded, RESISTANCE) else None
    refuse_counts(table, column)
    if resistance is not None:
        if (resistance <= 0).any():
            row = int(np.argmax(resistance <= 0))
            raise DataError(f"{table.place(row)}: a resistance of {column.cells[row]}; must be above 0")
        return 1.0 / resistance, "S", (*notes, *ohms(table, column, resistance))
    values = table.numbers(column, "S")
    if vague and len(np.unique(values)) <= 2:
        raise DataError(
            f"{table.place()}: {table.label(column)} has only the values "
            f"{' and '.join(f'{v:g}' for v in np.unique(values))}, no conductances; say with columns=... which column "
            "has them"
        )
    refuse_without_unit(table, column, values)
    if column.physical:
        refuse_negative(table, column, values)
    return values, "S" if column.physical else None, notes


def _resistances(table: Table, column: Column) -> np.ndarray:
    """Resistances [Ohm]; a question about their decimal sign asks for their unit, too."""
    try:
        return table.numbers(column, "Ohm")
    except DataError as error:
        if column.physical or "decimal=" not in str(error):
            raise
        raise DataError(
            f"{error}. Also, {table.label(column)} has no unit: unless it is Ohm, say it with columns="
            f'"R = {table.source(column)} [kOhm]"'
        ) from None


def no_conductance(table: Table) -> DataError:
    """Error of a table without conductances; where it has currents, how to state their read voltage."""
    current = find_column(table, READ_CURRENT)
    reading, applied = find_column(table, ("reading",)), find_column(table, ("value",))
    if current is None and reading is not None and applied is not None:
        return DataError(
            f"{table.place()}: {table.label(reading)} and {table.label(applied)} are what a source-measure unit read "
            f'and applied; if these are a current and a voltage, say columns="G = {table.source(reading)} [A] / '
            f'({table.source(applied)} [V])"'
        )
    for column in table.columns:
        if has_word(column, ("g", "conductance", "r", "resistance", "dg", "dr")):
            refuse_transformed(table, column)
    example = example_of_reads(table)
    if current is None or find_column(table, READ_VOLTAGE) is not None:
        volts = current is None and find_column(table, READ_VOLTAGE) is not None
        what, known = ("conductance or current", (*VALUE, *READ_CURRENT)) if volts else ("conductance", VALUE)
        error = unknown_headings(table, what, known)
        return DataError(f'{error}, e.g. columns="{example}"') if example else error
    yours = " with your read voltage in the place of 0.1" if read_voltage_in(current.written) is None else ""
    return DataError(
        f"{table.place()}: {table.label(current)} is a current, and no column has the read voltage; state it with "
        f'columns="{example}"{yours}'
    )


def has_quotient(table: Table) -> bool:
    """Whether there are read currents and read voltages."""
    return find_column(table, READ_CURRENT) is not None and find_column(table, READ_VOLTAGE) is not None


def with_conductance(table: Table) -> Table:
    """The table with a column `conductance`, from resistances or from currents and read voltages where it has none.

    Raises
    ------
    DataError
        Numbers without a unit are too small for normalised weights, or what `values_of` refuses.
    """
    column = value_column(table) if table.header else None
    if not table.header or (column is None and not has_quotient(table)):
        return table
    resistances = column is not None and folded(column.heading) in map(folded, RESISTANCE)
    if column is not None and not resistances and not (_is_vague(column) and has_quotient(table)):
        refuse_without_unit(table, column, table.numbers(column))
        return table
    values, unit, notes = values_of(table)
    cells = tuple(table.numerals.text(value) for value in values)
    made = Column("conductance", unit or "", cells)
    return replace(table, columns=(*table.columns, made), notes=(*table.notes, *notes))


def _is_vague(column: Column) -> bool:
    """Whether a heading may mean something else than a conductance."""
    return folded(column.heading) in ("value", "state")


def _with_units(table: Table, current: Column, voltage: Column) -> str:
    """The equation of a conductance from two columns, with units where they have none."""
    amperes, volts = unit_text(table, current, "A"), unit_text(table, voltage, "V")
    return f"G = {table.source(current)}{amperes} / ({table.source(voltage)}{volts})"


def _ratio(table: Table, current: Column, voltage: Column) -> tuple[np.ndarray, str | None, tuple[str, ...]]:
    """Conductances from currents and read voltages."""
    labels = table.label(current), table.label(voltage)
    if current.physical != voltage.physical:
        one, other = (current, voltage) if current.physical else (voltage, current)
        raise DataError(
            f"{table.place()}: {table.label(one)} has a unit and {table.label(other)} has none; say it, e.g. with "
            f'columns="{_with_units(table, current, voltage)}"'
        )
    if not current.physical:
        raise DataError(
            f"{table.place()}: {labels[0]} and {labels[1]} have no units; say them, e.g. with "
            f'columns="{_with_units(table, current, voltage)}"'
        )
    volts, amperes = table.numbers(voltage, "V"), table.numbers(current, "A")
    if (volts == 0).any():
        row = int(np.argmax(volts == 0))
        raise DataError(f"{table.place(row)}: {labels[1]} is 0; a conductance needs a read voltage")
    if (volts > 0).any() and (volts < 0).any() and "read" not in folded(voltage.heading):
        raise DataError(
            f"{table.place()}: {labels[1]} has both signs: it may be the voltage of the pulses or of the reads; say "
            f'which, e.g. with columns="G = {table.source(current)} / (0.1 [V])" or columns="read voltage = '
            f'{table.source(voltage)}"'
        )
    values = amperes / volts
    if (values < 0).any():
        row = int(np.argmax(values < 0))
        raise DataError(f"{table.place(row)}: {labels[0]} and {labels[1]} have different signs: a negative conductance")
    return values, "S", (f"the conductance is {labels[0]} / {labels[1]}",)
