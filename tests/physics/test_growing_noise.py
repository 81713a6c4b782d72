"""1/f noise that grows after programming, against the published equations, written again here, and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import exp1

from memsim import Crossbar, Hebbian, load_device
from memsim.document import DocumentError

pytestmark = pytest.mark.filterwarnings("ignore:device .* specifies no retention")  # most cells here keep their states

HOUR, DAY, MONTH = 3600.0, 86400.0, 30 * 86400.0
ROWS, COLS = 64, 64
CELLS = 64 * 160
QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
WINDOW = 9e-6  # S: from 1 to 10 uS


def joshi(g):
    """Q_s of Nandakumar et al. (2019), at a conductance [S] as programmed."""
    return np.minimum(0.0088 / (g / 25e-6) ** 0.65, 0.2)


def hermes(g):
    """Q_s of one device of the chip of Le Gallo et al. (2023)."""
    x = g / 10.35e-6
    low = np.clip(-0.0078 * np.log(x) + 0.0038, 0.0179, 0.04)
    return np.where(x < 0.1591, low, 0.0088 + 0.0768 * x - 0.1352 * x**2 + 0.0664 * x**3)


def grown(t, t_r):
    """Factors e that noise has at a time after programming [s]."""
    return max(math.log((t + t_r) / (2 * t_r)), 0.0)


def siemens(array, noise):
    """What reads of single cells at one time say, or what they would say without noise [S]; (cell,)."""
    one_hot = np.eye(array.shape[0])
    return array.output(one_hot, noise=noise, interval=0.0).astype(float).ravel() * array.device.spec.conductance.width


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "q_s", "t_c", "t_r", "targets"),
    [
        ("pcm-joshi2020", joshi, 20.0, 250e-9, (1e-6, 3e-6, 10e-6, 22e-6)),
        ("pcm-legallo2023", hermes, 200.0, 512e-9, (1e-6, 2.5e-6, 9e-6)),
    ],
)
def test_reads_of_phase_change_memory_have_the_published_standard_deviation(name, q_s, t_c, t_r, targets):
    device = load_device(name)
    for target in targets:
        w = (target - device.spec.conductance.min) / device.spec.conductance.width
        array, now = Crossbar(device, ROWS, CELLS // ROWS, seed=3, dtype="float64"), 0.0
        array.program(np.full((ROWS, CELLS // ROWS), w))
        programmed = siemens(array, noise=False)
        for elapsed in (25.0, HOUR, DAY, MONTH):
            array.wait(elapsed - now)
            now = elapsed
            drifted, noisy = siemens(array, noise=False), siemens(array, noise=True)
            conducting = drifted > 1e-9  # a programming error can leave none
            assert conducting.mean() > 0.99
            assert drifted[conducting].mean() < 0.999 * programmed[conducting].mean()
            sigma = drifted[conducting] * q_s(programmed[conducting]) * math.sqrt(grown(elapsed + t_c, t_r))
            z = (noisy - drifted)[conducting] / sigma
            assert abs(z.std() - 1) < 0.03, (target, elapsed)
            assert abs(z.mean()) < 4.5 / math.sqrt(conducting.sum())


def test_the_time_of_the_equation_counts_from_programming_and_not_from_the_first_read():
    array = Crossbar("pcm-joshi2020", 1, 2, seed=1, dtype="float64")
    array.program(np.full((1, 2), 0.5))
    g = siemens(array, noise=False)
    expected = ((g * joshi(g)) ** 2).sum() * grown(20.0, 250e-9) / (24.75e-6) ** 2
    assert array.difference_variance([1.0]) == pytest.approx(expected, rel=1e-5)


def test_noise_of_cmo_hfox_has_its_published_size_in_siemens():
    flicker = {
        "sigma": "100 %",
        "relative_to": "scale",
        "curve": {"slope": repr(0.0277 / math.log(10)), "offset": "0", "min": "0", "max": "1", "scale": "1 uS"},
        "onset": "programming",
        "fastest": "2 us",
        "slowest": "2e9 s",
    }
    device = QUIET.replace({"conductance": {"min": "0.5 uS", "max": "90 uS"}, "read.flicker": flicker})
    for g in (0.7, 9.0, 50.0, 88.0):  # below 1 uS the logarithm is negative, and there is no noise
        w = (g - 0.5) / 89.5
        array = Crossbar(device, 1, 2, initial=(w, w + 1e-9), dtype="float64")
        assert array.difference_variance([1.0]) == 0
        assert np.array_equal(siemens(array, noise=True), siemens(array, noise=False))
        array.wait(10.0)
        sigma = 0.0277 * max(math.log10(g), 0.0) * math.sqrt(grown(10.0, 1e-6))
        deviation = np.sqrt(array.difference_variance([1.0]) / 2).item() * 89.5
        assert deviation == pytest.approx(sigma, rel=1e-5)
        if g == 50.0:
            assert deviation == pytest.approx(0.185, abs=5e-4)


FASTEST, SLOWEST, SIGMA = 2e-6, 1e4, 0.02
GROWING = {
    "sigma": "2 %",
    "relative_to": "range",
    "fastest": "2 us",
    "slowest": "1e4 s",
    "onset": "programming",
}
PLAIN = {**GROWING, "onset": "none"}


def growing(**changes):
    return QUIET.replace({"read.flicker": GROWING | changes})


def variances(t):
    """Time constants and variances of all processes at a time after programming, from the rule that memsim states."""
    span = math.log(SLOWEST / FASTEST)
    count = min(31, math.ceil(3 * span / math.log(10)))
    edges = np.linspace(0, span, count + 1)
    below = np.clip(math.log((t + FASTEST / 2) / FASTEST), 0, span)
    inside = np.clip(below - edges[:-1], 0, span / count)
    return FASTEST * np.exp((edges[1:] + edges[:-1]) / 2), SIGMA**2 * inside


@pytest.mark.parametrize("reference_time", [0.0, 3.0])
def test_the_variance_is_the_closed_form_at_every_time(reference_time):
    device = growing(reference_time=f"{reference_time} s") if reference_time else growing()
    array, now = Crossbar(device, 5, 2, seed=1, initial=(0.5, 0.5 + 1e-9), dtype="float64"), 0.0
    for elapsed in [0.0, *np.geomspace(1e-7, 1e3, 41), 1e4, 1e6]:
        array.wait(elapsed - now)
        now = elapsed
        t = reference_time + elapsed
        expected = 2 * 5 * SIGMA**2 * min(grown(t, FASTEST / 2), math.log(SLOWEST / FASTEST))
        assert array.difference_variance(np.ones(5)) == pytest.approx(expected, rel=1e-6, abs=1e-12), elapsed
        assert sum(variances(t)[1]) * 10 == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_there_is_no_noise_right_after_programming_unless_the_clock_starts_later():
    x = np.ones((4, 8))
    fresh = Crossbar(growing(), 8, 3, seed=2)
    assert np.array_equal(fresh.output(x), np.broadcast_to(fresh.output(x, noise=False), (4, 3)))
    assert not np.array_equal(fresh.wait(1.0).output(x), fresh.output(x, noise=False))
    later = Crossbar(growing(reference_time="1 s"), 8, 3, seed=2)
    assert not np.array_equal(later.output(x), later.output(x, noise=False))


def test_once_all_processes_take_part_reads_are_those_of_noise_without_an_onset():
    x = np.random.default_rng(0).random((3, 70)).astype(np.float32)
    for waits, same in (((2e4,), True), ((20.0,), False)):
        one, other = (Crossbar(QUIET.replace({"read.flicker": f}), 70, 3, seed=4) for f in (GROWING, PLAIN))
        for wait in waits:
            one.wait(wait)
            other.wait(wait)
        assert np.array_equal(one.read(x), other.read(x)) == same


SAMPLES = 500


def test_successive_reads_are_correlated_as_the_sum_of_processes():
    elapsed, interval = 3.0, 0.02
    array = Crossbar(growing(), ROWS, COLS, seed=5, initial=(0.5, 0.5 + 1e-9)).wait(elapsed)
    x = np.ones((SAMPLES, ROWS))
    noise = (array.output(x, interval=interval) - array.output(x, noise=False)) / math.sqrt(ROWS)
    tau, variance = variances(elapsed)
    reached = elapsed + FASTEST / 2
    for lag in (0, 1, 3, 10, 40, 150):
        products = (noise[: SAMPLES - lag] * noise[lag:]).mean(0)
        error = products.std() / math.sqrt(COLS)
        exact = (variance * np.exp(-lag * interval / tau)).sum()
        # A continuous spread of time constants from `fastest` to the time since programming.
        continuous = SIGMA**2 * (exp1(lag * interval / reached) - exp1(lag * interval / FASTEST)) if lag else exact
        assert abs(products.mean() - exact) < 4 * error, lag
        assert abs(exact - continuous) < 0.01 * variance.sum(), lag
        assert error < 0.1 * variance.sum()


def test_reads_at_two_times_after_programming_share_the_processes_that_take_part_in_both():
    array = Crossbar(growing(), 1, CELLS, seed=6, initial=(0.5, 0.5 + 1e-9), dtype="float64")
    expected = array.output([1.0], noise=False)
    first = array.wait(10.0).output([1.0]) - expected
    later = array.wait(1.0).output([1.0]) - expected
    tau, at_first = variances(10.0)
    at_last = variances(11.0)[1]
    covariance = (np.sqrt(at_first * at_last) * np.exp(-1.0 / tau)).sum()
    assert 0.05 < covariance / math.sqrt(at_first.sum() * at_last.sum()) < 0.5
    products = first * later
    assert abs(products.mean() - covariance) < 4 * products.std() / math.sqrt(CELLS)
    for noise, variance in ((first, at_first), (later, at_last)):
        assert abs(noise.var() / variance.sum() - 1) < 4 * math.sqrt(2 / CELLS)


def test_cells_that_are_programmed_later_have_the_noise_of_their_own_time():
    rows, cols = 120, 100
    array = Crossbar(growing(), rows, cols, seed=7, initial=(0.5, 0.5 + 1e-9))
    array.wait(2000.0)
    x = np.zeros(rows)
    x[rows // 2 :] = 1.0
    array.train(Hebbian(0.05), x, np.ones(cols), steps=1)
    array.wait(0.5)
    for first, elapsed in ((0, 2000.5), (rows // 2, 0.5)):
        chosen = np.zeros(rows)
        chosen[first : first + rows // 2] = 1.0
        variance = rows // 2 * variances(elapsed)[1].sum()
        assert np.allclose(array.difference_variance(chosen), 2 * variance, rtol=1e-6)
        one_hot = np.eye(rows)[first : first + rows // 2]
        noise = array.output(one_hot, interval=0.0) - array.output(one_hot, noise=False)
        assert abs(noise.var() / (variance / (rows // 2)) - 1) < 4.5 * math.sqrt(2 / (rows // 2 * cols))


def test_sigma_follows_the_programmed_conductance_and_its_base_the_present_one():
    law = {"sigma": "1 %", "relative_to": "value", "exponent": 0.5, "fastest": "1 us", "slowest": "1 s"}
    drift = {"model": "drift", "exponent": 0.1, "reference_time": "1 s"}
    device = QUIET.replace({"retention": drift, "read.flicker": law})
    array = Crossbar(device, 1, 2, initial=(0.6, 0.6 + 1e-9), dtype="float64").wait(999.0)
    programmed = 1e-6 + 0.6 * WINDOW
    sigma = programmed * 1000**-0.1 * 0.01 * (programmed / 10e-6) ** -0.5 * math.sqrt(math.log(1e6))
    assert np.sqrt(array.difference_variance([1.0]) / 2).item() * WINDOW == pytest.approx(sigma, rel=1e-5)


@pytest.mark.parametrize("pulsed", [False, True])
def test_an_array_from_a_file_goes_on_with_the_noise_of_its_time(pulsed, tmp_path):
    x = np.random.default_rng(0).random((3, 8))
    array = Crossbar(growing(), 8, 3, seed=2).wait(50.0)
    if pulsed:
        array.train(Hebbian(0.05), np.eye(8)[:1], np.ones((1, 3)), steps=1).wait(3.0)
    array.to_netcdf(tmp_path / "array.nc")
    again = Crossbar.from_netcdf(tmp_path / "array.nc")
    assert np.array_equal(array.read(x), again.read(x))
    assert np.array_equal(array.wait(5.0).read(x), again.wait(5.0).read(x))


def test_reads_of_a_batch_in_parts_and_of_arrays_in_parts_are_the_same_bits():
    x = np.random.default_rng(0).random((4, 70)).astype(np.float32)

    def made(**options):
        return Crossbar(growing(), 70, 3, seed=8, **{"arrays": 3, **options}).wait(7.0)

    whole = made().read(x, index=1)
    parts = made()
    read = [parts.read(x[:1], index=1), parts.read(x[1:], first_sample=1, index=1)]
    assert np.array_equal(whole, np.concatenate(read, axis=1))
    alone = [made(arrays=count, first_array=first).read(x, index=1) for first, count in ((0, 1), (1, 2))]
    assert np.array_equal(whole, np.concatenate(alone))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"curve": {"slope": "1", "offset": "0", "min": "0", "max": "1"}, "exponent": "0.5"}, "in place of 'exponent'"),
        ({"relative_to": "scale"}, "'scale' is that of 'curve'"),
        ({"onset": "none", "reference_time": "1 s"}, "'reference_time' needs 'onset: programming'"),
        ({"onset": "programing"}, "programming"),
    ],
)
def test_settings_of_noise_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(DocumentError, match=message):
        growing(**changes)
