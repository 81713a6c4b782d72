"""Steps that each cell has for itself: size, difference of set and reset, slopes and ends, as the source draws them.

The references are the equations of the pulsed devices of IBM aihwkit 1.2.0 (MIT licence), written again in w.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_texts import device_text

import memsim as ms
from memsim.arrays.place import Place
from memsim.arrays.site import Site
from memsim.arrays.update_parameters import UpdateParameters
from memsim.backends import resolve
from memsim.cells import MODELS, Surroundings
from memsim.errors import InputError
from memsim.profiles import device_from_text, load_device

CELLS = 60_000
STATES = (0.05, 0.5, 0.9)


def population(device, count=CELLS, seed=3):
    """Each cell's parameters by name, float64 (cell,), those that are alike too."""
    cells = UpdateParameters(Place(device.spec, Site(resolve("cpu"), seed), (1, 1, count)), np.float64)
    names = cells.model.parameters._fields
    return cells.model, {name: np.broadcast_to(np.ravel(cells.value(name))[:count], count) for name in names}


def told(p, way):
    """Steps at w = 0 and their fall in one direction, of cells whose steps fall linearly with the state."""
    start, decay = p[f"start_{way}"], p[f"decay_{way}"]
    fall = np.where(decay < 0, -decay, -np.expm1(-np.abs(decay)))
    return start * fall / np.abs(decay), fall


def pulsed(model, fields, state, direction, cells=200):
    """Changes of the first cells by one pulse, from the scalar function that the loops call."""
    function = model.step or model.change
    rows = zip(*(fields[name][:cells] for name in model.parameters._fields), strict=True)
    return np.array([function(state, float(direction), model.parameters(*map(float, row))) for row in rows])


def prepared(model, values, low, high):
    """Fields of cells with their own numbers, in place of drawn ones."""
    return MODELS[model].prepare(values, Surroundings(low, high, 1e-6, 1e-5, 0.5))


def numbers(beta, gain, r, w_min=-1.0, w_max=1.0, **more):
    """What a step model gets: nominal step 0.02, that of the cell, and the cell's own part of the asymmetry."""
    return {
        "step": 0.02 * gain,
        "step.nominal": 0.02,
        "asymmetry": beta + r,
        "asymmetry.nominal": beta,
        "weights.min": w_min,
        "weights.max": w_max,
        **more,
    }


@pytest.mark.parametrize("beta", [-1.0, -0.3, 0.0, 0.259, 1.0])
def test_asymmetry_shortens_one_step_and_its_spread_moves_both(beta):
    rng = np.random.default_rng(1)
    gain, r = 1 + 0.3 * rng.standard_normal(500), 0.3 * rng.standard_normal(500)
    cell = prepared("constant", numbers(beta, gain, r), 0.0, 1.0)
    # dw_min (gain + up + r) and dw_min (gain + down - r), of which only the one for the sign of beta is not 0.
    up, down = (beta, 0.0) if beta < 0 else (0.0, -beta)
    assert np.allclose(cell["step_set"], np.abs(0.02 * (gain + up + r)) / 2, atol=1e-16)
    assert np.allclose(cell["step_reset"], np.abs(0.02 * (gain + down - r)) / 2, atol=1e-16)


def test_the_filamentary_cell_steps_as_its_fit_does():
    _, p = population(load_device("hfo2-gong2018"))
    step, spread = 0.00135, math.hypot(0.2, 0.05)
    for mean, name in ((1.0, "step_set"), (1 - 0.259, "step_reset")):
        w = 2 * p[name] / step
        assert abs(w.mean() - mean) < 4.5 * spread / math.sqrt(CELLS)
        assert w.std() == pytest.approx(spread, rel=0.02)
    difference = 2 * (p["step_set"] - p["step_reset"]) / step
    assert abs(difference.mean() - 0.259) < 4.5 * 0.1 / math.sqrt(CELLS)
    assert difference.std() == pytest.approx(0.1, rel=0.02)


def test_set_against_reset_spreads_where_the_nominal_steps_are_equal():
    more = "variability: {d2d: {update.asymmetry: {sigma: 6 %, relative_to: absolute}}}"
    _, p = population(device_from_text(device_text("constant", more)))
    assert np.allclose(p["step_set"] + p["step_reset"], 0.02, atol=1e-15)
    assert p["step_set"].std() == pytest.approx(0.06 * 0.01, rel=0.02)


