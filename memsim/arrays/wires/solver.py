"""Currents of a crossbar with the resistance of its wires, exact to a stated residual, from plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from memsim.arrays.wires.chains import Chains
from memsim.arrays.wires.circuit import Limits, solve
from memsim.arrays.wires.device_chains import Device, DeviceChains
from memsim.arrays.wires.line_resistances import Wires, lines_of
from memsim.arrays.wires.network import Network, network, numbers, per_line, refuse_falling
from memsim.arrays.wires.points import Points
from memsim.backends import resolve
from memsim.errors import InputError
from memsim.kernels.wire_lines import SIDE

_MOST = 1 << 23
"""Cells times samples that are solved at once; each takes about a hundred bytes."""
_MOST_ON_CARD = 1 << 24
"""The same on a card, where each takes up to 150 bytes: 2.5 GB."""


class WireSolution(NamedTuple):
    """What `solve_wires` returns.

    Attributes
    ----------
    currents : (..., col)
        Currents that flow out of the bit lines [A].
    residual : float
        The currents that Kirchhoff's law misses, summed over all nodes, over the sum of all cells' currents; the
        largest of the samples. A current at a node leaves through the terminals, none of which gets more than all of
        it: no current of a bit line is further off than this share of the sum of the cells' currents.
    iterations : int
        Of conjugate gradients, all samples together; 1 for each direct solution of lines without resistance.
    word_voltages, bit_voltages : (..., row, col), or None
        Of the nodes of word and bit lines [V], with `node_voltages`.
    word_currents : (..., row), or None
        Currents that the drivers send into the word lines [A], with `node_voltages`.
    """

    currents: np.ndarray
    residual: float
    iterations: int
    word_voltages: np.ndarray | None = None
    bit_voltages: np.ndarray | None = None
    word_currents: np.ndarray | None = None


def solve_wires(
    conductance: Any,
    voltages: Any,
    wires: Wires | None = None,
    *,
    word_resistance: float | None = None,
    bit_resistance: float | None = None,
    driver_resistance: Any = None,
    sense_resistance: Any = None,
    series_resistance: float | None = None,
    bit_line_voltages: Any = 0.0,
    drive: str | None = None,
    sense: str | None = None,
    conduction: Any = None,
    read_voltage: float | None = None,
    node_voltages: bool = False,
    tolerance: float = 3e-10,
    max_iterations: int = 3000,
    backend: str = "auto",
) -> WireSolution:
    """Currents that flow out of the bit lines of a crossbar with resistive wires [A].

    Every cell joins a node of its word line to a node of its bit line. Neighbouring nodes of a line are joined by one
    segment, and so are the end nodes to their terminals: word lines to their drivers at column 0 (and behind the last
    column), bit lines to their sense amplifiers behind the last row (and before row 0).

    Parameters
    ----------
    conductance : (row, col)
        Of the cells [S]; where they are not ohmic, at `read_voltage`, or, of the polynomial forms, their linear term.
    voltages : (..., row)
        Of the drivers [V]. That of a floating word line is not used.
    wires : Wires, optional
        Resistances and terminals of the lines, in place of the seven arguments of these below.
    word_resistance, bit_resistance : float
        Of one segment [ohm]; 0 for a line without resistance. Needed without `wires`.
    driver_resistance, sense_resistance : float, or (row,) and (col,)
        Between a segment and the source or virtual ground behind it [ohm]; infinity lets the line float. Default 0.
    series_resistance : float
        In series with every cell, such as the transistor of a 1T1R cell [ohm]. Default 0.
    bit_line_voltages : float, or (col,)
        Of the virtual grounds [V]: schemes that bias unselected bit lines.
    drive, sense : {"one end", "both ends"}
        Where lines have terminals; those at two ends are alike. Default "one end".
    conduction : section of a device profile or mapping, optional
        Current against voltage, as in a device profile (``{"model": "sinh", "voltage": "0.25 V"}``); None: ohmic. What
        the form `polynomial` adds flows through every cell, also those of 0 S; what `state-polynomial` adds depends on
        the conductance of the cell and, in its quadratic term, on the direction: positive from word to bit line.
    read_voltage : float, optional
        At which `conductance`, or k_2 V and k_3 V^2 of the form `polynomial`, hold [V]; needed with `conduction`.
    node_voltages : bool
        Whether to return the voltages of all nodes, and the currents into the word lines.
    tolerance : float
        Allowed residual, see `WireSolution`.
    max_iterations : int
        Of conjugate gradients in one linear solve.
    backend : {"auto", "cpu", "cuda"}
        Where to solve, see `memsim.backends.resolve`. Lines without resistance are solved on the CPU in any case.

    Returns
    -------
    WireSolution
        More samples than rows or columns of ohmic cells are read through `effective_conductance`; their residual is
        that of the solutions behind it.

    Raises
    ------
    InputError
        If shapes do not fit, a number is not allowed, or floating lines have no conduction to any terminal.
    BackendError
        If the backend is unknown or cannot run here.
    ConvergenceError
        If the residual stays above the tolerance.
    """
    own = (word_resistance, driver_resistance, drive, bit_resistance, sense_resistance, sense, series_resistance)
    word, bit, series = lines_of(wires, own)
    circuit = network(
        conductance,
        word,
        bit,
        series,
        (conduction, read_voltage),
        (tolerance, max_iterations),
    )
    device = _device(backend, circuit)
    rows, cols = circuit.conductance.shape
    signal = numbers("voltages", voltages)
    *leading, width = signal.shape or (0,)
    if width != rows:
        raise InputError(
            f"voltages: shape {signal.shape} does not fit an array of {rows} x {cols}; allowed: (..., row) with {rows} "
            f"rows{'; transpose voltages' if rows in leading else ''}"
        )
    driven = np.where(circuit.word.attached[:, None], signal.reshape(-1, rows).T, 0.0)
    grounds = np.where(circuit.bit.attached, per_line("bit_line_voltages", bit_line_voltages, cols), 0.0)
    sources = [*driven[circuit.word.attached].flat, *grounds[circuit.bit.attached]]
    refuse_falling(circuit, float(np.ptp(sources)) if sources else 0.0)
    samples = driven.shape[1]
    if samples > min(rows, cols) and circuit.law.value is None and not node_voltages and not grounds.any():
        effective, residual, iterations = _effective(circuit, device)
        solution = WireSolution(effective.T @ driven, residual, iterations)
    else:
        solution = _direct(circuit, driven, np.repeat(grounds[:, None], samples, axis=1), node_voltages, device)

    def outside(part: np.ndarray) -> np.ndarray:
        """Values with the axes of samples, the last axis inside the solver, first."""
        return np.moveaxis(part, -1, 0).reshape(*leading, *part.shape[:-1])

    nodes = (None if part is None else outside(part) for part in solution[3:])
    return WireSolution(outside(solution.currents), solution.residual, solution.iterations, *nodes)


def effective_conductance(
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
    backend: str = "auto",
) -> np.ndarray:
    """Conductance (row, col) from every driver to every sense amplifier through the wires [S]: currents are V A.

    Of ohmic cells. One solution for every row or, fewer, every column (by reciprocity, with the sense amplifier as the
    source). Parameters and errors are those of `solve_wires`.
    """
    own = (word_resistance, driver_resistance, drive, bit_resistance, sense_resistance, sense, series_resistance)
    word, bit, series = lines_of(wires, own)
    circuit = network(
        conductance,
        word,
        bit,
        series,
        (None, None),
        (tolerance, max_iterations),
    )
    return _effective(circuit, _device(backend, circuit))[0]


def _device(backend: str, circuit: Network) -> Device | None:
    """The card to solve on; None for the CPU, which also solves lines without resistance: one node each."""
    machine = resolve(backend)
    if machine.name == "cpu" or circuit.word.segment == circuit.bit.segment == 0:
        return None
    from memsim.kernels.cuda import lines

    return Device(machine, lines)


def _at_once(circuit: Network, device: Device | None) -> int:
    """Samples that are solved together."""
    if device is not None:
        return max(1, _MOST_ON_CARD // circuit.conductance.size)
    return SIDE if circuit.law.value is None and circuit.conductance.size * SIDE <= _MOST else 1


def _effective(circuit: Network, device: Device | None) -> tuple[np.ndarray, float, int]:
    rows, cols = circuit.conductance.shape
    count = min(rows, cols)
    most = SIDE if device is None else _at_once(circuit, device)
    effective, worst, total = np.empty((rows, cols)), 0.0, 0
    for start in range(0, count, most):
        some = slice(start, min(start + most, count))
        one = np.eye(count)[:, some]
        none = np.zeros((max(rows, cols), one.shape[1]))
        attached = (circuit.word if rows < cols else circuit.bit).attached[:, None]
        driven, grounds = (one * attached, none) if rows < cols else (none, one * attached)
        into, out, residual, iterations, _ = _solve(circuit, driven, grounds, device)
        if rows < cols:
            effective[some] = out.T
        else:
            effective[:, some] = -into
        worst, total = max(worst, residual), total + iterations
    return effective, worst, total


def _direct(
    circuit: Network, driven: np.ndarray, grounds: np.ndarray, node_voltages: bool, device: Device | None
) -> WireSolution:
    """Solve sample by sample, or several at once; all arrays have samples as their last axis."""
    (rows, cols), samples = circuit.conductance.shape, driven.shape[1]
    most = _at_once(circuit, device)
    currents, into, worst, total = np.empty((cols, samples)), np.empty((rows, samples)), 0.0, 0
    nodes = [np.empty((rows, cols, samples)) for _ in range(2)] if node_voltages else [None, None]
    start = 0
    while start < samples:
        step = min(most, samples - start)
        if device is None and step <= 2:  # eight lanes cost as much as two samples by themselves
            step = 1
        some = slice(start, start + step)
        into[:, some], currents[:, some], residual, iterations, voltages = _solve(
            circuit, driven[:, some], grounds[:, some], device, node_voltages
        )
        for all_nodes, part in zip(nodes, voltages, strict=False):
            if all_nodes is not None:
                all_nodes[..., some] = part
        worst, total, start = max(worst, residual), total + iterations, start + step
    return WireSolution(currents, worst, total, nodes[0], nodes[1], into if node_voltages else None)


def _solve(
    circuit: Network, driven: np.ndarray, grounds: np.ndarray, device: Device | None, node_voltages: bool = False
) -> tuple[np.ndarray, np.ndarray, float, int, tuple]:
    """Currents into word and out of bit lines, residual, iterations and node voltages, of samples solved together."""
    g, word, bit, law, limits = circuit
    samples = driven.shape[1]
    if word.segment == 0 and bit.segment == 0:
        points = Points(g, word, bit, driven, grounds, law)
        return *_ports(points, limits, samples), points.voltages() if node_voltages else ()
    if device is None and samples > 1:  # eight lanes or one
        driven, grounds = (np.pad(v, ((0, 0), (0, SIDE - samples))) for v in (driven, grounds))
    turned = bit.segment == 0  # columns must have resistance
    system = (np.ascontiguousarray(g.T), bit, word, grounds, driven) if turned else (g, word, bit, driven, grounds)
    if turned:  # voltages across cells change their sign; an even term of the current does not follow
        excess = law.cell.excess
        law = law._replace(cell=law.cell._replace(excess=excess._replace(even=-excess.even)))
    chains = Chains(*system, law) if device is None else DeviceChains(*system, law, device)
    into, out, residual, iterations = _ports(chains, limits, samples)
    voltages = tuple(v[..., :samples] for v in chains.voltages()) if node_voltages else ()
    if turned:
        return -out, -into, residual, iterations, tuple(v.transpose(1, 0, 2) for v in reversed(voltages))
    return into, out, residual, iterations, voltages


def _ports(
    system: Chains | DeviceChains | Points, limits: Limits, samples: int
) -> tuple[np.ndarray, np.ndarray, float, int]:
    residual, iterations = solve(system, limits)
    into, out = system.currents()
    return into[:, :samples], out[:, :samples], residual, iterations
