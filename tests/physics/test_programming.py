"""Programming by error models, write noise over a hidden state, stuck cells: moments, published points, persistence."""

from __future__ import annotations

import numpy as np
import pytest

from memsim import Crossbar, Delta, Encoding, Hebbian, InputError, load_device

QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
WIDTH = 9e-6
# Joshi et al. 2020: sigma = max(-1.1731 g^2 + 1.9650 g + .2635, 0) uS with g = G/25 uS.
JOSHI = {
    "model": "polynomial",
    "coefficients": {"c0": "0.2635 uS", "c1": "1.9650 uS", "c2": "-1.1731 uS"},
    "scale": "25 uS",
}
# Agrawal et al. 2022: sigma = A (1 - exp(-I/B)).
AGRAWAL = {"model": "saturating", "sigma": "19.9 nA", "scale": "176 nA"}
# Wan et al. 2022, in G/40 uS.
WAN = {
    "model": "polynomial",
    "coefficients": {"c0": "0.348 uS", "c1": "16.03 uS", "c2": "-43.853 uS", "c3": "45.393 uS", "c4": "-16.815 uS"},
    "scale": "40 uS",
}


def only_programmed(programming, low="0.25 uS", high="25 uS", **changes):
    return QUIET.replace(
        {"update": None, "conductance.min": low, "conductance.max": high, "programming": programming, **changes}
    )


def spread(device, w, **options):
    array = Crossbar(device, rows=4096, cols=8, seed=2, dtype="float64", **options).program(w)
    return array.conductance.values


def agrees(values, mean, sigma):
    n = values.size
    assert abs(values.mean() - mean) < 4 * sigma / np.sqrt(n)
    assert abs(values.std() / sigma - 1) < 4 / np.sqrt(2 * n)


@pytest.mark.parametrize(("g", "sigma"), [(1.0, 1.0554e-6), (0.5, 0.952725e-6)])
def test_the_error_of_phase_change_memory_is_the_published_polynomial(g, sigma):
    w = (25e-6 * g - 0.25e-6) / 24.75e-6
    agrees(spread(only_programmed(JOSHI), w), 25e-6 * g, sigma)


def test_the_error_of_hafnia_cells_is_the_published_quartic():
    x = 0.25
    sigma = 0.348 + 16.03 * x - 43.853 * x**2 + 45.393 * x**3 - 16.815 * x**4
    agrees(spread(only_programmed(WAN, "0 S", "40 uS"), x), 10e-6, sigma * 1e-6)


def test_the_error_of_sonos_cells_saturates_with_the_current():
    device = only_programmed(AGRAWAL, "0 S", "16 uS")
    sigma = 19.9e-9 * (1 - np.exp(-8e-6 * 0.5 / 176e-9)) / 0.5
    agrees(spread(device, 0.5), 8e-6, sigma)
    small = 0.02e-6
    low = spread(device, small / 16e-6)
    sigma = 19.9e-9 * (1 - np.exp(-small * 0.5 / 176e-9)) / 0.5
    above = low[low > small] - small  # the other half is cut off at no conductance
    assert abs(np.sqrt(np.mean(above**2)) / sigma - 1) < 4 / np.sqrt(above.size)
    assert low.min() >= 0


def test_training_a_device_that_is_only_programmed_is_exact_and_programming_then_errs_once():
    x, t = np.random.default_rng(0).random((2, 100)) * 0.3, [[1.0, 0.4], [0.3, 1.0]]
    noise = {"read.noise": {"sigma": "5 %", "relative_to": "value"}, "faults": {"stuck_on": "5 %", "status": "assumed"}}
    device = only_programmed(JOSHI, **noise)
    ideal = Crossbar("ideal", rows=100, cols=2, seed=1).train(Delta(0.01), x, t, steps=5)
    array = Crossbar(device, rows=100, cols=2, seed=1)
    span = array.full_scale * 25 / 24.75
    assert array.planned and span > 0
    array.train(Hebbian(0.2), x, t, steps=5)
    hebbian = Crossbar("ideal", rows=100, cols=2, seed=1).train(Hebbian(0.2), x, t, steps=5)
    assert np.allclose(array.state.values, hebbian.state.values, rtol=1e-6)
    assert not array.pulses.set.any()
    # Reads in training are exact: two arrays of other noise learn the same.
    delta, other = (Crossbar(device, rows=100, cols=2, seed=1) for _ in range(2))
    other.read(x)
    assert np.array_equal(
        delta.train(Delta(0.01), x, t, steps=5).state.values, other.train(Delta(0.01), x, t, steps=5).state.values
    )
    assert ideal.state.values.shape == delta.state.values.shape
    plan = array.state.values
    assert not np.array_equal(array.read(x), array.program().read(x))
    assert not array.planned
    error = array.state.values - plan
    stuck = array._array.cells.lines.stuck[0, :, :100].T != 0
    assert 0 < stuck.sum() < 30
    assert (array.state.values[stuck] == 1).all()
    assert 0 < np.abs(error[~stuck]).max() < 0.5
    # Training goes on from the plan, not from what errors made of it.
    assert np.array_equal(array.train(Hebbian(0.2), x, t, steps=0).state.values, plan)


