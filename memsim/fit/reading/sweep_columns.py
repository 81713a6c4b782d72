"""Which columns of a table are the voltage and the current of a sweep, and whether the table is a log of pulses."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import SETTINGS, folded
from memsim.fit.reading.table import Column, Table, find_column, unknown_headings
from memsim.units import dimension_of, format_quantity

VOLTAGE = (
    *("voltage", "v", "read voltage", "vread", "bias", "bias voltage", "vbias", "applied voltage", "applied v", "vapp"),
    *("vd", "vds", "drain voltage", "anode v", "v1", "vte"),
)
CURRENT = (
    *("current", "i", "abs i", "read current", "iread", "measured current", "imeas"),
    *("id", "ids", "drain current", "anode i", "i1", "ite"),
)
_SCATTER = 0.05
"""Range of voltages, of the largest, up to which all are one read voltage."""
_POINTS, _JUMP, _JUMPS = 8, 0.5, 0.3
"""Rows, step of the voltage that is a jump, of the largest, and share of jumps among the steps: those of a log."""


def iv_columns(table: Table) -> tuple[Column | None, Column | None]:
    """Columns of voltages and currents: by their headings, else the only ones in volts and in amperes."""
    found = []
    for names, dimension in ((VOLTAGE, "V"), (CURRENT, "A")):
        column = find_column(table, names)
        if column is None:
            fits = [c for c in table.columns if dimension_of(c.unit) == dimension]
            fits = [c for c in fits if folded(c.heading) not in SETTINGS]
            column = fits[0] if len(fits) == 1 else None
        found.append(column)
    return found[0], found[1]


def required_iv_columns(table: Table) -> tuple[Column, Column]:
    """Columns of voltages and currents; in a table without headings, the first and the second.

    Raises
    ------
    DataError
        There is none.
    """
    if not table.header:
        if len(table.columns) < 2:
            raise DataError(f"{table.place(0)}: {len(table.columns)} column; a curve has voltages and currents")
        return table.columns[0], table.columns[1]
    voltage, current = iv_columns(table)
    if voltage is None:
        raise unknown_headings(table, "voltage", VOLTAGE)
    if current is None:
        raise unknown_headings(table, "current", CURRENT)
    _refuse_several(table, {"V": voltage, "I": current})
    return voltage, current


def _refuse_several(table: Table, chosen: dict[str, Column]) -> None:
    """Refuse numbered columns, such as I1 and I2, of which more than one may be meant.

    Raises
    ------
    DataError
        There are several.
    """
    heads = {folded(column.heading): column for column in table.columns}
    doubtful = {
        name: next((heads[f"{letter}{k}"] for k in range(2, 10) if f"{letter}{k}" in heads), None)
        for name, letter in (("V", "v"), ("I", "i"))
        if folded(chosen[name].heading) == f"{letter}1"
    }
    pairs = [(name, other) for name, other in doubtful.items() if other is not None]
    if pairs:
        both = " and ".join(f"{table.label(chosen[name])} or {table.label(other)}" for name, other in pairs)
        columns = ", ".join(f"{name} = {chosen[name].written}" for name, _ in pairs)
        raise DataError(f'{table.place()}: {both} may be meant; say which with columns="{columns}"')


def looks_like_sweep(table: Table) -> bool:
    """Whether there are voltages and currents, and the voltages differ as those of a sweep do."""
    voltage, current = iv_columns(table)
    if voltage is None or current is None:
        return False
    values = np.array([value for cell in voltage.cells if (value := table.numerals.value(cell)) is not None])
    return len(values) < 2 or bool(np.ptp(values) > _SCATTER * np.abs(values).max())


def refuse_log(table: Table) -> None:
    """Refuse voltages that jump up and down from row to row, as in a log of writes and reads.

    Raises
    ------
    DataError
        Many steps are larger than half the largest voltage; those of a sweep are small.
    """
    voltage = table.numbers(required_iv_columns(table)[0], "V")
    steps = np.abs(np.diff(voltage))
    far = np.flatnonzero(steps > _JUMP * np.abs(voltage).max())
    if len(voltage) < _POINTS or len(far) < _JUMPS * len(steps):
        return
    row = int(far[0])
    one, other = (format_quantity(voltage[at], "V", 3) for at in (row, row + 1))
    # A curve needs three different voltages.
    or_else = ", or say kind='iv'" if len(np.unique(np.abs(voltage))) > 2 else ""
    raise DataError(
        f"{table.place(row + 1)}: the voltage jumps from {one} to {other}, and so on: a log of writes and reads, no "
        "sweep of a curve; write one row for each pulse, with its direction and the current and voltage of the read "
        f"after it{or_else}"
    )
