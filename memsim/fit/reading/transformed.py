"""Columns of something else than reads after pulses: logarithms or changes of conductances, and reads before pulses."""

from __future__ import annotations

import re
from dataclasses import replace

from memsim.errors import DataError
from memsim.fit.reading.headings import CONDUCTANCE, READ_CURRENT, RESISTANCE, folded
from memsim.fit.reading.table import Column, Table

_LOGARITHM = re.compile(r"(?:^|[^a-z])(?:log(?:10|2|e)?|lg|ln|db)(?=$|[^a-z])", re.IGNORECASE)
_CHANGE = re.compile(
    r"(?:^|[^a-z])(?:delta|change|changes|difference)(?=$|[^a-z])|^[\u0394\u2206]|^d[GR](?=$|[^A-Za-z])"
    r"|^d[_ ]?(?:conductance|resistance)",
    re.IGNORECASE,
)
_BEFORE, _AFTER, _FINAL = ("before", "pre", "initial"), ("after", "post"), ("final",)
_READS = frozenset(folded(name) for name in (*CONDUCTANCE, *RESISTANCE, *READ_CURRENT))


def transformed(column: Column) -> str:
    """What a heading says that its column holds in place of conductances, in words; empty where it says nothing."""
    if _LOGARITHM.search(column.heading) or column.unit.lower() == "db":
        return "logarithms"
    return "changes" if _CHANGE.search(column.heading) else ""


def refuse_transformed(table: Table, column: Column) -> None:
    """Refuse a column of logarithms or of changes as reads.

    Raises
    ------
    DataError
        It is one, by its heading.
    """
    what = transformed(column)
    if what:
        heading = (column.written or column.heading)[:40]
        raise DataError(
            f"{table.place()}: '{heading}' holds {what}, by its heading; a fit needs the conductances "
            "(or resistances, or currents) themselves: write them into the file"
        )


def with_reads_after(table: Table) -> Table:
    """The table in which reads after the pulses stand without that word in their heading, and are read.

    Where there are reads before each pulse, too, these are not used, with a note.
    """
    heads = {folded(column.heading) for column in table.columns}
    columns, notes = list(table.columns), []
    for place, column in enumerate(table.columns):
        name = _without(column, (*_AFTER, *_FINAL))
        before = next((c for c in table.columns if name and _without(c, _BEFORE) == name), None)
        # A final conductance alone may be that of a train.
        if not name or name in heads or (before is None and not _without(column, _AFTER)):
            continue
        columns[place] = replace(column, heading=name)
        words = f", {table.label(before)} before them is not used" if before is not None else ""
        notes.append(f"{table.label(column)} is read as the reads after the pulses{words}")
    return replace(table.noted(*notes), columns=tuple(columns)) if notes else table


def _without(column: Column, words: tuple[str, ...]) -> str:
    """Folded heading of reads without one of these words; empty where it has none, or the rest is no name of reads."""
    parts = re.split(r"[^A-Za-z0-9]+", column.heading)
    rest = [part for part in parts if part.lower() not in words and part.lower() not in ("pulse", "the")]
    name = folded("".join(rest))
    return name if len(set(map(str.lower, parts)) & set(words)) == 1 and name in _READS else ""
