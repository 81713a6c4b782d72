"""The search for the best fit: missing reads, trains, decades, proofs of maxima, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pulse_trains import level, long_table, soft, sweep
from scipy.optimize import minimize
from scipy.stats import norm

from memsim.errors import DataError, InputError
from memsim.fit import profile_of
from memsim.fit.pulses.axis import Axis
from memsim.fit.pulses.data import PulseData, Sweep, increments
from memsim.fit.pulses.derivatives import gradient, information, slopes
from memsim.fit.pulses.diagnostics import diagnose
from memsim.fit.pulses.filter import NODES, Scale, Series, Trial, log_likelihood, predict
from memsim.fit.pulses.fits import fit_pulses
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.optimise import maximise, settled
from memsim.fit.pulses.own import own_moments
from memsim.fit.pulses.quantities import Number, _of_an_uncertain_range, _window, fitted
from memsim.fit.pulses.review import between_cycles, reproduced, reviewed
from memsim.fit.pulses.search import Noise, finished, problem_of, rough
from memsim.fit.pulses.second_maxima import over_maxima
from memsim.fit.pulses.spread import Spread, between_conductances
from memsim.fit.pulses.uncertainty import covariance, ridge_interval

LOW, WIDTH = 2e-6, 8e-6


def device(rng, factor=1.0, cycles=3, reads=60, step=soft, sizes=(0.02, 0.03), every=1, name="1", **noise):
    """Sweeps of one device, with a read after every `every` pulses."""
    sweeps = []
    for cycle in range(cycles):
        for branch in range(2):
            sizes_ = tuple(size * factor for size in sizes)
            values = sweep(rng, step, sizes_, branch, reads, **{"write": 0.01, "read": 0.02, **noise})
            values[np.arange(reads) % every != 0] = np.nan
            values = values[: reads - (reads - 1) % every]
            sweeps.append(Sweep(name, str(cycle), branch, LOW + WIDTH * values))
    return sweeps


def several(seed, count=5, spread=0.3, **options):
    rng = np.random.default_rng(seed)
    sweeps = []
    for i in range(count):
        sweeps += device(rng, math.exp(spread * rng.standard_normal()), name=str(i), **options)
    return PulseData.checked("made.csv", sweeps, "S")


def one(seed, **options):
    return PulseData.checked("made.csv", device(np.random.default_rng(seed), **options), "S")


def alone(data, model):
    """Problem and end of the fit of one model with write noise of the range."""
    end = finished(rough(problem_of(MODELS[model], Noise("range"), data), data))
    return end.problem, end


def test_increments_are_those_between_reads_and_count_the_pulses_between_them():
    sweeps = [
        Sweep("1", "1", 0, np.array([1.0, np.nan, np.nan, 4.0, 5.0])),
        Sweep("1", "1", 1, np.array([4.0, np.nan, 2.0]), follows=True),
        Sweep("1", "2", 1, np.array([9.0, 7.0])),
    ]
    data = PulseData("made", tuple(sweeps), None)
    up, pulses_up = increments(data.trains, 0)
    down, pulses_down = increments(data.trains, 1)
    assert up.tolist() == [3.0, 1.0] and pulses_up.tolist() == [3, 1]
    assert down.tolist() == [-1.0, -2.0, -2.0] and pulses_down.tolist() == [1, 2, 1]


@pytest.mark.slow
def test_windows_and_starts_do_not_see_reads_that_were_not_made():
    data = one(1, every=3, reads=61)
    problem = problem_of(MODELS["soft-bounds"], Noise("range"), data)
    first, last = problem.extremes()
    seen = np.concatenate([s.value[np.isfinite(s.value)] for s in data.sweeps])
    assert data.axis.value(first)[0] == pytest.approx(seen.min(), rel=1e-12)
    assert data.axis.value(last)[0] == pytest.approx(seen.max(), rel=1e-12)
    guess = rough(problem, data)
    assert np.isfinite(guess.theta).all() and np.isfinite(guess.value)


@pytest.mark.slow
@pytest.mark.parametrize("every", [2, 5])
def test_steps_and_noise_of_a_pulse_follow_from_reads_after_several_pulses(every):
    data = one(3, every=every, reads=151, cycles=6)
    problem, end = alone(data, "soft-bounds")
    assert not end.fault
    numbers = fitted(data, problem, end.theta)
    for name, truth in (
        ("update.step.set", 0.02),
        ("update.step.reset", 0.03),
        ("variability.c2c.sigma", 0.01),
        ("read.noise.sigma", 0.02),
    ):
        width = numbers[name].high - numbers[name].low
        assert numbers[name].low - width / 2 < truth < numbers[name].high + width / 2, name


def test_a_train_goes_on_where_the_direction_changes():
    # Without bounds the reads of a train are jointly Gaussian, whatever the directions of the pulses.
    rng = np.random.default_rng(2)
    branch = np.array([0, 0, 1, 0, 1, 1, 1, 0])
    step, write, read = 0.03, 0.02, 0.04
    mean = 0.4 + np.concatenate([[0.0], np.cumsum(np.where(branch[1:] == 0, step, -step))])
    y = mean + 0.05 * rng.standard_normal(8)
    n = np.arange(8)
    cover = write**2 * np.minimum.outer(n, n) + read**2 * np.eye(8)
    turn = np.hstack([-np.ones((7, 1)), np.eye(7)])
    spread, miss = turn @ cover @ turn.T, turn @ (y - mean)
    density = -0.5 * (miss @ np.linalg.solve(spread, miss) + np.linalg.slogdet(2 * np.pi * spread)[1])
    series = Series(y, np.ones(8, bool), branch, np.array([0]), np.array([8]), np.array([0]), np.zeros(1, bool))
    tables = np.stack([np.full(NODES, step), np.full(NODES, -step)])[None]
    own = np.array([[[0.0, 1.0, 1.0, 0.0, 0.0]]])
    trial = Trial(tables, own, *(np.array([v]) for v in (write, read, 0.0, 1.0)))
    assert log_likelihood(series, trial, Scale(0, 0, 0.0, 0.0, 0.5, 0.0)).sum() == pytest.approx(density, abs=1e-9)


@pytest.mark.parametrize(
    "scale", [Scale(0, 0, 0.0, 0.0, 0.5, 0.0), Scale(1, 2, 0.3, 1e-5, 0.4, 0.4)], ids=["range", "step"]
)
def test_the_filter_without_slow_noise_gives_the_numbers_of_the_whole_one(scale):
    rng = np.random.default_rng(4)
    y = np.concatenate([sweep(rng, soft, (0.05, 0.07), b, 50, write=0.02, read=0.03) for b in (0, 1, 0)])
    seen = rng.random(150) > 0.2
    seen[[0, 50, 100]] = True
    branch = np.repeat([0, 1, 0], 50)
    series = Series(
        y, seen, branch, np.array([0, 50, 100]), np.array([50, 100, 150]), np.zeros(3, int), np.zeros(3, bool)
    )
    x = np.linspace(0, 1, NODES)
    tables = np.stack([0.1 * (1 - x), -0.14 * x])[None]
    own = np.array([[[0.02, 0.97, 1.1, 1.0, 1.0]]])

    def trial(slow):
        return Trial(tables, own, *(np.array([v]) for v in (0.3 if scale.write else 0.02, 0.03, slow, 5.0)))

    white = log_likelihood(series, trial(0.0), scale)
    assert white == pytest.approx(log_likelihood(series, trial(1e-9), scale), abs=1e-6)
    mean, deviation, _ = predict(series, trial(0.0), scale)
    assert np.isfinite(mean).all() and (deviation[:, 1:50] > 0).all()


def test_on_a_logarithmic_axis_reads_are_lognormal_and_their_density_is_that_of_the_conductance():
    # No step and no write noise: all reads have the same median, and their noise is a factor.
    sigma, median = 0.2, 3e-6
    y = median * np.exp(sigma * np.random.default_rng(5).standard_normal(400))
    axis = Axis(float(y.min()), float(y.max()), logarithmic=True)
    data = PulseData("made", (Sweep("1", "1", 0, y), Sweep("1", "1", 1, y[::-1])), "S")
    problem = problem_of(MODELS["constant"], Noise("step", logarithmic=True), data).pinned(np.array([[-0.5, 1.5]]))
    theta = problem.pack([1e-9, 1e-9, 1e-4, sigma / axis.ratio], np.array([[0.0, 1.0, 0.0]]))
    scores = problem.scores(theta[None])[0]
    # After many reads the median is known: the density of a read is lognormal, on the scale of the span.
    expected = norm.logpdf(np.log(y / median), scale=sigma) - np.log(y) + np.log(axis.span)
    assert scores[200:400].sum() == pytest.approx(expected[200:].sum(), abs=2.0)
    assert np.corrcoef(scores[200:400], expected[200:])[0, 1] > 0.99


def test_steps_on_a_logarithmic_axis_move_the_conductance_as_far_as_on_the_linear_one():
    axis = Axis(1e-7, 1e-4, logarithmic=True)
    x = np.linspace(0, 1, NODES)
    linear = 0.1 * (1 - x)
    steps = axis.steps(linear, 0.0, 1.0)
    for share in (0.0, 0.25, 0.5, 1.0):
        g = 1e-7 * 1000**share
        moved = g + (1e-4 - 1e-7) * 0.1 * (1 - (g - 1e-7) / (1e-4 - 1e-7))
        assert 1e-7 * 1000 ** (share + np.interp(share, x, steps)) == pytest.approx(moved, rel=1e-3)


@pytest.mark.slow
def test_cells_that_span_decades_have_noise_that_is_a_factor():
    rng = np.random.default_rng(6)
    sweeps = []
    for cycle in range(6):
        for branch in range(2):
            g, reads = (1e-7, 1e-5)[branch], []
            for k in range(60):
                if k:
                    away = (1.01e-5 - g) if branch == 0 else (9e-8 - g)
                    g = float(np.clip(g + 0.08 * away * max(1 + 0.2 * rng.standard_normal(), 0.0), 1e-7, 1e-5))
                reads.append(g * math.exp(0.15 * rng.standard_normal()))
            sweeps.append(Sweep("1", str(cycle), branch, np.array(reads)))
    fit = fit_pulses(PulseData.checked("made.csv", sweeps, "S"))
    assert fit.chosen.problem.read_base == "value"
    number = fit.fitted["read.noise.sigma"]
    assert number.low * 0.9 < math.sqrt(math.expm1(0.15**2)) < number.high * 1.1
    assert not fit.review.faults


@pytest.mark.slow
@pytest.mark.parametrize("case", ["steps of soft bounds", "constant steps", "reads after every third pulse"])
def test_a_second_optimiser_finds_no_higher_maximum_of_a_model_that_fits(case):
    data = {
        "steps of soft bounds": lambda: one(1, cycles=4),
        "constant steps": lambda: one(2, step=level, sizes=(0.015, 0.02), cycles=4),
        "reads after every third pulse": lambda: one(4, every=3, reads=121, cycles=4),
    }[case]()
    fit = fit_pulses(data)
    assert not fit.not_fitted
    rng = np.random.default_rng(0)
    for candidate in fit.candidates:
        problem = candidate.problem
        free = np.flatnonzero(problem.free)
        low, high = (end[free] for end in problem.limits)

        def negative(x, problem=problem, free=free, theta=candidate.theta):
            moved = theta.copy()
            moved[free] = x
            return -problem.value(moved), -gradient(problem, slopes(problem, moved))[free]

        for spread in (0.0, 0.1, 0.3):
            start = np.clip(candidate.theta[free] + spread * rng.standard_normal(len(free)), low, high)
            other = minimize(negative, start, jac=True, method="L-BFGS-B", bounds=list(zip(low, high, strict=True)))
            # The likelihood of a model that fits far worse than the best has flat ridges; the search ends near the top.
            near = candidate.bic < fit.candidates[0].bic + 20
            assert -other.fun < candidate.log_likelihood + (0.1 if near else 2.0), candidate.name


@pytest.mark.slow
def test_at_a_maximum_the_gradient_vanishes_and_the_curvature_is_that_of_a_maximum():
    data = one(1, cycles=4)
    problem, end = alone(data, "soft-bounds")
    inner = np.flatnonzero(problem.free)
    slope = gradient(problem, slopes(problem, end.theta))[inner]
    matrix = information(problem, end.theta)[np.ix_(inner, inner)]
    assert 0.5 * slope @ np.linalg.solve(matrix, slope) < 0.01
    assert np.linalg.eigvalsh(matrix).min() > 0


@pytest.mark.slow
def test_only_the_models_that_are_to_be_compared_are_fitted():
    data = one(1, cycles=2, reads=40)
    fit = fit_pulses(data, compared=("soft-bounds", "constant"))
    assert {c.name for c in fit.candidates} == {"soft-bounds", "constant"} and not fit.not_fitted
    with pytest.raises(InputError, match="the model 'linear' is not among those that are compared: constant"):
        fit_pulses(data, "linear", compared=("constant",))
    with pytest.raises(InputError, match="unknown model 'constent'; did you mean 'constant'"):
        fit_pulses(data, compared=("constent",))
    with pytest.raises(InputError, match="no model to compare; allowed: constant, linear"):
        fit_pulses(data, compared=())


@pytest.mark.slow
def test_a_search_that_cannot_end_is_reported_and_not_ranked(monkeypatch):
    from memsim.fit.pulses import optimise

    data = one(1, cycles=2, reads=40)
    monkeypatch.setattr(optimise, "_ROUNDS", 0)
    problem = problem_of(MODELS["constant"], Noise("range"), data)
    assert "still rises" in settled(problem, rough(problem, data).theta).fault
    with pytest.raises(DataError, match="no search ended at a maximum"):
        fit_pulses(data)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["neurosim", "power-law"])
def test_models_whose_steps_have_no_size_of_their_own_state_the_spread_between_devices(model):
    fit = fit_pulses(several(7, count=6, spread=0.25, cycles=3), model)
    profile = profile_of(fit)
    field = {"neurosim": "update.pulses", "power-law": "update.amplitude"}[model]
    spread = profile.spec.variability.d2d[field]
    assert spread.distribution == "lognormal"
    if model == "neurosim":
        # The number of pulses is inversely proportional to the size of the steps.
        expected = fit.fitted.spreads["step"].sigma
        assert spread.sigma == pytest.approx(math.sqrt(math.expm1(expected**2)), rel=1e-4)
        assert fit.fitted.spreads["step"].sigma_low < 0.25 < fit.fitted.spreads["step"].sigma_high


@pytest.mark.slow
def test_even_and_odd_cycles_of_a_cell_choose_the_same_model():
    data = one(8, cycles=16, reads=80)
    halves = [PulseData.checked("half", [s for s in data.sweeps if int(s.cycle) % 2 == half], "S") for half in range(2)]
    chosen = [fit_pulses(half).chosen.name for half in halves]
    assert chosen == ["soft-bounds", "soft-bounds"]


def test_the_spread_between_cycles_is_what_exceeds_the_noise():
    rng = np.random.default_rng(9)
    sweeps = []
    for cycle in range(16):
        factor = math.exp(0.3 * rng.standard_normal())
        sweeps += [replace(s, cycle=str(cycle)) for s in device(rng, factor, cycles=1, reads=60)]
    data = PulseData.checked("made", sweeps, "S")
    problem, end = alone(data, "soft-bounds")
    spread = between_cycles(data, problem, end.theta)
    assert spread is not None and spread.sigma_low > 0.1 and spread.sigma_low < 0.3 < spread.sigma_high
    steady = one(10, cycles=16)
    problem, end = alone(steady, "soft-bounds")
    spread = between_cycles(steady, problem, end.theta)
    assert spread is not None and spread.sigma_low == 0 and spread.sigma < 0.1


def test_simulated_trains_contain_the_reads_of_the_right_model_and_not_of_a_wrong_one():
    data = one(11, cycles=8, reads=100)
    problem, end = alone(data, "soft-bounds")
    assert 0.92 < reproduced(problem, end.theta) < 0.98
    wrong = end.theta.copy()
    wrong[:2] -= 1.0  # steps that are too small
    assert reproduced(problem, wrong) < 0.75


@pytest.mark.slow
def test_a_fit_with_faults_becomes_a_profile_only_by_force_and_says_so():
    # Reads that have nothing to do with the pulses, on a scale where noise exceeds the conductance.
    rng = np.random.default_rng(12)
    sweeps = [Sweep("1", str(c), b, 1e-6 * np.exp(2.0 * rng.standard_normal(60))) for c in range(3) for b in range(2)]
    fit = fit_pulses(PulseData.checked("noise.csv", sweeps, "S"))
    assert fit.review.faults
    with pytest.raises(DataError, match=r"noise.csv: .*; no profile is written of such a fit unless forced"):
        profile_of(fit)
    assert "written by force" in profile_of(fit, force=True).spec.notes


def test_ends_of_windows_are_lognormal_only_where_a_normal_distribution_would_have_cells_below_zero():
    rng = np.random.default_rng(13)
    narrow = 1e-6 * (5 + rng.standard_normal(12))
    assert not between_conductances(narrow, np.full(12, 1e-16)).lognormal
    wide = 1e-6 * np.exp(1.2 * rng.standard_normal(200))
    spread = between_conductances(wide, np.full(200, 1e-20))
    assert spread.lognormal
    assert spread.mean_low < 1e-6 * math.exp(1.2**2 / 2) < spread.mean_high
    # The standard deviation of the logarithm, of 200 devices.
    assert math.sqrt(math.log1p((spread.sigma / spread.mean) ** 2)) == pytest.approx(1.2, abs=4 * 1.2 / math.sqrt(400))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mean", "sigma", "surely", "stated"),
    [(4e-6, 1e-6, 0.5e-6, 1e-6), (2e-6, 1e-6, 0.0, 2e-6 / 3.719), (-1e-7, 3e-7, 1e-7, 0.0), (2e-6, 4e-6, 2e-6, None)],
)
def test_a_spread_of_lower_ends_that_may_be_smaller_leaves_no_cells_below_zero(mean, sigma, surely, stated):
    problem, end = alone(one(1), "soft-bounds")
    data = one(1)
    numbers = fitted(data, problem, end.theta)
    low = replace(numbers["conductance.min"], value=mean, low=mean - 1e-6, high=mean + 1e-6)
    spread = Spread(mean, mean - 1e-6, mean + 1e-6, sigma, surely, 3 * sigma, 4, positive=True)
    numbers = replace(numbers, numbers=(low, *numbers.numbers[1:]), spreads={"low": spread})
    review = reviewed(data, problem, end.theta, numbers, diagnose(problem, end.theta))
    assert any("of such cells would lie below 0 S" in fault for fault in review.faults) == (stated is None)
    if stated is not None:
        assert spread.above_zero == pytest.approx(stated)
        assert any("some cells would lie below 0 S" in limit for limit in review.limits) == (stated < sigma)


@pytest.mark.slow
def test_the_command_prints_the_report_before_it_refuses_a_profile(cli, tmp_path):
    rng = np.random.default_rng(12)
    rows = [
        ("1", c, k + 1, ("set", "reset")[b], f"{math.exp(2.0 * rng.standard_normal()):.5g}")
        for c in range(3)
        for b in range(2)
        for k in range(60)
    ]
    (tmp_path / "noise.csv").write_text(long_table(rows))
    done = cli("device", "fit", "noise.csv", "-o", "noise.yaml")
    assert done.code == 2
    assert done.files == ["noise.csv"]
    assert "Fault" in done.out and done.err.strip().count("\n") == 0


@pytest.mark.slow
def test_the_moments_of_a_device_are_those_of_a_random_walk_through_its_likelihood():
    data = several(5, count=2, cycles=2, reads=60)
    problem, end = alone(data, "soft-bounds")
    spread, _ = covariance(problem, end.theta)
    means, blocks = own_moments(problem, end.theta, spread)
    # Metropolis et al., J. Chem. Phys. 21, 1087 (1953): 40 walkers in the ends and the factor of one device, the rest
    # fixed, with equal prior densities in the range of the grid.
    rng, first = np.random.default_rng(3), len(problem.shared)
    width = np.diff(problem.own(end.theta)[0, :2])[0]
    error = math.sqrt(spread[first + 2, first + 2])
    reach = np.array([0.16 * width, 0.16 * width, 2.6 * error])
    places = np.repeat(end.theta[None], 40, axis=0)
    score = problem.scores(places)[:, problem.device_of == 0].sum(1)
    visited = []
    for turn in range(1500):
        trial = places.copy()
        trial[:, first : first + 3] += rng.standard_normal((40, 3)) * [0.02 * width, 0.02 * width, 0.8 * error]
        inside = (np.abs(trial - end.theta)[:, first : first + 3] <= reach).all(1)
        value = np.where(inside, problem.scores(trial)[:, problem.device_of == 0].sum(1), -np.inf)
        better = np.log(rng.random(40)) < value - score
        places[better], score = trial[better], np.where(better, value, score)
        if turn >= 300:
            visited.append(places[:, first : first + 3].copy())
    walked = np.concatenate(visited)
    alone_block = np.cov(walked.T)
    assert means[0] == pytest.approx(walked.mean(0), abs=0.15 * walked.std(0).max())
    # The numbers that all devices share add to the variance, and never take away.
    assert (np.diag(blocks[0]) > 0.85 * np.diag(alone_block)).all()
    assert (np.diag(blocks[0])[:2] < 1.6 * np.diag(alone_block)[:2]).all()


@pytest.mark.slow
def test_an_interval_of_two_different_windows_does_not_reach_below_0_siemens():
    sweeps = [
        Sweep(str(d), "1", s.branch, 1e-6 * (1 + 6 * d + 3 * s.value))
        for d in range(2)
        for s in one(3 + d, step=level, sizes=(0.03, 0.03), cycles=1, reads=50).sweeps
    ]
    fit = fit_pulses(PulseData.checked("two.csv", sweeps, "S"), compared=("constant",))
    end = fit.fitted["conductance.min"]
    assert end.low == 0.0 < end.value < end.high


@pytest.mark.parametrize("mean", [2e-6, -2e-6])
def test_the_interval_of_an_end_of_the_window_contains_its_value(mean):
    data = several(1, count=2, spread=0.1, cycles=1)
    problem = problem_of(MODELS["constant"], Noise("range"), data)
    theta = problem.pack([0.02, 0.02, 0.01, 0.02], np.tile([0.0, 1.0, 0.0], (2, 1)))
    ends = Spread(mean, -9e-6, 9e-6, 1e-6, 0.0, 9e-6, devices=2)
    numbers = _window(data, problem, theta, np.eye(len(theta)), {"low": ends, "high": ends})
    for number in numbers:
        assert number.low <= number.value <= number.high
        assert number.low == (0.0 if mean > 0 else -9e-6)


def pulsed_through_a_part(seed, pulses):
    """Two devices with whole trains, and one with a few pulses up and down from the lower end of its window."""
    rng = np.random.default_rng(seed)
    sweeps = [s for name in "12" for s in device(rng, cycles=2, reads=40, name=name)]
    state = 0.0
    for branch in range(2):
        states = []
        for _ in range(pulses):
            state = min(max(state + soft(state, branch, (0.02, 0.03)) + 0.01 * rng.standard_normal(), 0.0), 1.0)
            states.append(state)
        reads = np.array(states) + 0.02 * rng.standard_normal(pulses)
        sweeps.append(Sweep("3", "1", branch, LOW + WIDTH * reads, follows=branch == 1))
    return PulseData.checked("made.csv", sweeps, "S")


def test_a_device_pulsed_through_a_part_of_its_window_may_have_one_as_wide_as_the_others():
    data = pulsed_through_a_part(1, 6)
    problem, end = alone(data, "soft-bounds")
    first, last = problem.extremes()
    assert last[2] - first[2] < 0.4 * (last[0] - first[0])
    low, high = problem.axis.value(problem.own(np.array(problem.limits)))[:, 2, :2].T
    assert low[0] < LOW < low[1] and high[0] < LOW + WIDTH < high[1]
    assert not end.fault and end.value > problem.value(whole_truth(problem)) - 0.5


def whole_truth(problem):
    """Theta of the numbers with which `pulsed_through_a_part` makes its reads."""
    ends = problem.axis.scaled(np.array([LOW, LOW + WIDTH]))
    sigmas = np.array([0.01, 0.02]) * (ends[1] - ends[0])
    return problem.pack([0.02, 0.03, *sigmas], np.tile([*ends, 0.0], (problem.devices, 1)))


@pytest.mark.slow
def test_a_model_that_contains_a_simpler_one_describes_the_data_at_least_as_well():
    # Linear steps and those of neurosim, with a large label, contain soft bounds.
    fit = fit_pulses(pulsed_through_a_part(2, 4), compared=("soft-bounds", "neurosim", "linear"))
    height = {candidate.name: candidate.log_likelihood for candidate in fit.candidates}
    assert height["linear"] > height["soft-bounds"] - 0.5
    assert height["neurosim"] > height["soft-bounds"] - 0.5


@pytest.mark.slow
def test_the_notes_of_a_profile_state_what_a_whole_number_of_pulses_changes():
    rng = np.random.default_rng(4)

    def crossing(state, branch, steps):
        """Steps of the NeuroSim model, 4.4 pulses for the window, 1/A = 2 for both directions."""
        way = state if branch == 0 else 1 - state
        return (1 - 2 * branch) * (1 - math.exp(-2 / 4.4)) * (1 / (1 - math.exp(-2)) - way)

    sweeps = device(rng, step=crossing, sizes=(1.0, 1.0), cycles=12, reads=7, write=0.01, read=0.005)
    fit = fit_pulses(PulseData.checked("made.csv", sweeps, "S"), "neurosim", compared=("neurosim",))
    pulses = fit.fitted["update.pulses"].value
    assert 4.2 < pulses < 4.5
    profile = profile_of(fit, force=True)
    assert profile.spec.update.pulses == 4
    change = f"{100 * (pulses / 4 - 1):.2g} %"
    assert (
        f"4 instead of {pulses:.3g} that span the window: its steps are about {change} too large" in profile.spec.notes
    )


@pytest.mark.slow
def test_a_lower_end_below_0_within_its_interval_is_named():
    fit = fit_pulses(one(12, cycles=2, reads=40), compared=("soft-bounds",))
    end = fit.fitted["conductance.min"]
    below = replace(end, value=-1e-7, low=-1e-6, high=1e-7)
    numbers = replace(fit.fitted, numbers=(below, *fit.fitted.numbers[1:]))
    problem, theta = fit.chosen.problem, fit.chosen.theta
    review = reviewed(fit.data, problem, theta, numbers, fit.diagnostics)
    assert "the lower end of the window, -100 nS, is 0 S within its interval, and 0 S in a profile" in review.limits
    assert not any("negative" in fault for fault in review.faults)
    sure = replace(numbers, numbers=(replace(below, high=-1e-8), *fit.fitted.numbers[1:]))
    review = reviewed(fit.data, problem, theta, sure, fit.diagnostics)
    assert any(fault.startswith("a negative lower end of the window") for fault in review.faults)


@pytest.mark.slow
def test_a_window_at_the_limit_of_the_search_is_named():
    fit = fit_pulses(several(13, count=2, cycles=1), compared=("soft-bounds",))
    problem = fit.chosen.problem
    theta = fit.chosen.theta.copy()
    index = len(problem.shared) + 4  # upper end of the second device
    theta[index] = problem.limits[1][index]
    review = reviewed(fit.data, problem, theta, fit.fitted, fit.diagnostics)
    assert "at the limit of what is searched: the window of device 1" in review.limits


def few_trains(seed, trains):
    """Trains of 40 reads in turn, each of which begins one pulse from its end of the window."""
    rng, sweeps = np.random.default_rng(seed), []
    for i in range(trains):
        values = sweep(rng, soft, (0.02, 0.03), i % 2, 41, write=0.02, read=0.03)[1:]
        sweeps.append(Sweep("1", str(i // 2), i % 2, LOW + WIDTH * values))
    return PulseData.checked("made.csv", sweeps, "S")


@pytest.mark.slow
def test_intervals_of_few_trains_hold_wherever_the_trains_begin():
    data = few_trains(10, 4)
    problem, end = alone(data, "soft-bounds")
    narrow = fitted(data, problem, end.theta)
    wide = over_maxima(data, problem, end.theta, narrow)
    assert narrow["conductance.max"].high < LOW + WIDTH < wide["conductance.max"].high
    assert wide.beginnings > 1
    for before, after in zip(narrow.numbers, wide.numbers, strict=True):
        assert after.value == before.value and not after.low > before.low and not after.high < before.high
    limits = reviewed(data, problem, end.theta, wide, diagnose(problem, end.theta)).limits
    assert any(limit.startswith("the data do not show where trains begin (4 in all)") for limit in limits)
    data = few_trains(3, 84)
    problem, end = alone(data, "soft-bounds")
    numbers = fitted(data, problem, end.theta)
    assert over_maxima(data, problem, end.theta, numbers) is numbers


def test_a_share_of_an_uncertain_window_has_the_errors_of_both():
    exact = Number("conductance.min", 2.0, 2.0, 2.0, "S", "")
    sure, unsure = (Number("conductance.max", 10.0, 10.0, high, "S", "") for high in (10.0, 12.0))
    assert _of_an_uncertain_range(0.1, 0.08, 0.12, exact, sure) == pytest.approx((0.08, 0.12), rel=1e-12)
    low, high = _of_an_uncertain_range(0.1, 0.08, 0.12, exact, unsure)
    # A window that is 25 % wider makes the share smaller; independent errors of logarithms add in squares.
    assert math.log(0.1 / low) ** 2 == pytest.approx(math.log(0.1 / 0.08) ** 2 + math.log(10 / 8) ** 2, rel=1e-12)
    assert high == pytest.approx(0.12, rel=1e-12)
    assert _of_an_uncertain_range(0.1, 0.0, 0.12, exact, unsure)[0] == 0.0
    unseen = replace(sure, low=math.nan, high=math.nan, known=False)
    assert _of_an_uncertain_range(0.1, 0.08, 0.12, exact, unseen) == pytest.approx((0.08, 0.12), rel=1e-12)


def test_the_interval_of_a_lower_maximum_ends_where_the_highest_one_excludes_it():
    problem, end = alone(one(4), "soft-bounds")
    spread = covariance(problem, end.theta)[0]
    whole = ridge_interval(problem, end.theta, 0, spread, lambda theta: theta[0])
    part = ridge_interval(problem, end.theta, 0, spread, lambda theta: theta[0], behind=1.0)
    for width, drop in ((whole, 1.92), (part, 0.92)):
        for held in width:
            free = [i for i in range(len(end.theta)) if problem.free[i] and i != 0]

            def loss(rest, held=held, free=free):
                theta = end.theta.copy()
                theta[0], theta[free] = held, rest
                return -problem.value(theta)

            best = minimize(loss, end.theta[free], method="Nelder-Mead", options={"maxfev": 2000, "fatol": 1e-3})
            assert end.value + best.fun == pytest.approx(drop, abs=0.1)


@pytest.mark.slow
def test_the_notes_of_a_profile_state_how_its_steps_and_windows_differ_from_those_of_the_fit():
    fit = fit_pulses(several(3, cycles=2), "soft-bounds", compared=("soft-bounds",))
    profile, numbers = profile_of(fit), fit.fitted
    # Mean of a lognormal number with this median and this standard deviation of its logarithm.
    mean = math.exp(numbers.spreads["step"].mean + numbers.spreads["step"].sigma ** 2 / 2)
    assert f"update.step is the mean over devices: {mean:.3g} times that of the average device" in profile.spec.notes
    # Soft bounds of a profile run from -1 to 1, and the larger of both steps is stated, half-way between its ends.
    larger = max(numbers["update.step.set"].value, numbers["update.step.reset"].value)
    assert profile.spec.update.step == pytest.approx(2 * larger * mean, rel=1e-4)
    spreads = any(numbers.spreads[end].sigma > 0 for end in ("low", "high"))
    assert ("its window and its steps vary independently" in profile.spec.notes) == spreads


def test_a_climb_without_a_parameter_to_move_ends_where_it_began():
    """Each parameter is held, as where all others are at limits beyond which the likelihood rises."""
    data = one(3)
    held = problem_of(MODELS["constant"], Noise("range"), data)
    theta = held.inside(rough(held, data).theta)
    for index in range(len(theta)):
        held = held.holding(index)
    end = maximise(held, theta)
    assert (end.theta == theta).all() and end.value == pytest.approx(held.value(theta))
