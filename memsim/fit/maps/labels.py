"""Labels of the rows and columns of a map: which lines and columns hold them, and which places they give to cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from memsim.errors import DataError
from memsim.fit.maps.numerals import has_number
from memsim.fit.maps.units import unit_in
from memsim.fit.reading.headings import COL, MEANS, ROW
from memsim.fit.reading.numerals import like_number

_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})")
_WHOLE = re.compile(r"([0-9]{1,9})(?:[.,]0)?")
_CELL = re.compile(r"(?:r|row|wl)[ _-]?([0-9]{1,9})[ _,;:-]{0,3}(?:c|col|column|bl)[ _-]?([0-9]{1,9})", re.IGNORECASE)
_FEWEST = 3
"""Labels that count up from 0 or 1 by chance only rarely."""
_AXES = {"rows": (*ROW, "r"), "columns": (*COL, "c")}
"""Words, folded, before the numbers of rows and of columns."""
_SUMMARIES = frozenset(
    (*MEANS, "sum", "total", "std", "stdev", "stddev", "sd", "sigma", "var", "variance", "cv", "rsd", "min", "max",
     "minimum", "maximum", "count")
)  # fmt: skip
"""Labels, folded, of what is computed from a line or column of cells."""


class Row(NamedTuple):
    """Cells of a line, and its number in the file."""

    line: int
    cells: list[str]


class Labelled(NamedTuple):
    """A matrix apart from its labels.

    Attributes
    ----------
    rows : list of Row
        Cells without labels.
    left, above : list of str or None
        Labels of rows and columns.
    corner : str
        Cell above the labels of rows; may hold a unit.
    line : int
        Line of the labels of columns; 0 without.
    """

    rows: list[Row]
    left: list[str] | None
    above: list[str] | None
    corner: str = ""
    line: int = 0


def without_labels(rows: list[Row], name: str) -> Labelled:
    """A matrix apart from its labels of rows and columns.

    Raises
    ------
    DataError
        Numbers may be labels or conductances.
    """
    first, body = rows[0], rows[1:]
    headed, numbered = _headed(first.cells, [row.cells for row in body], name, first.line)
    width = len(body[0].cells) if body else 0
    if not headed or not body or len(first.cells) not in (width, width - 1):
        if not headed and all(is_word(row.cells[0]) for row in rows) and len(first.cells) > 1:
            return Labelled([Row(row.line, row.cells[1:]) for row in rows], [row.cells[0] for row in rows], None)
        if not headed:
            _check_count(rows, name)
        return Labelled(body if headed else rows, None, first.cells if headed else None, line=first.line * headed)
    corner = first.cells[0] if len(first.cells) == width else ""
    left = [row.cells[0] for row in body]
    if len(first.cells) < width and not all(map(is_word, left)) and (width == 2 or not are_steps(left)):
        raise DataError(
            f"{name}:{first.line}: {len(first.cells)} headings above {width} cells: the first cells may number rows "
            "or be conductances; write 'row' before the headings if they number rows, else a heading for each column"
        )
    rows_named = folded(corner) in ("", *ROW) or _names_axes(corner, f"{name}:{first.line}")
    if width == 1 or not (numbered or all(map(is_word, left)) or rows_named):
        stems = {_stem(cell) for cell in first.cells}
        if len(stems) > 1 or None in stems:
            _check_count(body, name)
        return Labelled(body, None, first.cells, line=first.line)
    bare = [Row(row.line, row.cells[1:]) for row in body]
    return Labelled(bare, left, first.cells[1 - width :], corner, first.line)


def _headed(first: list[str], body: list[list[str]], name: str, line: int) -> tuple[bool, bool]:
    """Whether the first line has labels of columns, and whether these are numbers."""
    corner_of_axes = _names_axes(first[0], f"{name}:{line}") if len(first) > 1 else False
    words = list(filter(has_number, first))
    if words and all(map(is_word, words)):
        return True, False
    if not body or not body[0]:
        return False, False
    corner, rest, left = first[0], first[1:], [row[0] for row in body]
    if len(first) == len(body[0]) - 1 and are_steps(first):
        labelled = all(map(is_word, left)) or are_steps(left)
        return labelled, labelled
    if not rest or not all(map(like_number, rest)):
        return False, False
    inner = [cell for row in body for cell in row[1:]]
    if folded(corner) in ROW or corner_of_axes or (is_word(corner) and unit_in(corner) is not None):
        return True, True
    if is_word(corner) and are_steps(rest):
        alike = len({_stem(cell) for cell in (corner, *left)} - {None}) == 1
        if _are_whole(left) or (all(map(is_word, left)) and not alike):
            raise DataError(
                f"{name}:{line}: the numbers in this line may count columns or be conductances; write 'row' before "
                "them if they count columns, else number the labels of rows, as in WL0, WL1"
            )
    if corner != "":
        return False, False
    if all(map(is_word, left)):
        return are_steps(rest), are_steps(rest)
    if not all(map(like_number, left)):
        return False, False
    steps = are_steps(rest) and are_steps(left)
    if _are_whole(rest) and _are_whole(left) and (steps or not _are_whole(inner, distinct=False)):
        return True, True
    if _ordered(rest) or _ordered(left):
        raise DataError(
            f"{name}:{line}: the first line and the first column may be numbers of columns and rows, or conductances; "
            "write 'row' into the empty cell above the labels, or nan there if the cell was not measured"
        )
    return False, False


def _names_axes(corner: str, place: str) -> bool:
    """Whether the cell above the labels of rows names rows and columns, as WL\\BL and row/col do.

    Raises
    ------
    DataError
        It names columns first: then the lines of the file are columns.
    """
    words = [folded(word) for word in re.split(r"[\\/|,; ]+", corner.strip())]
    names = {0: {*ROW, "r", "i"}, 1: {*COL, "c", "j"}}
    if len(words) == 2 and words[0] in names[1] and words[1] in names[0]:
        raise DataError(
            f"{place}: '{corner[:40]}' says that the lines are columns; write the rows as lines, and 'row' in this cell"
        )
    return len(words) == 2 and words[0] in names[0] and words[1] in names[1]


def without_summaries(parts: Labelled) -> tuple[Labelled, tuple[str, ...]]:
    """A matrix without the lines and columns that labels such as mean and std say to be computed, and notes on them."""
    notes = []
    for what, labels in (("column", parts.above or ()), ("row", parts.left or ())):
        of_cells = [place for place, label in enumerate(labels) if folded(label) not in _SUMMARIES]
        if not 0 < len(of_cells) < len(labels):
            continue
        names = ", ".join(f"'{label}'" for label in labels if folded(label) in _SUMMARIES)
        notes.append(f"{what} {names} has no cells and is left out")
        if what == "column":
            rows = [Row(row.line, [row.cells[place] for place in of_cells]) for row in parts.rows]
            parts = parts._replace(rows=rows, above=[labels[place] for place in of_cells])
        else:
            rows = [parts.rows[place] for place in of_cells]
            parts = parts._replace(rows=rows, left=[labels[place] for place in of_cells])
    return parts, tuple(notes)


def _check_count(rows: Sequence[Row], name: str) -> None:
    """Refuse a first column that counts rows, and a first line that counts columns.

    Raises
    ------
    DataError
        They may be labels.
    """
    if len(rows[0].cells) < 2 or len(rows) < 2:
        return
    left, first = [row.cells[0] for row in rows], rows[0].cells
    for labels, where, what in ((left, "the first column", "rows"), (first, "the first line", "columns")):
        if len(labels) >= _FEWEST and _count(labels):
            raise DataError(
                f"{name}:{rows[0].line}: {where} may be numbers of {what} or conductances; a line of labels above "
                "decides: 'row,0,1,2' with numbers of rows below 'row', or 'BL0,BL1,BL2' above conductances alone"
            )


def places_of(labels: Sequence[str] | None, what: str, place: str) -> list[int] | None:
    """Numbers of rows or columns in their labels, such as 0, 1, 2 or WL0, WL1; None for other words.

    Parameters
    ----------
    labels : sequence of str, optional
        Labels in the order of the file.
    what : str
        "rows" or "columns".
    place : str
        File and line for errors.

    Raises
    ------
    DataError
        Labels are numbers but not whole, one is empty, or two are the same.
    """
    if labels is None:
        return None
    matches = [_WHOLE.fullmatch(cell) for cell in labels]
    numbers = [int(match.group(1)) for match in matches if match is not None]
    if len(numbers) < len(labels):
        wrong = next((cell for cell in labels if like_number(cell) and not _WHOLE.fullmatch(cell)), None)
        wrong = next((cell for cell in labels if cell == ""), wrong)
        if wrong is not None or numbers:
            shown = wrong if wrong is not None else next(c for c in labels if not _WHOLE.fullmatch(c))
            raise DataError(
                f"{place}: '{shown[:40]}' labels one of the {what}; allowed: whole numbers, which place the cells, or "
                "words"
            )
        stems = [_stem(cell) for cell in labels]
        _check_axis(labels, stems, what, place)
        if len(set(stems)) > 1 or None in stems:
            return None
        numbers = [int(_ending(cell)[1]) for cell in labels]  # type: ignore[index]
    if len(set(numbers)) < len(numbers):
        twice = Counter(numbers).most_common(1)[0][0]
        raise DataError(f"{place}: two of the {what} are labelled '{labels[numbers.index(twice)][:40]}'")
    return numbers


def _check_axis(labels: Sequence[str], stems: Sequence[str | None], what: str, place: str) -> None:
    """Refuse labels of columns that name rows, as WL0 does, and the other way round.

    Raises
    ------
    DataError
        The labels say that the lines are columns, or a label without a number stands beside numbered ones.
    """
    other = "rows" if what == "columns" else "columns"
    turned = next((cell for cell, stem in zip(labels, stems, strict=True) if folded(stem or "") in _AXES[other]), None)
    if turned is not None:
        raise DataError(
            f"{place}: '{turned[:40]}' labels one of the {what} and names one of the {other}; write the rows (word "
            "lines) as lines, that is, the transpose, or number the labels without this word"
        )
    stem, count = Counter(stem for stem in stems if stem is not None).most_common(1)[0] if any(stems) else (None, 0)
    odd = next((cell for cell, each in zip(labels, stems, strict=True) if each != stem), None)
    if odd is not None and count >= max(_FEWEST, len(labels) - 2):
        raise DataError(
            f"{place}: '{odd[:40]}' stands among {what} such as '{labels[stems.index(stem)][:40]}'; leave it out if it "
            "has no cells, else number it as the others"
        )


def cell_in(label: str) -> tuple[int, int] | None:
    """Row and column in the label of a cell, such as r0c3 or WL0_BL3; None for other labels."""
    match = _CELL.fullmatch(label.strip())
    return None if match is None else (int(match.group(1)), int(match.group(2)))


def is_word(cell: str) -> bool:
    """Whether a cell is a label or heading, neither a number nor the sign of an absent one."""
    return any(sign.isalpha() for sign in cell) and has_number(cell) and not like_number(cell)


def folded(text: str) -> str:
    """A heading without its unit in brackets, its case, blanks and punctuation."""
    return "".join(sign for sign in text.partition("(")[0].partition("[")[0].lower() if sign.isalnum())


def _count(cells: Sequence[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ..., also written as 0.0, 1.0 or 0e+00, 1e+00."""
    numbers = _decimal(cells)
    return numbers is not None and any(numbers == list(range(start, start + len(numbers))) for start in range(2))


