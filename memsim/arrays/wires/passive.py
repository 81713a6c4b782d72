"""Reads of one cell of a passive crossbar, whose other cells are joined to it without any switch.

The selected word line is at the read voltage V, the selected bit line at 0 V, where its current is read. What the other
lines do is the scheme:

=========  ================  ================  ==========================================
scheme     other word lines  other bit lines   cells that share no line with the selected
=========  ================  ================  ==========================================
floating   not connected     not connected     see what the circuit gives them
grounded   0 V               0 V               see 0 V
V/2        V/2               V/2               see 0 V; those that share one line, V/2
V/3        V/3               2 V/3             see -V/3; those that share one line, V/3
=========  ================  ================  ==========================================

(without the resistance of wires). The circuit with resistive lines and non-linear cells is that of A. Chen, IEEE Trans.
Electron Devices 60, 1318 (2013), doi:10.1109/TED.2013.2246791; the table is the usual meaning of the schemes' names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.checks import choice
from memsim.arrays.wires.solver import solve_wires
from memsim.errors import InputError

SCHEMES: dict[str, tuple[float, float] | None] = {
    "floating": None,
    "grounded": (0.0, 0.0),
    "V/2": (1 / 2, 1 / 2),
    "V/3": (1 / 3, 2 / 3),
}
"""Voltages of the other word and bit lines, as shares of the read voltage; None where they float."""


class CellRead(NamedTuple):
    """What a read of one cell gives.

    Attributes
    ----------
    current : float
        Out of the selected bit line [A]: what a sense amplifier sees.
    cell_current : float
        Through the selected cell [A].
    power : float
        That all lines together take from their sources [W].
    residual : float
        See `memsim.arrays.wires.WireSolution`.
    voltages : (row, col)
        Across every cell, word minus bit line [V].
    """

    current: float
    cell_current: float
    power: float
    residual: float
    voltages: np.ndarray


def read_cell(
    conductance: Any,
    cell: tuple[int, int],
    voltage: float,
    scheme: str,
    *,
    word_resistance: float = 0.0,
    bit_resistance: float = 0.0,
    driver_resistance: float = 0.0,
    sense_resistance: float = 0.0,
    conduction: Any = None,
) -> CellRead:
    """Currents, power and cell voltages while one cell of a passive crossbar is read.

    Parameters
    ----------
    conductance : (row, col)
        Of the cells [S]; where they are not ohmic, at `voltage`.
    cell : (row, col)
        The selected one. Drivers are at column 0, sense amplifiers behind the last row.
    voltage : float
        Read voltage [V].
    scheme : {"floating", "grounded", "V/2", "V/3"}
        What the other lines do.
    word_resistance, bit_resistance, driver_resistance, sense_resistance : float
        Of one segment, and between the end of a connected line and its source [ohm].
    conduction : optional
        See `memsim.solve_wires`.

    Raises
    ------
    InputError
        As `memsim.solve_wires`, and if there is no such scheme or cell.
    ConvergenceError
        If the residual stays above the solver's tolerance.
    """
    shares = SCHEMES[choice("scheme", scheme, tuple(SCHEMES))]
    shape = np.shape(conductance)
    if len(shape) != 2 or not all(0 <= place < count for place, count in zip(cell, shape, strict=True)):
        raise InputError(f"cell: {cell} is not in an array of shape {shape}")
    selected = [np.arange(count) == place for place, count in zip(cell, shape, strict=True)]
    words, bits = (voltage * share for share in shares or (0.0, 0.0))
    drivers, senses = (np.inf, np.inf) if shares is None else (driver_resistance, sense_resistance)
    law = {"conduction": conduction, "read_voltage": None if conduction is None else voltage}
    sources, grounds = np.where(selected[0], voltage, words), np.where(selected[1], 0.0, bits)
    found = solve_wires(
        conductance,
        sources,
        word_resistance=word_resistance,
        bit_resistance=bit_resistance,
        driver_resistance=np.where(selected[0], driver_resistance, drivers),
        sense_resistance=np.where(selected[1], sense_resistance, senses),
        bit_line_voltages=grounds,
        node_voltages=True,
        backend="cpu",
        **law,
    )
    assert found.word_voltages is not None and found.bit_voltages is not None and found.word_currents is not None
    across = found.word_voltages - found.bit_voltages
    # The selected cell as an array of its own, at the voltage that it sees.
    alone = solve_wires(
        np.asarray(conductance)[cell].reshape(1, 1),
        across[cell].reshape(1),
        word_resistance=0,
        bit_resistance=0,
        backend="cpu",
        **law,
    )
    power = sources @ found.word_currents - grounds @ found.currents
    return CellRead(float(found.currents[cell[1]]), float(alone.currents[0]), float(power), found.residual, across)
