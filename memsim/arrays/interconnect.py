"""The wires of a crossbar: their resistance by technology node, and what outputs see of cells through them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.bank import Bank, Banks
from memsim.arrays.checks import choice, whole
from memsim.arrays.network import ENDS, number
from memsim.arrays.wires import effective_conductance, solve_wires
from memsim.errors import InputError

SEGMENT = {
    130: 0.14, 65: 0.25, 45: 0.35, 32: 0.52, 22: 0.78, 14: 1.02, 10: 1.80, 7: 2.08, 5: 3.32, 3: 4.83,
}  # fmt: skip
"""Resistance of a wire along one 2F cell, by technology node in nm [ohm].

Computed from the resistivities, widths and aspect ratios of DNN+NeuroSim 1.4; optimistic values.
"""
CELLS = {"cross-point": (1, 1), "1T1R": (6, 2)}
"""Length of a cell along word and bit lines in units of 2F: a 1T1R cell is 12F wide and 4F high."""
_ROUNDING = 1e-6
"""Of a state in float32: a cell that was cut off at 0 S may lie so little below, in units of G_max."""
_WARMING = 0.00451  # per kelvin above 300 K, of copper; same source


@dataclass(frozen=True)
class Wires:
    """Resistances of the lines of a crossbar [ohm]; see `solve_wires`.

    Attributes
    ----------
    word_resistance, bit_resistance : float
        Of one segment.
    driver_resistance, sense_resistance : float
        Of every driver and sense amplifier.
    series_resistance : float
        In series with every cell, such as the transistor of a 1T1R cell.
    drive, sense : {"one end", "both ends"}
        Where lines have terminals.
    """

    word_resistance: float = 0.0
    bit_resistance: float = 0.0
    driver_resistance: float = 0.0
    sense_resistance: float = 0.0
    series_resistance: float = 0.0
    drive: str = "one end"
    sense: str = "one end"

    def __post_init__(self) -> None:
        for name in ("word", "bit", "driver", "sense", "series"):
            number(f"wires.{name}_resistance", getattr(self, f"{name}_resistance"))
        choice("wires.drive", self.drive, ENDS)
        choice("wires.sense", self.sense, ENDS)

    @classmethod
    def of_node(cls, node: int, cell: str = "cross-point", temperature: float = 300.0, **others: Any) -> Wires:
        """Wires of a technology node.

        Parameters
        ----------
        node : int
            Technology node [nm], one of `SEGMENT`.
        cell : {"cross-point", "1T1R"}
            Kind of cell, which sets the length of a segment.
        temperature : float
            Of the wires [K].
        **others
            Further attributes of `Wires`.

        Raises
        ------
        InputError
            If the node is not in the table, or a number is not allowed.
        """
        choice("wires.cell", cell, tuple(CELLS))
        node = whole("wires.node", node, 1)
        if node not in SEGMENT:
            near = min(SEGMENT, key=lambda known: abs(math.log(known / node)))
            listed = ", ".join(str(known) for known in SEGMENT)
            raise InputError(f"wires.node: {node} nm is not in the table; did you mean {near}? allowed: {listed}")
        if not 0 < number("wires.temperature", temperature, "K") <= 2000:
            raise InputError(f"wires.temperature: {temperature:g} K is not allowed; above 0 and up to 2000 K")
        unit = SEGMENT[node] * max(0.0, 1 + _WARMING * (temperature - 300))
        along, down = CELLS[cell]
        return cls(word_resistance=along * unit, bit_resistance=down * unit, **others)

    @property
    def options(self) -> dict[str, Any]:
        """Keywords of `solve_wires` and `effective_conductance`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


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


class Seen(NamedTuple):
    """What reads see of the cells of a bank: w + offset in units of the window, and how much of a cell's noise.

    Attributes
    ----------
    state : (array, line, row)
        Conductance less the offset.
    offset : float
        Conductance at state 0.
    share : (array, line, row) or None
        Of a deviation of the cell's own conductance that reaches its output; None for all.
    """

    state: np.ndarray
    offset: float
    share: np.ndarray | None = None


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


def plainly(bank: Bank) -> Seen:
    """What reads see without wires."""
    return Seen(bank.seen, bank.spec.conductance.offset)


