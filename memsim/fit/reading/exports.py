"""Tables in text files of instruments and spreadsheets: lines above the headings, lines of units, headings that repeat.

Keysight EasyEXPERT writes each record as lines of settings, one line `DataName, V1, I1` and lines `DataValue, ...`. In
all other files, the longest run of equally long lines with numbers is the body of a table; the lines of words directly
above it are its headings and units.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from memsim.errors import DataError, InputError
from memsim.fit.reading.headings import is_units
from memsim.fit.reading.lines import DELIMITERS, Line, check_lengths, cut, with_whole_cells
from memsim.fit.reading.numerals import NOT_READ, like_number

_SAMPLE = 2000
_SI_UNITS = (("v", "V"), ("i(?!ndex|ter)", "A"), ("time", "s"))  # of EasyEXPERT's variables, by their beginnings
_MOST_TABLES = 200
_LONGEST = 1_000_000
_MOST_FLAWED = 50


@dataclass
class Block:
    """One table of a file.

    Attributes
    ----------
    headings, units, groups : list of str
        Cells of the line of headings, of the line of units below it and of the line of groups above it; empty where
        there is none.
    heading_line : int
        Line of the headings; 0 without.
    rows : list of list of str
        Cells of the body.
    lines : list of int
        Line of the file of every row.
    above : list of (int, list of str)
        Lines above the headings that are not part of the table.
    repeated : int
        Lines in the body that repeat the headings.
    again : list of (int, int)
        Rows at which the headings stand again after a blank line, with the lines of these headings.
    instrument : str
        Name of the program that wrote the file, where its format is known.
    """

    headings: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    heading_line: int = 0
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    above: list[Line] = field(default_factory=list)
    repeated: int = 0
    again: list[tuple[int, int]] = field(default_factory=list)
    instrument: str = ""


def blocks_of(text: str, name: str) -> tuple[list[Block], str | None]:
    """Tables in a text, and the sign that separates cells (None for blanks).

    Lines that begin with # are left out, but for one of known headings directly above numbers.

    Raises
    ------
    DataError
        There is no table, lines of a table differ in length, or a cell is too long.
    """
    kept = [(number, row.strip(" \r\ufeff")) for number, row in enumerate(text.splitlines(), 1)]
    filled = [row for _, row in kept if row.strip() and not row.startswith("#")]
    if not filled:
        raise DataError(f"{name}: is empty")
    long = next((number for number, row in kept if len(row) > _LONGEST), None)
    if long is not None:
        raise DataError(f"{name}:{long}: a line of more than {_LONGEST:,} characters")
    lines, delimiter = cut(with_whole_cells(kept))
    if {"DataName", "DataValue"} <= {cells[0] for _, cells in lines if len(cells) > 1}:
        blocks = _easyexpert(lines, name)
    else:
        blocks = _tables(lines, name, delimiter)
    for block in blocks:
        heads = [(block.heading_line, cells) for cells in (block.groups, block.headings, block.units)]
        check_lengths([*heads, *zip(block.lines, block.rows, strict=True)], name)
    return blocks, delimiter


def _tables(lines: Sequence[Line], name: str, delimiter: str | None) -> list[Block]:
    """Tables in the lines of a file that no known instrument wrote."""
    blocks: list[Block] = []
    different = 0
    rest: Sequence[Line] = lines
    while any(cells for _, cells in rest):
        block, rest = _first(rest, name, delimiter, not blocks)
        if block is None:
            break
        blocks += [*_numbers_above(block, name, delimiter), *_parts(block)]
        different += 1
        if different > _MOST_TABLES:
            raise DataError(f"{name}: more than {_MOST_TABLES:,} tables with different headings")
    return blocks


def _parts(block: Block) -> list[Block]:
    """The tables of a block in which the headings stand again after a blank line."""
    ends = [*(row for row, _ in block.again), len(block.rows)]
    parts = [replace(block, rows=block.rows[: ends[0]], lines=block.lines[: ends[0]], again=[])]
    for (row, line), end in zip(block.again, ends[1:], strict=True):
        part = replace(block, heading_line=line, rows=block.rows[row:end], lines=block.lines[row:end], again=[])
        parts.append(replace(part, above=[], repeated=0))
    return [part for part in parts if part.rows] or parts[:1]


def _numbers_above(block: Block, name: str, delimiter: str | None) -> list[Block]:
    """A smaller table above another one: headings and at least two lines of nothing but numbers."""
    if not block.above:
        return []
    first, _ = _first(block.above, name, delimiter, False)
    if first is None or not first.headings or len(first.rows) < 2:
        return []
    return [first] if all(like_number(cell) for row in first.rows for cell in row) else []


def _easyexpert(lines: Sequence[Line], name: str) -> list[Block]:
    """Records of an EasyEXPERT file."""
    blocks: list[Block] = []
    above: list[Line] = []
    for number, cells in lines:
        if cells[:1] == ["DataName"]:
            units = [next((u for s, u in _SI_UNITS if re.match(s, head, re.IGNORECASE)), "") for head in cells[1:]]
            blocks.append(Block(cells[1:], units, heading_line=number, above=above, instrument="EasyEXPERT"))
            above = []
        elif cells[:1] == ["DataValue"] and blocks:
            width = len(blocks[-1].headings)
            if len(cells) - 1 != width:
                raise DataError(
                    f"{name}:{number}: {len(cells) - 1} cells where line {blocks[-1].heading_line} has {width} names"
                )
            blocks[-1].rows.append(cells[1:])
            blocks[-1].lines.append(number)
        elif cells:
            above.append((number, cells))
    return blocks


def _shape(lines: Sequence[Line]) -> tuple[int, list[int]]:
    """Number of cells of the longest run of lines with numbers, and in which columns numbers are the rule."""
    best: tuple[int, int, int] = (0, 0, 0)
    start = width = 0
    filled = list(islice((cells for _, cells in lines if cells), _SAMPLE))
    for at, cells in enumerate(filled):
        if not any(map(like_number, cells)):
            width = 0
        elif len(cells) != width:
            start, width = at, len(cells)
        if width and at + 1 - start > best[0]:
            best = (at + 1 - start, start, width)
    length, start, width = best
    counts = Counter(i for cells in filled[start : start + length] for i in range(width) if like_number(cells[i]))
    return width, [i for i in range(width) if 2 * counts[i] > length]


def _first(lines: Sequence[Line], name: str, delimiter: str | None, first: bool) -> tuple[Block | None, Sequence[Line]]:
    """The first table in these lines, and the lines after it."""
    width, numeric = _shape(lines)
    above: list[Line] = []
    block: Block | None = None
    gap = False
    for at, (number, cells) in enumerate(lines):
        if not cells:
            gap = True
            continue
        if block is None:
            if _is_body(cells, width, numeric) and _begins(lines, at, width, numeric, _is_heading(above, width)):
                block = _open(above, cells, name, number, delimiter)
                block.rows, block.lines = [cells], [number]
                gap = False
            else:
                above.append((number, cells))
            continue
        length = len(block.rows[0])
        if len(cells) == length and _is_body(cells, width, numeric):
            block.rows.append(cells)
            block.lines.append(number)
        elif cells == block.headings:
            block.repeated += not gap
            block.again += [(len(block.rows), number)] if gap else []
        elif cells == block.units:
            pass
        elif gap or (len(cells) == length and _new_headings(cells, block, numeric)):
            return block, lines[at:]
        elif len(cells) == length:
            block.rows.append(cells)
            block.lines.append(number)
        else:
            how = DELIMITERS.get(delimiter or "", "blank")
            raise DataError(
                f"{name}:{number}: {len(cells)} cells where line {block.heading_line or block.lines[0]} has {length} "
                f"(separated by {how}s)"
            )
        gap = False
    if block is None and first:
        block = _words_only(above)
    return block, []


def _is_body(cells: list[str], width: int, numeric: list[int]) -> bool:
    """Whether a line has a number in a column in which the others have them."""
    if len(cells) != width or not numeric:
        return False
    if cells[numeric[0]][:1].isdigit() or any(like_number(cells[i]) for i in numeric):
        return True
    # "nA" is a unit and "NA" a read that was not made.
    return any(cells[i].lower() in NOT_READ[1:] for i in numeric) and not is_units(cells)


def _begins(lines: Sequence[Line], at: int, width: int, numeric: list[int], headed: bool) -> bool:
    """Whether a table begins here: with numbers in every column that has them, or with flawed rows below headings."""
    for _, cells in lines[at : at + _MOST_FLAWED if headed else at + 1]:
        if not cells or not _is_body(cells, width, numeric):
            return False
        if all(like_number(cells[i]) or cells[i].lower() in NOT_READ for i in numeric):
            return True
    return False


def _is_heading(above: Sequence[Line], width: int) -> bool:
    return bool(above) and len(above[-1][1]) == width and not any(map(like_number, above[-1][1]))


def _new_headings(cells: list[str], block: Block, numeric: list[int]) -> bool:
    """Whether a line of words inside a table begins another one; words of the table's own columns are mistakes."""
    repeated = [
        i for i in range(len(cells)) if i not in numeric and any(row[i] == cells[i] for row in block.rows[:100])
    ]
    return all(re.search("[^\\W\\d_]", cell) for cell in cells if cell) and not repeated