@pytest.mark.slow
def test_set_against_reset_can_vary_from_pulse_to_pulse():
    more = "variability: {per_pulse: {update.asymmetry: {sigma: 6 %, relative_to: absolute}}}"
    device = device_from_text(device_text("constant", more, "pulses: 100, asymmetry: -0.5"))
    array = ms.Crossbar(device, CELLS, 1, seed=5, initial=(0.5, 0.5 + 1e-7), dtype="float64")
    before = array.state.values
    array.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [0.01 + 1e-5], encoding=ms.Encoding("counted", "nearest"))
    moved = array.state.values - before
    assert abs(moved.mean() - 0.005) < 4.5 * 6e-4 / math.sqrt(CELLS)
    assert moved.std() == pytest.approx(6e-4, rel=0.02)


@pytest.mark.parametrize("reference", ["cell", "nominal"])
@pytest.mark.parametrize("direction", [1, -1])
def test_slopes_refer_to_the_ends_that_the_profile_names(reference, direction):
    rng = np.random.default_rng(2)
    w_min, w_max, count = -0.8, 1.2, 200
    top, bottom = w_max * (1 + 0.1 * rng.standard_normal(count)), w_min * (1 + 0.1 * rng.standard_normal(count))
    slopes = {
        f"slope.{way}": gamma + 0.05 * rng.standard_normal(count) for way, gamma in (("set", 0.1), ("reset", 0.5))
    }
    slopes["slope.set"][0] = -0.1  # enters with its magnitude
    gain, r = 1 + 0.1 * rng.standard_normal(count), 0.05 * rng.standard_normal(count)
    values = numbers(0.1, gain, r, w_min, w_max, **slopes, **{"slope.reference": reference})
    fields = prepared("linear", values, (bottom - w_min) / 2, (top - w_min) / 2)
    fields = {name: np.broadcast_to(value, count) for name, value in {"c2c": 0.0, **fields}.items()}
    for x in STATES:
        w = w_min + 2 * x
        if direction > 0:
            end = top if reference == "cell" else w_max
            expected = 0.02 * (gain + r) * (1 - np.abs(slopes["slope.set"]) * w / end)
        else:
            end = bottom if reference == "cell" else w_min
            expected = -0.02 * (gain - 0.1 - r) * (1 - np.abs(slopes["slope.reset"]) * w / end)
        assert np.allclose(pulsed(MODELS["linear"], fields, x, direction), expected / 2, atol=1e-15)


@pytest.mark.parametrize("name", ["capacitor-li2018", "li-ecram-tang2018", "mo-ecram-kim2019"])
def test_fitted_slopes_have_the_spread_of_their_presets_and_no_part_in_that_of_the_ends(name):
    device = load_device(name)
    slope, weights = device.spec.update.slope, device.spec.update.weights
    sigma = device.spec.variability.d2d["update.slope.set"].sigma
    _, p = population(device)
    for way, gamma, end in (("set", slope.set, weights.max), ("reset", slope.reset, -weights.min)):
        step, fall = told(p, way)
        drawn = fall / step * end / (weights.max - weights.min)
        # |gamma + sigma z|, a folded normal distribution.
        ratio = gamma / sigma
        mean = sigma * math.sqrt(2 / math.pi) * math.exp(-(ratio**2) / 2) + gamma * math.erf(ratio / math.sqrt(2))
        assert abs(drawn.mean() - mean) < 4.5 * sigma / math.sqrt(CELLS)
        assert drawn.std() == pytest.approx(math.sqrt(gamma**2 + sigma**2 - mean**2), rel=0.02)


@pytest.mark.parametrize("model", ["constant", "linear", "soft-bounds", "exponential", "power"])
def test_ends_beyond_w_0_are_reflected_at_it(model):
    more = {f"{key}.{way}": 0.1 for key in ("slope", "amplitude", "gamma", "exponent") for way in ("set", "reset")}
    more |= {"a": 1.0, "b": 0.0, "slope.reference": "cell"}
    low, high = np.array([0.0, 0.45, 0.1, 0.3]), np.array([1.0, 0.9, 0.2, 1.2])  # w = 0 at 0.4
    cell = prepared(model, numbers(0.0, 1.0, 0.0, -0.8, 1.2, **more), low, high)
    assert np.allclose(cell["low"], [0.0, 0.35, 0.1, 0.3], atol=1e-15)
    assert np.allclose(cell["high"], [1.0, 0.9, 0.6, 1.2], atol=1e-15)


def test_a_range_of_w_that_starts_at_0_has_nothing_to_reflect():
    cell = prepared("constant", numbers(0.0, 1.0, 0.0, 0.0, 2.0), np.array([-0.1, 0.1]), np.array([0.9, 1.1]))
    assert (cell["low"] == [-0.1, 0.1]).all() and (cell["high"] == [0.9, 1.1]).all()


