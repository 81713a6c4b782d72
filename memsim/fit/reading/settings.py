"""Columns of settings of the pulses, such as amplitudes and widths: by their units and the order of their values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from memsim.fit.reading.headings import (
    CYCLE,
    DEVICE,
    DIRECTION,
    KNOWN,
    OTHERS,
    PULSE,
    SETTINGS,
    folded,
)
from memsim.fit.reading.numerals import NOT_READ
from memsim.fit.reading.plausible import HIGHEST_READ
from memsim.fit.reading.table import Column, Table, first_column
from memsim.units import dimension_of, unit_of

_READ = (KNOWN | OTHERS) - SETTINGS
_DIMENSIONS = ("V", "A", "s", "Hz", "W", "J")
_WORDS = frozenset(("amp", "ampl", "amplitude", "width", "height", "bias", "stimulus", "duration", "compliance"))
_WIDTHS = frozenset(("width", "duration", "length", "tw", "tpw", "pw", "tp", "pulse"))
_SYMBOL = re.compile(r"V[_ ]?(?:[A-Z]{1,3}|[a-z]{2,4}|app[a-z]{0,6})|[A-Za-z]{3,10}[ _]?V|[tT]_?p?w")
"""Symbols of voltages and widths of pulses, such as VBL, V_top, PulseV and tw, in headings without a unit."""
_SAME = 0.9  # of the positions in two trains, at which settings are equal
_FEW, _TIMES = 5, 3
"""Different values of a setting that changes in no order, and how often each stands in the table at least."""
_FAR = 0.1  # of the largest value: range of such values
_TREND = 0.05  # of the largest value: change within a train of measured amplitudes that are not equal
_LEAST = 4  # rows of a train that show an order
_RATIO = 0.1  # range of the ratio of a current to a conductance, of its mean, in which it is that of the reads


def varied_setting(table: Table, column: Column, rows: Sequence[int], reads: np.ndarray | None) -> bool:
    """Whether a column with other headings than the known ones sets something of the pulses, and does so differently.

    A setting follows an order: it is the same in every train, or evenly spaced, or has few values. Measured currents,
    and voltages that only scatter, follow none. Times that go on are those of a clock.

    Parameters
    ----------
    rows : sequence of int
        Rows of the pulses of one direction.
    reads : ndarray, optional
        Conductances of all rows, in any unit, (row,).
    """
    dimension = _dimension(column)
    if not dimension or folded(column.heading) in _READ:
        return False
    values = np.array([_number(table, cell) for cell in column.cells])
    own = np.array([row for row in rows if values[row] != 0.0], int)
    if np.isnan(values).any() or not len(own):
        return False
    if dimension == "s" and _is_clock(table, column, values):
        return False
    size = np.abs(values)
    if dimension == "A" and reads is not None and _follows(size[own], np.abs(reads[own])):
        return False
    trains = [size[run] for run in _trains(table, own)]
    return _in_order(trains) or (dimension == "V" and _amplitudes_with_trend(column, trains))


def only_scatters(table: Table, column: Column, rows: Sequence[int]) -> bool:
    """Whether currents, such as those measured at a compliance, scatter around one value."""
    values = np.array([_number(table, column.cells[row]) for row in rows])
    if _dimension(column) != "A" or np.isnan(values).any():
        return False
    own = np.asarray(rows, int)[values != 0.0]
    size = dict(zip(own, np.abs(values[values != 0.0]), strict=True))
    trains = [np.array([size[row] for row in run]) for run in _trains(table, own)]
    return not _in_order(trains) and _moves(trains) <= _TREND


def _dimension(column: Column) -> str:
    """Dimension of a column that may be a setting; empty for others."""
    if column.physical:
        dimension = dimension_of(column.unit)
        return dimension if dimension in _DIMENSIONS else ""
    if _words(column) & _WORDS or _SYMBOL.fullmatch(column.heading.strip()):
        return "s" if _words(column) & _WIDTHS else "V"
    return ""


def _words(column: Column) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.heading)
    return set(re.split(r"[^a-z0-9]+", spaced.lower()))


def _number(table: Table, cell: str) -> float:
    """Number in a cell, 0 in an empty one; nan for words."""
    if cell.lower() in NOT_READ:
        return 0.0
    value = table.numerals.value(cell)
    return np.nan if value is None else value


def _is_clock(table: Table, column: Column, values: np.ndarray) -> bool:
    """Whether times go on over all trains of each device, or count the pulses of each train from its first on."""
    names = first_column(table, DEVICE)
    devices = names.cells if names is not None else ("",) * len(values)
    whole = [values[[row for row, name in enumerate(devices) if name == device]] for device in dict.fromkeys(devices)]
    trains = [values[run] for run in _trains(table, np.arange(len(values)))]
    width = bool(_words(column) & _WIDTHS)
    if all((np.diff(own) >= 0).all() for own in whole):
        return len(trains) > len(whole) or not width
    return not width and all(
        (np.diff(own) > 0).all() and own[0] < 1.5 * np.diff(own)[0] for own in trains if len(own) > 1
    )


def row_keys(table: Table, *kinds: Sequence[str]) -> list[tuple[str, ...]]:
    """Cells of each row in the first column of each kind, by its names; kinds without a column say nothing."""
    cells = [column.cells for names in kinds if (column := first_column(table, names)) is not None]
    return list(zip(*cells, strict=True)) if cells else [()] * len(table.lines)


def _trains(table: Table, rows: np.ndarray) -> list[np.ndarray]:
    """Rows in parts that end where a direction, a device or a cycle ends, or where pulse numbers start again."""
    keys = row_keys(table, DEVICE, CYCLE, DIRECTION)
    pulse = first_column(table, PULSE)
    numbers = [_number(table, cell) for cell in pulse.cells] if pulse is not None else [0.0] * len(table.lines)
    cuts = [
        place
        for place, (before, row) in enumerate(pairwise(rows), 1)
        if keys[before] != keys[row] or numbers[row] < numbers[before] or (pulse is None and row != before + 1)
    ]
    return np.split(rows, cuts)


def _in_order(trains: list[np.ndarray]) -> bool:
    """Whether values are set: the same in every train, different from train to train, evenly spaced, or few."""
    values = np.concatenate(trains)
    first = trains[0]
    pairs = [(first[: len(t)], t[: len(first)]) for t in trains[1:] if min(len(t), len(first)) >= _LEAST]
    if pairs and all((a == b).mean() >= _SAME for a, b in pairs):
        return True
    long = [train for train in trains if len(train) >= _LEAST]
    if len(long) > 1 and all(np.ptp(train) == 0 for train in long):
        return True
    if long and np.mean([_evenly_spaced(train) for train in long]) >= _SAME:
        return True
    levels, counts = np.unique(values, return_counts=True)
    return bool(len(levels) <= _FEW and counts.min() >= _TIMES and np.ptp(levels) > _FAR * levels.max())


def _evenly_spaced(train: np.ndarray) -> bool:
    """Whether values lie on a straight line, or their logarithms do, up to the step to which they are rounded."""
    gaps = np.diff(np.unique(train))
    if len(gaps) < _LEAST - 1:
        return False
    place = np.arange(len(train))
    for y, step in ((train, gaps.min()), (np.log(train), gaps.min() / train.max())):
        line = np.polyval(np.polyfit(place, y, 1), place)
        if np.abs(y - line).max() <= 0.75 * step + 1e-6 * np.ptp(y):
            return True
    return False


def _amplitudes_with_trend(column: Column, trains: list[np.ndarray]) -> bool:
    """Whether measured voltages, too high for reads, rise or fall within trains."""
    known = unit_of(column.unit) if column.physical else None
    largest = max(float(train.max()) for train in trains)
    if largest * (known[1] if known is not None else 1.0) <= HIGHEST_READ:
        return False
    return _moves(trains) > _TREND


def _moves(trains: list[np.ndarray]) -> float:
    """By what share of the largest value trains rise or fall, on average."""
    few = [(train, max(1, len(train) // 10)) for train in trains if len(train) >= _LEAST]
    moves = [train[-k:].mean() - train[:k].mean() for train, k in few]
    return abs(float(np.mean(moves))) / max(float(train.max()) for train in trains) if moves else 0.0


def _follows(current: np.ndarray, reads: np.ndarray) -> bool:
    """Whether currents are those of the reads: a constant times the conductances, or over the resistances."""
    if not (reads > 0).all():
        return False
    return any(np.ptp(each) <= _RATIO * each.mean() for each in (current / reads, current * reads))
