"""Lines of a text as cells: which sign separates them, and which lines that begin with # hold headings."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from memsim.errors import DataError
from memsim.fit.reading.headings import KNOWN, folded, is_units, split_unit
from memsim.fit.reading.numerals import like_number

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ORDER = (";", "\t", "|", ",", None)
_SAMPLE = 2000
_TWO_NUMBERS = re.compile(r"[+-]?[0-9][0-9.,eE+-]* +[+-]?[0-9.]")
_OPEN = re.compile(r'(?:^|[,;\t| ])"[^"]*$')
_CLOSED = re.compile(r'^[^"]*"\s*(?:$|[,;\t| ])')
_MOST_BREAKS = 10
LONGEST_CELL = 1000
"""Most characters of a heading or cell of a table: expressions that search for names and units take time with them."""

Line = tuple[int, list[str]]
"""Number of a line in its file, and its cells."""


def with_whole_cells(rows: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines in which a quoted cell that breaks over several lines stands in the first of them, with blanks."""
    result: list[tuple[int, str]] = []
    at = 0
    while at < len(rows):
        number, row = rows[at]
        at += 1
        if row.count('"') % 2 and _OPEN.search(row):
            for last in range(at, min(at + _MOST_BREAKS, len(rows))):
                if rows[last][1].count('"') % 2:
                    # The next quote must close a cell; else a stray one stands in a cell of its own.
                    if _CLOSED.search(rows[last][1]):
                        row = " ".join([row, *(text for _, text in rows[at : last + 1])])
                        at = last + 1
                    break
        result.append((number, row))
    return result


def cut(rows: Sequence[tuple[int, str]]) -> tuple[list[Line], str | None]:
    """Cells of lines, and the sign between them (None for blanks).

    Comments are left out: lines that begin with #, but for one of known headings directly above a line of cells, and
    one of units ("#, uS") directly below headings.
    """
    delimiter = _delimiter([row for _, row in rows if row.strip() and not row.startswith("#")])
    lines: list[Line] = [(number, split(row, delimiter) if row.strip() else []) for number, row in rows]
    kept = [lines[at] for at, (_, cells) in enumerate(lines) if not _is_comment(cells) or _uncommented(lines, at)]
    # Spreadsheets write a line of nothing but delimiters for an empty one.
    return [(number, cells if any(cells) else []) for number, cells in kept], delimiter


def _is_comment(cells: list[str]) -> bool:
    return bool(cells) and cells[0].startswith("#")


def _uncommented(lines: list[Line], at: int) -> bool:
    """Whether a line that begins with # holds headings, whose sign it takes off, or units below headings."""
    number, cells = lines[at]
    above = lines[at - 1][1] if at else []
    if len(above) == len(cells) > 1 and is_units(cells) and not any(map(like_number, above)):
        return True
    below = next((cells for _, cells in lines[at + 1 : at + 2] if cells), [])
    if max(map(len, cells)) > LONGEST_CELL:
        return False
    heads = [cells[0].lstrip("# ") or "#", *cells[1:]] if cells[0] != "#" or len(cells) == len(below) else cells[1:]
    names = {folded(split_unit(head)[0]) for head in heads}
    if len(heads) < 2 or len(heads) != len(below) or any(map(like_number, heads)) or not names & KNOWN:
        return False
    lines[at] = number, heads
    return True


def check_lengths(lines: Iterable[Line], name: str) -> None:
    """Refuse headings and cells of a table, called `name`, that are too long.

    Raises
    ------
    DataError
        One has more than `LONGEST_CELL` characters.
    """
    for number, cells in lines:
        longest = max(map(len, cells), default=0)
        if longest > LONGEST_CELL:
            raise DataError(f"{name}:{number}: a cell of {longest:,} characters; at most {LONGEST_CELL:,} are read")


def split(row: str, delimiter: str | None) -> list[str]:
    """Cells of a line; a sign inside of quotes separates none."""
    if '"' in row:
        signs = delimiter or " "
        try:
            cells = next(csv.reader([row], delimiter=signs, skipinitialspace=True))
        except (csv.Error, StopIteration):
            cells = row.replace('"', "").split(signs)
        cells = [cell for cell in cells if cell] if delimiter is None else cells
    else:
        cells = row.split(delimiter)
    if delimiter is None and any(cell[0] in "([" for cell in cells[1:]):
        # "V (mV)   I (uA)": a unit in brackets belongs to the word before it.
        merged = cells[:1]
        for cell in cells[1:]:
            merged[-1:] = [f"{merged[-1]} {cell}"] if cell[0] in "([" else [merged[-1], cell]
        cells = merged
    return [cell.strip() for cell in cells]


def _delimiter(rows: Sequence[str]) -> str | None:
    """The sign that cuts the longest run of lines into equally many cells, some of them numbers; None for blanks."""
    half = _SAMPLE // 2
    middle = max(half, len(rows) // 2)
    sample = [*rows[:half], *rows[middle : middle + half]]
    runs = {sign: _longest_run([split(row, sign) for row in sample], sign) for sign in _ORDER}
    most = max(runs.values())
    if most == 0:
        return next((sign for sign in _ORDER if sign and 2 * sum(sign in row for row in sample) > len(sample)), None)
    return next(sign for sign in _ORDER if runs[sign] >= 0.9 * most)


def _longest_run(rows: list[list[str]], sign: str | None) -> int:
    """Length of the longest run of lines with equally many cells and a number each."""
    longest = run = width = 0
    for cells in rows:
        good = len(cells) > 1 and any(map(like_number, cells))
        # "0,51 0,52": commas between numbers that blanks separate are decimal signs.
        good = good and not (sign == "," and any(map(_TWO_NUMBERS.match, cells)))
        run = (run + 1 if len(cells) == width else 1) if good else 0
        width = len(cells) if good else 0
        longest = max(longest, run)
    return longest