def _ending(cell: str) -> tuple[str, str] | None:
    """Word and number of a label such as "WL 3 (uS)"."""
    match = _NUMBERED.fullmatch(cell.partition("(")[0].partition("[")[0].strip())
    return None if match is None else (match.group(1).strip().lower(), match.group(2))


def _stem(cell: str) -> str | None:
    """The word before the number of a label; None where there is no number."""
    ending = _ending(cell)
    return None if ending is None else ending[0]


def _are_whole(cells: Sequence[str], *, distinct: bool = True) -> bool:
    """Whether cells are whole numbers; unless they are distinct labels, some may be absent."""
    filled = cells if distinct else list(filter(has_number, cells))
    return all(map(_WHOLE.fullmatch, filled)) and (not distinct or len(set(cells)) == len(cells))


def are_steps(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers that rise or fall by one; a single one is 0 or 1."""
    matches = [_WHOLE.fullmatch(cell) for cell in cells]
    numbers = [int(match.group(1)) for match in matches if match is not None]
    if len(numbers) < len(cells) or not numbers:
        return False
    steps = {b - a for a, b in pairwise(numbers)}
    return steps in ({1}, {-1}) if len(numbers) > 1 else numbers[0] in (0, 1)


def _ordered(cells: Sequence[str]) -> bool:
    """Whether several plain numbers rise or fall throughout."""
    steps = [b - a for a, b in pairwise(_decimal(cells) or ())]
    return bool(steps) and (all(step > 0 for step in steps) or all(step < 0 for step in steps))


def _decimal(cells: Sequence[str]) -> list[float] | None:
    """Cells as numbers with a decimal point or comma; None where one is no such number."""
    try:
        return [float(cell.replace(",", ".")) for cell in cells]
    except ValueError:
        return None
