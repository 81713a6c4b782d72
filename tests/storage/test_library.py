"""The shipped device profiles: every device of the published tables, its figures, and that it learns."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import memsim as ms
from memsim.profiles import device_names, load_device
from memsim.profiles.overview import overview_markdown, programming_error
from memsim.units import parse_quantity

GUIDE = Path(__file__).parents[2] / "docs" / "devices.md"

# Chen & Yu, IEEE Design & Test (2018), doi:10.1109/MDAT.2018.2890229, tables I and II:
# states, labels of set and reset, G_on, G_off, ratio as printed, set and reset pulse, sigma c2c of the range.
PULSED = {
    "agsi-jo2010": (97, 2.4, -4.88, "38.5 nS", "3.08 nS", 12.5, ("3.2 V", "300 us"), ("-2.8 V", "300 us"), 0.035),
    "taox-tio2-chen2018": (102, 1.85, -1.79, "200 nS", "100 nS", 2, ("3 V", "40 ms"), ("-3 V", "10 ms"), 0.01),
    "taox-hfox-wu2018": (128, 0.04, -0.63, "10 uS", "1 uS", 10, ("1.6 V", "50 ns"), ("1.6 V", "50 ns"), 0.037),
    "pcmo-park2013": (50, 3.68, -6.76, "43.5 nS", "6.36 nS", 6.84, ("-2 V", "1 ms"), ("2 V", "1 ms"), 0.01),
    "alox-hfo2-woo2016": (40, 1.94, -0.61, "59.2 uS", "13.4 uS", 4.43, ("0.9 V", "100 us"), ("-1 V", "100 us"), 0.05),
    "gst-kuzum2011": (100, 0.105, 2.4, "212 uS", "10.7 uS", 19.8, ("0.7 V", "6 us"), ("3 V", "125 ns"), 0.015),
    "epiram-choi2018": (64, 0.5, -0.5, "12.3 uS", "0.246 uS", 50.2, ("5 V", "5 us"), ("-3 V", "5 us"), 0.02),
    "hzo-jerry2017": (32, 1.75, 1.46, "1.79 uS", "39.7 nS", 45, ("3.65 V", "75 ns"), ("-2.95 V", "75 ns"), 0.005),
}
# Their sigma is printed as an upper limit: not a measurement of the device.
LIMITS = ("taox-tio2-chen2018", "pcmo-park2013", "hzo-jerry2017")

# Presets of IBM aihwkit (MIT): model, step, range of w, relative d2d of step, w_max and w_min, c2c and its base.
FITTED = {
    "hfo2-gong2018": ("exponential", 0.00135, (-1, 1), 0.2, 0.3, 0.3, 5.0, "step"),
    "hfo2-softbounds-gong2018": ("soft-bounds", 0.002, (-0.75, 1.25), 0.3, 0.24, 0.4, 3.75, "own-step"),
    "om-reram-gong2022": ("soft-bounds", 0.0949, (-1, 1), 0.783, 0.35, 0.57, 0.416, "own-step"),
    "hfo2-array-gong2022": ("soft-bounds", 0.4622, (-1, 1), 0.7125, 0.43, 0.60, 0.217, "own-step"),
    "capacitor-li2018": ("linear", 0.005, (-1, 1), 0.1, 0.07, 0.07, 0.3, "own-step"),
    "li-ecram-tang2018": ("linear", 0.002, (-0.8276, 1.1724), 0.1, 0.05, 0.05, 0.3, "step"),
    "mo-ecram-kim2019": ("linear", 2.8214e-4, (-0.8286, 1.1714), 0.1, 0.05, 0.05, 2.0, "step"),
    "gst-nandakumar2020": ("pcm", 0.01, (0, 2), 0.2, 0.1, 0.0, 0.6, "step"),
    "resistive-gokmen2016": ("constant", 0.0016, (-1, 1), 0.3, 0.3, 0.3, 0.3, "step"),
}
LOGNORMAL = ("om-reram-gong2022", "hfo2-array-gong2022")
# Spread of set against reset over cells, in nominal steps; of the slopes, which are those of the nominal window.
SKEWED = dict.fromkeys(FITTED, 0.01) | {"hfo2-gong2018": 0.05, "gst-nandakumar2020": 0.05, "capacitor-li2018": 0.06}
SLOPED = {"capacitor-li2018": 0.01, "li-ecram-tang2018": 0.05, "mo-ecram-kim2019": 0.05}
# Noise of what is read after a write, in steps; the share of corrupt cells that was measured.
WRITE_NOISE = {
    "hfo2-gong2018": 75,
    "hfo2-softbounds-gong2018": 56,
    "om-reram-gong2022": 1.41,
    "hfo2-array-gong2022": 0.584,
}
CORRUPT = {"om-reram-gong2022": 0.135, "hfo2-array-gong2022": 0.098}

# Window [uS] and programming error [uS] at some conductances [uS], by the published formulas.
PROGRAMMED: dict[str, tuple[tuple[float, float], Callable[[float], float]]] = {
    "pcm-joshi2020": ((0.25, 25), lambda g: -1.1731 * (g / 25) ** 2 + 1.9650 * (g / 25) + 0.2635),
    "pcm-legallo2023": (
        (0.1035, 10.35),
        lambda g: 0.15781817 + 2.32443916 * (g / 10.35) - 2.16310839 * (g / 10.35) ** 2 + 0.68841818 * (g / 10.35) ** 3,
    ),
    "hfox-wan2022": (
        (1, 40),
        lambda g: 0.348 + 16.030 * (g / 40) - 43.853 * (g / 40) ** 2 + 45.393 * (g / 40) ** 3 - 16.815 * (g / 40) ** 4,
    ),
    "rram-technology-c-levy2021": ((0.74, 40), lambda g: 0.35),
    "hfo2-milo2021": ((50, 225), lambda g: 4.782321 - 0.009107 * g),
    "hfo2-ohmic-milo2021": ((50, 225), lambda g: 4.782321 - 0.009107 * g),
    "cmo-hfox-falcone2025": ((9, 88.2), lambda g: 0.00081 + 0.00107 * g),
    "cmo-hfox-coarse-falcone2025": ((9, 88.2), lambda g: 0.0112 + 0.0113 * g),
    "sonos-agrawal2022": ((1.6e-6, 16), lambda g: 0.01989 / 0.1 * (1 - math.exp(-g * 0.1 / 0.1763))),
    "sonos-aged-agrawal2022": ((1.6e-6, 16), lambda g: 0.03458 / 0.1 * (1 - math.exp(-g * 0.1 / 0.2073))),
}

# Model, and G_min and G_max as their source or its resistances give them.
OTHERS = {
    "ideal": ("constant", 0.0, 100e-6),
    "ideal-chen2018": ("constant", 100e-9, 5e-6),
    "stt-mram-chen2018": ("binary", 124e-6, 286e-6),
    "hfalo-lammie2021": ("binary", 1 / 65e3, 1 / 4.4e3),
    "yflash-wang2022": ("neurosim", 1e-9, 1e-6),
    "nbsto-tiotto2021": ("power-law", 1 / (200 + 2.3e8), 1 / (200 + 2.3e8 * 1000**-0.146)),
    "rram-radar2021": ("landing", 1e-6, 250e-6),
    "tio2-strukov2008": ("ion-drift", 1 / 16e3, 1 / 100),
    "agsi-yakopcic2011": ("yakopcic", 3.08e-9, 38.5e-9),
    "vteam-kvatinsky2015": ("vteam", 1 / 1000, 1 / 50),
    "softbounds-rasch2024": ("soft-bounds", 10e-6, 20e-6),
}


def amount(text: str) -> float:
    """A conductance, voltage or time in SI units."""
    unit = next(unit for unit in ("S", "V", "s") if text.endswith(unit))
    return parse_quantity(text, unit)


def status(name: str, path: str) -> str:
    return load_device(name).provenance(path).status


def spread(name: str, path: str):
    return load_device(name).spec.variability.d2d[path]


def test_every_device_of_the_published_tables_is_shipped_and_every_shipped_one_is_checked():
    assert set(device_names()) == {*PULSED, *FITTED, *PROGRAMMED, *OTHERS}
    assert len(device_names()) >= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", device_names())
def test_every_profile_says_what_it_is_and_names_where_its_numbers_are(name):
    device = load_device(name)
    assert device.title and device.technology and device.spec.notes
    used = {row.source for row in device.rows() if row.source}
    for key, source in device.spec.sources.items():
        assert key in used or (source.where or "").startswith("primary source"), f"{key} is cited for nothing"
    for row in device.rows():
        if row.status == "assumed":
            continue
        given = device.provenance(row.field)
        assert given.where, f"{row.field} does not say where in {row.source} it stands"


@pytest.mark.parametrize("name", PULSED)
def test_pulse_programmed_devices_hold_the_published_table(name):
    states, up, down, on, off, ratio, set_, reset, sigma = PULSED[name]
    spec = load_device(name).spec
    assert (spec.conductance.max, spec.conductance.min) == (amount(on), amount(off))
    assert spec.conductance.max / spec.conductance.min == pytest.approx(ratio, rel=0.005)  # printed to three digits
    assert status(name, "conductance.max") == "computed"
    assert spec.update.pulses == states
    assert spec.update.reset_pulses == (100 if name == "agsi-jo2010" else None)  # levels of NeuroSim 3.0
    assert (spec.update.nonlinearity.set, spec.update.nonlinearity.reset) == (up, down)
    for pulse, (voltage, width) in ((spec.update.set, set_), (spec.update.reset, reset)):
        assert (pulse.voltage, pulse.width) == (amount(voltage), amount(width))
    assert (spec.variability.c2c.sigma, spec.variability.c2c.relative_to) == (sigma, "range")
    assert status(name, "variability.c2c.sigma") == ("assumed" if name in LIMITS else "fitted")
    assert (spec.read.voltage, spec.read.duration, spec.read.column) == (0.5, 5e-9, "single")
    assert spec.encoding == "counted"


@pytest.mark.slow
@pytest.mark.parametrize("name", FITTED)
def test_devices_fitted_in_normalised_weights_hold_the_presets(name):
    model, step, weights, step_sigma, top_sigma, bottom_sigma, sigma, base = FITTED[name]
    device = load_device(name)
    update = device.spec.update
    assert update.model == model
    assert (update.weights.min, update.weights.max) == weights
    c2c = device.spec.variability.c2c
    assert (c2c.sigma, c2c.relative_to) == (pytest.approx(sigma), base)
    given = spread(name, "update.step")
    assert given.relative_to == "value"
    if name in LOGNORMAL:
        # The fit draws median e^(sigma z); a profile tells mean and standard deviation.
        assert given.distribution == "lognormal"
        assert update.step == pytest.approx(step * math.exp(step_sigma**2 / 2), rel=5e-4)
        assert given.sigma == pytest.approx(math.sqrt(math.expm1(step_sigma**2)), rel=5e-4)
    else:
        assert (given.distribution, given.sigma, update.step) == ("normal", step_sigma, step)
    # Relative to the end of the range there, relative to the window here.
    width = weights[1] - weights[0]
    for path, end, relative in (
        ("conductance.max", weights[1], top_sigma),
        ("conductance.min", weights[0], bottom_sigma),
    ):
        if relative * end == 0:
            assert path not in device.spec.variability.d2d
            continue
        assert spread(name, path).relative_to == "range"
        assert spread(name, path).sigma == pytest.approx(relative * abs(end) / width, rel=1e-6)
        assert status(name, f"variability.d2d.{path}.sigma") == "computed"
    assert status(name, "conductance.max") == "assumed"


@pytest.mark.parametrize("name", FITTED)
def test_steps_of_fitted_devices_spread_as_in_the_presets(name):
    deviation, update = spread(name, "update.asymmetry"), load_device(name).spec.update
    assert (deviation.relative_to, deviation.distribution) == ("absolute", "normal")
    assert deviation.sigma * update.step == pytest.approx(
        SKEWED[name] * FITTED[name][1], rel=1e-3
    )  # there of the median
    for way in ("set", "reset") if name in SLOPED else ():
        assert update.slope_reference == "nominal"
        slope = spread(name, f"update.slope.{way}")
        assert (slope.sigma, slope.relative_to) == (SLOPED[name], "absolute")


def test_noise_after_a_write_and_corrupt_cells_are_those_of_the_presets():
    for name, device in ((name, load_device(name)) for name in FITTED):
        write, step, weights = device.spec.variability.write, FITTED[name][1], FITTED[name][2]
        assert (write is not None) == (name in WRITE_NOISE)
        if write is not None:
            in_steps = {"nominal-step": 1.0, "range": (weights[1] - weights[0]) / step}[write.relative_to]
            assert write.sigma * in_steps == pytest.approx(WRITE_NOISE[name], rel=2e-3)
        faults = device.spec.faults
        assert (faults is not None) == (name in CORRUPT)
        if faults is not None:
            assert faults.share == faults.stuck_at.share == pytest.approx(CORRUPT[name])
            # Within 0.01 of w = 0, in the middle of a range from -1 to 1.
            assert (faults.stuck_at.state, faults.stuck_at.half_width) == (0.5, 0.005)


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_devices_have_their_model_and_their_window(name):
    model, low, high = OTHERS[name]
    spec = load_device(name).spec
    assert spec.update.model == model
    assert spec.conductance.min == pytest.approx(low, rel=5e-4)
    assert spec.conductance.max == pytest.approx(high, rel=5e-4)


def test_the_other_devices_hold_their_published_parameters():
    ideal = load_device("ideal-chen2018").spec.update
    assert (ideal.pulses, ideal.set.voltage, ideal.set.width) == (64, 2.0, 10e-9)
    mram = load_device("stt-mram-chen2018").spec
    assert mram.conductance.max / mram.conductance.min == pytest.approx(2.3, rel=0.005)
    assert (mram.update.set.voltage, mram.update.set.width) == (1.0, 10e-9)
    strontium = load_device("nbsto-tiotto2021").spec.update
    assert (strontium.limit, strontium.amplitude, strontium.exponent) == (200.0, 2.3e8, -0.146)
    titanium = load_device("tio2-strukov2008").spec.update
    assert (titanium.resistance.on, titanium.resistance.off) == (100.0, 16e3)
    assert (titanium.thickness, titanium.mobility) == (10e-9, 1e-14)
    silver = load_device("agsi-yakopcic2011").spec.update
    assert (silver.a1, silver.a2, silver.b) == (3.7e-7, 4.35e-7, 0.7)
    assert (silver.ap, silver.an, silver.vp, silver.vn) == (0.005, 0.08, 1.5, 0.5)
    assert (silver.xp, silver.xn, silver.alphap, silver.alphan) == (0.2, 0.5, 1.2, 3.0)
    trains = load_device("yflash-wang2022").spec
    assert not any(
        path.startswith("conductance") for path in trains.variability.d2d
    )  # ends of a stop rule, not of cells
    assert (trains.update.pulses, trains.update.reset_pulses) == (24, 36)  # 24.1 and 36.8 less half a pulse
    for path, sigma in (("pulses", 6.2 / 24), ("reset_pulses", 8.3 / 36)):
        assert spread("yflash-wang2022", f"update.{path}").sigma == pytest.approx(sigma, abs=5e-4)
    relaxation = load_device("cmo-hfox-falcone2025").spec.retention
    assert (relaxation.shift, relaxation.spread, relaxation.growth) == (-0.089e-6, 0.412e-6, 0.042e-6)
    capacitor = load_device("capacitor-li2018").spec
    assert (capacitor.update.slope.set, capacitor.update.slope.reset) == (0.05, 0.05)
    assert (capacitor.retention.model, spread("capacitor-li2018", "retention.lifetime").sigma) == ("leak", 0.3)


def test_exponential_fits_hold_their_shape():
    hafnium = load_device("hfo2-gong2018").spec.update
    assert (hafnium.asymmetry, hafnium.a, hafnium.b) == (0.259359, -0.5, -0.5)
    assert (hafnium.gamma.set, hafnium.gamma.reset) == (5.0, 5.0)
    assert (hafnium.amplitude.set, hafnium.amplitude.reset) == (-1.18445, -0.081404)
    phase_change = load_device("gst-nandakumar2020").spec.update
    assert phase_change.one_sided
    assert (phase_change.amplitude, phase_change.gamma, phase_change.a, phase_change.b) == (-27.235, 2.5, -1.0, 0.0)
    for name, slopes in (("li-ecram-tang2018", (0.1153, 0.5085)), ("mo-ecram-kim2019", (0.4152, 0.7342))):
        slope = load_device(name).spec.update.slope
        assert (slope.set, slope.reset) == slopes


# Mean drift [nA] of cells of I [nA] by CrossSim's polynomials after 1 and 5 days, worked out apart with 50 digits.
SONOS_DRIFT = {0: (0.68365, 1.15294), 200: (-3.82, -2.38), 600: (-19.41, -28.16), 1000: (-29.47, -46.73)}


@pytest.mark.parametrize("current", SONOS_DRIFT)
def test_the_mean_of_sonos_drifts_by_the_published_polynomials(current):
    device = load_device("sonos-agrawal2022").replace({"programming.sigma": "1e-9 nA"})
    for days, expected in zip((1, 5), SONOS_DRIFT[current], strict=True):
        crossbar = ms.Crossbar(device, rows=2000, cols=10, seed=1, dtype="float64")
        crossbar.program(np.full((2000, 10), current / 1600))
        before = crossbar.conductance.values.copy()
        crossbar.wait(86400.0 * days)
        moved = (crossbar.conductance.values - before) * 0.1 * 1e9
        assert moved.mean() == pytest.approx(expected, abs=0.01 + 5 * moved.std() / math.sqrt(moved.size))


def test_sonos_after_five_days_has_the_spread_of_its_aged_profile():
    states = np.full((2000, 10), 800 / 1600)
    fresh, aged = (
        ms.Crossbar(name, rows=2000, cols=10, seed=1).program(states)
        for name in ("sonos-agrawal2022", "sonos-aged-agrawal2022")
    )
    fresh.wait(86400.0 * 5)
    assert fresh.conductance.values.std() == pytest.approx(aged.conductance.values.std(), rel=0.03)


@pytest.mark.parametrize("name", device_names())
def test_hardly_an_end_of_a_cells_window_lies_below_no_conductance(name):
    spec = load_device(name).spec
    for end in ("min", "max"):
        nominal = getattr(spec.conductance, end)
        deviation = spec.variability.d2d.get(f"conductance.{end}") if spec.variability else None
        if deviation is not None:
            sigma = deviation.sigma * (nominal if deviation.relative_to == "value" else spec.conductance.width)
            assert math.erfc(nominal / sigma / math.sqrt(2)) / 2 < 1e-4


@pytest.mark.parametrize("name", PROGRAMMED)
def test_devices_programmed_for_inference_hold_window_and_error_of_their_formula(name):
    (low, high), formula = PROGRAMMED[name]
    spec = load_device(name).spec
    assert spec.update is None and spec.encoding == "exact"
    assert (spec.conductance.min, spec.conductance.max) == (pytest.approx(low * 1e-6), pytest.approx(high * 1e-6))
    for conductance in np.linspace(low, high, 7):
        error = programming_error(spec, conductance * 1e-6) * 1e6
        assert error == pytest.approx(formula(conductance), rel=1e-9)


def test_phase_change_memory_drifts_by_the_published_lines():
    # Exponents at G_max, at a tenth and at a hundredth of it, between their limits.
    spec = load_device("pcm-joshi2020").spec
    retention = spec.retention
    for fraction, mean, sigma in ((1.0, 0.049, 0.008), (0.1, 0.0601, 0.0229), (0.01, 0.0958, 0.045)):
        x = math.log(fraction)
        for line, expected in ((retention.exponent, mean), (retention.spread, sigma)):
            assert min(max(line.slope * x + line.offset, line.min), line.max) == pytest.approx(expected, abs=1e-4)
    assert (retention.reference_time, spec.read.flicker.fastest / 2) == (20.0, 250e-9)
    assert (spec.read.flicker.sigma, spec.read.flicker.exponent, spec.read.flicker.limit) == (0.0088, 0.65, 0.2)


def test_the_guide_lists_the_profiles_as_they_are():
    told = GUIDE.read_text(encoding="utf-8").split("<!-- profiles -->\n")[1].split("<!-- end -->")[0]
    assert told == overview_markdown(map(load_device, device_names())), "run: python docs/update_devices.py"


@functools.cache
def by_model() -> dict[str, list[str]]:
    """Shipped devices by update model: what one compiled loop, or nearly one, serves."""
    groups: dict[str, list[str]] = {}
    for name in device_names():
        update = load_device(name).spec.update
        groups.setdefault(update.model if update is not None else "programmed", []).append(name)
    return groups


# Each model is compiled at first use: the quick suite has time for the first devices of the commonest.
QUICK = [(model, 3) for model in ("neurosim", "programmed")]


@pytest.mark.parametrize(
    ("model", "most"), [*QUICK, *(pytest.param(model, None, marks=pytest.mark.slow) for model in by_model())]
)
def test_every_device_learns_an_image(model, most):
    x = np.linspace(0, 1, 64)
    for name in by_model()[model][:most]:
        crossbar = ms.Crossbar(name, rows=64, cols=2, arrays=3, seed=1)
        crossbar.train(ms.Hebbian(rate=0.2), x, [1.0, 0.0], steps=30)
        if crossbar.planned:
            crossbar.program()
        conductance, current = crossbar.conductance, crossbar.read(x)
        assert np.isfinite(conductance).all() and np.isfinite(current).all(), name
        assert (conductance >= 0).all(), name
        assert (current[..., 0] > current[..., 1]).all(), f"{name}: the target column does not lead"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agsi-yakopcic2011", "tio2-strukov2008", "vteam-kvatinsky2015"])
def test_the_pulses_of_shipped_dynamic_cells_are_integrated_finely_enough(name):
    x, weights = np.linspace(0, 1, 64), []
    for substeps in (load_device(name).spec.update.substeps, 16):
        device = load_device(name).replace({"update.substeps": substeps})
        crossbar = ms.Crossbar(device, rows=64, cols=2, seed=1, dtype="float64")
        weights.append(crossbar.train(ms.Hebbian(rate=0.2), x, [1.0, 0.0], steps=30).state.values)
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["agsi-jo2010", "capacitor-li2018", "hfox-wan2022", "yflash-wang2022"])
def test_the_results_in_the_guide_are_those_of_the_study_on_the_device(name):
    told = re.search(rf"\| `{name}` \| ([0-9.]+) \|[^|]*\| ([0-9.]+) \|", GUIDE.read_text(encoding="utf-8"))
    for column, snr in zip(("single", "reference"), told.groups(), strict=True):
        experiment = ms.load_experiment("physical-01").replace({"array.device": name, "array.column": column})
        assert float(ms.run(experiment).snr.mean()) == pytest.approx(float(snr), rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", device_names())
def test_every_device_runs_the_study(name, cli):
    small = ("--set", "data.samples=3", "--set", "data.shape=[16,16]", "--no-figure", "-o", "result.nc")
    outcome = cli("run", "physical-01", "--device", name, *small)
    assert outcome.code == 0, outcome.err
    result = ms.load("result.nc")
    assert np.isfinite(result.snr.values).all()
    assert np.isfinite(result.weight_mean.values).all()