def _open(above: list[Line], row: list[str], name: str, number: int, delimiter: str | None) -> Block:
    """A table whose body begins below these lines, with their headings, units and groups."""
    words, width = list(above), len(row)
    text: list[Line] = []
    while words and len(text) < 4 and not any(map(like_number, words[-1][1])):
        line, cells = words[-1]
        # A delimiter may close each line, or only those of one kind.
        padded = [*cells, ""] if len(cells) == width - 1 and row[-1] == "" else cells
        padded = padded[:-1] if len(padded) == width + 1 and padded[-1] == "" else padded
        if len(padded) != width or not any(padded):
            break
        text.insert(0, (line, padded))
        words.pop()
    units = next((i for i in range(len(text) - 1, 0, -1) if is_units(text[i][1])), None)
    if not text:
        if above and len(above[-1][1]) > 1:
            raise DataError(
                f"{name}:{number}: {width} cells where line {above[-1][0]} has {len(above[-1][1])} "
                f"(separated by {DELIMITERS.get(delimiter or '', 'blank')}s)"
            )
        return Block(above=above)
    at = units - 1 if units is not None else len(text) - 1
    block = Block(text[at][1], heading_line=text[at][0])
    if units is not None:
        block.units = text[units][1]
    if at and any(text[at - 1][1]) and "" in text[at - 1][1]:
        block.groups = text[at - 1][1]
        at -= 1
    block.above = [*words, *text[:at]]
    return block


