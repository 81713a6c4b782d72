"""Telegraph and 1/f noise: distributions, correlation over time and spectra against their closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from waiting import let_pass

from memsim import Crossbar, load_device
from memsim.noise.two_level import Trap, flips, time_constants

QUIET = load_device("taox-hfox-wu2018").replace({"variability": None, "read.noise": None})
OFFSET = 1 / 9  # G_min over the window of 1 to 10 uS
ROWS, COLS = 64, 64
EMPTY, FILLED = 3e-6, 1e-6


def noisy(kind, column="single", **changes):
    return QUIET.replace({f"read.{kind}": changes})


def series(device, samples, interval, **options):
    """Outputs over time, (sample, column): sums over 64 independent cells at w = 0.5."""
    settings = {"rows": ROWS, "cols": COLS, "seed": 5, "initial": (0.5, 0.5 + 1e-9), **options}
    return Crossbar(device, **settings).read(np.ones((samples, ROWS)), interval=interval) / QUIET_SCALE


QUIET_SCALE = 0.5 * 9e-6
TELEGRAPH = {"amplitude": "20 %", "relative_to": "value", "empty": "3 us", "filled": "1 us"}
LEVEL = 0.5 + OFFSET


def test_the_transition_is_the_exact_solution_of_the_two_state_chain():
    trap, seconds = Trap(1 / EMPTY, 1 / FILLED), 0.7e-6
    rates = np.array([[-1 / EMPTY, 1 / FILLED], [1 / EMPTY, -1 / FILLED]])
    values, vectors = np.linalg.eig(rates)
    exact = (vectors * np.exp(values * seconds)) @ np.linalg.inv(vectors)
    assert trap.change(seconds) == pytest.approx((exact[1, 0], exact[0, 1]), rel=1e-12)
    assert trap.change(1e-18) == pytest.approx((1e-18 / EMPTY, 1e-18 / FILLED), rel=1e-9)
    assert trap.change(1.0) == (trap.share, 1 - trap.share)


def test_two_transitions_are_one_over_the_sum_of_their_times():
    trap = Trap(1 / EMPTY, 1 / FILLED)
    (up1, _), (up2, down2) = trap.change(0.3e-6), trap.change(0.9e-6)
    assert trap.change(1.2e-6)[0] == pytest.approx(up1 * (1 - down2) + (1 - up1) * up2, rel=1e-12)
    tau = time_constants(1e-6, 1.0)
    one, other, both = flips(tau, 0.01), flips(tau, 0.02), flips(tau, 0.03)
    assert np.allclose(one * (1 - other) + (1 - one) * other, both, rtol=1e-12)


def test_telegraph_noise_has_the_stationary_mean_and_variance_from_the_first_read_on():
    share = FILLED / (FILLED + EMPTY)
    depth = 0.2 * LEVEL
    array = Crossbar(
        noisy("telegraph", **TELEGRAPH), rows=ROWS, cols=COLS, arrays=16, seed=1, initial=(0.5, 0.5 + 1e-9)
    )
    first = array.output(np.ones(ROWS)).ravel()
    mean, variance = ROWS * (LEVEL - depth * share), ROWS * depth**2 * share * (1 - share)
    assert abs(first.mean() - mean) < 4 * np.sqrt(variance / first.size)
    assert abs(first.var() / variance - 1) < 4 * np.sqrt(2 / first.size)
    assert np.allclose(array.output(np.ones(ROWS), noise=False), mean, rtol=1e-6)
    assert np.allclose(array.difference_variance(np.ones(ROWS)), 2 * variance, rtol=1e-5)


def test_telegraph_noise_forgets_exponentially():
    share, tau = FILLED / (FILLED + EMPTY), 1 / (1 / EMPTY + 1 / FILLED)
    interval = 0.2 * tau
    x = series(noisy("telegraph", **TELEGRAPH), 600, interval)
    depth = 0.2 * LEVEL
    x = (x - ROWS * (LEVEL - depth * share)) / np.sqrt(ROWS * depth**2 * share * (1 - share))
    for lag in (0, 1, 3, 8, 20):
        products = (x[: len(x) - lag] * x[lag:]).mean(0)
        error = products.std() / np.sqrt(COLS)
        assert abs(products.mean() - np.exp(-lag * interval / tau)) < 4 * error, lag
        assert error < 0.03


def test_telegraph_noise_has_a_lorentzian_spectrum():
    share, tau = FILLED / (FILLED + EMPTY), 1 / (1 / EMPTY + 1 / FILLED)
    interval = tau / 20
    x = series(noisy("telegraph", **TELEGRAPH), 4096, interval)
    from scipy.signal import welch  # slow to import

    f, power = welch(x, 1 / interval, nperseg=1024, axis=0)
    expected = 4 * ROWS * (0.2 * LEVEL) ** 2 * share * (1 - share) * tau / (1 + (2 * np.pi * f * tau) ** 2)
    chosen = (f > 0.1 / tau) & (f < 1 / tau)
    ratio = power.mean(1)[chosen] / expected[chosen]
    assert abs(ratio.mean() - 1) < 0.03


def test_the_time_between_reads_is_the_duration_of_a_read_unless_another_is_given():
    device = noisy("telegraph", **TELEGRAPH)
    assert np.array_equal(series(device, 5, None), series(device, 5, QUIET.spec.read.duration))
    # Without any time between them all reads see the same traps.
    still = series(device, 50, 0.0)
    assert np.array_equal(still, np.broadcast_to(still[0], still.shape))


def test_waiting_between_reads_goes_on_with_the_traps():
    array = Crossbar(noisy("telegraph", **TELEGRAPH), rows=ROWS, cols=COLS, seed=1)
    first = array.output(np.ones(ROWS), interval=0)
    assert np.array_equal(array.output(np.ones(ROWS), interval=0), first)
    assert not np.array_equal(let_pass(array, 1e-6).output(np.ones(ROWS), interval=0), first)


FLICKER = {"sigma": "2 %", "relative_to": "range", "fastest": "2 us", "slowest": "1 s"}


def test_the_sum_of_processes_follows_one_over_f_within_its_band():
    tau = time_constants(1e-6, 1e3)
    f = np.logspace(np.log10(20 / (2 * np.pi * 1e3)), np.log10(0.05 / (2 * np.pi * 1e-6)), 200)
    weight = np.log(1e9) / len(tau)
    total = (4 * weight * tau / (1 + np.outer(2 * np.pi * f, tau) ** 2)).sum(1)
    assert np.allclose(f * total, 1, atol=0.04)


@pytest.mark.slow
def test_flicker_noise_has_the_spectrum_sigma_squared_over_f():
    interval, samples, cols = 1e-6, 1 << 16, 16
    x = series(noisy("flicker", **FLICKER), samples, interval, cols=cols)
    from scipy.signal import welch  # slow to import

    f, power = welch(x, 1 / interval, nperseg=samples, axis=0)
    power = power.mean(1) / (ROWS * 0.02**2)
    # Of processes that are sampled: 1/f, but for 3 % at the fiftieth of the band's upper end 1/(2 pi fastest).
    tau, angle = time_constants(2e-6, 1.0), 2 * np.pi * f[:, None] * interval
    r = np.exp(-interval / tau)
    weight = np.log(1 / 2e-6) / len(tau)
    exact = (2 * interval * weight * (1 - r**2) / (1 - 2 * r * np.cos(angle) + r**2)).sum(1)
    edges = 2 ** np.arange(2, 15)
    parts = [slice(first, last) for first, last in itertools.pairwise(edges)]
    for part in parts:
        # Neighbouring frequencies share power under the window: 1.5 times the error of independent ones.
        error = 1.5 / np.sqrt(cols * (part.stop - part.start))
        assert abs((power[part] / exact[part]).mean() - 1) < 4 * error
    octaves = [part for part in parts if f[part.stop] < 0.005 / interval]
    assert len(octaves) >= 6
    level, middle = (np.array([np.mean(of[part]) for part in octaves]) for of in (f * power, f))
    certainty = np.sqrt([part.stop - part.start for part in octaves])
    # The bend above the band takes .02 from both; their standard errors are .02.
    assert abs(np.polyfit(np.log(middle), np.log(level), 1, w=certainty)[0]) < 0.1
    assert abs(np.average(level, weights=certainty**2) - 1) < 0.1


def test_flicker_noise_has_sigma_squared_for_each_factor_e():
    device = noisy("flicker", **FLICKER)
    array = Crossbar(device, rows=ROWS, cols=COLS, arrays=16, seed=1, initial=(0.5, 0.5 + 1e-9))
    variance = ROWS * 0.02**2 * np.log(1 / 2e-6)
    first = array.output(np.ones(ROWS)).ravel()
    assert abs(first.var() / variance - 1) < 4 * np.sqrt(2 / first.size)
    assert np.allclose(array.difference_variance(np.ones(ROWS)), 2 * variance, rtol=1e-5)


def test_the_size_of_flicker_noise_is_that_published_for_phase_change_memory():
    law = {"sigma": "0.88 %", "relative_to": "value", "exponent": 0.65, "limit": "20 %"}
    device = QUIET.replace(
        {"conductance": {"min": "0 S", "max": "25 uS"}, "read.flicker": law | {"fastest": "250 ns", "slowest": "1 s"}}
    )
    factors = np.log(1 / 250e-9)
    for g in (1.0, 0.3, 0.05, 0.001):
        array = Crossbar(device, rows=1, cols=2, initial=(g, g * (1 + 1e-6)), dtype="float64")
        expected = g * min(0.0088 / g**0.65, 0.2)
        assert np.sqrt(array.difference_variance([1.0]) / 2 / factors) == pytest.approx(expected, rel=1e-4)


def test_slow_processes_decide_with_probabilities_far_below_the_smallest_uniform_number():
    law = {"sigma": "2 %", "relative_to": "range", "fastest": "1e3 s", "slowest": "1e4 s"}
    array = Crossbar(noisy("flicker", **law), rows=4096, cols=16, seed=3)
    noise = array._array.cells.lines.fluctuations
    before = noise._words.copy()
    tau = time_constants(1e3, 1e4)
    for _ in range(50):
        noise.wait(1e-4)
    changed = np.bitwise_count(before ^ noise._words).sum()
    expected = 50 * before.size * flips(tau, 1e-4).sum()
    assert 0 < expected < 20
    assert abs(changed - expected) < 4 * np.sqrt(expected)


def test_without_amplitude_there_is_no_noise():
    device = QUIET.replace(
        {"read.telegraph": {**TELEGRAPH, "amplitude": "0 %"}, "read.flicker": {**FLICKER, "sigma": "0 %"}}
    )
    x = np.random.default_rng(0).random((3, ROWS))
    plain, silent = (Crossbar(d, rows=ROWS, cols=3, seed=1).read(x) for d in (QUIET, device))
    assert np.array_equal(plain, silent)


@pytest.mark.parametrize("relative_to", ["value", "range"])
def test_white_noise_with_a_sigma_for_each_cell_has_the_variance_of_these(relative_to):
    changes = {
        "read.noise": {"sigma": "5 %", "relative_to": relative_to},
        "variability": {"d2d": {"read.noise.sigma": {"sigma": "40 %", "relative_to": "value"}}},
    }
    array = Crossbar(QUIET.replace(changes), rows=ROWS, cols=2, seed=2, initial=(0.0, 1.0))
    x = np.random.default_rng(1).random(ROWS)
    reads = array.output(np.broadcast_to(x, (4000, ROWS)))
    sigma = array._array.cells.lines.read_sigma.value("sigma")[0, :, :ROWS].T
    assert sigma.std() / 0.05 == pytest.approx(0.4, rel=0.2)
    base = array.state.values + OFFSET if relative_to == "value" else 1.0
    variance = (x[:, None] ** 2 * (sigma * base) ** 2).sum(0)
    assert np.allclose(reads.var(0), variance, rtol=4 * np.sqrt(2 / 4000))
    assert np.allclose(array.difference_variance(x), variance.sum(), rtol=1e-5)


def test_amplitudes_spread_over_cells():
    device = QUIET.replace(
        {
            "read.telegraph": TELEGRAPH | {"relative_to": "range"},
            "variability": {"d2d": {"read.telegraph.amplitude": {"sigma": "50 %", "relative_to": "value"}}},
        }
    )
    array = Crossbar(device, rows=4096, cols=1, seed=1)
    depth = array._array.cells.lines.fluctuations.sizes(array._array.cells.lines.state)[0]
    assert depth.min() == 0  # cut off at none
    assert np.median(depth) == pytest.approx(0.2, rel=0.05)
    assert depth.std() == pytest.approx(0.1, rel=0.1)