class Interconnect:
    """What outputs see of cells through wires, worked out once for each state of the cells.

    Every tile has its own drivers and sense amplifiers. Pairs lie side by side, a reference column behind the last
    line.

    To first order, a cell's deviation dG changes its output by u v dG: v is the voltage that the cell sees, u the share
    of its current that reaches the output, here that of its mean current. For v stands the driven voltage times the
    share that is left when all lines are driven alike; what the cell does to other outputs is left out.
    """

    def __init__(self, wires: Wires, cut: Tiles, column: str) -> None:
        self.wires, self.cut, self._column = wires, cut, column
        self._states: list[np.ndarray] = []
        self._found: list[Seen] = []

    def seen(self, banks: Banks) -> list[Seen]:
        """What reads see of each bank."""
        states = [bank.seen for bank in banks.both]
        known = len(states) == len(self._states)
        if not known or not all(np.array_equal(a, b) for a, b in zip(states, self._states, strict=True)):
            self._found = self._solved(banks)
            self._states = [state.copy() for state in states]
        return self._found

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
        given: dict[str, Any] = {**self.wires.options, "backend": backend.name}
        given |= {"conduction": spec.conduction, "read_voltage": spec.read.voltage}
        arrays, samples = len(cells), volts.shape[1]
        found = np.empty((arrays, samples, cells.shape[1]))
        for array in range(arrays):
            own = volts[array if len(volts) > 1 else 0, :, rows].T
            for lines in self.cut.lines:
                g = cells[array, lines, rows].T
                found[array, :, lines] = solve_wires(g, own, **given).currents.T
        return [backend.asarray(own) for own in self._apart(found, axis=2)]

    def maps(self, banks: Banks, array: int) -> TileMaps:
        """What wires do to the cells of the first tile of an array."""
        spec = banks.lines.spec
        rows, lines = self.cut.rows[0], self.cut.lines[0]
        cells = self._siemens(banks)[array, lines, rows].T
        backend = banks.lines.site.backend
        given: dict[str, Any] = {**self.wires.options, "backend": backend.name}
        through = [backend.numpy(seen.state) for seen in self.seen(banks)]
        order = self._order(through[0].shape[1], len(through) > 1)
        effective = np.concatenate(through, axis=1)[array, order][lines, rows].T.astype(float) * spec.conductance.width
        if spec.conduction is not None:
            given |= {"conduction": spec.conduction, "read_voltage": spec.read.voltage}
        found = solve_wires(cells, np.full(len(cells), spec.read.voltage), node_voltages=True, **given)
        assert found.word_voltages is not None and found.bit_voltages is not None
        voltage = (found.word_voltages - found.bit_voltages) / spec.read.voltage
        error = np.divide(effective, cells, out=np.full_like(cells, np.nan), where=cells > 0) - 1
        return TileMaps(voltage, error)

    def _solved(self, banks: Banks) -> list[Seen]:
        spec, backend = banks.lines.spec, banks.lines.site.backend
        cells = self._siemens(banks)
        given = {**self.wires.options, "backend": backend.name}
        through, left = np.zeros_like(cells), np.zeros_like(cells)
        for array in range(len(cells)):
            for rows in self.cut.rows:
                for lines in self.cut.lines:
                    g = cells[array, lines, rows].T
                    through[array, lines, rows] = effective_conductance(g, **given).T
                    alike = solve_wires(g, np.ones(len(g)), node_voltages=True, **given)
                    assert alike.word_voltages is not None and alike.bit_voltages is not None
                    left[array, lines, rows] = (alike.word_voltages - alike.bit_voltages).T
        left /= 1 + self.wires.series_resistance * cells
        share = left * np.divide(through, cells, out=np.zeros_like(cells), where=cells > 0)
        width, dtype = spec.conductance.width, banks.lines.state.dtype
        parts = zip(self._apart(through / width, axis=1), self._apart(share, axis=1), strict=True)
        return [Seen(backend.asarray(state, dtype), 0.0, backend.asarray(own, dtype)) for state, own in parts]

    def _siemens(self, banks: Banks) -> np.ndarray:
        """Conductances [S] of the lines as they lie side by side, the reference column last; (array, line, row)."""
        spec, rows = banks.lines.spec, self.cut.rows[-1].stop
        window = spec.conductance
        states = [bank.site.backend.numpy(bank.seen) for bank in banks.both]
        cells = np.concatenate(states, axis=1)[:, self._order(states[0].shape[1], len(states) > 1)]
        found = np.zeros(cells.shape)
        found[:, :, :rows] = window.min + cells[:, :, :rows].astype(float) * window.width
        if (found < -_ROUNDING * window.max).any():
            raise InputError(
                f"wires: a cell of device '{spec.name}' has {found.min():.3g} S; currents through wires need "
                "conductances of at least 0 (bounds of at least 0)"
            )
        return np.maximum(found, 0.0)

    def _apart(self, values: np.ndarray, axis: int) -> list[np.ndarray]:
        """Values of physical lines back in the order of the banks."""
        reference = self._column == "reference"
        lines = values.shape[axis] - reference
        back = np.argsort(self._order(lines, reference))
        ordered = np.take(values, back, axis=axis)
        return np.split(ordered, [lines], axis=axis) if reference else [ordered]

    def _order(self, lines: int, reference: bool) -> np.ndarray:
        """Number among the banks' lines of each physical line."""
        order = np.arange(lines + reference)
        if self._column == "pair":
            order = order.reshape(2, -1).T.ravel()
        return order
