"""The Hebbian rows of the study against their closed form, on any images; bounds; pulse counts; noise moments."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import Crossbar, Encoding, Hebbian, load_device
from memsim.arrays.place import Place
from memsim.arrays.site import Site
from memsim.arrays.update_parameters import UpdateParameters
from memsim.backends import resolve
from memsim.cells.neurosim import curvature, rates

ROWS = 200
TARGETS = (1.0, 0.0)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(1)
    return rng.random((4, 1, ROWS)).astype(np.float32)


def fresh(device, **options):
    return Crossbar(device, rows=ROWS, cols=2, arrays=4, seed=42, **options)


@pytest.mark.parametrize("bounds", [None, (0.0, 2.0), (0.0, 1.0), (0.0, 0.5)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-13)])
def test_hebbian_weights_equal_their_closed_form(images, bounds, dtype, tolerance):
    crossbar = fresh("ideal", bounds=bounds, dtype=dtype)
    w0 = crossbar.state.values
    crossbar.train(Hebbian(0.2), images, TARGETS, steps=30)
    lower, upper = bounds or (-np.inf, np.inf)
    expected = np.clip(w0[:, :, 0] + 6 * images[:, 0].astype(dtype), lower, upper)
    assert np.allclose(crossbar.state.values[:, :, 0], expected, rtol=0, atol=tolerance * 6)
    assert np.array_equal(crossbar.state.values[:, :, 1], w0[:, :, 1])


def test_a_read_is_ohms_and_kirchhoffs_law(images):
    crossbar = fresh("taox-hfox-wu2018")
    crossbar.train(Hebbian(0.2), images, TARGETS, steps=3)
    voltages = 0.5 * images.astype(float)
    expected = np.einsum("asr,arc->asc", voltages, crossbar.conductance.values.astype(float))
    assert np.allclose(crossbar.output(images, noise=False) * crossbar.full_scale, expected, rtol=1e-6)


def test_conductance_spans_the_window(images):
    crossbar = fresh(load_device("agsi-jo2010").replace({"variability": None}))
    crossbar.train(Hebbian(1.0), images, (1.0, -1.0), steps=50)
    siemens = crossbar.conductance.values
    assert siemens.min() >= 3.08e-9 * (1 - 1e-6)
    assert siemens.max() <= 38.5e-9 * (1 + 1e-6)
    assert siemens[:, :, 0].max() == pytest.approx(38.5e-9, rel=1e-6)
    assert siemens[:, :, 1].min() == pytest.approx(3.08e-9, rel=1e-5)


def test_bounds_hold_under_noise(images):
    crossbar = fresh("agsi-jo2010", bounds=(0.2, 0.6), initial=(0.3, 0.4))
    crossbar.train(Hebbian(0.2), images, (1.0, -1.0), steps=10)
    assert crossbar.state.values.min() >= np.float32(0.2)
    assert crossbar.state.values.max() <= np.float32(0.6)


@pytest.mark.slow
def test_a_cell_stays_within_its_own_window():
    device = load_device("agsi-jo2010").replace(
        {
            "variability": {
                "d2d": {"conductance.max": {"sigma": "20 %", "relative_to": "value", "status": "assumed"}},
            }
        }
    )
    crossbar = Crossbar(device, rows=4096, cols=1, seed=3)
    crossbar.train(Hebbian(1.0), np.ones(4096), [1.0], steps=400)
    highest = crossbar.state.values[:, 0].astype(float)
    sigma = 0.2 * 38.5 / (38.5 - 3.08)
    # A bound that equals the end of the nominal window sets no limit: each cell fills its own window.
    assert (highest > 1).mean() == pytest.approx(0.5, abs=0.04)
    for share, distance in ((0.1587, -sigma), (0.8413, sigma)):
        assert np.quantile(highest, share) == pytest.approx(1 + distance, abs=0.03)


@pytest.mark.slow
def test_nearest_counting_gives_the_rounded_number_of_pulses(images):
    device = load_device("taox-hfox-wu2018").replace({"variability": None})
    crossbar = fresh(device)
    crossbar.train(Hebbian(0.2), images, TARGETS, steps=1, encoding=Encoding("counted", rounding="nearest"))
    wished = (np.float32(0.2) * images[:, 0]) * np.float32(128)
    assert np.array_equal(crossbar.pulses.set[:, 0], np.floor(wished + np.float32(0.5)).sum(1))
    assert not crossbar.pulses.set[:, 1].any()
    assert not crossbar.pulses.reset.any()


def test_stochastic_counting_is_unbiased(images):
    device = load_device("taox-hfox-wu2018").replace({"variability": None})
    crossbar = fresh(device)
    crossbar.train(Hebbian(0.002), images, TARGETS, steps=400, encoding="counted")
    wished = 400 * 0.002 * 128 * images.astype(float).sum((1, 2))
    fraction = np.modf(0.002 * 128 * images.astype(float))[0]
    sigma = np.sqrt(400 * (fraction * (1 - fraction)).sum((1, 2)))
    assert (np.abs(crossbar.pulses.set[:, 0] - wished) < 4 * sigma).all()


def test_a_cell_never_gets_more_pulses_than_the_limit(images):
    crossbar = fresh("taox-hfox-wu2018")
    crossbar.train(Hebbian(1.0), np.ones((1, ROWS)), TARGETS, steps=3, encoding=Encoding("counted", max_pulses=5))
    assert (crossbar.pulses.set[:, 0] == 3 * 5 * ROWS).all()


@pytest.mark.slow
def test_sign_encoding_gives_one_pulse_above_the_threshold(images):
    crossbar = fresh(load_device("taox-hfox-wu2018").replace({"variability": None}))
    crossbar.train(Hebbian(0.2), images, (1.0, -1.0), steps=2, encoding=Encoding("sign", threshold=0.1))
    above = (np.float32(0.2) * images[:, 0] > np.float32(0.1)).sum(1)
    assert np.array_equal(crossbar.pulses.set, np.stack([2 * above, 0 * above], 1))
    assert np.array_equal(crossbar.pulses.reset, np.stack([0 * above, 2 * above], 1))


def test_half_selected_cells_are_those_of_the_two_lines():
    crossbar = Crossbar("ideal", rows=10, cols=3)
    crossbar.train(Hebbian(0.1), np.ones(10), [1.0, 0.0, 0.0], steps=1)
    assert crossbar.pulses.set.tolist() == [10, 0, 0]
    assert crossbar.pulses.half_selected.tolist() == [10 * (9 + 2), 0, 0]


@pytest.mark.parametrize(
    ("dtype", "precision"), [("float32", 1e-5), pytest.param("float64", 1e-9, marks=pytest.mark.slow)]
)
def test_counted_pulses_follow_the_device_curve(images, dtype, precision):
    device = load_device("agsi-jo2010").replace({"variability": None})
    crossbar = Crossbar(device, rows=ROWS, cols=2, initial=(0.0, 1e-12), dtype=dtype)
    crossbar.train(Hebbian(1 / 97), np.ones(ROWS), TARGETS, steps=40, encoding=Encoding("counted", rounding="nearest"))
    a = curvature(2.4)
    assert crossbar.state.values[:, 0] == pytest.approx(np.expm1(-40 / 97 * a) / np.expm1(-a), abs=precision)


@pytest.mark.parametrize(
    ("dtype", "precision"), [("float32", 1e-5), pytest.param("float64", 1e-9, marks=pytest.mark.slow)]
)
def test_an_exact_pulse_has_the_slope_of_the_device_at_the_present_state(dtype, precision):
    device = load_device("agsi-jo2010").replace({"variability": None})
    crossbar = Crossbar(device, rows=64, cols=1, initial=(0.0, 1e-12), dtype=dtype)
    crossbar.train(Hebbian(0.01), np.ones(64), [1.0], steps=1, encoding="exact")
    a = curvature(2.4)
    one_pulse = np.expm1(-a / 97) / np.expm1(-a)
    assert crossbar.state.values[:, 0] == pytest.approx(0.01 * 97 * one_pulse, rel=precision)


@pytest.mark.parametrize(
    ("relative_to", "sigma_of_twenty"), [("range", 0.03 * 20**0.5), ("step", 0.03 * 20**-0.5 * 0.2)]
)
@pytest.mark.slow
def test_cycle_to_cycle_noise_adds_up_over_pulses(relative_to, sigma_of_twenty):
    device = load_device("ideal").replace(
        {
            "update.pulses": 100,
            "variability": {"c2c": {"sigma": "3 %", "relative_to": relative_to, "status": "assumed"}},
        }
    )
    crossbar = Crossbar(device, rows=65536, cols=1, bounds=None, initial=(0.4, 0.4 + 1e-9))
    crossbar.train(Hebbian(0.2), np.ones(65536), [1.0], steps=1, encoding=Encoding("counted", rounding="nearest"))
    change = crossbar.state.values[:, 0].astype(float) - 0.4
    error = 1 / np.sqrt(change.size)
    assert change.mean() == pytest.approx(0.2, abs=4 * error * sigma_of_twenty + 1e-6)
    assert change.std() == pytest.approx(sigma_of_twenty, rel=4 * error)


def test_a_cell_without_a_pulse_draws_no_noise():
    crossbar = Crossbar("agsi-jo2010", rows=100, cols=1)
    before = crossbar.state.values
    x = np.zeros(100)
    x[::2] = 1.0
    crossbar.train(Hebbian(0.2), x, [1.0], steps=5)
    assert np.array_equal(before[1::2], crossbar.state.values[1::2])
    assert (before[::2] != crossbar.state.values[::2]).all()


@pytest.mark.parametrize("columns", [3, 40])
@pytest.mark.parametrize(("relative_to", "column"), [("value", "single"), ("range", "single"), ("value", "reference")])
def test_read_noise_has_the_variance_of_independent_cells(columns, relative_to, column):
    device = load_device("agsi-jo2010").replace(
        {
            "variability": None,
            "read.noise": {"sigma": "10 %", "relative_to": relative_to, "status": "assumed"},
        }
    )
    rng = np.random.default_rng(0)
    crossbar = Crossbar(device, rows=50, cols=columns, initial=(0.0, 1.0), column=column)
    x = np.repeat(rng.random((1, 50)), 20000, axis=0)
    current = crossbar.read(x).astype(float)
    siemens = crossbar.conductance.values.astype(float)
    sigma = 0.1 * (siemens if relative_to == "value" else np.full_like(siemens, 35.42e-9))
    voltage = 0.5 * x[0]
    variance = (voltage**2) @ sigma**2
    mean = voltage @ siemens
    if column == "reference":
        mean = mean - voltage.sum() * 3.08e-9
        variance = variance + (voltage**2).sum() * (0.1 * 3.08e-9) ** 2
    error = 1 / np.sqrt(len(x))
    assert current.mean(0) == pytest.approx(mean, abs=5 * error * np.sqrt(variance.max()))
    assert current.var(0) == pytest.approx(variance, rel=5 * np.sqrt(2) * error)
    shared = np.cov(current[:, 0], current[:, 1])[0, 1]
    expected = (voltage**2).sum() * (0.1 * 3.08e-9) ** 2 if column == "reference" else 0.0
    assert shared == pytest.approx(expected, abs=5 * error * variance.max())


def test_a_reference_column_removes_the_current_of_the_fresh_cells():
    device = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
    single = Crossbar(device, rows=64, cols=2, initial=(0.0, 1e-9))
    reference = Crossbar(device, rows=64, cols=2, initial=(0.0, 1e-9), column="reference")
    assert single.read(np.ones(64)) == pytest.approx(64 * 0.5 * 1e-6, rel=1e-6)
    assert reference.read(np.ones(64)) == pytest.approx(0, abs=1e-12)


def test_the_variance_of_a_difference_leaves_the_shared_reference_out(images):
    crossbar = fresh("agsi-jo2010", column="reference")
    crossbar.train(Hebbian(0.2), images, TARGETS, steps=5)
    x = np.repeat(images, 4000, axis=1)
    outputs = crossbar.output(x)
    measured = (outputs[:, :, 0] - outputs[:, :, 1]).var(1)
    expected = crossbar.difference_variance(images)[:, 0]
    assert measured == pytest.approx(expected, rel=5 * np.sqrt(2 / 4000))


def test_device_to_device_spread_has_the_sigma_of_the_profile():
    device = load_device("taox-hfox-wu2018").replace(
        {
            "variability.d2d": {
                "conductance.min": {"sigma": "3 %", "relative_to": "range", "status": "assumed"},
                "conductance.max": {"sigma": "5 %", "relative_to": "value", "status": "assumed"},
                "update.nonlinearity.reset": {"sigma": "10 %", "relative_to": "value", "status": "assumed"},
            }
        }
    )
    cells = UpdateParameters(Place(device.spec, Site(resolve(), 5), (2, 8, 4096)), np.float32)
    assert set(cells.names) == {"low", "high", "start_reset", "decay_reset"}
    error = 4 / np.sqrt(2 * 65536)
    low = cells.value("low").astype(float)
    # G_min cannot go below 0, so the lower tail (beyond 3.7 sigma) is cut.
    assert low.mean() == pytest.approx(0, abs=0.03 * 2 * error)
    assert low.std() == pytest.approx(0.03, rel=2 * error)
    assert low.min() >= -1 / 9 - 1e-6
    assert cells.value("high").astype(float).std() == pytest.approx(0.05 * 10 / 9, rel=2 * error)
    narrow, wide = rates(0.63 * np.array([0.9, 1.1]), 128)[1]
    assert cells.value("decay_reset").astype(float).std() == pytest.approx((wide - narrow) / 2, rel=0.05)
    assert abs(np.corrcoef(low.ravel(), cells.value("high").ravel())[0, 1]) < 2 * error
