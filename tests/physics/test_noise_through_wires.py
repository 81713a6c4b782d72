"""Read noise of cells behind wires, beside exact sensitivities of the circuit by nodal analysis.

By Tellegen's theorem, dI_j/dG = v u: v is the voltage across the cell when the inputs drive the word lines, and u that
when the sense amplifier of output j is at 1 V and all drivers are at 0 V.
"""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms

pytestmark = pytest.mark.slow

ROWS, COLS, WINDOW = 24, 16, 100e-6


def potentials(g, wires, drivers, senses):
    """Voltages (word, bit) of all nodes, (row, col) each, by a dense solution of Kirchhoff's current law."""
    rows, cols = g.shape
    number = lambda line, i, j: line * rows * cols + i * cols + j  # noqa: E731
    matrix, currents = np.zeros((2 * rows * cols,) * 2), np.zeros(2 * rows * cols)

    def connect(a, b, conductance):
        matrix[a, a] += conductance
        matrix[b, b] += conductance
        matrix[a, b] -= conductance
        matrix[b, a] -= conductance

    def hold(a, voltage, conductance):
        matrix[a, a] += conductance
        currents[a] += conductance * voltage

    for i in range(rows):
        for j in range(cols):
            connect(number(0, i, j), number(1, i, j), g[i, j])
            if j + 1 < cols:
                connect(number(0, i, j), number(0, i, j + 1), 1 / wires["word_resistance"])
            if i + 1 < rows:
                connect(number(1, i, j), number(1, i + 1, j), 1 / wires["bit_resistance"])
    for i in range(rows):
        hold(number(0, i, 0), drivers[i], 1 / wires["driver_resistance"])
    for j in range(cols):
        hold(number(1, rows - 1, j), senses[j], 1 / wires["sense_resistance"])
    return np.linalg.solve(matrix, currents).reshape(2, rows, cols)


@pytest.mark.parametrize(
    "wires",
    [
        {"word_resistance": 1e-3, "bit_resistance": 1e-3, "driver_resistance": 60.0, "sense_resistance": 1e-3},
        {"word_resistance": 4.0, "bit_resistance": 1e-3, "driver_resistance": 1e-3, "sense_resistance": 1e-3},
        {"word_resistance": 1e-3, "bit_resistance": 4.0, "driver_resistance": 1e-3, "sense_resistance": 30.0},
        {"word_resistance": 2.0, "bit_resistance": 2.0, "driver_resistance": 30.0, "sense_resistance": 30.0},
    ],
    ids=["drivers", "word lines", "bit lines", "all"],
)
def test_the_variance_of_reads_is_that_of_the_circuit(wires):
    noise = {"sigma": 0.02, "relative_to": "range", "status": "assumed"}
    device = ms.load_device("ideal").replace({"read.noise": noise})
    rng = np.random.default_rng(1)
    states = rng.uniform(0.1, 1, (ROWS, COLS))
    xbar = ms.Crossbar(device, ROWS, COLS, column="single", seed=2, wires=ms.Wires(**wires)).program(states)
    x = rng.uniform(0.2, 1, ROWS)
    g = xbar.conductance.values
    word, bit = potentials(g, wires, x, np.zeros(COLS))
    exact = np.zeros(COLS)
    for j in range(COLS):
        above, below = potentials(g, wires, np.zeros(ROWS), np.eye(COLS)[j])
        exact[j] = np.square(0.02 * (word - bit) * (below - above)).sum()
    reads = xbar.output(np.tile(x, (20_000, 1)))
    # The sample's standard error is 1 %. The rest: memsim takes the voltages that equal inputs give.
    assert reads.var(axis=0).mean() == pytest.approx(exact.mean(), rel=0.06)