@pytest.mark.slow
def test_a_device_with_pulses_is_programmed_by_its_error_model_when_asked():
    device = QUIET.replace({"programming": {"model": "polynomial", "coefficients": {"c0": "0.1 uS"}, "scale": "1 uS"}})
    array = Crossbar(device, rows=4096, cols=2, seed=1, dtype="float64")
    pulsed = Crossbar(device, rows=4096, cols=2, seed=1).program(0.5, cycles=20)
    agrees(array.program(0.5, algorithm="model").conductance.values, 5.5e-6, 0.1e-6)
    assert not array.pulses.set.any() and pulsed.pulses.set.all()
    assert np.abs(pulsed.state.values - 0.5).max() < 0.6 / 128


def test_programming_again_draws_anew():
    array = Crossbar(only_programmed(JOSHI), rows=64, cols=2, seed=1)
    assert not np.array_equal(array.program(0.5).state.values, array.program(0.5).state.values)


def test_pairs_and_reference_columns_are_programmed_with_errors_too():
    device = only_programmed(JOSHI, "5 uS", "25 uS")
    single, reference = (
        Crossbar(device, rows=256, cols=64, seed=3, column=column, dtype="float64").program(0.5)
        for column in ("single", "reference")
    )
    x = np.ones(256)
    common = reference.output(x, noise=False) - single.output(x, noise=False)
    assert np.ptp(common) < 1e-5  # the reference column's own current, the same for all
    sigma = (-1.1731 / 25 + 1.965 / 5 + 0.2635) * 1e-6 / 20e-6
    assert 0 < abs(common.mean() + 256 * 0.25) < 4 * 16 * sigma
    pair = Crossbar(device, rows=256, cols=64, seed=3, column="pair", dtype="float64").program(0.5)
    sigma = (-1.1731 * 0.36 + 1.965 * 0.6 + 0.2635) * 1e-6 / 20e-6
    agrees(pair.weights.values, 0, np.sqrt(2) * sigma)


def test_nothing_can_wait_before_it_is_programmed():
    device = only_programmed(JOSHI, retention={"model": "drift", "exponent": 0.05, "reference_time": "20 s"})
    array = Crossbar(device, rows=4, cols=1)
    with pytest.raises(InputError, match="nothing is programmed yet"):
        array.wait(1)
    before = array.program().conductance.values
    assert np.allclose(array.wait(180).conductance.values, before * 10**-0.05, rtol=1e-5)


@pytest.mark.parametrize(
    ("device", "options", "message"),
    [
        (only_programmed(JOSHI), {"algorithm": "pulses"}, "has no update model for pulses; use 'model'"),
        (QUIET, {"algorithm": "model"}, "has no error model of programming"),
        (QUIET, {"algorithm": "modell"}, "algorithm: unknown choice 'modell'; did you mean 'model'"),
    ],
)
def test_ways_of_programming_that_a_device_does_not_have_are_refused(device, options, message):
    with pytest.raises(InputError, match=message):
        Crossbar(device, rows=4, cols=1).program(0.5, **options)


def wavering(sigma="10 %", relative_to="range", **changes):
    return QUIET.replace({"variability.write": {"sigma": sigma, "relative_to": relative_to}, **changes})


