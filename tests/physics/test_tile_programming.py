"""Programming of whole arrays: decoded reads, correlated noise, wires, selected cells and gradient descent.

References: the Hadamard matrix of SciPy, closed forms of variances, and second transcriptions of the rules.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.linalg import hadamard

import memsim as ms
from memsim.arrays.programming.algorithms import GradientDescent, Hadamard, Radar, Selective
from memsim.arrays.programming.readings import CellReadings, ColumnReadings, transform
from memsim.profiles import device_from_text

pytestmark = pytest.mark.slow

LOW, HIGH, V_READ, T_READ = 1e-6, 41e-6, 0.2, 1e-7
WINDOW = HIGH - LOW


def device(pulses=100, c2c=None, read=None, **changes):
    """Cells with equal steps."""
    pulse = {"voltage": "1 V", "width": "1 us"}
    values = {
        "conductance": {"min": f"{LOW} S", "max": f"{HIGH} S"},
        "update": {"model": "constant", "pulses": pulses, "set": pulse, "reset": pulse},
        "read": {"voltage": f"{V_READ} V", "duration": f"{T_READ} s"} | (read or {}),
    }
    if c2c:
        values["variability"] = {"c2c": {"sigma": c2c, "relative_to": "range"}}
    head = {"name": "cell", "title": "Cell", "technology": "none", "status": "assumed"}
    return device_from_text(json.dumps(head | values | changes))


def noise(sigma, relative_to="range"):
    return {"noise": {"sigma": sigma, "relative_to": relative_to}}


def readings_of(xbar, block):
    """One reading of all cells, (row, col), without a change of any."""
    array = xbar._array
    readings = CellReadings(array, 1e-6, True) if block == 1 else ColumnReadings(array, 1e-6, True, block)
    status = np.zeros(array.cells.lines.state.shape, np.uint8)
    return np.stack([readings.take(step, status)[0, :, : array.shape[1]].T for step in range(8)])


@pytest.mark.parametrize("size", [1, 2, 64])
def test_the_transform_is_the_hadamard_matrix(size):
    values = np.random.default_rng(0).normal(size=(3, size))
    assert transform(values) == pytest.approx(values @ hadamard(size).T, abs=1e-12)


def test_decoding_divides_the_variance_of_the_electronics_by_the_number_of_reads():
    sigma, states = 0.05, np.random.default_rng(0).uniform(0, 1, (128, 64))
    variances = {}
    for block in (1, 64):
        xbar = ms.Crossbar(device(), 128, 64, seed=3, adc=ms.ADC(noise=sigma, range=1.0)).program(states)
        error = readings_of(xbar, block) - xbar.state.values
        assert abs(error.mean()) < 5 * error.std() / math.sqrt(error.size)
        variances[block] = error.var()
    assert variances[1] == pytest.approx(sigma**2, rel=0.03)
    assert variances[64] / variances[1] == pytest.approx(1 / 64, rel=0.03)


@pytest.mark.parametrize("relative_to", ["range", "value"])
def test_decoding_does_not_reduce_the_noise_of_cells(relative_to):
    xbar = ms.Crossbar(device(read=noise(0.05, relative_to)), 128, 64, seed=3).program(0.5)
    single, together = ((readings_of(xbar, block) - xbar.state.values).var() for block in (1, 64))
    base = 1.0 if relative_to == "range" else 0.5 + LOW / WINDOW
    assert single == pytest.approx((0.05 * base) ** 2, rel=0.03)
    assert together == pytest.approx(single, rel=0.03)


def test_two_phases_double_the_noise_of_the_electronics():
    kwargs = {"seed": 3, "adc": ms.ADC(noise=0.05, range=1.0), "dac": ms.DAC(polarity="phases")}
    xbar = ms.Crossbar(device(), 128, 64, **kwargs).program(0.5)
    assert (readings_of(xbar, 64) - xbar.state.values).var() == pytest.approx(0.05**2 / 32, rel=0.03)


def test_accepted_states_are_those_of_the_decoded_noise():
    # Steps much longer than the window: uniform landing, so a^2/3 + s^2/N of one accepting read.
    a, s, xbar = 0.01, 0.08, ms.Crossbar(device(pulses=6, c2c=0.05), 256, 128, seed=3, adc=ms.ADC(noise=0.08, range=1))
    xbar.program(0.5, Hadamard(window=a, max_pulses=10_000, block=64))
    assert xbar.programming.accepted.all()
    sd = float((xbar.state.values - 0.5).std())
    assert sd == pytest.approx(math.sqrt(a * a / 3 + s * s / 64), rel=0.02)


def test_each_read_of_a_column_counts_for_each_cell_of_its_block():
    # Rows 0 to 3 need 5 pulses, rows 4 and 5 three: the blocks of two are read six and four times, two reads each.
    targets = np.array([0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.0])[:, None]
    xbar = ms.Crossbar(device(pulses=10), 7, 1, seed=1, initial=(0.0, 1e-12))
    report = xbar.program(targets, Hadamard(window=0.03, block=2)).programming
    assert report.set_pulses.values[:, 0].tolist() == [5, 5, 5, 4, 3, 3, 0]
    assert report.verify_reads.values[:, 0].tolist() == [12, 12, 12, 12, 8, 8, 2]
    assert report.time.values[:, 0] == pytest.approx(
        [5e-6 + 12 * T_READ] * 3 + [4e-6 + 12 * T_READ] + [3e-6 + 8 * T_READ] * 2 + [2 * T_READ]
    )
    # Row 3 stays at 0.4 for its last read, of two patterns.
    g = LOW + np.array([0, 0.1, 0.2, 0.3, 0.4]) * WINDOW
    energy = 1e-6 * ((g[1:] + g[:-1]) / 2).sum() + V_READ**2 * T_READ * 2 * (g.sum() + g[-1])
    assert report.energy.values[3, 0] == pytest.approx(energy, rel=1e-6)
    assert report.accepted.all()


TELEGRAPH = {"telegraph": {"amplitude": 0.3, "relative_to": "range", "empty": "1 s", "filled": "1 s"}}


def test_telegraph_noise_that_lasts_is_part_of_what_is_programmed():
    # Half of the traps are filled, and hardly any changes: reads see w - 0.3 there, and pulses make up for it.
    xbar = ms.Crossbar(device(read=TELEGRAPH), 64, 16, seed=3).program(0.5, Radar(window=0.01, max_pulses=200))
    assert xbar.programming.accepted.all()
    filled = xbar.state.values > 0.65
    assert filled.mean() == pytest.approx(0.5, abs=5 * math.sqrt(0.25 / 1024))
    assert xbar.state.values[filled] == pytest.approx(0.8, abs=0.011)
    assert xbar.state.values[~filled] == pytest.approx(0.5, abs=0.011)


def test_fast_telegraph_noise_spreads_readings_and_decoding_does_not_reduce_it():
    fast = {"telegraph": {"amplitude": 0.1, "relative_to": "range", "empty": "1 ns", "filled": "1 ns"}}
    xbar = ms.Crossbar(device(read=fast), 64, 64, seed=3).program(0.5)
    for block in (1, 16):
        error = readings_of(xbar, block) - xbar.state.values
        assert error.mean() == pytest.approx(-0.05, abs=0.001)
        assert error.var() == pytest.approx(0.1**2 / 4, rel=0.04)  # a trap that is filled half of the time


def test_flicker_noise_acts_on_verify_reads():
    flicker = {"flicker": {"sigma": 0.02, "relative_to": "range", "fastest": "1 us", "slowest": "1 s"}}
    xbar = ms.Crossbar(device(read=flicker), 64, 64, seed=3).program(0.5)
    error = readings_of(xbar, 1)[0] - xbar.state.values
    assert error.var() == pytest.approx(0.02**2 * math.log(1e6), rel=0.1)
    xbar.program(0.5, Radar(window=0.01, max_pulses=1000))
    assert float((xbar.state.values - 0.5).std()) > 0.05  # the noise at acceptance is programmed in


def test_the_spread_of_read_noise_over_cells_acts_on_verify_reads():
    # One accepting read of a cell with sigma s leaves a^2/3 + s^2; the mean of s^2 is sigma^2 (1 + spread^2).
    spread = {"d2d": {"read.noise.sigma": {"sigma": "40 %", "relative_to": "value"}}}
    cell = device(pulses=6, read=noise(0.01)).replace(
        {"variability": spread | {"c2c": {"sigma": "5 %", "relative_to": "range"}}}
    )
    xbar = ms.Crossbar(cell, 256, 128, seed=3).program(0.5, Radar(window=0.01, max_pulses=10_000))
    expected = 0.01**2 / 3 + 0.01**2 * (1 + 0.4**2)
    assert float(xbar.state.values.var()) == pytest.approx(expected, rel=0.03)


def test_reads_through_wires_make_up_for_their_resistance():
    wires = ms.Wires(word_resistance=40.0, bit_resistance=40.0)
    targets = np.random.default_rng(0).uniform(0.2, 0.6, (8, 4))
    through, alone = (
        ms.Crossbar(device(), 8, 4, seed=1, wires=wires).program(targets, Radar(window=0.007, wires=on, rounds=3))
        for on in (True, False)
    )
    one_by_one = through.output(np.eye(8), noise=False) - LOW / WINDOW  # through wires that all cells share
    assert readings_of(through, 1)[0] == pytest.approx(one_by_one, abs=1e-6)
    # Later pulses to other cells of the lines change what is left of a cell.
    assert np.abs(one_by_one - targets).max() < 0.009 < np.abs(alone.effective_state.values - targets).max()
    assert np.abs(alone.state.values - targets).max() < 0.0071


def test_only_selected_cells_are_verified():
    rng = np.random.default_rng(0)
    targets, sensitivities = rng.uniform(0.1, 0.9, (64, 8)), rng.random((64, 8))
    xbar = ms.Crossbar(device(c2c=0.005), 64, 8, seed=1)
    report = xbar.program(targets, "selective", sensitivities=sensitivities, share=0.25, window=0.008).programming
    chosen = sensitivities >= np.sort(sensitivities.ravel())[-128]
    assert (report.accepted.values == chosen).all() and ((report.verify_reads.values > 0) == chosen).all()
    once = ~chosen
    # Steps of 1/100 from near 0: the nearest whole number of pulses, and the noise of so many.
    start = ms.Crossbar(device(c2c=0.005), 64, 8, seed=1).state.values
    assert np.abs(report.set_pulses.values - np.rint(100 * (targets - start)))[once].max() <= 1
    wrong = xbar.state.values - targets
    assert np.abs(wrong[chosen]).max() <= 0.008 + 1e-6
    expected = 0.01**2 / 12 + 0.005**2 * 100 * (targets - start)[once].mean()
    assert wrong[once].var() == pytest.approx(expected, rel=0.15)
    assert report.time.values == pytest.approx(
        (report.set_pulses + report.reset_pulses) * 1e-6 + report.verify_reads * T_READ
    )
    line = xbar.pulses.set
    assert (line == report.set_pulses.sum("row")).all()


def test_verifying_sensitive_weights_gains_accuracy_at_equal_pulses():
    # y = x W with inputs of very different size: the loss |y - y*|^2 has the second derivatives 2 <x_i^2>.
    rng = np.random.default_rng(0)
    sizes = np.where(np.arange(64) < 16, 3.0, 0.1)
    x, targets = rng.normal(size=(500, 64)) * sizes, rng.uniform(0.1, 0.9, (64, 16))
    second = np.broadcast_to(2 * np.square(x).mean(0)[:, None], targets.shape)
    losses, pulses = [], []
    for sensitivities in (second, rng.permutation(second.ravel()).reshape(second.shape)):
        xbar = ms.Crossbar(device(c2c=0.01), 64, 16, seed=1)
        how = Selective(share=0.25, window=0.01, max_pulses=1000)
        report = xbar.program(targets, how, sensitivities=sensitivities).programming
        losses.append(np.square(x @ (xbar.state.values - targets)).mean())
        pulses.append(float((report.set_pulses + report.reset_pulses).sum()))
    assert pulses[0] == pytest.approx(pulses[1], rel=0.03)
    assert losses[0] < 0.1 * losses[1]


@pytest.mark.parametrize("inputs", ["one-hot", "random"])
@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_gradient_descent_comes_to_its_limit(inputs, column):
    rng = np.random.default_rng(0)
    targets = rng.uniform(0.1, 0.9, (16, 8))
    if column == "pair":
        targets = np.concatenate([np.maximum(targets - 0.5, 0), np.maximum(0.5 - targets, 0)], axis=1)
    xbar = ms.Crossbar(device(read=noise(0.002)), 16, 8, seed=1, column=column)
    how = GradientDescent(inputs=inputs, tolerance=0.02, max_batches=2000)
    xbar.program(targets, how, reference=0.5 if column == "reference" else None)
    report = xbar.programming
    assert report.accepted.all()
    assert report.verify_reads.max() < 2000 * (1 if inputs == "one-hot" else 16)
    lines = targets if column != "reference" else targets - 0.5
    wanted = lines[:, :8] - lines[:, 8:] if column == "pair" else lines
    state = xbar.effective_state.values if column != "reference" else xbar.output(np.eye(16), noise=False)
    assert np.abs(state - wanted).mean() < 0.04
    assert (xbar.pulses.set == report.set_pulses.values.sum(0)).all()


def test_gradient_descent_follows_its_rule():
    # Without noise, with pulses of matched size: w += 0.1 (w* - w) until the mean error is 1 % of the largest target.
    targets = np.random.default_rng(0).uniform(0.1, 0.9, (5, 3))
    xbar = ms.Crossbar(device(), 5, 3, seed=1, dtype="float64", initial=(0.0, 1e-12))
    report = xbar.program(targets, "gradient-descent", encoding="exact").programming
    w, batches, energy = np.zeros((5, 3)), 1, 0.0
    while np.abs(targets - w).mean() >= 0.01 * targets.max():
        before, w, batches = w, w + 0.1 * (targets - w), batches + 1
        energy += V_READ**2 * T_READ * (LOW + before * WINDOW) + 1e-6 * (LOW + (before + w) / 2 * WINDOW)
    energy += V_READ**2 * T_READ * (LOW + w * WINDOW)
    assert (report.verify_reads == batches).all() and (report.set_pulses == batches - 1).all()
    assert (report.reset_pulses == 0).all() and report.accepted.all()
    assert xbar.state.values == pytest.approx(w, abs=1e-9)
    assert report.energy.values == pytest.approx(energy, rel=1e-9)
    assert report.time.values == pytest.approx((batches - 1) * 1e-6 + batches * T_READ)


def test_gradient_descent_rounds_counts_of_pulses_to_the_nearest():
    targets = np.random.default_rng(0).uniform(0.1, 0.9, (5, 3))
    xbar = ms.Crossbar(device(), 5, 3, seed=1, dtype="float64", initial=(0.0, 1e-12))
    nearest = ms.Encoding("counted", rounding="nearest")
    how = GradientDescent(rate=0.5, tolerance=0.03)
    report = xbar.program(targets, how, encoding=nearest).programming
    w, pulses = np.zeros((5, 3)), np.zeros((5, 3))
    while np.abs(targets - w).mean() >= 0.03 * targets.max():
        count = np.floor(100 * 0.5 * np.abs(targets - w) + 0.5)
        w, pulses = w + np.sign(targets - w) * count / 100, pulses + count
    assert xbar.state.values == pytest.approx(w, abs=1e-9) and (report.set_pulses == pulses).all()


def test_gradient_descent_stops_at_its_limit():
    report = ms.Crossbar(device(), 4, 4, seed=1).program(0.9, "gradient-descent", max_batches=3).programming
    assert not report.accepted.any() and (report.verify_reads == 3).all()


CASES = {
    "hadamard": ({"block": 16, "window": 0.03}, device(c2c=0.02, read=noise(0.01))),
    "radar": ({"window": 0.1}, device(c2c=0.02, read=noise(0.01) | TELEGRAPH)),
    "selective": ({"window": 0.03, "share": 0.5}, device(c2c=0.02, read=noise(0.01))),
    "gradient-descent": ({"tolerance": 0.05, "inputs": "random"}, device(c2c=0.02, read=noise(0.01))),
}


@pytest.mark.parametrize("name", CASES)
def test_arrays_of_a_stack_are_programmed_as_alone(name):
    settings, cell = CASES[name]
    if name == "selective":
        settings = settings | {"sensitivities": np.arange(70.0)[:, None]}
    together = ms.Crossbar(cell, 70, 3, arrays=3, seed=5).program(0.4, name, **settings)
    for number in range(3):
        alone = ms.Crossbar(cell, 70, 3, arrays=1, first_array=number, seed=5).program(0.4, name, **settings)
        assert (alone.state.values[0] == together.state.values[number]).all()
        for part in ("set_pulses", "verify_reads", "energy"):
            assert (alone.programming[part].values[0] == together.programming[part].values[number]).all()


@pytest.mark.parametrize("name", CASES)
def test_numbers_do_not_depend_on_how_many_cells_are_taken_at_a_time(name, monkeypatch):
    settings, cell = CASES[name]
    cell = cell.replace({"variability.d2d": {"update.step": {"sigma": "10 %", "relative_to": "value"}}})
    if name == "selective":
        settings = settings | {"sensitivities": np.arange(70.0)[:, None]}
    states = []
    for memory, block in ((1 << 30, 1 << 24), (0, 600)):
        monkeypatch.setattr("memsim.backends.cpu.CpuBackend.kept", memory)
        monkeypatch.setattr("memsim.arrays.cell_numbers._BLOCK", block)
        states.append(ms.Crossbar(cell, 70, 5, arrays=2, seed=5).program(0.4, name, **settings).state.values)
    assert (states[0] == states[1]).all()


@pytest.mark.parametrize("name", CASES)
def test_numbers_do_not_depend_on_threads(name, monkeypatch):
    settings, cell = CASES[name]
    if name == "selective":
        settings = settings | {"sensitivities": np.arange(70.0)[:, None]}
    states = []
    for count in (1, 3):
        monkeypatch.setattr("memsim.kernels.compile.threads", lambda count=count: count)
        states.append(ms.Crossbar(cell, 70, 12, seed=5).program(0.4, name, **settings).state.values)
    assert (states[0] == states[1]).all()


def test_later_programming_draws_fresh_numbers():
    xbar = ms.Crossbar(device(c2c=0.02), 16, 4, seed=1)
    for algorithm in (Hadamard(block=4, rounds=3, pause=0.0), GradientDescent(inputs="random", max_batches=20)):
        before = xbar._array.steps
        xbar.program(0.5, algorithm)
        assert xbar._array.steps > before


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("hadamard", {"block": 48}, "block: 48 is not allowed; a power of two from 1 to 4096"),
        ("selective", {}, "sensitivities: algorithm 'selective' needs the second derivatives of the loss"),
        ("selective", {"sensitivities": -1.0}, "sensitivities: contains NaN, infinity or numbers below 0"),
        (
            "selective",
            {"sensitivities": np.ones((3, 2))},
            "sensitivities: shape (3, 2) does not fit; allowed: (row, col)",
        ),
        ("selective", {"sensitivities": 1.0, "share": 2}, "share: 2 is not a number from 0 to 1"),
        ("radar", {"sensitivities": 1.0}, "sensitivities: algorithm 'radar' does not use them; 'selective' does"),
        ("radar", {"wires": 1}, "wires: 1 is not allowed; true or false"),
        ("gradient-descent", {"inputs": "one-hut"}, "inputs: unknown choice 'one-hut'; did you mean 'one-hot'"),
        ("gradient-descent", {"rate": 0}, "rate: 0 is not a number above 0 and up to 2"),
        (
            "gradient-descent",
            {"state": 2},
            "state: a target of 2 lies outside the window of device 'cell'; allowed: 0 to 1",
        ),
        ("gradient-descent", {"samples": 8}, "samples: inputs 'one-hot' are as many as rows; leave it out"),
        ("gradient-descent", {"cycles": 2}, "cycles: algorithm 'gradient-descent' does not use it"),
        ("gradient-decent", {}, "unknown choice 'gradient-decent'; did you mean 'gradient-descent'"),
        ("gradient-descent", {"tolerance": 1e-4}, "tolerance: the noise of the ADCs alone gives a mean absolute error"),
    ],
)
def test_mistakes_end_in_one_line(name, how, message):
    with pytest.raises(ms.InputError) as problem:
        ms.Crossbar(device(), 2, 2, adc=ms.ADC(noise=1e-3, range=1.0)).program(
            **{"state": 0.5, "algorithm": name} | how
        )
    assert message in str(problem.value) and "\n" not in str(problem.value)


def test_random_inputs_need_both_signs():
    xbar = ms.Crossbar(device(), 2, 2, dac=ms.DAC(polarity="unsigned"))
    with pytest.raises(ms.InputError, match="inputs: 'random' has both signs"):
        xbar.program(0.5, "gradient-descent", inputs="random")
    with pytest.raises(ms.InputError, match="has no update model for pulses; use 'model'"):
        ms.Crossbar("pcm-joshi2020", 2, 2).program(0.5, "gradient-descent")
