"""Reads of crossbars through the resistance of their wires, against the solver on plain arrays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError

WIRES = ms.Wires(word_resistance=20.0, bit_resistance=12.0, driver_resistance=50.0, sense_resistance=30.0)
X = np.random.default_rng(0).random((4, 30))
pytestmark = pytest.mark.slow


def array(device="ideal", column="single", **options):
    given = {"rows": 30, "cols": 4, "initial": (0.0, 1.0), "dtype": "float64", "seed": 1, "wires": WIRES}
    return ms.Crossbar(device, column=column, **(given | options))


def solved(crossbar, lines, rows=slice(None), **options):
    g = crossbar.conductance.values[rows, lines]
    volts = X[:, rows] * crossbar.device.spec.read.voltage
    return ms.solve_wires(g, volts, **(WIRES.options | options)).currents


def test_a_column_is_read_with_the_exact_currents():
    crossbar = array()
    found, exact = crossbar.read(X), solved(crossbar, slice(None))
    assert np.allclose(found, exact, rtol=1e-9)
    assert (found < 0.97 * array(wires=None).read(X)).all()


def test_the_columns_of_a_pair_lie_side_by_side():
    crossbar = array(column="pair")
    exact = solved(crossbar, [0, 4, 1, 5, 2, 6, 3, 7])
    assert np.allclose(crossbar.read(X), exact[:, ::2] - exact[:, 1::2], rtol=1e-8)


def test_every_tile_has_wires_of_its_own():
    crossbar = array(tile=(16, 3))
    exact = np.zeros((4, 4))
    for rows in (slice(0, 16), slice(16, 30)):
        for lines in (slice(0, 3), slice(3, 4)):
            exact[:, lines] += solved(crossbar, lines, rows)
    assert np.allclose(crossbar.read(X), exact, rtol=1e-9)


@pytest.mark.parametrize("samples", [4, 1])
def test_cells_that_are_not_ohmic_are_solved_for_every_read(samples):
    law = {"model": "sinh", "voltage": "0.15 V", "status": "assumed"}
    device = ms.load_device("ideal").replace({"conduction": law})
    crossbar = array(device)
    exact = solved(crossbar, slice(None), conduction=device.spec.conduction, read_voltage=device.spec.read.voltage)
    assert np.allclose(crossbar.read(X[:samples]), exact[:samples], rtol=1e-8)


def test_programming_changes_what_is_read_through_wires():
    crossbar = array()
    before = crossbar.read(X)
    crossbar.program(0.5)
    assert np.allclose(crossbar.read(X), solved(crossbar, slice(None)), rtol=1e-9)
    assert not np.allclose(crossbar.read(X), before, rtol=1e-3)


@pytest.mark.parametrize(("relative_to", "series"), [("value", 0.0), ("range", 0.0), ("value", 5e3)])
def test_noise_through_wires_has_the_variance_of_arrays_with_noisy_cells(relative_to, series):
    noise = {"sigma": "5 %", "relative_to": relative_to, "status": "assumed"}
    wires = dataclasses.replace(WIRES, series_resistance=series)
    crossbar = array(ms.load_device("ideal").replace({"read.noise": noise}), initial=(0.3, 1.0), wires=wires)
    g = crossbar.conductance.values
    rng = np.random.default_rng(2)
    draws = []
    for _ in range(400):
        scale = g if relative_to == "value" else 100e-6
        noisy = np.maximum(g + 0.05 * scale * rng.standard_normal(g.shape), 0)
        draws.append(ms.solve_wires(noisy, X[0] * 0.5, **wires.options).currents)
    volts = crossbar.device.spec.read.voltage
    exact = np.var(draws, axis=0) * (volts / 0.5) ** 2 / crossbar.full_scale**2
    spread = crossbar.difference_variance(X[:1])[0]
    # Columns 0 and 1 together; 400 draws know a variance to 5 %. The cells see a fifth less than is driven on average.
    assert spread == pytest.approx(exact[0] + exact[1], rel=0.2)


def test_products_lose_what_the_wires_take_and_more_on_larger_tiles():
    weights = np.random.default_rng(3).normal(size=(64, 8))
    x = np.random.default_rng(4).random((5, 64))
    errors = []
    for size in (8, 32, 64):
        made = ms.Crossbar.from_weights(weights, "ideal", wires=ms.Wires.of_node(22), tile=(size, 16))
        errors.append(np.std(x @ made - x @ weights))
    assert errors[0] < errors[1] < errors[2]


def test_weights_through_wires_are_those_of_the_effective_conductances():
    crossbar = array()
    currents = np.einsum("sr,rc->sc", X, crossbar.weights.values) * crossbar.full_scale
    assert np.allclose(currents, crossbar.read(X), rtol=1e-9)


def test_cells_of_negative_conductance_are_refused():
    with pytest.raises(InputError, match="wires: a cell of device 'ideal' has -"):
        array(bounds=(-1.0, 1.0), initial=(-0.5, 0.5)).read(X)


def test_widths_of_pulses_through_wires_are_refused_for_cells_that_are_not_ohmic():
    law = {"model": "sinh", "voltage": "0.15 V", "status": "assumed"}
    crossbar = array(ms.load_device("ideal").replace({"conduction": law}), dac=ms.DAC(coding="width"))
    with pytest.raises(InputError, match=r"dac\.coding: 'width' with the wires of device 'ideal'"):
        crossbar.read(X)


def test_filled_traps_lower_the_currents_of_cells_that_are_not_ohmic_too():
    law = {"model": "sinh", "voltage": "0.15 V", "status": "assumed"}
    telegraph = {"amplitude": "20 %", "relative_to": "value", "empty": "1 us", "filled": "1 us", "status": "assumed"}
    device = ms.load_device("ideal").replace({"conduction": law})
    trapped = array(device.replace({"read.telegraph": telegraph}))
    ratio = trapped.output(X, noise=False) / array(device).output(X, noise=False)
    # Half of the traps are filled on average, so that cells conduct a tenth less; wires make less of it.
    g = trapped.conductance.values
    how = {"conduction": device.spec.conduction, "read_voltage": device.spec.read.voltage, **WIRES.options}
    less, whole = (ms.solve_wires(part * g, X * device.spec.read.voltage, **how).currents for part in (0.9, 1.0))
    # To first order, and with the shares of ohmic cells: a tenth of the effect.
    assert np.allclose(ratio, less / whole, atol=0.012) and abs((ratio - less / whole).mean()) < 0.003
    assert (ratio > 0.9).all()


def test_the_map_of_errors_is_that_of_the_effective_conductances():
    crossbar = array(column="pair", tile=(16, 6))
    voltage, error = crossbar.tile_maps()
    g = crossbar.conductance.values[:16, [0, 4, 1, 5, 2, 6]]
    assert np.allclose(error, ms.effective_conductance(g, **WIRES.options) / g - 1, atol=1e-9)
    alike = ms.solve_wires(g, np.ones(16), node_voltages=True, **WIRES.options)
    assert np.allclose(voltage, alike.word_voltages - alike.bit_voltages, atol=1e-9)


def test_the_solver_takes_the_wires_of_a_crossbar():
    g = np.random.default_rng(5).uniform(1e-5, 1e-4, (6, 3))
    volts = np.linspace(0.1, 0.5, 6)
    stated = ms.solve_wires(g, volts, **WIRES.options)
    assert np.array_equal(ms.solve_wires(g, volts, WIRES).currents, stated.currents)
    assert np.array_equal(ms.effective_conductance(g, WIRES), ms.effective_conductance(g, **WIRES.options))
    for lines, message in (
        ({"wires": WIRES, "bit_resistance": 1.0}, "bit_resistance: stated beside wires; allowed: one of them"),
        ({"wires": 22}, r"wires: 22 is not allowed; a memsim\.Wires, or None"),
        ({"word_resistance": 1.0}, "bit_resistance: missing; allowed: a resistance of at least 0 ohm, or wires="),
    ):
        with pytest.raises(InputError, match=message):
            ms.solve_wires(g, volts, **lines)
