"""Relaxation of filamentary cells: published moments by level and time, and one path of each cell for all times."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import Crossbar, Encoding, Hebbian, InputError, load_device

TECHNOLOGY_C = "rram-technology-c-levy2021"
TIMES = (0.01, 0.1, 1.0, 4.0, 1e5)
# Mean and standard deviation of G(t) - G(0) [uS] of about 500 cells a level, from the measured values of every cell.
MEASURED = {
    0.74: ((0.03, 0.24), (0.15, 0.67), (0.25, 0.86), (0.38, 1.27), (0.41, 1.10)),
    5.63: ((0.09, 1.00), (0.03, 1.57), (0.22, 2.37), (-0.02, 2.45), (-0.05, 3.16)),
    10.6: ((-0.01, 1.08), (-0.04, 1.72), (-0.03, 2.33), (-0.62, 2.61), (-0.96, 3.82)),
    20.6: ((-0.08, 1.03), (-0.31, 1.85), (-0.54, 2.43), (-0.59, 2.55), (-1.71, 3.75)),
    30.7: ((-0.09, 0.69), (-0.28, 1.43), (-0.41, 1.77), (-0.69, 2.30), (-2.00, 3.39)),
    39.3: ((-0.19, 0.71), (-0.36, 1.09), (-0.46, 1.45), (-0.49, 1.71), (-2.10, 2.93)),
}
CELLS = 500  # of a level, whose moments these are
TABLE = {
    "model": "relaxation-table",
    "rows": [
        {"conductance": "2 uS", "time": "1 s", "sigma": "0.1 uS"},
        {"conductance": "2 uS", "time": "100 s", "shift": "0.1 uS", "sigma": "0.3 uS"},
        {"conductance": "2 uS", "time": "1e4 s", "shift": "0.3 uS", "sigma": "0.2 uS"},
        {"conductance": "8 uS", "time": "1 s", "shift": "-0.1 uS", "sigma": "0.2 uS"},
        {"conductance": "8 uS", "time": "100 s", "shift": "-0.2 uS", "sigma": "0.4 uS"},
        {"conductance": "8 uS", "time": "1e4 s", "shift": "-0.5 uS", "sigma": "0.5 uS"},
    ],
}
LINE = {"model": "relaxation", "spread": "0.2 uS", "growth": "0.02 uS", "reference_time": "1 s"}
FORMS = {"table": TABLE, "line": LINE}
PULSED = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
LOW, WIDTH = 1.0, 9.0  # of its window [uS]


def programmed(device, level, rows=4096, cols=16, **options):
    """Cells of one target [uS], and their conductances then [uS]."""
    low, high = device.spec.conductance.min, device.spec.conductance.max
    array = Crossbar(device, rows, cols, seed=5, **{"dtype": "float64", **options})
    array.program(np.full((rows, array._array.lines), (level * 1e-6 - low) / (high - low)), algorithm="model")
    return array, microsiemens(array)


def microsiemens(array):
    return array.conductance.values * 1e6


def cells(form, g=5.0, rows=4096, cols=16, **options):
    """Cells that relax in a form, at one state [uS] without any error."""
    w = (g - LOW) / WIDTH
    settings = {"seed": 3, "initial": (w, w + 1e-12), "dtype": "float64", **options}
    return Crossbar(PULSED.replace({"retention": FORMS[form]}), rows, cols, **settings)


@pytest.mark.slow
@pytest.mark.parametrize("level", list(MEASURED))
def test_technology_c_changes_as_measured_at_every_level_and_time(level):
    array, before = programmed(load_device(TECHNOLOGY_C), level)
    passed = 0.0
    for time, (mean, sigma) in zip(TIMES, MEASURED[level], strict=True):
        change = microsiemens(array.wait(time - passed)) - before
        passed = time
        # A fifth of what chance does to the moments of as many cells as were measured, and what it does to ours.
        ours = 4 / np.sqrt(change.size)
        assert abs(change.mean() - mean) < (0.2 / np.sqrt(CELLS) + ours) * sigma
        assert abs(change.std() - sigma) < (0.2 / np.sqrt(2 * CELLS) + 2 * ours) * sigma
        assert microsiemens(array).min() >= 0


@pytest.mark.parametrize("level", [0.74, 20.6])
def test_500_cells_of_technology_c_scatter_about_the_measured_moments(level):
    device = load_device(TECHNOLOGY_C).replace({"programming.coefficients.c0": "0 uS"})
    array, before = programmed(device, level, rows=CELLS, cols=64)
    change = microsiemens(array.wait(1e5)) - before
    mean, sigma = MEASURED[level][-1]
    deviations = (change.mean(0) - mean) / (sigma / np.sqrt(CELLS))
    assert abs(deviations.std() - 1) < 4 / np.sqrt(2 * 64)
    assert np.abs(deviations).max() < 4


def hfox(x, coefficients):
    return sum(c * x**k for k, c in enumerate(coefficients))


@pytest.mark.parametrize("level", [8.0, 15.0, 21.0, 34.0])
def test_hfox_spreads_about_its_target_as_published_after_a_second_and_after_one_and_two_days(level):
    array, _ = programmed(load_device("hfox-wan2022"), level)
    day = 86400.0
    for time, coefficients in (
        (1.0, (0.348, 16.030, -43.853, 45.393, -16.815)),
        (day - 1, (0.701, 22.086, -50.773, 47.095, -16.458)),
        (day, (0.782, 20.274, -43.507, 37.062, -11.934)),
    ):
        error = microsiemens(array.wait(time)) - level
        sigma = hfox(level / 40, coefficients)
        assert abs(error.std() / sigma - 1) < 0.02
        assert abs(error.mean()) < 4 * sigma / np.sqrt(error.size) + 0.01 * sigma


def test_a_table_is_linear_in_the_logarithm_of_time_and_in_the_level():
    for g, time, mean, variance in (
        (2.0, 1.0, 0.0, 0.01),
        (2.0, 0.25, 0.0, 0.0025),  # in proportion to time before the first
        (8.0, 0.25, -0.025, 0.01),
        (2.0, 10.0, 0.05, 0.05),
        (8.0, 1e3, -0.35, (0.16 + 0.25) / 2),
        (5.0, 100.0, -0.05, (0.09 + 0.16) / 2),
        (3.5, 10.0, 0.75 * 0.05 - 0.25 * 0.15, 0.75 * 0.05 + 0.25 * 0.1),
        (2.0, 1e4, 0.3, 0.04),  # a variance that falls
        (2.0, 1e7, 0.3, 0.04),  # the last one stays
        (9.5, 1e7, -0.5, 0.25),  # as at the highest level
    ):
        change = microsiemens(cells("table", g).wait(time)) - g
        assert abs(change.mean() - mean) < 4 * np.sqrt(variance / change.size) + 1e-9
        assert abs(change.var() / variance - 1) < 4 * np.sqrt(2 / change.size)


@pytest.mark.parametrize("form", FORMS)
def test_increments_over_different_knots_are_independent_and_a_path_is_one(form):
    g = 8.0
    array, changes = cells(form, g), []
    for seconds in (1.0, 99.0, 9900.0):  # at knots of both forms
        changes.append((microsiemens(array.wait(seconds)) - g).ravel())
    variances = [change.var() for change in changes]
    for early, late in ((0, 1), (1, 2), (0, 2)):
        expected = np.sqrt(variances[early] / variances[late])
        assert abs(np.corrcoef(changes[early], changes[late])[0, 1] - expected) < 4 / np.sqrt(changes[0].size) + 0.01


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_state_at_a_time_does_not_depend_on_other_times_that_are_visited(form, dtype):
    whole = microsiemens(cells(form, rows=64, cols=4, dtype=dtype).wait(3600.0))
    for times in ((1.0, 3599.0), (0.3, 10.0, 3589.7), (1e-3,) * 9 + (3599.991,)):
        array = cells(form, rows=64, cols=4, dtype=dtype)
        for seconds in times:
            array.wait(seconds)
        assert np.allclose(microsiemens(array), whole, rtol=0, atol=1e-9 if dtype == "float64" else 1e-5)
        assert np.std(whole) > 0.1


@pytest.mark.parametrize("form", FORMS)
def test_a_reprogrammed_cell_gets_a_new_path_and_the_others_keep_theirs(form):
    array, alone = cells(form, rows=64, cols=2), cells(form, rows=64, cols=2)
    for one in (array, alone):
        one.wait(100.0)
    x = np.zeros(64)
    x[:40] = 1
    conductance = microsiemens(array.train(Hebbian(0.1), x, [1, 0], encoding="exact"))
    written = np.zeros((64, 2), bool)
    written[:40, 0] = True
    array.wait(100.0)
    later, others = microsiemens(array), microsiemens(alone.wait(100.0))
    assert np.array_equal(later[~written], others[~written])
    first = microsiemens(cells(form, rows=64, cols=2).wait(100.0))[written]
    change = later[written] - conductance[written]
    assert abs(np.corrcoef(change, first)[0, 1]) < 4 / np.sqrt(40)
    assert change.std() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_path_does_not_depend_on_how_often_one_waited_before_the_programming(form):
    conductances = []
    for times in ((50.0,), (20.0, 30.0), (1.0,) * 50):
        array = cells(form, rows=64, cols=2)
        for seconds in times:
            array.wait(seconds)
        array.program(0.5, cycles=3, encoding=Encoding("exact")).wait(10.0)
        conductances.append(microsiemens(array))
    assert np.allclose(conductances[0], conductances[1], rtol=0, atol=1e-9)
    assert np.allclose(conductances[0], conductances[2], rtol=0, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("column", ["single", "pair", "reference"])
def test_a_path_does_not_depend_on_the_size_or_the_number_of_arrays(form, column):
    device = load_device(TECHNOLOGY_C).replace({"retention": FORMS[form]})
    x = np.random.default_rng(0).random((3, 40))

    def aged(rows, arrays, first=0):
        array = Crossbar(device, rows, 2, arrays=arrays, first_array=first, column=column, seed=8)
        array.program(0.5).wait(30.0)
        return array.state.values[:, :40], array.output(np.pad(x, ((0, 0), (0, rows - 40))))

    (whole, _), (large, _) = aged(40, 3), aged(100, 3)
    assert np.array_equal(whole, large)
    parts = [aged(40, 1, first) for first in range(3)]
    assert np.array_equal(whole, np.concatenate([weights for weights, _ in parts]))
    assert np.array_equal(aged(40, 3)[1], np.concatenate([outputs for _, outputs in parts]))


def test_the_line_has_the_moments_of_its_source_at_every_time():
    # Falcone et al., arXiv:2502.04524: mean -.0890 ln t, standard deviation .412 + .0420 ln t, here in uS and s.
    device = load_device("cmo-hfox-falcone2025")
    passed, (array, before) = 0.0, programmed(device, 50.0)
    for time in (1e-3, 0.2, 1.0, 25.0, 3600.0, 3.15e8):
        change = microsiemens(array.wait(time - passed)) - before
        passed = time
        x = np.log(time)
        sigma = 0.412 + 0.0420 * x
        assert abs(change.mean() + 0.0890 * max(x, 0)) < 4 * sigma / np.sqrt(change.size)
        assert abs(change.std() / sigma - 1) < 4 / np.sqrt(2 * change.size)


def test_a_small_conductance_stays_positive_with_the_tabulated_moments():
    law = {"model": "relaxation-table", "rows": [{"conductance": "1 uS", "time": "1 s", "sigma": "1 uS"}]}
    for ratio in (0.5, 1.0, 1.5, 2.0, 3.0, 6.0):
        device = PULSED.replace({"conductance.min": "0 S", "retention": law})
        w = ratio / 10
        array = Crossbar(device, 4096, 64, seed=1, initial=(w, w + 1e-12), dtype="float64")
        g = microsiemens(array.wait(1.0))
        assert g.min() >= 0
        # A lognormal distribution as wide as its mean and more has moments that sample slowly.
        assert abs(g.mean() - ratio) < 5 / np.sqrt(g.size) + 0.002
        assert abs(g.std() - 1) < (0.1 if ratio < 1 else 0.03)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least 1"),
        ([{"conductance": "1 uS", "time": "1 s", "sigma": "1 uS"}] * 2, "level and time of an earlier row"),
        (
            [
                {"conductance": "1 uS", "time": "1 s", "sigma": "1 uS"},
                {"conductance": "2 uS", "time": "2 s", "sigma": "1 uS"},
            ],
            "level 1e-06 S has no row for the time 2 s, which another level has",
        ),
        ([{"conductance": "1 uS", "time": "0 s", "sigma": "1 uS"}], "above 0 s"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_with_the_reason(rows, message):
    with pytest.raises(InputError, match=message):
        PULSED.replace({"retention": {"model": "relaxation-table", "rows": rows}})
