"""The nodal equations of a crossbar, written as a list of resistors and solved by a sparse direct method."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from memsim import solve_wires


class Netlist:
    """Resistors between named nodes; nodes joined by no resistance are one, sources hold theirs."""

    def __init__(self):
        self.same, self.resistors, self.held = {}, [], {}

    def root(self, node):
        while node in self.same:
            node = self.same[node]
        return node

    def resistor(self, a, b, resistance):
        if resistance == 0:
            a, b = self.root(a), self.root(b)
            if a != b:
                if a in self.held:
                    a, b = b, a
                self.same[a] = b
        elif np.isfinite(resistance):
            self.resistors.append((a, b, 1 / resistance))

    def solve(self):
        """Voltage of every node, by root."""
        edges = [(self.root(a), self.root(b), g) for a, b, g in self.resistors if g > 0]
        names = {node for edge in edges for node in edge[:2]} - set(self.held)
        index = {node: i for i, node in enumerate(sorted(names))}
        samples = len(next(iter(self.held.values())))
        right, entries = np.zeros((len(index), samples)), []
        for a, b, g in edges:
            for one, other in ((a, b), (b, a)):
                if one in index:
                    entries.append((index[one], index[one], g))
                    if other in index:
                        entries.append((index[one], index[other], -g))
                    else:
                        right[index[one]] += g * self.held[other]
        found = dict(self.held)
        if index:
            row, col, value = zip(*entries, strict=True)
            solution = splu(csc_array((value, (row, col)), shape=(len(index),) * 2)).solve(right)
            found.update({node: solution[i] for node, i in index.items()})
        return found


def reference_currents(
    conductance,
    voltages,
    word_resistance,
    bit_resistance,
    driver_resistance=0.0,
    sense_resistance=0.0,
    series_resistance=0.0,
    bit_line_voltages=0.0,
    drive="one end",
    sense="one end",
):
    """Currents out of the bit lines (col, sample) [A], with the arguments of `memsim.solve_wires`."""
    rows, cols = conductance.shape
    drivers = np.broadcast_to(driver_resistance, rows)
    senses = np.broadcast_to(sense_resistance, cols)
    grounds = np.broadcast_to(bit_line_voltages, cols)
    net = Netlist()
    for i in range(rows):
        net.held["driver", i, 0] = voltages[i]
    for j in range(cols):
        net.held["sense", j, 0] = np.full(voltages.shape[1], grounds[j])
    for i in range(rows):
        for j in range(cols - 1):
            net.resistor(("word", i, j), ("word", i, j + 1), word_resistance)
        for j in (0, cols - 1) if drive == "both ends" else (0,):
            net.resistor(("driver", i, 0), ("word", i, j), word_resistance + drivers[i])
    for j in range(cols):
        for i in range(rows - 1):
            net.resistor(("bit", i, j), ("bit", i + 1, j), bit_resistance)
        for i in (0, rows - 1) if sense == "both ends" else (rows - 1,):
            net.resistor(("sense", j, 0), ("bit", i, j), bit_resistance + senses[j])
    for i, j in np.argwhere(conductance > 0):
        net.resistor(("word", i, j), ("bit", i, j), 1 / conductance[i, j] + series_resistance)
    voltage = net.solve()
    currents = np.zeros((cols, voltages.shape[1]))
    for a, b, g in net.resistors:
        a, b = net.root(a), net.root(b)
        for one, other in ((a, b), (b, a)):
            if one[0] == "sense" and g > 0:
                currents[one[1]] += g * (voltage[other] - voltage[one])
    return currents


def solved_by_columns(conductance, voltages, **options):
    """What `memsim.solve_wires` returns, with samples on the last axis, as `reference_currents` has them."""
    found = solve_wires(conductance, np.transpose(voltages), **options)
    if np.ndim(voltages) < 2:
        return found
    nodes = {name: getattr(found, name) for name in ("word_voltages", "bit_voltages", "word_currents")}
    last = {name: None if part is None else np.moveaxis(part, 0, -1) for name, part in nodes.items()}
    return found._replace(currents=found.currents.T, **last)
