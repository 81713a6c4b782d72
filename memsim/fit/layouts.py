"""The layouts in which measured pulses come: two columns up and down, one column with directions, or a long table."""

from __future__ import annotations

import numpy as np

from memsim.errors import DataError
from memsim.fit.data import MOST, PulseData, Sweep
from memsim.fit.table import Column, Table, find_column, unknown_headings

VALUE = ("conductance", "g", "weight", "w", "value", "state", "normalised conductance", "normalized conductance")
RESISTANCE = ("resistance", "r")
DEVICE = ("device", "cell", "device id", "cell id", "device number", "dut", "sample")
CYCLE = ("cycle", "cycle number", "loop", "repetition", "run", "epoch")
PULSE = ("pulse", "pulse number", "number of pulses", "pulse index", "pulse no", "n", "index", "step")
DIRECTION = ("direction", "polarity", "pulse type", "type", "branch", "sign", "set reset", "operation", "phase")
UP = ("up", "set", "potentiation", "ltp", "pot", "increase", "conductance up", "g up")
DOWN = ("down", "reset", "depression", "ltd", "dep", "decrease", "conductance down", "g down")
_UP_WORDS = {"up", "set", "potentiation", "ltp", "pot", "p", "+", "+1", "1", "1.0", "increase", "positive", "u", "s"}
_DOWN_WORDS = {
    "down",
    "reset",
    "depression",
    "ltd",
    "dep",
    "d",
    "-",
    "-1",
    "0",
    "-1.0",
    "0.0",
    "decrease",
    "negative",
    "r",
}


def pulse_data(table: Table) -> PulseData:
    """Sweeps of pulses in a table.

    Raises
    ------
    DataError
        The layout is not known, a cell is no number, rows are out of order or too few, or a direction is missing.
    """
    up, down = find_column(table, UP), find_column(table, DOWN)
    if up is not None and down is not None:
        return _side_by_side(table, up, down)
    direction = find_column(table, DIRECTION)
    value = find_column(table, VALUE) or find_column(table, RESISTANCE)
    if table.header and (value is not None or direction is not None):
        if value is None:
            raise unknown_headings(table, "conductance", VALUE)
        if direction is None:
            raise unknown_headings(table, "directions", DIRECTION)
        return _long(table, value, direction)
    return _without_names(table)


def _without_names(table: Table) -> PulseData:
    count = len(table.columns)
    if count == 1:
        raise DataError(
            f"{table.name}:{table.lines[0]}: one column found; wanted two (set and reset reads), or one "
            "of reads and one of directions. Columns are separated by commas, semicolons, tabs or blanks"
        )
    words = [c for c in table.columns if _directions(c)]
    if count == 2 and len(words) == 1 and not table.header:
        value = next(c for c in table.columns if c is not words[0])
        return _long(table, value, words[0])
    if count == 2 and not table.header:
        return _side_by_side(table, *table.columns)
    if not table.header:
        raise DataError(
            f"{table.name}:{table.lines[0]}: {count} columns without a header; name them in a first line, e.g. "
            "device,cycle,pulse,direction,conductance (uS)"
        )
    raise unknown_headings(table, "conductance", VALUE)


def _directions(column: Column) -> bool:
    """Whether cells of a column without a heading say directions: words, or both signs of one."""
    found = {cell.lower() for cell in column.cells}
    return found <= _UP_WORDS | _DOWN_WORDS and (len(found) == 2 or not found <= {"1", "0", "-1", "1.0", "0.0"})


def _side_by_side(table: Table, up: Column, down: Column) -> PulseData:
    factors = [table.factor(column, "S") for column in (up, down)]
    unit = "S" if up.physical or down.physical else None
    sweeps = []
    for branch, (column, factor) in enumerate(zip((up, down), factors, strict=True)):
        # One branch may be longer: the other column is blank below its end, and nowhere else.
        filled = len(column.cells)
        while filled and column.cells[filled - 1] == "":
            filled -= 1
        short = Table(table.name, table.columns, table.lines[:filled], table.header, table.decimal)
        values = short.numbers(Column(column.heading, "", column.cells[:filled])) * factor
        sweeps.append(Sweep("1", "1", branch, values))
    return PulseData.checked(table.name, sweeps, unit)


