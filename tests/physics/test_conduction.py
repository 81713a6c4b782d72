"""Current against voltage where it is not ohmic: published forms, and that every reading of a crossbar obeys them."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import DAC, Crossbar, Delta, InputError, Wires, load_device

QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
VOLTAGES = np.array([-1.2, -0.5, -1e-3, 0.0, 1e-3, 0.5, 1.0, 1.2])
READ = 0.5  # V
FORMS = {
    "sinh": ({"model": "sinh", "voltage": "0.25 V"}, lambda x: np.sinh(2 * x) / np.sinh(2)),
    "exponential": ({"model": "exponential", "voltage": "0.25 V"}, lambda x: x * np.exp(2 * (np.abs(x) - 1))),
    "polynomial": ({"model": "polynomial", "quadratic": "0.5 uS", "cubic": "0.3 uS"}, None),
}


def conducting(name, **changes):
    return QUIET.replace({"conduction": FORMS[name][0], **changes})


def one_cell(name, dtype="float64", **options):
    array = Crossbar(conducting(name), rows=1, cols=1, seed=1, initial=(0.3, 0.3 + 1e-9), dtype=dtype, **options)
    return array, array.read(VOLTAGES[:, None])[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sinh", "exponential"])
def test_every_cell_scales_the_same_curve(name):
    array, current = one_cell(name)
    expected = array.conductance.values.item() * READ * FORMS[name][1](VOLTAGES)
    assert np.allclose(current, expected, rtol=1e-9, atol=0)
    assert np.allclose(one_cell(name, "float32")[1], expected, rtol=1e-5, atol=0)


def test_the_polynomial_adds_a_current_that_is_the_same_for_all_states():
    array, current = one_cell("polynomial")
    x = VOLTAGES
    excess = READ * (0.5e-6 * x * np.abs(x) + 0.3e-6 * x**3)
    assert np.allclose(current, array.conductance.values.item() * READ * x + excess, rtol=1e-9, atol=1e-20)


@pytest.mark.parametrize("name", FORMS)
def test_conduction_is_odd_vanishes_at_no_voltage_and_rises(name):
    _, current = one_cell(name)
    assert current[3] == 0
    assert np.allclose(current[[0, 1, 2]], -current[[7, 5, 4]], rtol=1e-12)
    assert (np.diff(current) > 0).all()


def test_weak_non_linearity_is_ohmic():
    device = QUIET.replace({"conduction": {"model": "sinh", "voltage": "100 V"}})
    x = np.random.default_rng(0).random((4, 30)) * 2 - 1
    curved, ohmic = (Crossbar(d, rows=30, cols=2, seed=1, dtype="float64").read(x) for d in (device, QUIET))
    assert np.allclose(curved, ohmic, rtol=1e-4)
    assert not np.array_equal(curved, ohmic)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("column", ["reference", "pair"])
def test_differences_of_columns_are_those_of_their_cells(name, column):
    array = Crossbar(conducting(name), rows=30, cols=2, seed=1, column=column, dtype="float64", initial=(0.1, 0.9))
    x = np.random.default_rng(0).random((4, 30)) * 2 - 1
    form = FORMS[name][1] or (lambda x: x)
    assert np.allclose(array.output(x), form(x) @ array.weights.values, rtol=1e-9)


@pytest.mark.slow
def test_read_noise_grows_with_the_current():
    noise = {"read.noise": {"sigma": "5 %", "relative_to": "value"}}
    array = Crossbar(conducting("sinh", **noise), rows=30, cols=2, seed=1, initial=(0.1, 0.9))
    x = np.full(30, 0.5)
    found = array.output(np.broadcast_to(x, (4000, 30))).var(0)
    expected = ((FORMS["sinh"][1](0.5) * 0.05 * (array.state.values + 1 / 9)) ** 2).sum(0)
    assert np.allclose(found, expected, rtol=4 * np.sqrt(2 / 4000))
    assert np.allclose(array.difference_variance(x), expected.sum(), rtol=1e-5)


@pytest.mark.slow
def test_a_rule_that_reads_sees_the_currents_of_its_device():
    x, t = np.full(30, 0.5), [[1.0]]
    curved, ohmic = (
        Crossbar(d, rows=30, cols=1, seed=1, dtype="float64").train(Delta(0.01), x, t, encoding="exact")
        for d in (conducting("sinh"), QUIET)
    )
    assert curved.state.values.mean() > ohmic.state.values.mean()  # the outputs are smaller, so more is lacking


def test_voltages_beyond_the_largest_number_are_refused():
    with pytest.raises(InputError, match="x: 1e\\+03 read voltages are too many for the conduction of device"):
        Crossbar(conducting("sinh"), rows=1, cols=1).read([1000.0])


@pytest.mark.parametrize("name", FORMS)
def test_gradients_by_voltages_are_those_of_the_outputs(name):
    array = Crossbar(conducting(name), rows=5, cols=1, seed=1, column="reference", dtype="float64", initial=(0.1, 0.9))
    x, small = np.array([-1.2, -0.3, 0.2, 0.7, 1.3]), 1e-5
    moved = [array.output(x + sign * small * np.eye(5), noise=False)[:, 0] for sign in (1, -1)]
    gradient = array.steepened(x, array.weights.values[:, 0], np.ones(1))
    assert np.allclose(gradient, (moved[0] - moved[1]) / (2 * small), rtol=1e-6)


# The I-V fit of CrossSim's authors to Milo et al., IRPS 2021, fig. 1, in S and V: k2 and k3 by powers of log10 G.
MILO = load_device("hfo2-milo2021").replace({"programming.coefficients": {"c0": "0 uS", "c1": "0 uS"}})
K2 = (7.063e-3, 5.711e-3, 1.541e-3, 1.388e-4)
K3 = (1.2968e-3, 6.7919e-4, 8.871e-5)


def milo_current(g, v):
    """I = G V + k2 V^2 + k3 V^3 [A] of cells within the range of the fit."""
    k2, k3 = (sum(c * np.log10(g) ** power for power, c in enumerate(terms)) for terms in (K2, K3))
    return g * v + k2 * v**2 + k3 * v**3


def milo_array(cols=2, device=MILO, **options):
    array = Crossbar(device, rows=9, cols=cols, seed=1, dtype="float64", **options)
    lines = cols * (2 if options.get("column") == "pair" else 1)
    targets = np.random.default_rng(3).random((9, lines))
    array.program(targets, **({"reference": 0.25} if options.get("column") == "reference" else {}))
    return array


@pytest.mark.parametrize(
    "options", [{}, {"cols": 20}, {"tile": (4, 3)}, pytest.param({"wires": Wires()}, marks=pytest.mark.slow)], ids=str
)
def test_coefficients_that_depend_on_the_state_give_the_sum_of_the_cells_currents(options):
    array = milo_array(**options)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 9))
    g = array.conductance.values
    expected = milo_current(g, READ * x[:, :, None]).sum(1)
    assert np.allclose(array.read(x), expected, rtol=1e-9, atol=0)
    assert np.abs(expected - READ * x @ g).max() > 0.05 * np.abs(expected).max()


@pytest.mark.parametrize("column", ["reference", "pair"])
def test_differences_of_columns_contain_the_currents_that_depend_on_the_state(column):
    array = milo_array(column=column)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 9))
    window = array.device.spec.conductance
    low = array.conductance.values
    by_line = milo_current(low, READ * x[:, :, None]).sum(1)
    if column == "pair":
        expected = by_line[:, :2] - by_line[:, 2:]
    else:
        reference = milo_current(np.full((9, 1), window.min + 0.25 * window.width), READ * x[:, :, None]).sum(1)
        expected = by_line[:, :2] - reference
    assert np.allclose(array.output(x) * READ * window.width, expected, rtol=1e-9, atol=1e-16)


def test_widths_of_pulses_weigh_the_current_at_the_read_voltage():
    array = milo_array(dac=DAC(bits=None, coding="width"))
    x = np.array([0.3, -0.7, 1.0, -1.0, 0.0, 0.5, -0.2, 0.9, 0.1])
    g = array.conductance.values
    expected = (np.abs(x)[:, None] * milo_current(g, READ * np.sign(x)[:, None])).sum(0)
    assert np.allclose(array.read(x), expected, rtol=1e-9)


def test_a_cell_beyond_the_range_of_the_fit_keeps_the_shape_of_its_curve():
    array = Crossbar(
        MILO.replace({"conductance.min": "1 uS", "conductance.max": "300 uS"}), 3, 1, seed=1, dtype="float64"
    )
    array.program([[0.0], [0.1], [1.0]])
    g = array.conductance.values[:, 0]
    for row, end in ((0, 50e-6), (1, 50e-6), (2, 225e-6)):
        for level in (-1.0, 0.4, 1.0):
            x = level * (np.arange(3) == row)
            expected = milo_current(end, READ * level) * g[row] / end
            assert array.read(x)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_gradients_by_voltages_contain_the_currents_that_depend_on_the_state(column):
    array, small = milo_array(column=column), 1e-5
    x, error = np.linspace(-0.8, 0.9, 9), np.array([1.0, -0.4])
    moved = [array.output(x + sign * small * np.eye(9), noise=False) @ error for sign in (1, -1)]
    window, g = array.device.spec.conductance, array.conductance.values
    if column == "pair":
        g = g[:, :2] - g[:, 2:]
    elif column == "reference":
        g = g[:, :2] - (window.min + 0.25 * window.width)
    ohmic = g / window.width @ error
    gradient = array.steepened(x, ohmic, error)
    assert np.allclose(gradient, (moved[0] - moved[1]) / (2 * small), rtol=1e-6)