def _words_only(lines: list[Line]) -> Block | None:
    """A table without numbers: its first line has the headings if it has letters."""
    if not lines:
        return None
    heads = any(re.search("[^\\W\\d_]", cell) for cell in lines[0][1])
    block = Block(list(lines[0][1]) if heads else [], heading_line=lines[0][0] if heads else 0)
    body = lines[1:] if heads else lines
    width = len(lines[0][1])
    body = [(number, cells) for number, cells in body if len(cells) == width]
    block.rows, block.lines = [cells for _, cells in body], [number for number, _ in body]
    return block


def chosen(blocks: list[Block], name: str, number: int | None) -> tuple[Block, tuple[int, ...]]:
    """The table that is meant, and the rows at which further ones with the same headings begin.

    Raises
    ------
    DataError
        There is none, or several have different headings.
    InputError
        There is no table of this number.
    """
    filled = [block for block in blocks if block.rows] or blocks[:1]
    if not filled:
        raise DataError(f"{name}: holds no table")
    if number is not None:
        if not isinstance(number, int) or not 1 <= number <= len(filled):
            are = f"are {len(filled)}" if len(filled) > 1 else "is 1"
            raise InputError(f"{name}: no table {number}; there {are}")
        return filled[number - 1], ()
    first = filled[0]
    starts = []
    for block in filled[1:]:
        if (block.headings and block.headings != first.headings) or len(block.rows[0]) != len(first.rows[0]):
            raise DataError(
                f"{name}: {len(filled)} tables with different headings, at lines "
                f"{', '.join(str(b.heading_line or b.lines[0]) for b in filled[:6])}; say which with table=1 to "
                f"table={len(filled)}"
            )
        starts.append(len(first.rows))
        first.rows.extend(block.rows)
        first.lines.extend(block.lines)
    return first, tuple(starts)
