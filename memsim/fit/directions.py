"""Directions of pulses: the words and signs in which tables write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.headings import DIRECTION, PULSE_VOLTAGE, folded
from memsim.fit.table import Column, Table, find_column

_UP = "up set potentiation potentiate ltp pot p + +1 1 1.0 increase positive pos u s"
_DOWN = "down reset depression depress ltd dep d - -1 0 -1.0 0.0 decrease negative neg r"
UP_WORDS = frozenset(_UP.split())
DOWN_WORDS = frozenset(_DOWN.split())
_NUMBERS = frozenset(("+1", "1", "1.0", "-1", "0", "-1.0", "0.0"))
# Headings that may mean something else, so that their cells decide.
_VAGUE = ("type", "branch", "sign", "operation", "op", "mode", "phase")


def is_words(cells: Sequence[str]) -> bool:
    """Whether all cells say directions, and both of them occur."""
    words = {cell.lower().replace("\u2212", "-") for cell in set(cells)}
    return words <= UP_WORDS | DOWN_WORDS and bool(words & UP_WORDS) and bool(words & DOWN_WORDS)


def swapped(cells: Sequence[str]) -> tuple[str, ...]:
    """Directions turned round."""
    return tuple("reset" if cell.lower() in UP_WORDS else "set" for cell in cells)


def direction_column(table: Table) -> Column | None:
    """The column that says directions: by its heading, by unmistakable words, or by the sign of the pulses' voltage."""
    for name in DIRECTION:
        column = find_column(table, (name,))
        if column is not None and (name not in _VAGUE or is_words(column.cells) or _signed(table, column)):
            return column
    if table.header:
        words = [c for c in table.columns if is_words(c.cells) and not set(c.cells) <= _NUMBERS]
        if len(words) == 1:
            return words[0]
    column = find_column(table, PULSE_VOLTAGE)
    return column if column is not None and _signed(table, column) else None


def _signed(table: Table, column: Column) -> bool:
    if not table.numeric(column):
        return False
    values = table.numbers(column)
    return bool((values > 0).any() and (values < 0).any())


def branches(table: Table, column: Column) -> tuple[np.ndarray, str]:
    """Direction of every row, 0 for set and 1 for reset, and what was understood (empty where nothing had to be).

    Raises
    ------
    DataError
        A cell is no direction.
    """
    words = [cell.lower().replace("\u2212", "-") for cell in column.cells]
    volts = folded(column.heading) in map(folded, PULSE_VOLTAGE) or set(words) >= {"1", "0", "-1"}
    if set(words) <= UP_WORDS | DOWN_WORDS and not volts:
        note = "" if folded(column.heading) in map(folded, DIRECTION) or not column.heading else (
            f"{table.label(column)} is read as the direction"
        )  # fmt: skip
        return np.array([0 if word in UP_WORDS else 1 for word in words]), note
    if not _signed(table, column):
        row = next((i for i, word in enumerate(words) if word not in UP_WORDS | DOWN_WORDS), 0)
        raise DataError(
            f"{table.place(row)}: '{column.cells[row][:40]}' is not a direction; write set or reset (up, down, "
            "potentiation, depression, LTP, LTD, 1, -1, or pulse voltages of both signs)"
        )
    values = table.numbers(column)
    if (values == 0).any():
        row = int(np.argmax(values == 0))
        raise DataError(f"{table.place(row)}: {table.label(column)} is 0: neither set nor reset; leave the row out")
    return np.where(values > 0, 0, 1), f"positive {table.label(column)} is read as set, negative as reset"