def _long(table: Table, value: Column, direction: Column) -> PulseData:
    values, unit = _values(table, value)
    branch = _branches(table, direction)
    device, cycle, pulse = (find_column(table, names) for names in (DEVICE, CYCLE, PULSE))
    rows = len(values)
    devices = device.cells if device is not None else ("1",) * rows
    numbers = _pulse_numbers(table, pulse) if pulse is not None else None
    cycles = cycle.cells if cycle is not None else _turns(devices, branch, numbers)
    groups: dict[tuple[str, str, int], list[int]] = {}
    for row in range(rows):
        groups.setdefault((devices[row], cycles[row], int(branch[row])), []).append(row)
    sweeps = []
    for (name, turn, side), members in groups.items():
        at = np.array(members)
        if numbers is None:
            sweeps.append(Sweep(name, turn, side, values[at]))
            continue
        steps = np.diff(numbers[at])
        if (steps <= 0).any():
            bad = int(np.argmax(steps <= 0)) + 1
            where = f"device {name}, cycle {turn}, " if device is not None or cycle is not None else ""
            word = "set" if side == 0 else "reset"
            raise DataError(
                f"{table.name}:{table.lines[members[bad]]}: pulse {numbers[at][bad]} after pulse "
                f"{numbers[at][bad - 1]} ({where}{word}); pulse numbers must increase within a device, cycle and "
                "direction: are rows shuffled?"
            )
        length = int(numbers[at][-1] - numbers[at][0]) + 1
        if length > MOST:
            raise DataError(
                f"{table.name}:{table.lines[members[-1]]}: {length:,} pulses in one sweep; at most {MOST:,}"
            )
        spread = np.full(length, np.nan)
        spread[numbers[at] - numbers[at][0]] = values[at]
        sweeps.append(Sweep(name, turn, side, spread))
    return PulseData.checked(table.name, sweeps, unit)


def _values(table: Table, column: Column) -> tuple[np.ndarray, str | None]:
    if find_column(table, VALUE) is None and column.heading:
        resistance = table.numbers(column, "Ohm")
        if (resistance <= 0).any():
            bad = int(np.argmax(resistance <= 0))
            raise DataError(f"{table.name}:{table.lines[bad]}: a resistance of {column.cells[bad]}; must be above 0")
        return 1.0 / resistance, "S"
    values = table.numbers(column, "S")
    return values, "S" if column.physical else None


def _branches(table: Table, column: Column) -> np.ndarray:
    branch = np.empty(len(column.cells), int)
    for row, cell in enumerate(column.cells):
        word = cell.lower()
        if word not in _UP_WORDS | _DOWN_WORDS:
            raise DataError(
                f"{table.name}:{table.lines[row]}: '{cell[:40]}' is not a direction; write set or reset (up, down, "
                "potentiation, depression, LTP, LTD, 1, -1)"
            )
        branch[row] = 0 if word in _UP_WORDS else 1
    return branch


def _pulse_numbers(table: Table, column: Column) -> np.ndarray:
    numbers = table.numbers(column)
    whole = np.round(numbers)
    bad = (whole != numbers) | (np.abs(numbers) > 1e12)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{table.name}:{table.lines[row]}: pulse {column.cells[row]} is not a whole number")
    return whole.astype(int)


def _turns(devices: tuple[str, ...], branch: np.ndarray, numbers: np.ndarray | None) -> tuple[str, ...]:
    """Cycle of every row where the table names none: a new one begins when set pulses follow reset pulses."""
    turns: list[str] = []
    last: dict[str, tuple[int, int]] = {}
    for row, device in enumerate(devices):
        side = int(branch[row])
        before, turn = last.get(device, (side, 1))
        if before == 1 and side == 0:
            turn += 1
        last[device] = (side, turn)
        turns.append(str(turn))
    return tuple(turns)


def looks_like_pulses(table: Table) -> bool:
    """Whether the headings are those of pulses, or there are two columns without headings."""
    if not table.header:
        return len(table.columns) == 2
    return find_column(table, DIRECTION) is not None or (
        find_column(table, UP) is not None and find_column(table, DOWN) is not None
    )
