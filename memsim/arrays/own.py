"""Numbers that each cell may have for itself besides the parameters of its update, such as the sigma of its noise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.population import Spreads
from memsim.arrays.site import Site
from memsim.philox import TILE, Stream, padded
from memsim.profiles.schema import DeviceSpec

_BLOCK = 1 << 22  # cells whose numbers are worked out at a time


class Place(NamedTuple):
    """Some cells (array, line, row) of a device, and where their random numbers lie."""

    spec: DeviceSpec
    site: Site
    shape: tuple[int, int, int]
    first_line: int = 0

    def part(self, arrays: slice, lines: slice) -> Place:
        """The cells of some arrays and lines."""
        (a, b, _), (c, d, _) = arrays.indices(self.shape[0]), lines.indices(self.shape[1])
        site = dataclasses.replace(self.site, first_array=self.site.first_array + a)
        return Place(self.spec, site, (b - a, d - c, self.shape[2]), self.first_line + c)

    @property
    def spreads(self) -> Spreads:
        """Their parameters."""
        return Spreads(self.spec, self.shape, first_column=self.first_line, **self.site.spread)

    def normal(self, stream: Stream, step: int = 0) -> Any:
        """A N(0, 1) number for each, float32 (array, line, padded row)."""
        return self.site.draw("normal", self.shape, stream, step, self.first_line)


class Own:
    """A number that may differ from cell to cell: kept where that takes little memory, else drawn anew when asked for.

    Parameters
    ----------
    place : Place
        All cells.
    draw : callable
        ``draw(place)``: the number of some cells, one for all or (array, line, padded row).
    dtype : numpy.dtype
        Of numbers that differ.

    Attributes
    ----------
    varies : bool
        Whether it differs.
    """

    def __init__(self, place: Place, draw: Callable[[Place], Any], dtype: Any) -> None:
        self._place, self._draw, self._dtype = place, draw, np.dtype(dtype)
        first = draw(place.part(slice(0, 1), slice(0, 1)))
        self.varies = np.ndim(first) == 3
        self._kept: Any = None if self.varies else first
        shape = (*place.shape[:2], padded(place.shape[2]))
        if self.varies and math.prod(shape) * self._dtype.itemsize <= place.site.backend.kept:
            kept = place.site.backend.xp.empty(shape, self._dtype)
            for lines in line_blocks(shape):
                kept[:, lines] = self.of(lines=lines)
            self._kept = kept

    def of(self, arrays: slice = slice(None), lines: slice = slice(None)) -> Any:
        """The numbers (array, line, padded row) of some cells, or the one number of all."""
        if self._kept is None:
            return self._place.site.backend.asarray(self._draw(self._place.part(arrays, lines)), self._dtype)
        return self._kept[arrays, lines] if self.varies else self._kept


def line_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Lines of states (array, line, row) to be taken at a time, where all of them would need much memory once more."""
    arrays, lines, rows = shape
    count = max(1, lines // max(TILE, _BLOCK // max(1, arrays * rows)))
    for place in range(count):
        yield slice(lines * place // count, lines * (place + 1) // count)
