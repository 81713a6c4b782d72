"""Directions of pulses: the words and signs in which tables write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.reading.headings import DIRECTION, PULSE_VOLTAGE, folded
from memsim.fit.reading.table import Column, Table, find_column

_WRITING = {"program": 1, "prog": 1, "programming": 1, "write": 1, "erase": -1, "erasing": -1}
"""Words that mean opposite directions in memristors and in flash."""
_UP = "up set potentiation potentiate ltp pot p + +1 1 1.0 increase positive pos u s program prog programming write"
_DOWN = "down reset depression depress ltd dep d - -1 0 -1.0 0.0 decrease negative neg r erase erasing"
UP_WORDS = frozenset(_UP.split())
DOWN_WORDS = frozenset(_DOWN.split())
READ_WORDS = frozenset(("", "read", "none", "initial", "init", "start", "pristine"))
"""Cells, in lower case, of reads that no pulse comes before."""
_NUMBERS = frozenset(("+1", "1", "1.0", "-1", "0", "-1.0", "0.0"))
# Headings that may mean something else, so that their cells decide.
_VAGUE = ("type", "branch", "sign", "operation", "op", "mode", "phase")


def is_words(cells: Sequence[str]) -> bool:
    """Whether all cells say directions or reads without a pulse, and both directions occur."""
    words = set(map(_word, set(cells))) - READ_WORDS
    return words <= UP_WORDS | DOWN_WORDS and bool(words & UP_WORDS) and bool(words & DOWN_WORDS)


def swapped(cells: Sequence[str]) -> tuple[str, ...]:
    """Directions turned round."""
    return tuple(c if _word(c) in READ_WORDS else "reset" if _word(c) in UP_WORDS else "set" for c in cells)


def _word(cell: str) -> str:
    return cell.lower().replace("\u2212", "-")


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
    values = [table.numerals.value(cell) for cell in column.cells if _word(cell) not in READ_WORDS]
    return None not in values and any(v > 0 for v in values if v) and any(v < 0 for v in values if v)


def branches(table: Table, column: Column, devices: Sequence[str]) -> tuple[np.ndarray, str]:
    """Direction of every row, 0 for set and 1 for reset, and what was understood (empty where nothing had to be).

    A read without a pulse at the beginning of a train is the first read of this train.

    Raises
    ------
    DataError
        A cell is no direction, or a read without a pulse stands inside a train.
    """
    words = [_word(cell) for cell in column.cells]
    known = UP_WORDS | DOWN_WORDS | READ_WORDS
    volts = folded(column.heading) in map(folded, PULSE_VOLTAGE) or set(words) >= {"1", "0", "-1"}
    note = ""
    numbers = {word for word in set(words) - READ_WORDS if table.numerals.value(word) is not None}
    spelled = set(words) - READ_WORDS - numbers
    if numbers and spelled:
        rarer = numbers if sum(w in numbers for w in words) <= sum(w in spelled for w in words) else spelled
        row = next(i for i, word in enumerate(words) if word in rarer)
        others = "words" if rarer is numbers else "numbers"
        raise DataError(
            f"{table.place(row)}: direction '{column.cells[row][:40]}' among {others}; write all directions alike"
        )
    if set(words) <= known and not volts:
        signs = [0 if word in READ_WORDS else 1 if word in UP_WORDS else -1 for word in words]
        if column.heading and folded(column.heading) not in map(folded, DIRECTION):
            note = f"{table.label(column)} is read as the direction"
        written = [word for word in dict.fromkeys(words) if word in _WRITING]
        if written:
            meant = [f"'{word}' is read as {'set' if _WRITING[word] > 0 else 'reset'}" for word in written]
            note = "; ".join([*filter(None, (note,)), *meant])
    elif _signed(table, column):
        signs = [int(np.sign(table.numerals.value(cell) or 0.0)) for cell in column.cells]
        note = f"positive {table.label(column)} is read as set, negative as reset"
    else:
        row = next((i for i, word in enumerate(words) if word not in known), 0)
        raise DataError(
            f"{table.place(row)}: '{column.cells[row][:40]}' is not a direction; write set or reset (up, down, "
            "potentiation, depression, LTP, LTD, 1, -1, or pulse voltages of both signs)"
        )
    return np.array([0 if sign > 0 else 1 for sign in _with_first_reads(table, signs, devices)], int), note


def _with_first_reads(table: Table, signs: list[int], devices: Sequence[str]) -> list[int]:
    """Signs in which a 0 at the beginning of a train has the sign of the train."""
    result = list(signs)
    for row in range(len(signs) - 1, -1, -1):
        if signs[row]:
            continue
        after = signs[row + 1] if row + 1 < len(signs) and devices[row + 1] == devices[row] else 0
        before = signs[row - 1] if row and devices[row - 1] == devices[row] else None
        if not after or before in (0, after):
            what = "a read without a set or reset pulse, other than the first of a train"
            raise DataError(f"{table.place(row)}: {what}; leave it out")
        result[row] = after
    return result
