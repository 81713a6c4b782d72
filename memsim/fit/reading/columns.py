"""What the columns of a table are, in the words of its user: "G = Iread/Vread, direction = Mode, pulse = #"."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from memsim.errors import DataError, InputError, nearest
from memsim.fit.reading import headings as known
from memsim.fit.reading.directions import is_words, swapped
from memsim.fit.reading.expressions import agree, evaluate, place_of
from memsim.fit.reading.headings import folded
from memsim.fit.reading.table import MOST_COLUMNS, Column, Table
from memsim.fit.reading.transformed import refuse_transformed, transformed
from memsim.units import format_quantity, unit_of

_DIMENSIONS = {
    "conductance": "S", "resistance": "Ohm", "voltage": "V", "current": "A", "time": "s", "pulse voltage": "V",
    "read voltage": "V", "read current": "A", "up": "S", "down": "S", "weight": "1",
}  # fmt: skip
_VALUES = (*known.CONDUCTANCE, *known.WEIGHT, *known.RESISTANCE)
_STEERING = (*known.DIRECTION, *known.PULSE_VOLTAGE)
# Own name -> names it may be written as, and headings that it makes meaningless.
_ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "conductance": (known.CONDUCTANCE, (*_VALUES, *known.UP, *known.DOWN)),
    "resistance": (known.RESISTANCE, (*_VALUES, *known.UP, *known.DOWN)),
    "weight": (("weight", "w"), (*_VALUES, *known.UP, *known.DOWN)),
    "voltage": (("voltage", "v"), ("voltage", "v", "read voltage", "bias", "applied voltage")),
    "current": (("current", "i"), ("current", "i", "abs i", "read current")),
    "read voltage": (("read voltage", "vread"), known.READ_VOLTAGE),
    "read current": (("read current", "iread"), known.READ_CURRENT),
    "pulse voltage": (("pulse voltage", "vpulse"), _STEERING),
    "time": (known.TIME, known.TIME),
    "device": (known.DEVICE, (*known.DEVICE, *known.PLACE)),
    "cycle": (known.CYCLE, known.CYCLE),
    "pulse": (("pulse", "pulse number", "n"), known.PULSE),
    "direction": (("direction", "dir"), (*_STEERING, *known.UP, *known.DOWN)),
    "up": (("up", "set"), (*known.UP, *_VALUES, *_STEERING)),
    "down": (("down", "reset"), (*known.DOWN, *_VALUES, *_STEERING)),
    "read": (("read", "read number"), (*known.READ, *known.SAMPLE)),
}
_READS = ("conductance", "resistance", "weight", "up", "down", "current", "read current")
_SHARES = ("weight", "up", "down")
"""Columns of normalised weights, which may be stated in %."""
_LONGEST = 10_000


def parse_columns(columns: str | Mapping[str, str]) -> list[tuple[str, str]]:
    """Own names of columns and what they are: "G = I/V [uS], pulse = #" to (("conductance", "I/V [uS]"), ...).

    Parameters
    ----------
    columns : str or mapping
        Equations, separated by commas or semicolons; or a mapping from names to headings or expressions.

    Raises
    ------
    InputError
        An equation lacks a side, or its left side is no name of a column.
    """
    if isinstance(columns, str):
        if len(columns) > _LONGEST:
            raise InputError(f"columns of {len(columns):,} characters; at most {_LONGEST:,} are read")
        pairs = [_sides(text) for text in _equations(columns)]
    elif isinstance(columns, Mapping):
        pairs = [(str(name), str(source)) for name, source in columns.items()]
    else:
        raise InputError(f"columns are a text such as 'G = I/V, pulse = #' or a mapping, not {type(columns).__name__}")
    if not pairs:
        raise InputError("no column is named; write e.g. 'G = I/V, direction = Mode'")
    if len(pairs) > MOST_COLUMNS:
        raise InputError(f"{len(pairs)} columns are named; at most {MOST_COLUMNS} are read")
    result: list[tuple[str, str]] = []
    for name, source in pairs:
        role = next((r for r, (names, _) in _ROLES.items() if folded(name) in map(folded, names)), None)
        if role is None:
            raise InputError(f"columns: memsim has no column '{name.strip()[:40]}'{_nearest_role(name)}")
        if not source.strip():
            raise InputError(f"columns: '{role} =' has no right side; write a heading, such as {role} = Column 3")
        if role not in ("up", "down") and any(role == other for other, _ in result):
            raise InputError(f"columns: '{role}' is defined twice")
        result.append((role, source.strip()))
    return result


def numbers_of(columns: str | Mapping[str, str]) -> tuple[str, ...]:
    """Right sides of the equations whose columns hold numbers: all but names of devices and cycles, and directions."""
    labels = ("device", "cycle", "direction")
    return tuple(source for role, source in parse_columns(columns) if role not in labels)


def _nearest_role(name: str) -> str:
    hint = nearest(name, [n for r, (names, _) in _ROLES.items() for n in (r, *names)])
    return hint or f"; allowed: {', '.join(_ROLES)}"


def _equations(text: str) -> list[str]:
    """Parts between commas or semicolons outside quotes; a part without "=" belongs to the one before it."""
    parts, quote, start = [], "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" and not text[at - 1 : at].isalnum():
            quote = sign
        elif sign in ",;":
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    joined: list[str] = []
    for part in parts:
        if "=" in part or not joined:
            joined.append(part)
        elif part.strip():
            joined[-1] += "," + part
    return [part for part in joined if part.strip()]


def _sides(text: str) -> tuple[str, str]:
    name, equals, source = text.partition("=")
    if not equals or not name.strip():
        raise InputError(f"columns: '{text.strip()[:40]}' is no equation; write e.g. 'G = I/V, direction = Mode'")
    return name, source


def with_columns(table: Table, columns: str | Mapping[str, str]) -> Table:
    """Table whose columns have memsim's own names.

    Columns that take part, and those whose headings would say the same, are left out; all others are kept.

    Raises
    ------
    InputError, DataError
        A name or an expression is wrong, a heading is not in the table, or a result is not finite.
    """
    definitions = parse_columns(columns)
    names = [(text, place) for place, c in enumerate(table.columns) for text in {c.written, c.heading} if text]
    made: list[Column] = []
    used: set[int] = set()
    for role, source in definitions:
        try:
            made.append(_defined(table, role, source, names, used))
        except InputError as error:
            raise InputError(f"{table.place()}: {role} = {source[:60]}: {error}") from None
    replaced = {folded(name) for role, _ in definitions for name in _ROLES[role][1]}
    rest = [c for place, c in enumerate(table.columns) if place not in used and folded(c.heading) not in replaced]
    return replace(table, columns=(*made, *rest), header=True, stated=tuple(definitions))


def _defined(table: Table, role: str, source: str, names: list[tuple[str, int]], used: set[int]) -> Column:
    """Column that an equation defines; adds the places of the columns it uses."""
    text, stated = source, ""
    plain = _plain(source, names, len(table.columns))
    if plain is None and source.endswith("]") and "[" in source:
        text, _, stated = (part.strip() for part in source[:-1].rpartition("["))
        plain = _plain(text, names, len(table.columns))
    if stated and unit_of(stated) is None and stated.lower() not in known.PLAIN_UNITS:
        raise InputError(f"unknown unit '{stated}'")
    if plain is not None:
        used.add(plain)
        column = table.columns[plain]
        if role in _READS:
            refuse_transformed(table, column)
        agree(column.heading or text, column.unit, stated)
        if role in _SHARES and (stated or column.unit) == "%":
            return replace(column, heading=role, unit="", cells=_parts_of_one(table, column))
        return replace(column, heading=role, unit=stated or column.unit)
    if role == "device" and "+" in text:
        places = [_plain(part.strip(), names, len(table.columns)) for part in text.split("+")]
        if None not in places:
            used.update(place for place in places if place is not None)
            labels = zip(*(table.columns[place].cells for place in places if place is not None), strict=True)
            return Column(role, "", tuple(map(" ".join, labels)), source)
    count = re.fullmatch(r"([0-9]{1,7}) rows?", text) if role == "cycle" else None
    if count is not None and int(count.group(1)) > 0:
        cells = tuple(str(row // int(count.group(1)) + 1) for row in range(len(table.lines)))
        return Column(role, "", cells, source)
    if role in ("device", "cycle") and re.fullmatch(r"[0-9]{1,7}", text):
        return Column(role, "", (text,) * len(table.lines), source)
    if role == "direction" and text.startswith("-"):
        place = _plain(text[1:].strip(), names, len(table.columns))
        if place is not None and is_words(table.columns[place].cells):
            used.add(place)
            return replace(table.columns[place], heading=role, cells=swapped(table.columns[place].cells))

    def lookup(place: int) -> tuple[np.ndarray, str]:
        column = _at(table, place)
        used.add(place)
        if role in _READS and transformed(column) == "logarithms":
            refuse_transformed(table, column)
        table.check_decimal(column)
        values = [np.nan if cell == "" else table.numerals.value(cell) for cell in column.cells]
        for row, value in enumerate(values):
            if value is None:
                raise DataError(
                    f"{table.place(row)}: {table.label(column)} is not a finite number: '{column.cells[row][:40]}'; "
                    "correct the row or leave it out"
                )
        return np.array(values, float), column.unit if column.physical else ""

    result = evaluate(text, names, lookup, len(table.lines))
    for row in np.flatnonzero(np.isinf(result.values))[:1]:
        raise DataError(f"{table.place(int(row))}: {role} = {source[:60]} is not finite")
    unit = stated
    if result.unit is not None:
        unit = stated if result.unit == "1" else result.unit
        known_unit = unit_of(stated)
        expected = known_unit[0] if known_unit is not None else _DIMENSIONS.get(role)
        if result.unit != "1" and expected is not None and expected != result.unit:
            raise InputError(f"the result is in {result.unit}, not in {expected}")
        if result.unit != "1" and known_unit is not None and not math.isclose(result.scale, known_unit[1]):
            own = "" if math.isnan(result.scale) else format_quantity(result.scale, result.unit, 6).removeprefix("1 ")
            raise InputError(f"the headings and units make it {own or result.unit}, not {stated}; leave out [{stated}]")
    cells = tuple("" if np.isnan(value) else table.numerals.text(value) for value in result.values)
    return Column(role, unit, cells, source)


def _parts_of_one(table: Table, column: Column) -> tuple[str, ...]:
    """Cells of a column in %, as shares of 1."""
    table.check_decimal(column)
    values = [table.numerals.value(cell) for cell in column.cells]
    return tuple(
        cell if value is None else table.numerals.text(value / 100)
        for cell, value in zip(column.cells, values, strict=True)
    )


def _plain(text: str, names: list[tuple[str, int]], count: int) -> int | None:
    """Place of the column that a right side without an expression names; None for an expression."""
    numbered = re.fullmatch(r"#([0-9]{1,4})", text)
    if any(name == text for name, _ in names):
        return place_of(text, names)
    if numbered is not None:
        place = int(numbered.group(1)) - 1
        if not 0 <= place < count:
            raise InputError(f"there is no column #{place + 1}; the table has {count}")
        return place
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1]:
        return place_of(text[1:-1], names)
    if any(name.lower() == text.lower() for name, _ in names):
        return place_of(text, names)
    return None


def _at(table: Table, place: int) -> Column:
    if not 0 <= place < len(table.columns):
        raise InputError(f"there is no column #{place + 1}; the table has {len(table.columns)}")
    return table.columns[place]
