"""The likelihood of pulses: against closed forms and the exact density; models against cells; parameters recovered."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pulse_trains import falling, level, saturating, soft, sweep
from scipy.special import ndtr

from memsim.cells import MODELS as CELLS
from memsim.cells.model import Surroundings
from memsim.document import Document
from memsim.fit.pulses.axis import Axis
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.filter import Scale, Series, Trial, log_likelihood, predict
from memsim.fit.pulses.fits import fit_pulses
from memsim.fit.pulses.models import MODELS, Target, nearest_theta
from memsim.fit.pulses.optimise import maximise, settled
from memsim.fit.pulses.problem import NODES, Problem, X
from memsim.fit.pulses.quantities import fitted
from memsim.fit.pulses.search import Noise, problem_of
from memsim.fit.pulses.spread import between
from memsim.fit.pulses.uncertainty import covariance, ridge_interval
from memsim.profiles import DeviceProfile

THETAS = {
    "constant": (0.03, 0.05),
    "linear": (0.03, 0.04, 0.6, 0.3),
    "soft-bounds": (0.02, 0.03),
    "exponential": (0.03, 0.02, -0.8, 0.7, 3.0, 2.0),
    "power": (0.04, 0.03, 1.5, 0.7),
    "neurosim": (40.0, 2.0, 5.0),
    "power-law": (0.3, 4.0, -0.8),
    "table": tuple(np.linspace(0.05, 0.01, 7)) + tuple(np.linspace(0.005, 0.04, 7)),
}


def one_sweep(values, branch=0) -> Series:
    values = np.asarray(values, float)
    count = len(values)
    return Series(
        values,
        np.ones(count, bool),
        np.full(count, branch),
        np.array([0]),
        np.array([count]),
        np.array([0]),
        np.zeros(1, bool),
    )


def trial(step, *, low=0.0, high=1.0, clipped=True, write=0.02, read=0.03, slow=0.0, memory=5.0) -> Trial:
    tables = np.stack([np.asarray(step), -np.asarray(step)])[None]
    own = np.array([[[low, high, 1.0, float(clipped), float(clipped)]]])
    return Trial(tables, own, *(np.array([v]) for v in (write, read, slow, memory)))


def scale(write=0, begin=0.5, read=0, origin=0.0) -> Scale:
    return Scale(write, read, origin, 0.0, begin, 0.0)


def problem(name, values, *, write="range", slow=False, branches=(0, 1)) -> Problem:
    """A problem on equally long sweeps of one device, set and reset in turn."""
    reads = len(values[0])
    series = Series(
        np.concatenate(values),
        np.ones(reads * len(values), bool),
        np.repeat([branches[i % len(branches)] for i in range(len(values))], reads),
        np.arange(len(values)) * reads,
        np.arange(1, len(values) + 1) * reads,
        np.zeros(len(values), int),
        np.zeros(len(values), bool),
    )
    return Problem(MODELS[name], series, 1, write, "range", slow, Axis(0.0, 1.0), 0.0, np.full((1, 2), np.nan))


@pytest.mark.slow
@pytest.mark.parametrize("slow", [0.0, 0.04])
def test_without_bounds_the_likelihood_is_that_of_a_multivariate_gaussian(slow):
    rng = np.random.default_rng(1)
    y = 0.2 + 0.01 * np.arange(12) + 0.05 * rng.standard_normal(12)
    write, read, memory, step = 0.02, 0.03, 5.0, 0.01
    n = np.arange(12)
    walk = write**2 * np.minimum.outer(n, n)
    trap = slow**2 * np.exp(-np.abs(np.subtract.outer(n, n)) / memory)
    noise = walk + trap + read**2 * np.eye(12)
    # The first read says where the walk begins: what is scored are the others, relative to it.
    turn = np.hstack([-np.ones((11, 1)), np.eye(11)])
    spread = turn @ noise @ turn.T
    miss = turn @ (y - step * n)
    wanted = -0.5 * (miss @ np.linalg.solve(spread, miss) + np.linalg.slogdet(2 * np.pi * spread)[1])
    found = log_likelihood(
        one_sweep(y), trial(np.full(NODES, step), clipped=False, slow=slow, memory=memory), scale()
    ).sum()
    assert found == pytest.approx(wanted, abs=1e-6)


def exact(y, step, write, read, relative, cells=600, begin=0.0, one_pulse=0.0) -> float:
    """Log-likelihood of a set sweep by the density of the state on a fine grid, with masses at both bounds.

    The first state is the lower bound, one pulse from there, or anywhere.
    """
    x = (np.arange(cells) + 0.5) / cells

    def moved(at):
        mean = at + np.interp(at, X, step)
        sigma = write * (np.abs(np.interp(at, X, step)) if relative else np.ones_like(at))
        edges = np.linspace(0, 1, cells + 1)
        below = ndtr((edges[:, None] - mean) / sigma)
        return np.vstack([below[0], np.diff(below, axis=0), 1 - below[-1]])

    everywhere = np.concatenate([[0.0], x, [1.0]])
    kernel = moved(everywhere)
    anywhere = np.concatenate([[0.0], np.full(cells, 1 / cells), [0.0]])
    prior = (1 - begin - one_pulse) * anywhere + one_pulse * kernel[:, 0]
    prior[0] += begin
    mass = prior * np.exp(-0.5 * ((everywhere - y[0]) / read) ** 2)
    mass /= mass.sum()
    total = 0.0
    for value in y[1:]:
        mass = kernel @ mass
        density = np.exp(-0.5 * ((everywhere - value) / read) ** 2) / math.sqrt(2 * math.pi) / read
        total += math.log(mass @ density)
        mass = mass * density / (mass @ density)
    return total


@pytest.mark.parametrize("relative", [False, True], ids=["of the range", "of the step"])
@pytest.mark.parametrize(
    "shape", [lambda x: 0.05 + 0 * x, lambda x: 0.02 + 0.1 * (1 - x), lambda x: 0.02 + 0.1 * (1 - x) ** 3]
)
def test_with_bounds_the_likelihood_is_close_to_that_of_the_exact_density(shape, relative):
    step, rng = shape(X), np.random.default_rng(3)
    write, read, state, y = 0.5 if relative else 0.03, 0.04, 0.02, []
    for _ in range(40):
        y.append(state + read * rng.standard_normal())
        m = np.interp(state, X, step)
        state = min(max(state + m + write * (abs(m) if relative else 1.0) * rng.standard_normal(), 0.0), 1.0)
    wanted = exact(np.array(y), step, write, read, relative)
    found = log_likelihood(one_sweep(y), trial(step, write=write, read=read), scale(int(relative), begin=1e-9)).sum()
    assert found == pytest.approx(wanted, abs=0.01 * len(y))  # a hundredth a read; its spread is 0.7 a read


@pytest.mark.parametrize("slow", [0.0, 1e-9], ids=["white", "general"])
@pytest.mark.parametrize(("begin", "one_pulse"), [(0.3, 0.6), (0.0, 0.9), (0.8, 0.1)])
@pytest.mark.parametrize("first", [-0.02, 0.05, 0.1, 0.3])
def test_a_train_begins_at_an_end_or_one_pulse_from_it_as_in_the_exact_density(first, begin, one_pulse, slow):
    step, rng = 0.08 * (1 - X), np.random.default_rng(8)
    y = np.concatenate([[first], first + 0.07 * np.arange(1, 5) + 0.04 * rng.standard_normal(4)])
    expected = exact(y, step, 0.02, 0.04, False, begin=begin, one_pulse=one_pulse)
    starts = Scale(0, 0, 0.0, 0.0, begin, one_pulse)
    score = log_likelihood(one_sweep(y), trial(step, write=0.02, read=0.04, slow=slow), starts).sum()
    # The sum of four reads. A read below the window is unlikely from everywhere: one Gaussian merges what is left.
    assert score == pytest.approx(expected, abs=0.05 if first > 0 else 0.2)


def test_a_read_that_is_not_seen_is_a_pulse_more():
    y = np.array([0.2, np.nan, 0.31, 0.33])
    series = one_sweep(np.where(np.isnan(y), 0.0, y))._replace(observed=~np.isnan(y))
    found = log_likelihood(series, trial(np.full(NODES, 0.03), clipped=False), scale())[0]
    # Two pulses between the reads: mean 0.26, variance 2 x 0.02^2 of the pulses and 2 x 0.03^2 of the reads.
    variance = 2 * 0.02**2 + 2 * 0.03**2
    assert found[1] == 0
    assert found[2] == pytest.approx(-0.5 * (0.05**2 / variance + math.log(2 * math.pi * variance)), abs=1e-6)


def test_predictions_have_the_variance_that_they_claim():
    rng = np.random.default_rng(5)
    values = [sweep(rng, soft, (0.02, 0.03), i % 2, 400, write=0.02, read=0.03, slow=0.03) for i in range(4)]
    p = problem("soft-bounds", values, slow=True)
    theta = p.pack([0.02, 0.03, 0.02, 0.03, 0.03, 8.0], np.array([[0.0, 1.0, 0.0]]))
    mean, deviation, _ = predict(p.series, p.trial(theta[None]), p.scale)
    z = np.delete((p.series.value - mean[0]) / deviation[0], p.series.start)
    assert abs(z.mean()) < 4 / math.sqrt(len(z))
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / len(z))
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 4 / math.sqrt(len(z))


QUICK = ("linear", "power-law")  # the others take a second each to compile


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in MODELS])
def test_the_steps_of_a_model_are_those_of_the_profile_that_it_writes(name):
    model, theta = MODELS[name], np.array(THETAS[name])
    low, high = 2e-6, 9e-6
    target = Target(low, high, 0.02, "range", 1.0)
    data = {
        "name": "fitted",
        "title": "Fitted",
        "technology": "any",
        "status": "assumed",
        "conductance": {"min": f"{low} S", "max": f"{high} S"},
        "update": model.profile(theta, target),
        "read": {"voltage": "0.2 V", "duration": "1 us"},
    }
    update = DeviceProfile.from_document(Document.from_data(data)).spec.update
    cell = CELLS[name]
    fields = {"low": 0.0, "high": 1.0, "c2c": 0.0}
    fields |= cell.prepare({**update.numbers, **update.fixed}, Surroundings(0.0, 1.0, low, high, 0.2))
    p = cell.parameters(
        *(tuple(map(float, fields[f])) if np.ndim(fields[f]) else float(fields[f]) for f in cell.parameters._fields)
    )
    x = np.linspace(0.0, 1.0, 7)
    for branch, sign in ((0, 1.0), (1, -1.0)):
        scalar = [(cell.step or cell.change)(float(state), sign, p) for state in x]
        assert model.step(x, branch, theta, low / (high - low)) * sign == pytest.approx(scalar, rel=2e-4, abs=1e-7)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "table"])
def test_a_model_finds_its_own_steps_again(name):
    model, theta = MODELS[name], np.array(THETAS[name])
    wanted = np.stack([model.step(X, branch, theta, 0.3) for branch in range(2)])
    again = nearest_theta(model, wanted, model.starts(0.02, 0.02), 0.3)
    found = np.stack([model.step(X, branch, again, 0.3) for branch in range(2)])
    assert found == pytest.approx(wanted, abs=0.02 * wanted.max())


SIZES = (0.02, 0.03)
CASES = {
    "soft bounds": ("soft-bounds", soft, {"seeds": 30}),
    "soft bounds, noise of the step": ("soft-bounds", soft, {"relative": True, "write": 0.6, "seeds": 30}),
    "constant": ("constant", level, {"seeds": 35}),
    "constant, slow noise": ("constant", level, {"slow": 0.03, "reads": 150, "seeds": 12}),
    "linear": ("linear", falling, {"theta": (0.03, 0.04, 0.6, 0.3), "seeds": 18}),
    "exponential": ("exponential", saturating, {"theta": (0.03, 0.03, 0.8, 0.7, 3.0, 2.0), "seeds": 8}),
}


def made(name, step, seed, *, theta=SIZES, slow=0.0, relative=False, sweeps=8, reads=100, write=0.02, read=0.03, **_):
    """A synthetic measurement in a window from 0 to 1, its problem, the true theta, and the truth by name."""
    rng = np.random.default_rng(seed)
    values = [
        sweep(rng, step, theta, i % 2, reads, write=write, read=read, slow=slow, relative=relative)
        for i in range(sweeps)
    ]
    data = PulseData.checked("made", [Sweep("1", str(i), i % 2, each) for i, each in enumerate(values)], None)
    base = "step" if relative else "range"
    p = problem_of(MODELS[name], Noise(base, slow=bool(slow)), data)
    axis = data.axis
    noise = np.array([write / (1.0 if relative else axis.span), read / axis.span])
    trap = (slow / axis.span, 8.0) if slow else ()
    truth = {f"update.{q.name}": value for q, value in zip(p.model.parameters, theta, strict=True)} | {
        "conductance.min": 0.0,
        "conductance.max": 1.0,
        "variability.c2c.sigma": write,
        "read.noise.sigma": read,
        "read.noise.slow.sigma": slow,
        "read.noise.slow.memory": 8.0,
    }
    return data, p, p.pack([*theta, *noise, *trap], np.array([[*axis.scaled(np.array([0.0, 1.0])), 0.0]])), truth


def fit_of(name, step, seed, **options):
    """The measurement, its problem, the maximum found from the starts that a user's fit has, true theta and truth."""
    data, p, true, truth = made(name, step, seed, **options)
    noise = p.natural(true)[len(p.model.parameters) :] * [1.3, 1.3, 1.0, 1.0][: len(p.shared) - len(p.model.parameters)]
    own = np.array([[0.05, 0.95, 0.0]])
    starts = p.model.starts(*(data.average_step(branch) for branch in range(2)))
    early = [maximise(p, p.pack([*start, *noise], own), most=3) for start in starts]
    found = maximise(p, max(early, key=lambda maximum: maximum.value).theta)
    for _ in range(2):
        p = p.begun(found.theta)
        found = maximise(p, found.theta)
    assert not settled(p, found.theta).fault
    assert found.value >= p.value(true)
    return data, p, found, true, truth