@pytest.mark.slow
def test_write_noise_is_seen_and_the_hidden_state_goes_on_without_it():
    array = Crossbar(wavering(), rows=4096, cols=2, seed=4, initial=(0.4, 0.4 + 1e-9))
    plain = Crossbar(QUIET, rows=4096, cols=2, seed=4, initial=(0.4, 0.4 + 1e-9))
    assert np.array_equal(array.state.values, plain.state.values)
    x = np.ones(4096)
    for _ in range(3):
        array.train(Hebbian(0.05), x, [1, 0], encoding="exact")
        plain.train(Hebbian(0.05), x, [1, 0], encoding="exact")
        agrees((array.state.values - plain.state.values)[:, 0], 0, 0.1)
        assert np.array_equal(array.state.values[:, 1], plain.state.values[:, 1])
    assert np.array_equal(array.pulses.set, plain.pulses.set)
    seen = array.state.values
    array.train(Hebbian(0.05), x, [0, 1], encoding="exact")
    assert np.array_equal(array.state.values[:, 0], seen[:, 0])  # redrawn only where something was written


@pytest.mark.slow
def test_write_noise_in_steps_is_a_multiple_of_the_nominal_step():
    device = QUIET.replace(
        {
            "update": {"model": "constant", "step": 0.00135},
            "variability.write": {"sigma": "7500 %", "relative_to": "nominal-step"},
        }
    )
    array = Crossbar(device, rows=4096, cols=1, seed=4, initial=(0.4, 0.4 + 1e-9))
    array.train(Hebbian(0.05), np.ones(4096), [1], encoding="exact")
    assert abs(array.state.values.std() / (75 * 0.00135 / 2) - 1) < 4 / np.sqrt(2 * 4096)


@pytest.mark.slow
def test_steps_in_two_calls_draw_the_write_noise_of_the_steps_in_one():
    x = np.random.default_rng(0).random((3, 64)) * 0.02
    t = np.eye(3)
    once, twice = (Crossbar(wavering(), rows=64, cols=3, seed=4) for _ in range(2))
    once.train(Hebbian(0.3), x, t, steps=6)
    twice.train(Hebbian(0.3), x, t, steps=2).train(Hebbian(0.3), x, t, steps=4)
    assert np.array_equal(once.state.values, twice.state.values)


def test_verification_sees_write_noise():
    array = Crossbar(wavering("2 %"), rows=512, cols=2, seed=4).program(0.5, cycles=30)
    # Rounds go on until what is read is within half a pulse; a blind one would leave the noise of 2 %.
    assert np.median(np.abs(array.state.values - 0.5)) < 0.012


MAP = np.zeros((40, 2), int)
MAP[3, 0], MAP[7, 1], MAP[9, 0] = 1, -1, 1


@pytest.mark.slow
@pytest.mark.parametrize("device", ["ideal", "taox-hfox-wu2018", "agsi-jo2010"])
def test_stuck_cells_keep_their_end_of_the_window_and_take_their_pulses(device):
    bounds = None if device == "ideal" else (0, 0.8)
    array = Crossbar(device, rows=40, cols=2, arrays=3, seed=1, bounds=bounds, faults=MAP)
    healthy = Crossbar(device, rows=40, cols=2, arrays=3, seed=1, bounds=bounds)
    high, low = (array._array.cells.lines.cells.value(name)[:, :, :40].swapaxes(1, 2) for name in ("high", "low"))

    def check():
        w = array.state.values
        for place in ((3, 0), (9, 0)):
            assert np.array_equal(w[(slice(None), *place)], high[(slice(None), *place)])
        assert np.array_equal(w[:, 7, 1], low[:, 7, 1])
        well = MAP == 0
        assert np.array_equal(w[:, well], healthy.state.values[:, well])

    check()
    for crossbar in (array, healthy):
        crossbar.train(Hebbian(0.1), np.ones(40), [1, 1], steps=3)
    check()
    assert np.array_equal(array.pulses.set, healthy.pulses.set)
    for crossbar in (array, healthy):
        crossbar.program(0.4, cycles=3, error=0.01)
    check()


def test_cells_are_stuck_at_the_rates_of_the_device():
    device = QUIET.replace({"faults": {"stuck_on": "10 %", "stuck_off": "5 %"}})
    w = Crossbar(device, rows=4096, cols=4, seed=3, initial=(0.4, 0.6)).state.values
    for end, rate in ((1.0, 0.1), (0.0, 0.05)):
        assert abs((w == end).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / w.size)
    everywhere = Crossbar(QUIET.replace({"faults": {"stuck_on": "100 %"}}), rows=64, cols=2)
    assert (everywhere.state.values == 1).all()


