"""Trains of pulses: which rows of a table follow each other in one direction, and which begin anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.data import Sweep
from memsim.fit.reading.pulse_numbers import check_order, counted_up, pulse_steps, spaced
from memsim.fit.reading.stacked import trains_below
from memsim.fit.reading.table import Table

_SHORT_RUN = 5
_FAR = 2.0  # of the largest change within a run: where the median change between two runs is larger, each begins anew
_ALONE = 0.3  # of the range, which a direction by itself crosses in a curve
_FEWEST = 20  # rows that show a curve


@dataclass(frozen=True)
class Rows:
    """What a long table says of each row.

    Attributes
    ----------
    value : ndarray
        Conductance [S] or normalised weight, (row,).
    branch : ndarray of int
        0 for set and 1 for reset, (row,).
    device : sequence of str
        Names of the devices, (row,).
    cycle : sequence of str or None
        Names of the cycles, (row,); None where the table has none.
    pulse : ndarray of int or None
        Pulse numbers, (row,); None where the table has none.
    """

    value: np.ndarray
    branch: np.ndarray
    device: Sequence[str]
    cycle: Sequence[str] | None
    pulse: np.ndarray | None


def trains_of(table: Table, rows: Rows) -> tuple[list[Sweep], list[str]]:
    """Sweeps of a table, in the order of the file, and a note where pulse numbers start again within a direction.

    A sweep ends where the direction changes, where pulse numbers start again, where the cycle changes, and where
    another table of the file begins.

    Raises
    ------
    DataError
        Pulse numbers go back without starting again, or directions alternate although each is a curve of its own.
    """
    notes: list[str] = []
    if rows.pulse is not None:
        number, notes = counted_up(table, rows.pulse, rows.branch, rows.device)
        rows = replace(rows, pulse=number)
    elif rows.cycle is None:
        cycles, notes = _cycles_below(table, rows)
        rows = replace(rows, cycle=cycles)
    devices: dict[str, dict[str, list[int]]] = {}
    for row, device in enumerate(rows.device):
        cycle = rows.cycle[row] if rows.cycle is not None else ""
        devices.setdefault(device, {}).setdefault(cycle, []).append(row)
    segments_of: dict[str, list[tuple[str, list[int]]]] = {}
    again: list[int] = []
    for device, of_cycles in devices.items():
        segments_of[device] = []
        for cycle, own in of_cycles.items():
            parts = _segments(table, rows, device, cycle, own)
            segments_of[device] += [(cycle, part) for part in parts]
            again += _restarts(table, rows, own, parts)
    short = _to_and_fro(rows, [part for segments in segments_of.values() for _, part in segments])
    sweeps: list[tuple[int, Sweep]] = []
    for device, segments in segments_of.items():
        members = np.array([row for _, part in segments for row in part])
        if short and rows.pulse is None and len(members) >= _FEWEST and _are_curves(rows, members):
            raise DataError(
                f"{table.place(int(members[0]))}: set and reset rows alternate, but each direction is a curve of its "
                "own; sort the rows by direction, or number the pulses of each direction in a column 'pulse'"
            )
        sweeps += _named(table, rows, device, segments, short)
    if again:
        times = "once" if len(again) == 1 else f"{len(again)} times"
        notes.append(
            f"{table.place(min(again))}: pulse numbers start again without a change of direction or cycle ({times}); "
            "a new train begins there"
        )
    if _numbers_go_on(rows, segments_of):
        notes.append(
            "pulse numbers go on where the direction changes: the next pulse acts on the state that was read last"
        )
    return [sweep for _, sweep in sweeps], notes


def _cycles_below(table: Table, rows: Rows) -> tuple[list[str] | None, list[str]]:
    """Cycle of each row where trains of one direction stand one below the other, and notes; None without such trains.

    Where directions return, they say where trains begin.
    """
    cycle, notes = [""] * len(rows.value), []
    for device in dict.fromkeys(rows.device):
        own = [row for row, name in enumerate(rows.device) if name == device]
        branch = rows.branch[own]
        if (branch[1:] != branch[:-1]).sum() > 1 or set(own) & set(table.starts):
            continue
        parts = [[row for row in own if rows.branch[row] == b] for b in range(2)]
        trains, note = trains_below(table, parts, [rows.value[part] for part in parts])
        notes += [text for text in note if text not in notes]
        for each in trains if note else ():
            for turn, part in enumerate(each, 1):
                for row in part:
                    cycle[row] = str(turn)
    return (cycle if notes else None), notes


def _to_and_fro(rows: Rows, parts: list[list[int]]) -> bool:
    """Whether short runs of each direction follow one another, as in a log in which a cell is pulsed to and fro.

    All devices of a file were measured alike, so a device with few reads among others with long trains is no such log.
    Nor are short trains that begin far from where the last one ended.
    """
    if float(np.median([len(part) for part in parts])) >= _SHORT_RUN:
        return False
    within = np.concatenate([np.abs(np.diff(rows.value[part])) for part in parts])
    turns = [
        abs(rows.value[part[0]] - rows.value[before[-1]])
        for before, part in pairwise(parts)
        if rows.device[before[-1]] == rows.device[part[0]]
    ]
    return not len(within) or not turns or float(np.median(turns)) <= _FAR * float(within.max())


def _numbers_go_on(rows: Rows, segments_of: dict[str, list[tuple[str, list[int]]]]) -> bool:
    """Whether the pulse numbers of a device go on where the direction changes."""
    if rows.pulse is None:
        return False
    pairs = (pair for segments in segments_of.values() for pair in pairwise(part for _, part in segments))
    return any(
        rows.pulse[part[0]] == rows.pulse[before[-1]] + 1 and rows.branch[part[0]] != rows.branch[before[-1]]
        for before, part in pairs
    )


def _restarts(table: Table, rows: Rows, members: list[int], parts: list[list[int]]) -> list[int]:
    """First rows of the sweeps that begin for no other reason than that their pulse numbers start again."""
    before = {row: earlier for earlier, row in pairwise(members)}
    begin = [part[0] for part in parts if part[0] in before and part[0] not in table.starts]
    return [row for row in begin if rows.branch[before[row]] == rows.branch[row]]


def _segments(table: Table, rows: Rows, device: str, cycle: str, members: list[int]) -> list[list[int]]:
    """Rows of each sweep of one device and cycle."""
    where = f"device {device}, cycle {cycle}, " if cycle else f"device {device}, "
    if rows.pulse is not None and _both_directions_at_once(rows, members):
        parts = []
        for branch in range(2):
            of_branch = [row for row in members if rows.branch[row] == branch]
            parts += pulse_steps(table, rows.pulse, of_branch, f"{where}{'reset' if branch else 'set'}")
        return sorted(parts, key=lambda part: part[0])
    starts = set(table.starts)
    parts = []
    for row in members:
        if not parts or rows.branch[row] != rows.branch[parts[-1][-1]] or row in starts:
            parts.append([row])
        else:
            parts[-1].append(row)
    if rows.pulse is None:
        return parts
    if float(np.median([len(part) for part in parts])) < _SHORT_RUN:
        check_order(table, rows.pulse, rows.branch, members, where)
    words = [f"{where}{'reset' if rows.branch[part[0]] else 'set'}" for part in parts]
    return [p for part, word in zip(parts, words, strict=True) for p in pulse_steps(table, rows.pulse, part, word)]


def _both_directions_at_once(rows: Rows, members: list[int]) -> bool:
    """Whether rows are sorted by pulse number, so that each number occurs in both directions before the next.

    In a log of endurance, where one pulse sets and one resets, neither direction is a curve that rises or falls.
    """
    assert rows.pulse is not None
    at = np.array(members)
    number, branch = rows.pulse[at], rows.branch[at]
    turns = branch[1:] != branch[:-1]
    same = turns & (number[1:] == number[:-1])
    sorted_by_number = len(at) > 2 and same.sum() >= 0.25 * (len(at) - 1) and turns.mean() > 0.5
    return bool(sorted_by_number and _are_curves(rows, at))


def _are_curves(rows: Rows, at: np.ndarray) -> bool:
    """Whether each direction by itself moves over a good part of the range, in its own sense."""
    span = np.ptp(rows.value[at])
    for branch, sign in ((0, 1), (1, -1)):
        own = rows.value[at][rows.branch[at] == branch]
        few = max(1, len(own) // 10)
        if len(own) < 2 or sign * (own[-few:].mean() - own[:few].mean()) <= _ALONE * span:
            return False
    return True


def _named(
    table: Table, rows: Rows, device: str, segments: list[tuple[str, list[int]]], short: bool
) -> list[tuple[int, Sweep]]:
    """Sweeps of one device, with the names of their cycles and whether each goes on where the last one ended."""
    starts = set(table.starts)
    result: list[tuple[int, Sweep]] = []
    turns: dict[str, int] = {}
    last: tuple[str, list[int]] | None = None
    for cycle, part in segments:
        branch = int(rows.branch[part[0]])
        same = last is not None and last[0] == cycle
        if last is None or not same:
            turns[cycle] = turns.get(cycle, 0) + 1
        elif branch == 0 or rows.branch[last[1][0]] == branch:
            turns[cycle] += 1
        name = str(turns[cycle]) if not cycle else cycle if turns[cycle] == 1 else f"{cycle}.{turns[cycle]}"
        follows = last is not None and part[0] not in starts and _goes_on(rows, last[1], part, short)
        value = spaced(table, rows.value, rows.pulse, part)
        result.append((part[0], Sweep(device, name, branch, value, follows)))
        last = cycle, part
    return result


def _goes_on(rows: Rows, before: list[int], part: list[int], short: bool) -> bool:
    """Whether the first pulse of a sweep acts on the state of the last read of the sweep before it.

    Pulse numbers that go on say so. Short runs of a direction are those of a log in which a cell is pulsed to and fro;
    there, numbers may also start again in each direction, or count pairs of pulses.
    """
    if rows.pulse is None:
        return short
    last, first = rows.pulse[before[-1]], rows.pulse[part[0]]
    turned = rows.branch[before[-1]] != rows.branch[part[0]]
    return bool(first == last + 1 or (short and turned and (first <= 1 or first == last)))
