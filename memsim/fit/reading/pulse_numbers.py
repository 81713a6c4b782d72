"""Pulse numbers: whether they count pulses in the order of the rows, where trains begin, which pulses were not read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.data import MOST
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.reading.table import Column, Table

_DOWN = 0.8  # of the changes of numbers that count down; the others are those to the next train
_DISTINCT = 10  # different pulse numbers of a direction that are those of one train


def counted_up(
    table: Table, number: np.ndarray, branch: np.ndarray, device: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """Pulse numbers (row,) that go up where those of one direction count down in the file, and a note of it.

    Parameters
    ----------
    number, branch : ndarray of int
        Pulse number, and 0 for set and 1 for reset, of every row, (row,).
    device : sequence of str
        Name of the device of every row.

    Raises
    ------
    DataError
        The numbers of both directions count down: rows stand in another order than pulses.
    """
    number = number.copy()
    same = [a for a in range(len(branch) - 1) if branch[a] == branch[a + 1] and device[a] == device[a + 1]]
    steps = [np.array([number[a + 1] - number[a] for a in same if branch[a] == b]) for b in range(2)]
    down = [b for b in range(2) if _counts_down(steps[b])]
    if len(down) == 2:
        raise DataError(
            f"{table.place()}: pulse numbers count down; sort the rows in the order of the pulses, with numbers that "
            "go up"
        )
    for b in down:
        own = branch == b
        ends = number[own].min() + number[own].max() if number[own].max() > 0 else 0
        number[own] = ends - number[own]
    return number, [
        f"pulse numbers of {BRANCHES[b]} pulses count down; pulses are read in the order of the rows" for b in down
    ]


def _counts_down(steps: np.ndarray) -> bool:
    """Whether nearly all changes of pulse numbers from row to row are negative: not of shuffled rows."""
    return bool(len(steps) > 1 and (steps < 0).mean() > _DOWN)


def pulse_steps(table: Table, number: np.ndarray, members: Sequence[int], where: str) -> list[list[int]]:
    """Parts of rows in which pulse numbers increase; a part begins where they start again.

    Raises
    ------
    DataError
        A number goes back, but not to where the part began, or numbers count down.
    """
    if _counts_down(np.diff(number[np.asarray(members)])):
        raise DataError(
            f"{table.place(members[1])}: pulse numbers count down ({where}); sort the rows in the order of the pulses, "
            "with numbers that go up"
        )
    parts: list[list[int]] = []
    for row in members:
        if not parts or (number[row] < number[parts[-1][-1]] and number[row] <= number[parts[-1][0]]):
            parts.append([row])
            continue
        if number[row] <= number[parts[-1][-1]]:
            raise _shuffled(table, number, parts[-1][-1], row, where)
        parts[-1].append(row)
    return parts


def check_order(table: Table, number: np.ndarray, branch: np.ndarray, members: Sequence[int], where: str) -> None:
    """Refuse pulse numbers of a direction that all differ and do not increase: rows are sorted by something else."""
    for b, word in enumerate(BRANCHES):
        own = np.array([row for row in members if branch[row] == b], int)
        back = np.flatnonzero(np.diff(number[own]) < 0)
        if len(own) >= _DISTINCT and len(np.unique(number[own])) == len(own) and len(back):
            raise _shuffled(table, number, int(own[back[0]]), int(own[back[0] + 1]), f"{where}{word}")


def _shuffled(table: Table, number: np.ndarray, before: int, row: int, where: str) -> DataError:
    return DataError(
        f"{table.place(row)}: pulse {number[row]} after pulse {number[before]} ({where}); pulse numbers must increase "
        "within a device, cycle and direction: are rows shuffled?"
    )


def spaced(table: Table, value: np.ndarray, number: np.ndarray | None, members: Sequence[int]) -> np.ndarray:
    """Values of these rows with one place for each pulse; nan for pulses that were not read.

    Raises
    ------
    DataError
        There are too many pulses.
    """
    at = np.asarray(members)
    if number is None:
        return value[at]
    places = number[at] - number[at][0]
    if places[-1] >= MOST:
        raise DataError(f"{table.place(members[-1])}: {places[-1] + 1:,} pulses in one sweep; at most {MOST:,}")
    result = np.full(int(places[-1]) + 1, np.nan)
    result[places] = value[at]
    return result


def pulse_numbers(table: Table, column: Column) -> np.ndarray:
    """Pulse number of every row, (row,).

    Raises
    ------
    DataError
        A number is not whole.
    """
    numbers = table.numbers(column)
    whole = np.round(numbers)
    bad = (whole != numbers) | (np.abs(numbers) > 1e12)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{table.place(row)}: pulse {column.cells[row]} is not a whole number")
    return whole.astype(int)
