"""Estimates of the energy of reads against sums over cells."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.arrays import Crossbar
from memsim.energy.estimates import ESTIMATES, LayerData, relative_errors


def layer(conductance: np.ndarray, x: np.ndarray) -> LayerData:
    """A layer of some cells [S] after reads of x (sample, row)."""
    xbar = Crossbar.from_conductance(conductance, "ideal", count=True)
    xbar.read(x)
    events = xbar.event_counts
    return LayerData(events.circuit, events.counts["inference"], float(conductance.mean()), xbar.window)


def joules(xbar_layer: LayerData, square: float, conductance: float) -> float:
    circuit = xbar_layer.circuit
    return circuit.read_voltage**2 * circuit.read_duration * circuit.cells * square * conductance


@pytest.fixture
def cells():
    low, high = Crossbar("ideal", 1, 1).window
    return low + (high - low) * np.random.default_rng(0).random((40, 30))


def test_the_real_energy_is_the_sum_over_cells(cells):
    x = np.random.default_rng(1).uniform(-1, 1, (50, 40))
    of_cells = layer(cells, x)
    joule = of_cells.circuit.read_voltage**2 * of_cells.circuit.read_duration
    assert of_cells.energy == pytest.approx(joule * np.einsum("si,ij->", x**2, cells), rel=1e-6)
    assert of_cells.mean_square == pytest.approx((x**2).mean(), rel=1e-6)


def test_each_estimate_knows_what_it_says(cells):
    random = np.random.default_rng(2)
    inputs = [random.uniform(0, 1, (50, 40)), 0.2 * random.uniform(0, 1, (50, 40))]
    layers = [layer(cells, inputs[0]), layer(0.3 * cells, inputs[1])]
    squares, means = [(x**2).mean() for x in inputs], [cells.mean(), 0.3 * cells.mean()]
    expected = {
        "independent of data": [(1 / 3, sum(layers[0].window) / 2)] * 2,
        "network mean": [(np.mean(squares), np.mean(means))] * 2,
        "layer distributions": list(zip(squares, means, strict=True)),
    }
    for name, pairs in expected.items():
        values = [50 * joules(own, *pair) for own, pair in zip(layers, pairs, strict=True)]
        assert ESTIMATES[name](layers) == pytest.approx(values, rel=1e-6)


def test_distributions_are_exact_where_all_rows_have_the_same_conductance(cells):
    x = np.random.default_rng(3).uniform(0, 1, (50, 40)) * np.linspace(0, 1, 40)
    same = np.full_like(cells, cells.mean())
    assert relative_errors([layer(same, x)], "layer distributions") == pytest.approx([0.0], abs=1e-6)


def test_distributions_miss_that_strong_inputs_meet_large_conductances(cells):
    x, rising = np.tile(np.linspace(0, 1, 40), (50, 1)), np.sort(cells, axis=0)
    assert relative_errors([layer(rising, x)], "layer distributions")[0] < -0.05
