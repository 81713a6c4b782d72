"""Equations of columns that a message suggests: which headings may hold reads after pulses, and which directions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from memsim.fit.reading.directions import direction_column
from memsim.fit.reading.headings import (
    CYCLE,
    DEVICE,
    DOWN,
    KNOWN,
    OTHERS,
    PULSE,
    READ_CURRENT,
    READ_VOLTAGE,
    RESET_VOLTAGE,
    SET_VOLTAGE,
    SETTINGS,
    TIME,
    UP,
    folded,
    read_voltage_in,
)
from memsim.fit.reading.plausible import HIGHEST_READ
from memsim.fit.reading.settings import row_keys
from memsim.fit.reading.sweep_columns import CURRENT, VOLTAGE
from memsim.fit.reading.table import Column, Table, first_column
from memsim.units import dimension_of, unit_of

_AMPLITUDES = 4
"""Different voltages of equal pulses of two directions, and of no pulse, at most."""
_LARGEST = {"V": 10.0, "A": 0.1}
"""Numbers without a unit up to which they may be volts and amperes; assumed."""
_SCATTER = 0.05
"""Range of voltages, of the largest, up to which all are one read voltage."""


def example_of_reads(table: Table) -> str:
    """Equations of reads after pulses, and of directions where nothing says them; empty without such columns."""
    others = {folded(name) for name in (*SET_VOLTAGE, *RESET_VOLTAGE)}
    reads_only = [c for c in table.columns if folded(c.heading) not in others]
    ups, downs = ([c for c in reads_only if has_word(c, words)] for words in (UP, DOWN))
    if ups and len(ups) == len(downs):
        pairs = zip(ups, downs, strict=True)
        return ", ".join(f"up = {table.source(up)}, down = {table.source(down)}" for up, down in pairs)
    conductances = [c for c in table.columns if has_word(c, ("g", "conductance", "cond"))]
    reads = f"G = {table.source(conductances[0])}" if conductances else quotient(table)
    if not reads:
        return ""
    directions = "" if direction_column(table) is not None else example_of_directions(table)
    return ", ".join(filter(None, (reads, directions)))


def example_of_directions(table: Table) -> str:
    """An equation that makes directions from voltages of pulses of both signs, or from pulse numbers; else empty."""
    signed = signed_columns(table)
    if signed:
        return f"direction = {table.source(signed[0])}"
    volts = first_column(table, SET_VOLTAGE), first_column(table, RESET_VOLTAGE)
    if volts[0] is not None and volts[1] is not None:
        sets, resets = _numbers(table, volts[0]), _numbers(table, volts[1])
        if sets is not None and resets is not None:
            sign = -1.0 if (resets >= 0).all() else 1.0
            if _has_both_signs(sets + sign * resets):
                word = "+" if sign > 0 else "-"
                return f"pulse voltage = {table.source(volts[0])} {word} {table.source(volts[1])}"
    pulse = first_column(table, PULSE)
    numbers = None if pulse is None else _numbers(table, pulse)
    if pulse is None or numbers is None or np.ptp(numbers) < 1 or not _goes_up(table, numbers):
        return ""
    turn, name = (numbers.min() + numbers.max()) // 2 + 0.5, table.source(pulse)
    return f"direction = {turn:g} - {name}, pulse = {name}"


def _goes_up(table: Table, numbers: np.ndarray) -> bool:
    """Whether pulse numbers go up within each device and cycle, through both directions."""
    keys = row_keys(table, DEVICE, CYCLE)
    return all(numbers[row] >= numbers[row - 1] for row in range(1, len(numbers)) if keys[row] == keys[row - 1])


def signed_columns(table: Table) -> list[Column]:
    """Columns of few different numbers of both signs, as voltages of pulses of both directions are."""
    others = (KNOWN | OTHERS) - SETTINGS - {folded(name) for name in READ_VOLTAGE}
    result = []
    for column in table.columns:
        values = None if folded(column.heading) in others else _numbers(table, column)
        if values is None or (column.physical and dimension_of(column.unit) != "V"):
            continue
        if _has_both_signs(values) and len(np.unique(values)) <= _AMPLITUDES:
            result.append(column)
    return result


def quotient(table: Table) -> str:
    """The equation of a conductance from currents that differ and a voltage that does not; empty without them."""
    currents = [c for c in _of(table, CURRENT, READ_CURRENT, "A") if not _is_constant(table, c)]
    if not currents:
        return ""
    current = currents[0]
    amperes = unit_text(table, current, "A")
    voltages = [
        c for c in _of(table, VOLTAGE, (), "V") if _is_constant(table, c) and _largest(table, c) <= HIGHEST_READ
    ]
    if not voltages:
        stated = read_voltage_in(current.written)
        return f"G = {table.source(current)}{amperes} / ({0.1 if stated is None else stated:g} [V])"
    voltage = next((v for v in voltages if _digits(v) == _digits(current)), voltages[0])
    volts = unit_text(table, voltage, "V")
    divisor = f"({table.source(voltage)}{volts})" if volts else table.source(voltage)
    return f"G = {table.source(current)}{amperes} / {divisor}"


def unit_text(table: Table, column: Column, unit: str) -> str:
    """The unit of a column in an equation where its heading has none, such as " [A]"; for large numbers " [uA]"."""
    if column.physical:
        return ""
    values = _numbers(table, column)
    largest = 0.0 if values is None else float(np.abs(values).max(initial=0.0))
    small = {"V": "mV", "A": "uA"}[unit]
    return f" [{small if largest > _LARGEST[unit] else unit}]"


def _of(table: Table, names: Sequence[str], more: Sequence[str], dimension: str) -> list[Column]:
    """Columns with one of these names or with a unit of this dimension."""
    known = {folded(name) for name in (*names, *more)} - {folded(name) for name in TIME}
    return [
        c for c in table.columns
        if folded(c.heading) in known or (c.physical and dimension_of(c.unit) == dimension)
    ]  # fmt: skip


def _digits(column: Column) -> str:
    return re.sub(r"\D", "", column.heading)


def _numbers(table: Table, column: Column) -> np.ndarray | None:
    """Numbers of a column, 0 for empty cells; None where a cell is none."""
    values = [0.0 if cell == "" else table.numerals.value(cell) for cell in column.cells]
    return None if None in values else np.array(values, float)


def _has_both_signs(values: np.ndarray) -> bool:
    return bool((values > 0).any() and (values < 0).any())


def _is_constant(table: Table, column: Column) -> bool:
    values = _numbers(table, column)
    return values is None or bool(np.ptp(values) <= _SCATTER * np.abs(values).max(initial=0.0))


def _largest(table: Table, column: Column) -> float:
    """Largest magnitude of a column of voltages [V]."""
    values = _numbers(table, column)
    factor = (unit_of(column.unit) or ("V", 1.0))[1] if column.physical else 1.0
    return 0.0 if values is None else float(np.abs(values).max(initial=0.0)) * factor


def has_word(column: Column, words: Sequence[str]) -> bool:
    """Whether a heading has one of these words, or two words of one of these names in a row."""
    text = re.split(r"[^a-z0-9]+", column.heading.lower())
    return bool({*text, *map(" ".join, pairwise(text))} & set(words))