@pytest.mark.slow
def test_cells_stuck_inside_the_window_keep_states_that_are_uniform_around_the_given_one():
    device = QUIET.replace({"faults": {"stuck_at": {"share": "20 %", "state": "50 %", "half_width": "1 %"}}})
    array = Crossbar(device, rows=4096, cols=4, seed=3, initial=(0.1, 0.2))
    array.train(Hebbian(1.0), np.ones(4096), np.ones(4), steps=3, encoding="exact")
    w = array.state.values
    stuck = w[w < 1]
    assert abs(stuck.size / w.size - 0.2) < 4 * np.sqrt(0.2 * 0.8 / w.size)
    assert 0.49 <= stuck.min() < 0.4901 and 0.5099 < stuck.max() <= 0.51
    assert abs(stuck.mean() - 0.5) < 4 * 0.02 / np.sqrt(12 * stuck.size)
    assert stuck.std() == pytest.approx(0.02 / np.sqrt(12), rel=0.05)  # of a uniform distribution
    chosen = np.zeros((4096, 1), int)
    chosen[7] = 2
    one = Crossbar(device, rows=4096, cols=1, seed=3, faults=chosen).program(0.9, cycles=3).state.values[:, 0]
    assert 0.49 <= one[7] <= 0.51 and (np.delete(one, 7) > 0.8).all()


def test_cells_of_a_reference_column_can_be_stuck():
    device = QUIET.replace({"faults": {"stuck_on": "10 %"}})
    array = Crossbar(device, rows=4096, cols=1, seed=3, column="reference")
    healthy = Crossbar(device, rows=4096, cols=1, seed=3, column="reference", faults=np.zeros((4096, 1)))
    x = np.ones(4096)
    more = (healthy.output(x) - array.output(x)).item() + (array.state.values == 1).sum()
    assert abs(more - 409.6) < 4 * np.sqrt(4096 * 0.1 * 0.9) + 0.01 * 4096


def test_stuck_cells_neither_drift_nor_relax():
    retention = {"model": "relaxation", "spread": "0.4 uS", "reference_time": "1 s"}
    array = Crossbar(QUIET.replace({"retention": retention}), rows=40, cols=2, faults=MAP, initial=(0.4, 0.6))
    w = array.wait(100).state.values
    assert w[3, 0] == w[9, 0] == 1 and w[7, 1] == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((3, 3)), r"faults: shape \(3, 3\) does not fit; allowed: \(row, line\) = \(40, 2\)"),
        (
            np.full((40, 2), 3),
            r"faults: 3 at \(0, 0\) is not allowed; -1 is stuck off, 0 sound, 1 stuck on, 2 stuck inside",
        ),
        (
            np.full((40, 2), 2),
            r"faults: 2 \(stuck inside the window\) needs a device with 'faults.stuck_at'; '.*' has none",
        ),
        (np.full((40, 2), np.nan), "faults: nan at"),
        ("all", "faults: not an array of numbers"),
    ],
)
def test_a_map_of_faults_that_does_not_fit_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Crossbar(QUIET, rows=40, cols=2, faults=given)


@pytest.mark.parametrize("wavering_too", [True, False])
def test_a_cell_that_is_where_it_is_wished_gets_no_pulse_wherever_noise_and_time_left_it(wavering_too):
    relaxation = {"model": "relaxation", "spread": "2 uS", "reference_time": "1 s"}
    device = QUIET.replace({"retention": relaxation})
    if wavering_too:
        device = device.replace({"variability.write": {"sigma": "10 %", "relative_to": "range"}})
    array = Crossbar(device, rows=200, cols=2, seed=1, initial=(0.1, 0.9)).program(0.5).wait(10)
    assert array.state.values.min() < 0 and array.state.values.max() > 1  # beyond the window
    before, pulses = array.state.values, (array.pulses.set + array.pulses.reset).sum()
    wished = before.copy()
    wished[7, 1] = 0.5
    array.program(wished, encoding=Encoding("sign"), cycles=1)
    assert (array.pulses.set + array.pulses.reset).sum() == pulses + 1
    changed = array.state.values != before
    assert changed[7, 1] and changed.sum() == 1
