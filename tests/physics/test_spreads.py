"""Moments of the noise of pulses through the real loop, and of spreads over cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_texts import MODELS as TEXTS
from device_texts import device_text

import memsim as ms
from memsim.arrays.place import Place
from memsim.arrays.site import Site
from memsim.arrays.update_parameters import UpdateParameters
from memsim.backends import resolve
from memsim.profiles import device_from_text
from memsim.profiles.provenance import number_paths
from memsim.profiles.pulses import Pulse
from memsim.profiles.schema import SPREADING
from memsim.profiles.updates import UPDATES

CELLS = 1 << 20
PULSES, STEP, BETA, SIGMA = 4, 0.01, -0.5, 0.3  # steps of 100 pulses; set steps are 1 + BETA times as large
SPREAD = {
    "range": SIGMA * 0.05,  # 1.5 % of the window: a pulse of 30 % would hit its ends
    "step": SIGMA * STEP * (1 + BETA),
    "own-step": SIGMA * STEP * (1 + BETA),
    "nominal-step": SIGMA * STEP,
}


@pytest.mark.slow
@pytest.mark.parametrize("relative_to", SPREAD)
def test_a_million_noisy_cells_have_the_stated_mean_and_spread(relative_to):
    sigma = "1.5 %" if relative_to == "range" else "30 %"
    more = f"variability: {{c2c: {{sigma: {sigma}, relative_to: {relative_to}}}}}"
    device = device_from_text(device_text("constant", more, f"pulses: 100, asymmetry: {BETA}"))
    array = ms.Crossbar(device, CELLS, 1, seed=11, initial=(0.4, 0.5))
    before = array.state.values.astype(float)
    wish = np.array([PULSES / 100 + 1e-4])
    array.train(ms.Hebbian(rate=1.0), np.ones(CELLS), wish, encoding=ms.Encoding("counted", rounding="nearest"))
    moved = array.state.values - before
    expected = SPREAD[relative_to] * math.sqrt(PULSES)
    assert array.pulses.set.tolist() == [PULSES * CELLS]
    assert abs(moved.mean() - PULSES * STEP * (1 + BETA)) < 4 * expected / math.sqrt(CELLS)
    assert abs(moved.var() / expected**2 - 1) < 4 * math.sqrt(2 / CELLS)
    skew = ((moved - moved.mean()) ** 3).mean() / moved.std() ** 3
    assert abs(skew) < 4 * math.sqrt(6 / CELLS)


@pytest.mark.slow
def test_the_noise_of_a_step_has_a_floor_and_grows_with_the_state():
    more = "variability: {c2c: {sigma: 30 %, relative_to: step, floor: 2 %, slope: 8 %}}"
    device = device_from_text(device_text("constant", more, "pulses: 100"))
    wish = np.array([PULSES / 100 + 1e-4])
    how = {"encoding": ms.Encoding("counted", rounding="nearest")}
    for start in (0.3, 0.6):
        array = ms.Crossbar(device, CELLS, 1, seed=12, initial=(start, start + 1e-6))
        before = array.state.values.astype(float)
        moved = array.train(ms.Hebbian(rate=1.0), np.ones(CELLS), wish, **how).state.values - before
        expected = SIGMA * math.sqrt(PULSES) * (STEP + 0.02 + 0.08 * start)
        assert abs(moved.mean() - PULSES * STEP) < 4 * expected / math.sqrt(CELLS)
        assert abs(moved.var() / expected**2 - 1) < 4 * math.sqrt(2 / CELLS) + 1e-4


def test_a_floor_of_noise_belongs_to_a_step_and_to_symmetric_distributions():
    for settings, said in (
        ("relative_to: range, floor: 2 %", "'floor' needs 'relative_to: step'"),
        ("relative_to: nominal-step, slope: 2 %", "'slope' needs 'relative_to: step'"),
        ("relative_to: step, distribution: lognormal, slope: 2 %", "'slope' is not for 'lognormal'"),
    ):
        with pytest.raises(ms.InputError, match=said):
            device_from_text(device_text("constant", f"variability: {{c2c: {{sigma: 5 %, {settings}}}}}"))


@pytest.mark.parametrize(
    ("path", "relative_to", "distribution", "spread"),
    [
        ("update.nonlinearity.set", "value", "normal", 0.2 * 2.4),
        ("update.nonlinearity.set", "value", "lognormal", 0.2 * 2.4),
        ("update.nonlinearity.reset", "value", "lognormal", 0.2 * 4.88),
        ("update.nonlinearity.set", "value", "uniform", 0.2 * 2.4),
        ("update.nonlinearity.set", "absolute", "uniform", 0.2),
        ("conductance.max", "range", "normal", 0.2 * 9e-6),
        ("conductance.max", "value", "lognormal", 0.2 * 1e-5),
    ],
)
def test_a_spread_over_cells_has_the_stated_mean_and_standard_deviation(path, relative_to, distribution, spread):
    kind = f"{{sigma: 20 %, relative_to: {relative_to}, distribution: {distribution}}}"
    spec = device_from_text(device_text("neurosim", f"variability: {{d2d: {{{path}: {kind}}}}}")).spec
    nominal = spec.base(path)
    drawn = Place(spec, Site(resolve("cpu"), 8), (1, 1, CELLS)).parameter(path, nominal)
    assert abs(drawn.mean() - nominal) < 4 * spread / math.sqrt(CELLS)
    # The standard error of a variance is sqrt((kurtosis - 1)/N) of it.
    kurtosis = {"normal": 3.0, "uniform": 1.8, "lognormal": 4.0}[distribution]
    assert abs(drawn.var() / spread**2 - 1) < 4 * math.sqrt((kurtosis - 1) / CELLS)
    if distribution == "uniform":
        assert np.abs(drawn - nominal).max() <= math.sqrt(3) * spread * (1 + 1e-6)
    if distribution == "lognormal":
        assert (drawn * np.sign(nominal) > 0).all()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_number_of_a_model_can_spread_over_cells(name):
    schema = next(model for model in UPDATES if model.model_fields["model"].annotation.__args__ == (name,))
    paths = [f"update.{path}" for path in number_paths(schema, skip=(Pulse,)) if f"update.{path}" in SPREADING]
    paths = [path for path in paths if path != "update.step"] + ["conductance.max", "conductance.min"]
    device = device_from_text(device_text(name))
    for path in (path for path in paths if device.spec.base(path) is not None):
        if path == "update.width.on":  # 0 m, of which no share is a spread
            device = device.replace({path: "0.1 nm"})
        base = device.spec.base(path)
        kind = {"sigma": "10 %", "relative_to": "value" if base else "absolute"}
        varied = device.replace({f"variability.d2d.{path}": kind})
        cells = UpdateParameters(Place(varied.spec, Site(resolve("cpu"), 1), (1, 1, 64)), np.float32)
        assert cells.names, path
        assert np.isfinite(cells.varying()).all(), path
        assert max(np.ptp(values) for values in cells.varying()) > 0, path
