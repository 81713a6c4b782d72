"""Tables of measurements in files, and in folders with one file a device."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from memsim.errors import DataError, InputError
from memsim.fit.reading.headings import DEVICE, PLACE, folded
from memsim.fit.reading.numerals import Numerals
from memsim.fit.reading.places import device_labels
from memsim.fit.reading.source import files_of, text_of
from memsim.fit.reading.table import Column, Table, table_of


def read_table(
    path: str | os.PathLike[str], *, decimal: str | None = None, number: int | None = None, named: Sequence[str] = ()
) -> Table:
    """Table in a text file, or the tables of a folder with one file a device.

    Parameters
    ----------
    path : path
        File, pipe or folder.
    decimal : str, optional
        Decimal sign, "." or ","; by default what the numbers show.
    number : int, optional
        Which table of a file that has several, from 1; by default all, if they have the same headings.
    named : sequence of str
        Expressions of headings or places (#2) of columns of numbers whose headings are not among the known ones.

    Raises
    ------
    InputError
        The path is empty.
    DataError
        A file cannot be read, is too large, empty, not text, or its rows differ in length; the files of a folder
        have other headings, two have the same rows, or one is a link that leads out of the folder; it is unclear
        which table is meant.
    """
    if not str(path).strip():
        raise InputError("the name of the measurement is empty; name a file, a folder, or - for a pipe")
    if not Path(path).is_dir():
        return table_of(text_of(path, pipes=True), str(path), decimal=decimal, number=number, named=named)
    tables = [
        (file.stem, table_of(text_of(file), str(file), decimal=decimal, number=number, named=named))
        for file in files_of(Path(path))
    ]
    return _joined(str(path), tables)


def _joined(name: str, tables: list[tuple[str, Table]]) -> Table:
    """Tables of one device each, one below the other, with a column that names the devices."""
    first = tables[0][1]
    heads = [(folded(column.heading), column.unit) for column in first.columns]
    cells: list[list[str]] = [[] for _ in first.columns]
    devices: list[str] = []
    lines: list[int] = []
    files: list[tuple[int, str]] = []
    starts: list[int] = []
    notes: list[str] = []
    first_with: dict[tuple[tuple[str, ...], ...], str] = {}
    for stem, table in tables:
        if [(folded(column.heading), column.unit) for column in table.columns] != heads:
            raise DataError(f"{table.place()}: other headings or units than {first.place()}; fit such files one by one")
        if table.decided and first.decided and table.numerals.decimal != first.numerals.decimal:
            raise DataError(f"{table.place()}: another decimal sign than {first.place()}; fit such files one by one")
        rows = tuple(column.cells for column in table.columns)
        if rows in first_with:
            raise DataError(
                f"{table.name} has the same {len(table.lines)} rows as {first_with[rows]}; leave one of them out"
            )
        first_with[rows] = table.name
        files.append((len(lines), table.name))
        starts += [len(lines) + row for row in table.starts]
        devices += [f"{stem} {name}" for name in device_labels(table)] or [stem] * len(table.lines)
        for column, more in zip(cells, table.columns, strict=True):
            column.extend(more.cells)
        lines += table.lines
        notes += [note for note in table.notes if note not in notes]
    columns = [
        replace(column, cells=tuple(more))
        for column, more in zip(first.columns, cells, strict=True)
        if folded(column.heading) not in map(folded, (*DEVICE, *PLACE))
    ]
    columns.append(Column("device", "", tuple(devices)))
    notes.append(f"{len(tables)} files of the folder are read as one device each")
    thousands = max(table.numerals.thousands for _, table in tables)
    numerals, decided = Numerals(first.numerals.decimal, thousands), all(table.decided for _, table in tables)
    return Table(
        name, tuple(columns), tuple(lines), first.header, numerals, decided, first.heading_line, tuple(starts),
        tuple(files), tuple(notes), first.above,
    )  # fmt: skip
