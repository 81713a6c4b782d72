"""What outputs see of cells through the wires of a crossbar, tile by tile."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank, Banks
from memsim.arrays.checks import whole
from memsim.arrays.effective_cells import EffectiveCells
from memsim.arrays.wires import TileSolution, effective_conductance, solve_tiles, solve_wires
from memsim.arrays.wires.line_resistances import Wires
from memsim.arrays.wires.tiles import at_equal_voltages
from memsim.errors import InputError

_ROUNDING = 1e-6
"""Of a state in float32: a cell that was cut off at 0 S may lie so little below, in units of G_max."""


_CELLS = 1 << 22
"""Cells of the tiles that are solved in one call; each takes 24 bytes besides the solution itself."""


class Tiles(NamedTuple):
    """How the rows and the lines of a matrix are cut into arrays."""

    rows: tuple[slice, ...]
    lines: tuple[slice, ...]


def tiles(tile: tuple[int, int] | None, rows: int, lines: int) -> Tiles:
    """The tiles of a matrix with that many word lines and, reference columns included, bit lines.

    Raises
    ------
    InputError
        If the size is not two whole numbers of at least 1.
    """
    if tile is None:
        return Tiles((slice(0, rows),), (slice(0, lines),))
    try:
        high, wide = tile
    except (TypeError, ValueError):
        raise InputError(f"tile: {tile!r} is not allowed; give (rows, columns) of an array") from None
    high, wide = whole("tile rows", high, 1), whole("tile columns", wide, 1)
    cut = [
        tuple(slice(i, min(i + size, count)) for i in range(0, count, size))
        for size, count in ((high, rows), (wide, lines))
    ]
    if len(cut[0]) > 4096:
        raise InputError(f"tile: {rows} rows make {len(cut[0])} tiles of {high}; allowed are 4096")
    return Tiles(*cut)


class TileMaps(NamedTuple):
    """What wires do to the cells of a tile, (word line, bit line) each, lines as they lie side by side.

    Attributes
    ----------
    voltage : ndarray
        Between word and bit line at each cell, over the read voltage, which drives all word lines.
    error : ndarray
        Effective conductance of each cell at its own output over its conductance, minus 1; NaN where that is 0.
    """

    voltage: np.ndarray
    error: np.ndarray


def line_order(column: str, lines: int) -> np.ndarray:
    """Number among the lines of the banks of each line as they lie side by side.

    Pairs lie side by side, a reference column behind the last line.

    Parameters
    ----------
    column : {"single", "reference", "pair"}
        How an output is read, see `Crossbar`.
    lines : int
        Bit lines without the reference column.
    """
    order = np.arange(lines + (column == "reference"))
    return order.reshape(2, -1).T.ravel() if column == "pair" else order


def line_conductances(
    banks: Banks, column: str, rows: int, arrays: slice = slice(None), needed_by: str = "wires"
) -> np.ndarray:
    """Conductances [S] of the lines as they lie side by side, (array, line, row), the rows padded with 0 S.

    Parameters
    ----------
    banks : Banks
        The cells.
    column : {"single", "reference", "pair"}
        How an output is read, see `Crossbar`.
    rows : int
        Number of word lines.
    arrays : slice
        Which arrays of the stack.
    needed_by : str
        What the error names as the reason.

    Raises
    ------
    InputError
        If a conductance is below 0 by more than rounding.
    """
    spec = banks.lines.spec
    window = spec.conductance
    states = [bank.site.backend.numpy(bank.read_states[arrays]) for bank in banks.both]
    cells = np.concatenate(states, axis=1)[:, line_order(column, states[0].shape[1])]
    siemens = np.zeros(cells.shape)
    siemens[:, :, :rows] = window.min + cells[:, :, :rows].astype(float) * window.width
    if (siemens < -_ROUNDING * window.max).any():
        raise InputError(
            f"{needed_by}: a cell of device '{spec.name}' has {siemens.min():.3g} S; currents through circuits need "
            "conductances of at least 0 (bounds of at least 0)"
        )
    return np.maximum(siemens, 0.0)


def without_wires(bank: Bank) -> EffectiveCells:
    """What reads see without wires."""
    return EffectiveCells(bank.read_states, bank.spec.conductance.offset)


class Interconnect:
    """What outputs see of cells through wires, worked out once for each state of the cells.

    Every tile has its own drivers and sense amplifiers. Pairs lie side by side, a reference column behind the last
    line.

    To first order, a cell's deviation dG changes its output by u v dG: v is the voltage that the cell sees, u the share
    of its current that reaches the output. For v stands the driven voltage times the share that is left when all lines
    are driven alike. The effective conductance is that of the cell times u times what is left of the voltage along the
    word line; u follows from it with the voltage of the word line when all lines are driven alike. What the cell does
    to other outputs is left out.
    """

    def __init__(self, wires: Wires, cut: Tiles, column: str) -> None:
        self.wires, self.cut, self._column = wires, cut, column
        self._solved_for: list[tuple[Bank, int]] = []
        self._effective: list[EffectiveCells] = []

    def effective(self, banks: Banks) -> list[EffectiveCells]:
        """What reads see of each bank."""
        present = [(bank, bank.state_version) for bank in banks.both]
        if present != self._solved_for:
            self._effective, self._solved_for = self._solved(banks), present
        return self._effective

    def currents(self, banks: Banks, part: int, volts: np.ndarray) -> list[np.ndarray]:
        """Currents (array, sample, line) of each bank in a row tile [A], for cells that are not ohmic.

        Parameters
        ----------
        banks : Banks
            The cells.
        part : int
            Number of the row tile.
        volts : (array or 1, sample, row)
            Voltages of all word lines [V].
        """
        spec, rows, backend = banks.lines.spec, self.cut.rows[part], banks.lines.site.backend
        cells, volts = self._siemens(banks), backend.numpy(volts)
        options: dict[str, Any] = {**self.wires.options, "backend": backend.name}
        options |= {"conduction": spec.conduction, "read_voltage": spec.read.voltage}
        arrays, samples = len(cells), volts.shape[1]
        currents = np.empty((arrays, samples, cells.shape[1]))
        for array in range(arrays):
            own = volts[array if len(volts) > 1 else 0, :, rows]
            for lines in self.cut.lines:
                g = cells[array, lines, rows].T
                currents[array, :, lines] = solve_wires(g, own, **options).currents
        return [backend.asarray(own) for own in self._apart(currents, axis=2)]

    def maps(self, banks: Banks, array: int) -> TileMaps:
        """What wires do to the cells of the first tile of an array."""
        spec = banks.lines.spec
        rows, lines = self.cut.rows[0], self.cut.lines[0]
        cells = self._siemens(banks)[array, lines, rows].T
        backend = banks.lines.site.backend
        options: dict[str, Any] = {**self.wires.options, "backend": backend.name}
        through = [backend.numpy(effective.state) for effective in self.effective(banks)]
        order = line_order(self._column, through[0].shape[1])
        effective = np.concatenate(through, axis=1)[array, order][lines, rows].T.astype(float) * spec.conductance.width
        if spec.conduction is not None:
            options |= {"conduction": spec.conduction, "read_voltage": spec.read.voltage}
        solution = solve_wires(cells, np.full(len(cells), spec.read.voltage), node_voltages=True, **options)
        assert solution.word_voltages is not None and solution.bit_voltages is not None
        voltage = (solution.word_voltages - solution.bit_voltages) / spec.read.voltage
        error = np.divide(effective, cells, out=np.full_like(cells, np.nan), where=cells > 0) - 1
        return TileMaps(voltage, error)

    def _solved(self, banks: Banks) -> list[EffectiveCells]:
        spec, backend = banks.lines.spec, banks.lines.site.backend
        cells = self._siemens(banks)
        through, left, word = np.zeros((3, *cells.shape))
        alike: dict[tuple[int, int], list[tuple[slice, slice]]] = {}  # parts of arrays by their size
        for rows, lines in product(self.cut.rows, self.cut.lines):
            alike.setdefault((rows.stop - rows.start, lines.stop - lines.start), []).append((rows, lines))
        for (high, wide), parts in alike.items():
            together = max(1, _CELLS // (len(cells) * high * wide))
            for start in range(0, len(parts), together):
                some = parts[start : start + together]
                stack = np.concatenate([cells[:, lines, rows].transpose(0, 2, 1) for rows, lines in some])
                solution = self._tiles(stack, backend.name)
                for number, (rows, lines) in enumerate(some):
                    own = slice(number * len(cells), (number + 1) * len(cells))
                    through[:, lines, rows] = solution.effective[own].transpose(0, 2, 1)
                    left[:, lines, rows] = solution.across[own].transpose(0, 2, 1)
                    word[:, lines, rows] = solution.word[own].transpose(0, 2, 1)
        left /= 1 + self.wires.series_resistance * cells
        reaching = np.divide(through, cells, out=np.zeros_like(cells), where=cells > 0)
        share = left * np.divide(reaching, word, out=np.zeros_like(cells), where=word > 0)
        width, dtype = spec.conductance.width, banks.lines.state.dtype
        banked = zip(self._apart(through / width, axis=1), self._apart(share, axis=1), strict=True)
        return [
            EffectiveCells(backend.asarray(state, dtype), 0.0, backend.asarray(own, dtype)) for state, own in banked
        ]

    def _tiles(self, stack: np.ndarray, backend: str) -> TileSolution:
        """Solution of tiles (tile, row, col) of one size."""
        if backend == "cpu":
            return solve_tiles(stack, self.wires)
        solution = TileSolution(*np.empty((3, *stack.shape)))
        options = {**self.wires.options, "backend": backend}
        for g, effective, across, word in zip(stack, *solution, strict=True):
            effective[:] = effective_conductance(g, self.wires, backend=backend)
            across[:], word[:] = at_equal_voltages(g, options)
        return solution

    def _siemens(self, banks: Banks) -> np.ndarray:
        """Conductances [S] of the lines as they lie side by side, (array, line, row)."""
        return line_conductances(banks, self._column, self.cut.rows[-1].stop)

    def _apart(self, values: np.ndarray, axis: int) -> list[np.ndarray]:
        """Values of physical lines back in the order of the banks."""
        reference = self._column == "reference"
        lines = values.shape[axis] - reference
        back = np.argsort(line_order(self._column, lines))
        ordered = np.take(values, back, axis=axis)
        return np.split(ordered, [lines], axis=axis) if reference else [ordered]
