"""Sums of the conductances of cells over the lines of each tile, in float64 and a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import cell_currents
from memsim.arrays.bank import Banks
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.interconnect import Tiles, line_order
from memsim.kernels.cell import Beside


class RowSums(NamedTuple):
    """Sums over the cells of each word line in a tile of lines, (array, line tile, row), in units of the window.

    Of the conductance, and, where currents depend on the state in other powers of the voltage, of their coefficients.
    """

    conductance: Any
    quadratic: Any = None
    cubic: Any = None


class TileSums:
    """Which lines lie in which tile, and sums over the cells of a tile.

    Parameters
    ----------
    banks : Banks
        The cells.
    cut : Tiles
        How arrays are split.
    column : {"single", "reference", "pair"}
        How an output is read.

    Attributes
    ----------
    shape : (int, int, int)
        Arrays, rows and bit lines, without the reference column.
    widths : list of int
        Lines of each tile of lines, reference column included.
    """

    def __init__(self, banks: Banks, cut: Tiles, column: str) -> None:
        bank = banks.lines
        self._cut, self._backend = cut, bank.site.backend
        lines = bank.state.shape[1]
        order = line_order(column, lines)
        self.parts = [np.sort(order[part]) for part in cut.lines]
        self._places = [self._place(part[part < lines]) for part in self.parts]
        self._line_tile = self._numbers(lines, [part[part < lines] for part in self.parts])
        self._row_tile = self._numbers(bank.state.shape[2], cut.rows)
        self.shape = (len(bank.state), bank.rows, lines)
        self.widths = [len(part) for part in self.parts]

    def of_reads(self, banks: Banks, effective: Callable[[], list[EffectiveCells]]) -> RowSums:
        """Sums of what reads see of the cells now."""
        by_bank = effective()
        conductance = self._by_row([cells.state for cells in by_bank], [cells.offset for cells in by_bank])
        matrices = [cell_currents.excess_matrices(bank) for bank in banks.both]
        powers: list[Any] = [None, None]
        if matrices[0] is not None:
            none = [0.0] * len(matrices)
            powers = [self._by_row([own[power] for own in matrices], none) for power in range(2)]  # type: ignore[index]
        return RowSums(conductance, *powers)

    def beside(self, banks: Banks, offset: float) -> Beside:
        """Sums of the present states of cells; the states themselves are not copied.

        Parameters
        ----------
        banks : Banks
            The cells.
        offset : float
            Conductance at state 0, in units of the window.
        """
        (arrays, _, lines), xp = self.shape, self._backend.xp
        bank, reference = banks
        by_row = xp.zeros((arrays, len(self._places), bank.state.shape[2]))
        by_line = xp.empty((arrays, lines, len(self._cut.rows)))
        for number, (part, place) in enumerate(zip(self.parts, self._places, strict=True)):
            state, inside = bank.state[:, place], np.count_nonzero(part < lines)
            of_rows, whole = self._backend.line_sums(state)
            by_row[:, number] = of_rows + offset * inside
            for tile, rows in enumerate(self._cut.rows):
                over = whole if len(self._cut.rows) == 1 else state[:, :, rows].sum(axis=2, dtype=float)
                by_line[:, place, tile] = over + offset * (rows.stop - rows.start)
            if inside < len(part):
                assert reference is not None
                by_row[:, number] += reference.state[:, 0] + offset
        by_tile = xp.stack([by_row[:, :, rows].sum(axis=2) for rows in self._cut.rows], axis=2)
        row, line, tile = (part.astype(bank.state.dtype) for part in (by_row - 2 * offset, by_line, by_tile - offset))
        return Beside(row, line, tile, self._line_tile, self._row_tile, bank.state)

    def over_row_tiles(self, values: np.ndarray) -> np.ndarray:
        """Sums of values (..., row) over the rows of each tile, in the second place."""
        return np.stack([values[..., part].sum(axis=-1) for part in self._cut.rows], axis=1)

    def over_line_tiles(self, values: np.ndarray) -> np.ndarray:
        """Sums of values (array, line) over the lines of each tile."""
        return np.stack([values[:, part[part < self.shape[2]]].sum(axis=1) for part in self.parts], axis=1)

    def _by_row(self, values: list[Any], offsets: list[float]) -> Any:
        """Sums over the lines of each tile, (array, line tile, row), of values (array, line, row) of each bank."""
        _, rows, lines = self.shape
        sums = []
        for part, place in zip(self.parts, self._places, strict=True):
            inside = np.count_nonzero(part < lines)
            by_row, _ = self._backend.line_sums(values[0][:, place])
            total = by_row[:, :rows] + offsets[0] * inside
            if inside < len(part):
                total = total + values[1][:, 0, :rows] + offsets[1]
            sums.append(total)
        return self._backend.xp.stack(sums, axis=1)

    def _numbers(self, count: int, parts: Sequence[Any]) -> Any:
        """Number of the part to which each of some things belongs, 0 for those of no part."""
        numbers = np.zeros(count, np.int64)
        for number, part in enumerate(parts):
            numbers[part] = number
        return self._backend.asarray(numbers)

    def _place(self, lines: np.ndarray) -> Any:
        """What selects rising numbers of lines: a range where they lie side by side."""
        if not len(lines):
            return slice(0)
        if len(lines) == lines[-1] - lines[0] + 1:
            return slice(int(lines[0]), int(lines[-1]) + 1)
        return self._backend.asarray(lines)