@pytest.mark.parametrize("gain", [0.5, 5.0, 200.0])
def test_soft_bounds_keep_their_step_where_it_passes_the_end(gain):
    fields = prepared("soft-bounds", numbers(0.0, gain, 0.0), 0.3, 0.7)  # ends at w = -0.4 and 0.4
    p = MODELS["soft-bounds"].parameters(
        *(float({"c2c": 0, **fields}[f]) for f in MODELS["soft-bounds"].parameters._fields)
    )
    step, change = MODELS["soft-bounds"].step, MODELS["soft-bounds"].change
    for x in (0.3, 0.45, 0.65):
        w, s = 2 * x - 1, 0.02 * gain
        up, down = s * (1 - w / 0.4), -s * (1 + w / 0.4)
        for moved in (step, change):
            assert moved(x, 1.0, p) == pytest.approx(up / 2, rel=1e-12, abs=1e-14)
            assert moved(x, -1.0, p) == pytest.approx(down / 2, rel=1e-12, abs=1e-14)
        # Three at once: along the geometric approach, or past the end as after the first.
        fall = s / 0.4
        expected = up * (1 + (1 - fall) + (1 - fall) ** 2) if fall < 1 else up
        assert change(x, 3.0, p) == pytest.approx(expected / 2, rel=1e-12, abs=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("start", [0.3, 0.7])
def test_additive_noise_is_that_of_each_cells_own_step_wherever_it_stands(start):
    more = (
        "variability: {c2c: {sigma: 30 %, relative_to: own-step}, "
        "d2d: {update.step: {sigma: 20 %, relative_to: value}, update.asymmetry: {sigma: 10 %, relative_to: absolute}}}"
    )
    device = device_from_text(device_text("soft-bounds", more, "pulses: 200, asymmetry: 0.2"))
    quiet = device.replace({"variability.c2c": None})
    moved = []
    for one in (device, quiet):
        array = ms.Crossbar(one, CELLS, 1, seed=5, initial=(start, start + 1e-7), dtype="float64")
        before = array.state.values
        array.train(ms.Hebbian(rate=1.0), np.ones(CELLS), [-0.005 - 1e-5], encoding=ms.Encoding("counted", "nearest"))
        assert array.pulses.reset.sum() == CELLS
        moved.append((array.state.values - before)[:, 0])
    noise = moved[0] - moved[1]
    sizes = -moved[1] / (2 * start)  # a reset step of soft bounds is 2 x times that at w = 0
    assert sizes.std() == pytest.approx(0.005 * math.hypot(0.2, 0.1), rel=0.02)
    z = noise / (0.3 * sizes)
    assert abs(z.mean()) < 4.5 / math.sqrt(CELLS)
    assert z.std() == pytest.approx(1.0, rel=0.02)


def test_noise_of_a_step_needs_a_model_that_tells_one():
    more = "variability: {c2c: {sigma: 30 %, relative_to: own-step}}"
    with pytest.raises(InputError, match="model 'neurosim' has no step that a profile tells"):
        device_from_text(device_text("neurosim", more))


def test_the_array_of_wide_ends_has_the_ends_and_steps_that_the_source_draws():
    device = load_device("hfo2-array-gong2022")
    _, p = population(device)
    rng = np.random.default_rng(7)
    draws = rng.standard_normal((4, 400_000))
    top, bottom = 1 + 0.43 * draws[0], -1 - 0.6 * draws[1]
    top, bottom = np.abs(np.maximum(top, bottom)), -np.abs(np.minimum(top, bottom))
    scale = 0.4622 * (np.exp(0.7125 * draws[2]) + 0.01 * draws[3])
    lowest = -1 - 2 * device.spec.conductance.offset  # 0 S, below which no conductance lies
    inside = bottom > lowest
    found, (step, fall) = 2 * p["low"] - 1, told(p, "set")
    for mine, theirs in (
        (found[found > lowest + 1e-9], bottom[inside]),
        (2 * p["high"] - 1, top),
        (np.log(2 * step), np.log(np.abs(scale))),
        (np.log(fall), np.log(np.abs(scale) / top)),
    ):
        error = theirs.std() * math.sqrt(1 / len(mine) + 1 / len(theirs))
        assert abs(mine.mean() - theirs.mean()) < 4.5 * error
        assert mine.std() == pytest.approx(theirs.std(), rel=0.02)
