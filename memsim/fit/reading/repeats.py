"""Tables in which headings repeat, such as up, down, up, down: one block of columns for each device or each cycle."""

from __future__ import annotations

import re
from dataclasses import replace

from memsim.errors import DataError, InputError, nearest
from memsim.fit.reading.headings import CONDUCTANCE, CYCLE, DEVICE, DOWN, RESISTANCE, UP, WEIGHT, folded
from memsim.fit.reading.places import names_in
from memsim.fit.reading.repeated_rows import REPEATS, rows_apart
from memsim.fit.reading.table import Column, Table, find_column

_VALUES = frozenset(map(folded, (*UP, *DOWN, *CONDUCTANCE, *RESISTANCE, *WEIGHT)))

_BLOCKS = frozenset(map(folded, (*CYCLE, *DEVICE)))


def unrolled(table: Table, repeats: str | None = None) -> Table:
    """Table with every heading once: blocks of columns stand below each other, and a further column numbers them.

    Where no heading repeats, the same is done with rows that repeat a pulse.

    Parameters
    ----------
    repeats : str, optional
        "devices", "cycles" or "reads": what the blocks are; by default what a line above the headings says.

    Raises
    ------
    DataError
        Headings repeat, and it is unclear what the blocks are, or they have different columns.
    InputError
        Nothing repeats.
    """
    if repeats is not None and repeats not in REPEATS:
        raise InputError(f"repeats: '{repeats}' is neither devices nor cycles nor reads{nearest(repeats, REPEATS)}")
    bases = [_parts(column.heading)[0] for column in table.columns]
    counts = {base: bases.count(base) for base in bases if base}
    count = max(counts.values(), default=1)
    if count < 2:
        return table if repeats is None else rows_apart(table, repeats)
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{number} of '{base}'" for base, number in counts.items())
        raise DataError(f"{table.place()}: {listed}; say with columns=... which columns are meant")
    copies = _copies(table, bases, count)
    labels = [next((c.group for c in copy if c.group and _parts(c.heading)[0]), "") for copy in copies]
    distinct = len(set(labels)) == count and "" not in labels
    if repeats is None and distinct:
        repeats = next((word for word, names in (("devices", DEVICE), ("cycles", CYCLE)) if _says(labels, names)), None)
    if repeats is None:
        base = next(base for base in bases if base)
        places = [str(place + 1) for place, each in enumerate(bases) if each == base]
        raise DataError(
            f"{table.place()}: columns {' and '.join(places[:4])} are all '{base}'; say whether they are of several "
            "devices, of several cycles or repeated reads with repeats='devices', repeats='cycles' or repeats='reads'"
        )
    if repeats == "reads":
        note = f"of {count} columns with the same heading, the first is used; kind='read-noise' fits repeated reads"
        return replace(table.noted(note), columns=tuple(copies[0]))
    if not distinct:
        labels = [str(k + 1) for k in range(count)]
    return _stacked(table, copies, labels, "device" if repeats == "devices" else "cycle")


def _parts(heading: str) -> tuple[str, str]:
    """Heading of a column of values without what numbers its block, and that: "LTP cycle 1" to ("ltp", "cycle 1").

    The first part is empty for other columns.
    """
    if folded(heading) in _VALUES:
        return folded(heading), ""
    numbered = re.fullmatch(r"(.+?)[^A-Za-z0-9]{0,3}([A-Za-z]{0,10})[^A-Za-z0-9]{0,3}([0-9]{1,6})", heading)
    if numbered is None:
        return "", ""
    name, word, number = numbered.groups()
    if folded(word) in _BLOCKS and folded(name) in _VALUES:
        return folded(name), f"{folded(word)} {int(number)}"
    name = folded(f"{name}{word}")
    return (name if name in _VALUES else ""), ""


def _says(labels: list[str], names: tuple[str, ...]) -> bool:
    return all(any(folded(label).startswith(folded(name)) for name in names) for label in labels)


def _copies(table: Table, bases: list[str], count: int) -> list[list[Column]]:
    """Columns of each block; a column that repeats beside the values belongs to the next column of values."""
    heads = [folded(column.heading) for column in table.columns]
    copies: list[list[Column]] = [[] for _ in range(count)]
    blocks: dict[str, int] = {}
    waiting: list[Column] = []
    for place, column in enumerate(table.columns):
        base = bases[place]
        if base:
            block = blocks.get(base, 0)
            blocks[base] = block + 1
            group = _parts(column.heading)[1] or column.group
            copies[block] += [*waiting, replace(column, heading=base, group=group)]
            waiting = []
        elif heads[place] and heads.count(heads[place]) > 1:
            waiting.append(column)
        else:
            for copy in copies:
                copy.append(column)
    if len({tuple(folded(c.heading) for c in copy) for copy in copies}) > 1:
        raise DataError(f"{table.place()}: blocks of columns differ; say with columns=... which columns are meant")
    return copies


def _stacked(table: Table, copies: list[list[Column]], labels: list[str], role: str) -> Table:
    units: list[set[str]] = [{copy[i].unit for copy in copies} for i in range(len(copies[0]))]
    for i, each in enumerate(units):
        if len(each) > 1:
            raise DataError(
                f"{table.place()}: '{copies[0][i].heading}' has different units: "
                f"{', '.join(sorted(unit or 'none' for unit in each))}; say with columns=... which unit is meant"
            )
    own = find_column(table, DEVICE if role == "device" else CYCLE)
    own_names = names_in(table, own) if own is not None else ()
    cells: list[list[str]] = [[] for _ in copies[0]]
    names: list[str] = []
    lines: list[int] = []
    for copy, label in zip(copies, labels, strict=True):
        # A train that stopped early leaves blank cells below its end.
        values = [column for column in copy if _parts(column.heading)[0]]
        rows = [row for row in range(len(table.lines)) if any(column.cells[row] for column in values)]
        for column, more in zip(copy, cells, strict=True):
            more += [column.cells[row] for row in rows]
        names += [f"{own_names[row]} {label}" if own_names else label for row in rows]
        lines += [table.lines[row] for row in rows]
    columns = [replace(c, cells=tuple(more)) for c, more in zip(copies[0], cells, strict=True) if c is not own]
    columns.append(Column(role, "", tuple(names)))
    note = f"columns with the same headings are read as {len(copies)} {role}s"
    return replace(table.noted(note), columns=tuple(columns), lines=tuple(lines), starts=())
