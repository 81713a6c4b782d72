"""Numbers of cells, such as parameters of their update or sigmas of their noise: one for all, or one for each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from memsim.arrays.place import Place
from memsim.errors import InputError
from memsim.philox import TILE, padded

_BLOCK = 1 << 24
"""Memory of the numbers that are computed at a time [byte]."""
_LINE_BLOCK = 1 << 22
"""Cells whose states are taken at a time."""


class CellNumbers:
    """Numbers of cells by name: one for all cells, or one for each cell; the same bits for any block of cells.

    They are functions of their addresses. Numbers that differ from cell to cell are kept where they take little memory;
    elsewhere they are computed again for each block.

    Parameters
    ----------
    place : Place
        All cells.
    compute : callable
        ``compute(place)``: the numbers of some cells by name, each one for all or (array, line, padded row).
    dtype : numpy.dtype
        Precision of the numbers that differ.

    Attributes
    ----------
    names : tuple of str
        Numbers that differ from cell to cell.
    common : dict
        The others.
    """

    def __init__(self, place: Place, compute: Callable[[Place], Mapping[str, Any]], dtype: Any) -> None:
        self._place, self._compute, self._dtype = place, compute, np.dtype(dtype)
        self._shape = (*place.shape[:2], padded(place.shape[2]))
        first = compute(place.part(slice(0, 1), slice(0, 1)))
        self.names = tuple(name for name, value in first.items() if np.ndim(value) == 3)
        self.common = {name: value for name, value in first.items() if name not in self.names}
        self._kept: Any = None
        if math.prod(self._shape) * self._size <= place.site.backend.kept:
            kept = self._empty(self._shape if self.names else (1, 1, 1))
            for arrays, lines in self.blocks() if self.names else ():
                kept[:, arrays, lines] = self._computed(arrays, lines)
            self._kept = kept

    @property
    def _size(self) -> int:
        """Memory of the numbers of a cell [byte]."""
        return len(self.names) * self._dtype.itemsize

    def blocks(self, lines: slice = slice(None)) -> Iterator[tuple[slice, slice]]:
        """Arrays and lines, of some lines, to be taken at a time: all of them where numbers are kept."""
        arrays, columns, rows = self._shape
        first, last, _ = lines.indices(columns)
        if self._kept is not None or not self.names:
            yield slice(0, arrays), slice(first, last)
            return
        step = max(1, _BLOCK // (rows * self._size))
        several = max(1, step // max(1, last - first))
        for array in range(0, arrays, several):
            for line in range(first, last, step):
                yield slice(array, min(array + several, arrays)), slice(line, min(line + step, last))

    def varying(self, arrays: slice = slice(None), lines: slice = slice(None)) -> Any:
        """Numbers (name, array, line, row) that differ, of some cells; of size 0 where none does."""
        if self._kept is not None:
            return self._kept[:, arrays, lines] if self.names else self._kept
        return self._computed(arrays, lines)

    def value(self, name: str, arrays: slice = slice(None), lines: slice = slice(None)) -> Any:
        """The number of some cells: (array, line, row) where it differs, else its one value."""
        return self.values((name,), arrays, lines)[0]

    def values(self, names: tuple[str, ...], arrays: slice = slice(None), lines: slice = slice(None)) -> list[Any]:
        """Several numbers, each as `value` gives it."""
        if not set(names) & set(self.names):
            return [self.common[name] for name in names]
        varying = self.varying(arrays, lines)
        return [varying[self.names.index(name)] if name in self.names else self.common[name] for name in names]

    def _empty(self, cells: tuple[int, ...]) -> Any:
        return self._place.site.backend.xp.empty((len(self.names), *cells), self._dtype)

    def _computed(self, arrays: slice, lines: slice) -> Any:
        place, backend = self._place.part(arrays, lines), self._place.site.backend
        values, numbers = self._compute(place), self._empty((*place.shape[:2], self._shape[2]))
        for position, name in enumerate(self.names):
            numbers[position] = backend.asarray(values[name], self._dtype)
        if not np.isfinite(numbers).all():
            raise InputError(f"device '{place.spec.name}': its d2d spreads give cells without finite parameters")
        return numbers


def line_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Lines of states (array, line, row) to be taken at a time, where all of them would need much memory once more."""
    arrays, lines, rows = shape
    count = max(1, lines // max(TILE, _LINE_BLOCK // max(1, arrays * rows)))
    for place in range(count):
        yield slice(lines * place // count, lines * (place + 1) // count)
