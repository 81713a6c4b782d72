"""The layouts in which measured pulses come: two columns up and down, one column with directions, or a long table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.reading.conditions import check_pulses
from memsim.fit.reading.directions import branches, direction_column, is_words
from memsim.fit.reading.headings import (
    CYCLE,
    DIRECTION,
    DOWN,
    PULSE,
    READ_VOLTAGE,
    UP,
    folded,
    read_voltage_in,
)
from memsim.fit.reading.places import device_column, names_in, unread, with_devices
from memsim.fit.reading.plausible import (
    check_outliers,
    check_polarity,
    check_size,
    refuse_counts,
    refuse_negative,
    refuse_without_unit,
)
from memsim.fit.reading.pulse_numbers import pulse_numbers, pulse_steps, spaced
from memsim.fit.reading.repeated_rows import one_read_a_pulse
from memsim.fit.reading.stacked import trains_below
from memsim.fit.reading.stated import equations_repeated
from memsim.fit.reading.suggestions import example_of_directions
from memsim.fit.reading.table import Column, Table, find_column, unknown_headings
from memsim.fit.reading.trains import Rows, trains_of
from memsim.fit.reading.values import has_quotient, no_conductance, value_column, values_of

_SHARED = 0.5  # of the larger range, which reads of set and of reset pulses have in common
_TREND = 0.2  # of their range, by which reads without headings rise or fall


def pulse_data(table: Table) -> PulseData:
    """Sweeps of pulses in a table.

    Raises
    ------
    DataError
        The layout is not known, a cell is no number, rows are out of order or too few, a direction is missing, or set
        pulses lower the conductance.
    """
    with equations_repeated(table.stated), table.questions_together():
        return _pulse_data(with_devices(table))


def _pulse_data(table: Table) -> PulseData:
    up, down = find_column(table, UP), find_column(table, DOWN)
    if up is not None and down is not None:
        return _side_by_side(one_read_a_pulse(table))
    if not table.header:
        return _without_names(table)
    direction = direction_column(table)
    if value_column(table) is None and not has_quotient(table) and (direction is None or len(table.columns) == 1):
        raise _no_layout(table)
    if direction is None:
        raise _no_directions(table)
    values, single = values_of(table), one_read_a_pulse(table)
    return _long(single, *(values if single is table else values_of(single)), direction_column(single))


def _no_directions(table: Table) -> DataError:
    error, example = unknown_headings(table, "directions", DIRECTION), example_of_directions(table)
    # Directions may turn at another pulse than half of them.
    turn = re.match(r"direction = ([0-9]+)\.5 - ", example)
    words = f" reads pulses up to {turn[1]} as set and further ones as reset" if turn else ""
    return DataError(f'{error}, e.g. columns="{example}"{words}') if example else error


def looks_like_pulses(table: Table) -> bool:
    """Whether the headings are those of pulses, or there are two columns without headings."""
    if not table.header:
        return len(table.columns) == 2
    return direction_column(table) is not None or (
        find_column(table, UP) is not None and find_column(table, DOWN) is not None
    )


def _no_layout(table: Table) -> DataError:
    if len(table.columns) == 1:
        return DataError(
            f"{table.place(0)}: one column found; wanted two (set and reset reads), or one of reads and one of "
            "directions. Columns are separated by commas, semicolons, tabs or blanks"
        )
    return no_conductance(table)


def _without_names(table: Table) -> PulseData:
    count = len(table.columns)
    if count == 1:
        raise _no_layout(table)
    words = [c for c in table.columns if is_words(c.cells)]
    if count == 2 and len(words) == 1:
        value = next(c for c in table.columns if c is not words[0])
        refuse_counts(table, value)
        refuse_without_unit(table, value, table.numbers(value))
        return _long(table, table.numbers(value), None, (), words[0])
    if count == 2 and _are_branches(table):
        return _side_by_side(table)
    if count == 2:
        raise DataError(
            f"{table.place(0)}: two columns without headings are not clearly reads of set and of reset pulses; say "
            'what they are: columns="up = #1, down = #2", columns="read = #1, G = #2" or columns="V = #1, I = #2"'
        )
    raise DataError(
        f"{table.place(0)}: {count} columns without a header; a map of cells is read by memsim.read_conductance_map; "
        "else name the columns in a first line, e.g. "
        'device,cycle,pulse,direction,conductance (uS), or with columns="pulse = #1, direction = #2, G = #3"'
    )


def _are_branches(table: Table) -> bool:
    """Whether two columns rise and fall in the same range, as reads after set and after reset pulses do.

    Evenly spaced whole numbers are an index or addresses, evenly spaced numbers of both signs the voltages of a curve.
    """
    ends = []
    for column, sign in zip(table.columns, (1, -1), strict=True):
        values = table.numbers(column, rows=[row for row, cell in enumerate(column.cells) if cell])
        if not len(values):
            return False
        few, span, steps = max(1, len(values) // 10), np.ptp(values), np.diff(values)
        if sign * (values[-few:].mean() - values[:few].mean()) < _TREND * span:
            return False
        even = len(steps) > 1 and span > 0 and bool(np.ptp(steps) < 1e-6 * span)
        if even and ((values == np.round(values)).all() or values.min() < 0):
            return False
        ends.append((values.min(), values.max()))
    (low, high), (other_low, other_high) = ends
    shared = min(high, other_high) - max(low, other_low)
    return bool(shared >= _SHARED * max(high - low, other_high - other_low))


def _side_by_side(table: Table) -> PulseData:
    up, down = (find_column(table, UP), find_column(table, DOWN)) if table.header else table.columns
    assert up is not None and down is not None
    factor, unit, notes = _common_unit(table, up, down)
    for name, column in (("up", up), ("down", down)) if unit is None else ():
        filled = [row for row, cell in enumerate(column.cells) if cell]
        refuse_without_unit(table, column, table.numbers(column, rows=filled), name)
    counts = [_pulses_of(table, column) for column in (up, down)]
    number = counts[0]
    devices, cycles = _names(table, device_column(table)), _names(table, find_column(table, CYCLE))
    groups: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(devices, cycles, strict=True)):
        groups.setdefault(key, []).append(row)
    named = find_column(table, CYCLE) is not None
    sweeps = []
    for (device, cycle), members in groups.items():
        parts = [members] if number is None else pulse_steps(table, number, members, f"device {device}")
        cuts = [i for i, row in enumerate(members) if row in table.starts and i]
        if number is None and cuts:
            parts = [members[a:b] for a, b in zip([0, *cuts], [*cuts, len(members)], strict=True)]
        trains: list[list[list[int]]] = []
        for part in parts:
            reads = [_above_blanks(column, part) for column in (up, down)]
            below = [[read] for read in reads]
            if number is None and not named:
                values = [table.numbers(c, rows=own) for c, own in zip((up, down), reads, strict=True)]
                below, note = trains_below(table, reads, values)
                notes = (*notes, *(text for text in note if text not in notes))
            trains += [list(pair) for pair in zip_longest(*below, fillvalue=[])]
        for turn, pair in enumerate(trains):
            for branch, (column, read) in enumerate(zip((up, down), pair, strict=True)):
                if read:
                    value = np.full(len(table.lines), np.nan)
                    value[read] = table.numbers(column, rows=read) * factor
                    if unit == "S":
                        refuse_negative(table, column, value, ("up", "down")[branch])
                    sweeps.append(Sweep(device, _turn(cycle, turn), branch, spaced(table, value, counts[branch], read)))
    swap = f'"up = {table.source(down)}, down = {table.source(up)}"'
    notes = (*notes, *check_pulses(table), *unread(table))
    return _checked(table, sweeps, unit, notes, swap)


def _above_blanks(column: Column, rows: Sequence[int]) -> list[int]:
    """Rows up to the last read of a column: one direction may be longer, and the other is blank below its end."""
    read = list(rows)
    while read and column.cells[read[-1]] == "":
        read.pop()
    return read


def _turn(cycle: str, turn: int) -> str:
    return cycle if not turn else str(int(cycle) + turn) if cycle == "1" else f"{cycle}.{turn + 1}"


def _common_unit(table: Table, up: Column, down: Column) -> tuple[float, str | None, tuple[str, ...]]:
    """Factor and unit of two columns; the unit of one holds for both where their numbers overlap."""
    physical = [column for column in (up, down) if column.physical]
    factors = [table.factor(column, "S") for column in physical]
    if not physical:
        return 1.0, None, ()
    if len(physical) == 2:
        if factors[0] != factors[1]:
            raise DataError(
                f"{table.place()}: {table.label(up)} is in {up.unit} and {table.label(down)} in {down.unit}; write "
                "both in one unit"
            )
        return factors[0], "S", ()
    reads = [table.numbers(c, rows=[row for row, cell in enumerate(c.cells) if cell]) for c in (up, down)]
    if not all(map(len, reads)):
        raise DataError(f"{table.place()}: {table.label(up if not len(reads[0]) else down)} has no reads")
    (a, b), (c, d) = ((values.min(), values.max()) for values in reads)
    other = up if physical[0] is down else down
    unit = physical[0].unit
    if min(b, d) - max(a, c) < _SHARED * max(b - a, d - c):
        raise DataError(
            f"{table.place()}: {table.label(other)} has no unit, {table.label(physical[0])} has {unit}; say which with "
            f'columns="{"up" if other is up else "down"} = {table.source(other)} [{unit}]"'
        )
    note = f"{table.label(other)} has no unit of its own and is read in {unit}, as {table.label(physical[0])} is"
    return factors[0], "S", (note,)


def _pulses_of(table: Table, column: Column) -> np.ndarray | None:
    """Pulse numbers of a column of reads: those to its left where there are several columns of them."""
    names = {folded(name) for name in PULSE}
    places = [i for i, c in enumerate(table.columns) if folded(c.heading) in names]
    if not places:
        return None
    if len({folded(table.columns[i].heading) for i in places}) == len(places):
        pulse = find_column(table, PULSE)
        return None if pulse is None else pulse_numbers(table, pulse)
    at = table.columns.index(column)
    left = [i for i in places if i < at]
    return pulse_numbers(table, table.columns[left[-1] if left else places[0]])


def _names(table: Table, column: Column | None) -> tuple[str, ...]:
    return names_in(table, column) if column is not None else ("1",) * len(table.lines)


def _long(
    table: Table, value: np.ndarray, unit: str | None, notes: tuple[str, ...], direction: Column | None
) -> PulseData:
    assert direction is not None
    devices = _names(table, device_column(table))
    branch, note = branches(table, direction, devices)
    cycle, pulse = find_column(table, CYCLE), find_column(table, PULSE)
    rows = Rows(
        value,
        branch,
        devices,
        names_in(table, cycle) if cycle is not None else None,
        pulse_numbers(table, pulse) if pulse is not None else None,
    )
    swap = f'"direction = {_turned(table.source(direction))}"'
    notes = (*notes, *check_pulses(table, branch, direction), *unread(table, direction))
    sweeps, restarts = trains_of(table, rows)
    return _checked(table, sweeps, unit, (*notes, *filter(None, (note,)), *restarts), swap)


def _turned(source: str) -> str:
    """The right side of an equation of directions for the opposite directions."""
    if re.fullmatch(r"-[\w #]+", source):
        return source[1:]
    return f"-{source}" if source[0] == "'" or not set(source) & set("+-*/") else f"-({source})"


def _checked(table: Table, sweeps: list[Sweep], unit: str | None, notes: tuple[str, ...], swap: str) -> PulseData:
    data = PulseData.checked(table.name, sweeps, unit)
    check_polarity(data, f"if the directions of the file are the other way round, swap them with columns={swap}")
    check_outliers(data)
    check_size(data)
    return replace(data, notes=(*table.notes, *notes, *data.notes), read_voltage=_read_voltage(table))


def _read_voltage(table: Table) -> float | None:
    """Voltage of the reads [V], where the heading of the reads or a column with a unit has one value."""
    value = value_column(table) if table.header else None
    stated = None if value is None else read_voltage_in(value.written)
    if stated:
        return stated
    column = find_column(table, READ_VOLTAGE)
    if column is None or not column.physical or "read" not in folded(column.heading):
        return None
    values = np.unique(np.abs(table.numbers(column, "V")))
    return float(values[0]) if len(values) == 1 and values[0] > 0 else None
