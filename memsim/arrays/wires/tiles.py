"""Effective conductances of many tiles of ohmic cells: by elimination where that is faster, several tiles at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays.wires.elimination import Effort, effort, eliminate
from memsim.arrays.wires.line_resistances import Wires, lines_of
from memsim.arrays.wires.network import Network, network, numbers
from memsim.arrays.wires.single_nodes import single_nodes
from memsim.arrays.wires.solver import effective_conductance, solve_wires
from memsim.errors import InputError
from memsim.kernels.compile import threads
from memsim.kernels.wire_lines import SIDE

_MEMORY = 1 << 28
"""Bytes that the eliminations of all tiles at work take together."""

_ROUNDING = 1e-15

_TILE, _BLOCK, _OPERATION = 3e-4, 4e-6, 4e-11
"""Time of an elimination on one thread [s]: of a tile, of a block, and of an operation; see `benchmarks/tiles.py`."""

_CALL, _CELL = 2e-3, 6e-8
"""Time of the iteration on two threads [s]: of both calls, and of a cell for each source, where wires take little."""


class TileSolution(NamedTuple):
    """What `solve_tiles` returns.

    Attributes
    ----------
    effective : (tile, row, col)
        Conductance from every driver to every sense amplifier of a tile [S].
    across : (tile, row, col)
        Voltage between word and bit line at each cell with all drivers at 1 V; with a series resistance, across cell
        and resistance.
    word : (tile, row, col)
        Voltage of the word line at each cell then.
    """

    effective: np.ndarray
    across: np.ndarray
    word: np.ndarray


class _Way(NamedTuple):
    """How to eliminate: whether word lines are the chains, whether factors fit into memory, and the effort."""

    turned: bool
    factors: bool
    effort: Effort

    @property
    def time(self) -> float:
        """On one thread [s]."""
        return _TILE + self.effort.blocks * _BLOCK + self.effort.operations * _OPERATION


def solve_tiles(
    conductance: Any,
    wires: Wires | None = None,
    *,
    word_resistance: float | None = None,
    bit_resistance: float | None = None,
    driver_resistance: Any = None,
    sense_resistance: Any = None,
    series_resistance: float | None = None,
    drive: str | None = None,
    sense: str | None = None,
    tolerance: float = 3e-10,
    max_iterations: int = 3000,
) -> TileSolution:
    """Effective conductances of tiles with wires of their own, and the voltages that their cells see; on the CPU.

    The same as `effective_conductance` of every tile, and `solve_wires` with all drivers at 1 V. The sums of the
    effective conductances over each line are compared with the currents that the cells of the line then have; where
    they differ by more than `tolerance` of all currents, the tile is solved by iteration instead.

    Parameters
    ----------
    conductance : (tile, row, col)
        Of ohmic cells [S].
    wires : Wires, optional
        Resistances and terminals of the lines of every tile, in place of the seven arguments below.
    word_resistance, bit_resistance, driver_resistance, sense_resistance, series_resistance, drive, sense
        See `memsim.solve_wires`.
    tolerance, max_iterations
        Likewise.

    Raises
    ------
    InputError, ConvergenceError
        As `memsim.solve_wires`.
    """
    own = (word_resistance, driver_resistance, drive, bit_resistance, sense_resistance, sense, series_resistance)
    word, bit, series = lines_of(wires, own)
    names = ("word_resistance", "driver_resistance", "drive", "bit_resistance", "sense_resistance", "sense")
    options = dict(zip(names, (*word, *bit), strict=True)) | {"series_resistance": series}
    options |= {"tolerance": tolerance, "max_iterations": max_iterations, "backend": "cpu"}
    g = numbers("conductance", conductance)
    if g.ndim != 3:
        raise InputError(f"conductance: shape {g.shape} is not a stack of tiles; allowed: (tiles, rows, cols)")
    solution = TileSolution(*np.empty((3, *g.shape)))

    def circuit(number: int) -> Network:
        return network(g[number], word, bit, series, (None, None), (tolerance, max_iterations))

    def solve(number: int, way: _Way) -> bool:
        """Whether the tile was solved directly."""
        tile = circuit(number)
        effective, voltages = _eliminated(tile, way)
        solution.effective[number] = effective
        solution.across[number], solution.word[number] = voltages or at_equal_voltages(g[number], options)
        return _holds(tile, effective, solution.across[number])

    iterated = np.arange(len(g))
    way = fastest(circuit(0)) if len(g) else None
    if way is not None:
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(_workers(len(g), way.effort)) as pool:
            iterated = np.flatnonzero(~np.array(list(pool.map(solve, range(len(g)), repeat(way)))))
    for number in iterated:
        solution.effective[number] = effective_conductance(g[number], **options)
        solution.across[number], solution.word[number] = at_equal_voltages(g[number], options)
    return solution


def fastest(circuit: Network) -> _Way | None:
    """The fastest elimination; None where the iteration is faster, or lines float.

    By the size of a tile alone, so that results do not depend on how many there are, nor on the number of threads.
    """
    rows, cols = circuit.conductance.shape
    if not (circuit.word.attached.all() and circuit.bit.attached.all()):
        return None
    if circuit.word.segment == circuit.bit.segment == 0:
        fewer = min(rows, cols)
        once = Effort(1, 4.0 * rows * cols * fewer, 8 * (2 * fewer**2 + 5 * rows * cols))
        return _Way(rows < cols, True, once)
    ways = []
    for turned, count, chains in ((False, rows, circuit.bit), (True, cols, circuit.word)):
        if chains.segment > 0:
            factors = effort(count, chains, True).memory <= _MEMORY
            ways.append(_Way(turned, factors, effort(count, chains, factors)))
    best = min(ways, key=lambda way: way.time)
    fewer = -(-min(rows, cols) // SIDE) * SIDE
    iteration = _CALL + _CELL * max(rows, cols) * fewer**2
    return best if best.time < iteration else None


def _workers(tiles: int, one: Effort) -> int:
    return max(1, min(tiles, threads(), _MEMORY // one.memory))


def _eliminated(circuit: Network, way: _Way) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    """Effective conductances of a tile; if factors fit into memory, voltages across cells and of word lines."""
    g, word, bit = circuit[:3]
    rows, columns = (bit, word) if way.turned else (word, bit)
    cells = g.T if way.turned else g
    across: np.ndarray | None
    below: np.ndarray | None
    if columns.segment == 0:
        effective, across, below = single_nodes(cells, rows, columns)
    else:
        effective, across, below = eliminate(cells, rows, columns, way.factors)
    if across is None or below is None:
        return effective.T if way.turned else effective, None
    if way.turned:
        # With bit lines at 1 V in place of the word lines, all voltages are 1 V minus what they were.
        return effective.T, (across.T, 1 - below.T)
    return effective, (across, across + below)


def at_equal_voltages(conductance: np.ndarray, options: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Voltages across the cells of a tile, and of its word lines at them, with all drivers at 1 V; by iteration.

    Both (row, col). `options` are those of `memsim.solve_wires`.
    """
    alike = solve_wires(conductance, np.ones(len(conductance)), node_voltages=True, **options)
    assert alike.word_voltages is not None and alike.bit_voltages is not None
    return alike.word_voltages - alike.bit_voltages, alike.word_voltages


def _holds(circuit: Network, effective: np.ndarray, across: np.ndarray) -> bool:
    """Whether currents of lines at equal voltages are those of their cells, by Kirchhoff's law and reciprocity."""
    currents = circuit.conductance * across
    missing = max(float(np.abs(effective.sum(axis) - currents.sum(axis)).sum()) for axis in (0, 1))
    rounding = _ROUNDING * float(circuit.conductance.sum())  # differences of voltages of up to 1 V
    return missing <= circuit.limits.tolerance * float(currents.sum()) + rounding