def recovered(name, step, seed, **options):
    """Numbers of a fit to a synthetic measurement, and the truth, by name."""
    data, p, found, _, truth = fit_of(name, step, seed, **options)
    return fitted(data, p, found.theta).numbers, truth


@pytest.mark.slow
@pytest.mark.parametrize("case", ["soft bounds", "constant"])
def test_read_noise_and_write_noise_are_told_apart(case):
    name, step, options = CASES[case]
    numbers, truth = recovered(name, step, 7, **options)
    for number in numbers:
        # Twice as wide as the 95 % interval.
        slack = (number.high - number.low) / 2
        assert number.low - slack < truth[number.name] < number.high + slack, number.name
        assert number.low < number.value < number.high


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "index"), [(1004, 1), (1006, 0)])
def test_an_interval_holds_what_the_likelihood_allows_also_along_a_nearly_flat_ridge(seed, index):
    # Exponential steps that look linear: ever larger full steps fit, with ever smaller exponents.
    name, step, options = CASES["exponential"]
    _, p, found, true, _ = fit_of(name, step, seed, **options)
    low, high = ridge_interval(p, found.theta, index, covariance(p, found.theta)[0], lambda theta: theta[index])
    assert high == math.inf
    # An independent search, from the truth: with the full step held there the rest fits nearly as well.
    held = p.holding(index)
    assert found.value - maximise(held, true).value < 1.6
    assert low < true[index]
    at_low = np.where(np.arange(len(true)) == index, low, true)
    assert found.value - maximise(held, at_low).value == pytest.approx(1.92, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_intervals_cover_the_truth_in_90_to_99_percent_of_many_measurements(case):
    name, step, options = CASES[case]
    seeds = options["seeds"]
    hits = []
    for seed in range(1000, 1000 + seeds):
        numbers, truth = recovered(name, step, seed, **options)
        assert all(number.low <= number.value <= number.high for number in numbers)
        hits.append([number.low < truth[number.name] < number.high for number in numbers])
    assert 0.90 <= np.mean(hits) <= 0.99, np.mean(hits, 0)
    # A single parameter may lie four standard errors of so many measurements below 95 %.
    assert np.mean(hits, 0).min() > 0.95 - 4 * math.sqrt(0.95 * 0.05 / seeds), np.mean(hits, 0)


def measured(seed, *, devices=1, cycles=2, reads=60, spread=0.0, unit=None):
    """Soft bounds with steps that differ from device to device."""
    rng = np.random.default_rng(seed)
    sweeps = []
    for device in range(devices):
        factor = math.exp(spread * rng.standard_normal())
        steps = (0.02 * factor, 0.03 * factor)
        for cycle in range(cycles):
            for branch in range(2):
                values = sweep(rng, soft, steps, branch, reads, write=0.01, read=0.02)
                sweeps.append(Sweep(str(device), str(cycle), branch, 1e-6 * (2 + 8 * values) if unit else values))
    return PulseData.checked("pulses.csv", sweeps, unit)


@pytest.mark.slow
def test_a_fit_ranks_models_as_they_should_be_and_its_intervals_hold_the_truth():
    fit = fit_pulses(measured(11, cycles=6, unit="S"))
    ranked = [candidate.name for candidate in fit.candidates]
    # Soft bounds are a case of the linear, power and neurosim models, which only cost parameters.
    assert ranked[0] == "soft-bounds"
    constant = next(c for c in fit.candidates if c.name == "constant")
    assert fit.chosen.held_out > constant.held_out
    assert fit.chosen.aic < constant.aic - 50
    window = fit.fitted
    for name, truth in (
        ("conductance.min", 2e-6),
        ("conductance.max", 10e-6),
        ("update.step.set", 0.02),
        ("update.step.reset", 0.03),
        ("variability.c2c.sigma", 0.01),
        ("read.noise.sigma", 0.02),
    ):
        number = window[name]
        assert number.low < number.value < number.high
        width = number.high - number.low
        assert number.low - width < truth < number.high + width, name
    assert fit.diagnostics.normality > 1e-4
    assert fit.diagnostics.independence > 1e-4


@pytest.mark.slow
def test_read_noise_that_goes_with_the_conductance_is_told_relative_to_it():
    rng = np.random.default_rng(5)
    sweeps = []
    for cycle in range(6):
        for branch in range(2):
            states = sweep(rng, soft, SIZES, branch, 80, write=0.01, read=0.0)
            values = 1e-6 * (1 + 9 * states) * (1 + 0.05 * rng.standard_normal(80))
            sweeps.append(Sweep("1", str(cycle), branch, values))
    fit = fit_pulses(PulseData.checked("pulses.csv", sweeps, "S"), "soft-bounds")
    assert fit.chosen.problem.read_base == "value"
    assert fit.fitted["read.noise.sigma"].low * 0.95 < 0.05 < fit.fitted["read.noise.sigma"].high * 1.05
    assert fit.fitted["variability.c2c.sigma"].low * 0.8 < 0.01 < fit.fitted["variability.c2c.sigma"].high * 1.2


@pytest.mark.slow
def test_the_spread_between_devices_is_told_from_what_single_devices_leave_open():
    fit = fit_pulses(measured(12, devices=12, cycles=3, spread=0.3), "soft-bounds")
    spread = fit.fitted.spreads["step"]
    assert spread.sigma_low < 0.3 < spread.sigma_high
    assert fit.fitted.spreads["high"].sigma < 0.03  # all windows are the same


def test_equal_devices_have_no_spread_and_different_ones_theirs():
    rng = np.random.default_rng(2)
    error = 0.1
    same = between(1.0 + error * rng.standard_normal(200), np.full(200, error**2))
    assert same.sigma_low == 0 and same.sigma_high < 0.06
    assert same.mean_low < 1 < same.mean_high
    different = between(1.0 + math.hypot(error, 0.2) * rng.standard_normal(200), np.full(200, error**2))
    assert different.sigma_low < 0.2 < different.sigma_high
    assert different.sigma_low > 0.15
