"""The electrical circuits that a read of an array consists of: the cells, lines and driven voltages of its tiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from memsim.arrays import cell_currents
from memsim.arrays.interconnect import line_conductances
from memsim.arrays.state import ArrayState
from memsim.arrays.wires import WireSolution, solve_wires
from memsim.arrays.wires.circuit import Law
from memsim.arrays.wires.line_resistances import Wires
from memsim.arrays.wires.network import network
from memsim.arrays.wires.points import cell_currents as currents_by_law
from memsim.errors import InputError

_FINEST, _LOOSEST = 1e-11, 3e-10
"""Residual that is asked of small tiles, and the largest one."""
_ROUNDING = 2e-16
"""Residual by rounding of a tile, for each of its cells: four times what tiles of 200 x 200 reach."""


class DrivenTile(NamedTuple):
    """A tile with the voltages of its drivers.

    Attributes
    ----------
    place : (int, int)
        Number of the tile down and across the matrix.
    rows, lines : slice
        Its word lines, and its bit lines as they lie side by side, see `memsim.arrays.interconnect.line_order`.
    conductance : (row, line)
        Of its cells as reads see them, without read noise [S].
    volts : (sample, row)
        Of its drivers [V].
    """

    place: tuple[int, int]
    rows: slice
    lines: slice
    conductance: np.ndarray
    volts: np.ndarray


class ReadCircuit(NamedTuple):
    """The circuits of one array.

    Attributes
    ----------
    tiles : tuple of DrivenTile
        Each is a circuit of its own, with its own drivers and sense amplifiers.
    wires : Wires
        Resistances of the lines of every tile; all 0 ohm for an array without wires.
    ideal : bool
        Whether the array has no wires: every cell sees the voltage of its driver.
    conduction : section of a device profile, or None
        Current against voltage of the cells; None for ohmic ones.
    read_voltage : float
        At which conductances hold [V].
    backend : str
        Where to solve.
    """

    tiles: tuple[DrivenTile, ...]
    wires: Wires
    ideal: bool
    conduction: Any
    read_voltage: float
    backend: str


def read_circuits(array: ArrayState, signal: Any, arrays: slice, needed_by: str) -> Iterator[ReadCircuit]:
    """The circuits of some arrays of a stack.

    Parameters
    ----------
    array : ArrayState
        The stack.
    signal : (array or 1, sample, row)
        Inputs as `ArrayState.inputs` gives them, in units of the read voltage; DACs act on them.
    arrays : slice
        Which arrays.
    needed_by : str
        What errors name as the reason.

    Raises
    ------
    InputError
        If a read is not one circuit with constant voltages, a conductance is below 0, or voltages are too large.
    """
    spec, readout, backend = array.device.spec, array.readout, array.site.backend
    _check_converters(array, needed_by)
    levels = readout.levels(signal)
    cell_currents.drive(spec, backend, levels)  # refuses voltages for which the law has no numbers
    volts = backend.numpy(levels).astype(float) * spec.read.voltage
    cells = line_conductances(array.present, array.column, array.shape[1], arrays, needed_by)
    wires = readout.periphery.wires
    for number, own in zip(range(*arrays.indices(array.shape[0])), cells, strict=True):
        driven = volts[number if len(volts) > 1 else 0]
        tiles = tuple(
            DrivenTile((down, across), rows, lines, own[lines, rows].T, driven[:, rows])
            for down, rows in enumerate(readout.cut.rows)
            for across, lines in enumerate(readout.cut.lines)
        )
        yield ReadCircuit(tiles, wires or Wires(), wires is None, spec.conduction, spec.read.voltage, backend.name)


def solved(circuit: ReadCircuit, tile: DrivenTile, samples: slice = slice(None)) -> WireSolution:
    """Currents and voltages of all nodes of a tile, for some samples, closer to exact than a read needs."""
    volts = tile.volts[samples]
    if circuit.ideal:
        word = np.broadcast_to(volts[:, :, None], (*volts.shape, tile.conductance.shape[1]))
        through = branch_currents(circuit, tile, word)
        return WireSolution(through.sum(1), 0.0, 0, word, np.zeros_like(word), through.sum(2))
    options: dict[str, Any] = {**circuit.wires.options, "backend": circuit.backend}
    if circuit.conduction is not None:
        options |= {"conduction": circuit.conduction, "read_voltage": circuit.read_voltage}
    tolerance = min(max(_FINEST, _ROUNDING * tile.conductance.size), _LOOSEST)
    return solve_wires(tile.conductance, volts, node_voltages=True, tolerance=tolerance, **options)


def branch_currents(circuit: ReadCircuit, tile: DrivenTile, across: np.ndarray, series: float = 0.0) -> np.ndarray:
    """Currents through the cells of a tile, each in series with a resistance, (sample, row, line) [A].

    Parameters
    ----------
    circuit : ReadCircuit
        The law of the cells.
    tile : DrivenTile
        The cells.
    across : (sample, row, line)
        Voltages across cells and resistances together [V].
    series : float
        The resistance [ohm].
    """
    g = tile.conductance
    if circuit.conduction is None:
        return g / (1 + series * g) * across
    law = _law(circuit, series)
    return np.stack([currents_by_law(g, own, law)[0] for own in across]) if len(across) else np.zeros(across.shape)


def _law(circuit: ReadCircuit, series: float) -> Law:
    """The law of the cells in series with a resistance [ohm]."""
    line = (0.0, 0.0, "one end")
    return network([[0.0]], line, line, series, (circuit.conduction, circuit.read_voltage), (_FINEST, 1)).law


def _check_converters(array: ArrayState, needed_by: str) -> None:
    dac = array.readout.periphery.dac
    if dac is None:
        return
    if dac.polarity not in ("unsigned", "bipolar"):
        raise InputError(
            f"dac.polarity: '{dac.polarity}' makes an output of several reads, and {needed_by} describes one; allowed: "
            "'unsigned' or 'bipolar'"
        )
    if dac.coding != "voltage":
        raise InputError(
            f"dac.coding: '{dac.coding}' makes pulses, and {needed_by} describes constant voltages; allowed: 'voltage'"
        )
