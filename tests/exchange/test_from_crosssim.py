"""Parameters of CrossSim, and products that agree with its equations."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass, field, make_dataclass
from typing import Any

import numpy as np
import pytest
from crosssim_reference import Core

import memsim as ms
from memsim.errors import InputError

FULL: dict[str, Any] = {
    "core": {"mapping": {"weights": {"row_partition_strategy": "MAX", "col_partition_strategy": "MAX"}}},
    "xbar": {"device": {"Rmin": 40e3, "Rmax": 4e6}},
    "simulation": {"useGPU": False},
}
"""Parameters without errors and converters, all of which have an equivalent."""


def params(**changes: Any) -> dict[str, Any]:
    """`FULL` with values at dotted paths, in which "__" stands for the dot."""
    result = copy.deepcopy(FULL)
    for path, value in changes.items():
        here = result
        *parts, last = path.split("__")
        for part in parts:
            here = here.setdefault(part, {})
        here[last] = value
    return result


def error(model: str, magnitude: float) -> dict[str, Any]:
    return {"enable": True, "model": model, "magnitude": magnitude}


ADC = {"model": "SignMagnitudeADC", "bits": 8, "signed": True, "calibrated_range": [-5.0, 5.0]}
DAC = {"model": "SignMagnitudeDAC", "bits": 8, "signed": True}


def errors(core: Core, changes: dict[str, Any], seeds: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Errors of a product relative to its exact values, (seed,) in root mean square: by CrossSim's equations, here."""
    rng = np.random.default_rng(5)
    matrix, x = rng.normal(size=(40, 64)), rng.uniform(-1, 1, size=(30, 64)) * core.largest_input
    exact = x @ matrix.T
    settings = ms.from_crosssim(params(**changes))
    assert not settings.not_converted
    found: list[list[float]] = [[], []]
    for seed in range(seeds):
        rng = np.random.default_rng(100 + seed)
        cells = core.program(matrix, rng)
        theirs = np.stack([core.product(cells, matrix, one, rng) for one in x])
        ours = x @ settings.crossbar(matrix, seed=seed)
        for errors, product in zip(found, (theirs, ours), strict=True):
            errors.append(np.sqrt(np.mean((product - exact) ** 2) / np.mean(exact**2)))
    return np.array(found[0]), np.array(found[1])


PROPORTIONAL = {
    "xbar__device__programming_error": error("NormalProportionalDevice", 0.05),
    "xbar__device__read_noise": error("NormalProportionalDevice", 0.02),
}


@pytest.mark.parametrize(
    ("core", "changes"),
    [
        (Core(programming=0.05, noise=0.02), PROPORTIONAL),
        (
            Core(programming=0.05, noise=0.02, adc_bits=8, adc_limit=5.0, dac_bits=8),
            PROPORTIONAL | {"xbar__adc__mvm": ADC, "xbar__dac__mvm": DAC},
        ),
        (
            Core(programming=0.03, proportional=False),
            {"xbar__device__programming_error": error("NormalIndependentDevice", 0.03)},
        ),
        (
            Core(style="OFFSET", programming=0.02, noise=0.01),
            {
                "core__style": "OFFSET",
                "xbar__device__programming_error": error("NormalProportionalDevice", 0.02),
                "xbar__device__read_noise": error("NormalProportionalDevice", 0.01),
            },
        ),
        (
            Core(on_off=10.0, programming=0.02, largest_input=3.0, dac_bits=6, adc_bits=6, adc_limit=4.0),
            {
                "xbar__device__Rmax": 400e3,
                "xbar__device__programming_error": error("NormalProportionalDevice", 0.02),
                "core__mapping__inputs__mvm": {"min": -3.0, "max": 3.0},
                "xbar__adc__mvm": ADC | {"bits": 6, "calibrated_range": [-4.0, 4.0]},
                "xbar__dac__mvm": DAC | {"bits": 6},
            },
        ),
    ],
    ids=["cells", "converters", "independent", "offset", "range of inputs"],
)
def test_errors_of_products_are_those_of_the_equations_of_crosssim(core, changes):
    theirs, ours = errors(core, changes)
    assert theirs.mean() > 0.01
    spread = np.hypot(theirs.std(ddof=1), ours.std(ddof=1)) / np.sqrt(len(theirs))
    assert abs(ours.mean() - theirs.mean()) < 4 * spread + 1e-4
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.06)


@pytest.mark.parametrize("bits", [1, 3])
def test_products_without_noise_equal_those_of_the_equations_of_crosssim(bits):
    rng = np.random.default_rng(0)
    matrix, x = rng.normal(size=(10, 20)), rng.uniform(-1, 1, size=20)
    core = Core(cell_bits=bits, dac_bits=8, adc_bits=10, adc_limit=3.0)
    changes: dict[str, Any] = {
        "xbar__device__cell_bits": bits,
        "xbar__adc__mvm": ADC | {"bits": 10, "calibrated_range": [-3.0, 3.0]},
        "xbar__dac__mvm": DAC,
    }
    ours = x @ ms.from_crosssim(params(**changes)).crossbar(matrix)
    theirs = core.product(core.program(matrix, rng), matrix, x, rng)
    step = 3.0 / 511 * np.abs(matrix).max() / 0.99
    assert np.abs(ours - theirs).max() < 1.01 * step  # a value between two codes may be rounded to either
    assert np.mean(np.isclose(ours, theirs, atol=1e-4)) >= 0.9


@dataclass
class CrossSimParameters:
    """Stand-in for the class of that name."""

    core: Any = field(default_factory=dict)
    xbar: Any = field(default_factory=dict)
    simulation: Any = field(default_factory=dict)


def test_an_object_of_crosssim_is_read_as_its_dict():
    device = make_dataclass("DeviceParameters", [("Rmin", float), ("Rmax", float)])(40e3, 4e6)
    xbar = make_dataclass("XbarParameters", [("device", Any)])(device)
    read = ms.from_crosssim(CrossSimParameters(core=FULL["core"], xbar=xbar))
    assert read == ms.from_crosssim(params())
    assert read == ms.from_crosssim({"core": FULL["core"], "xbar": asdict(xbar)})


def test_numbers_of_a_json_file_stand_for_words():
    by_number = params(core__style=3, core__offset={"style": 2})
    assert ms.from_crosssim(by_number).mapping == ms.Mapping("reference")


def test_parts_of_a_crossbar_follow_from_parameters():
    settings = ms.from_crosssim(
        params(
            core__rows_max=64,
            core__cols_max=32,
            xbar__array={"parasitics": {"enable": True, "Rp_row": 1e-4, "Rp_col": 5e-5}},
            xbar__adc__mvm={"model": "QuantizerADC", "bits": 6, "calibrated_range": [0, 2.0]},
            xbar__dac__mvm={"model": "QuantizerDAC", "bits": 4, "signed": False, "input_bitslicing": True},
            core__mapping__inputs__mvm={"min": 0.0, "max": 2.0},
        )
    )
    assert settings.tile == (64, 64)
    wires, adc = settings.wires, settings.adc
    assert (wires.word_resistance, wires.bit_resistance) == pytest.approx((4.0, 2.0))
    assert adc == ms.ADC(bits=6, range=adc.range, signed=False) and adc.range == pytest.approx(2.0 * 2.0 / 0.99)
    assert settings.dac == ms.DAC(bits=4, range=2.0, polarity="unsigned", coding="serial")
    assert not settings.not_converted


def test_slices_of_a_weight_have_the_bits_that_crosssim_gives_them():
    sliced = {"core__style": "BITSLICED", "core__bit_sliced": {"style": "BALANCED", "num_slices": 2}}
    assert ms.from_crosssim(params(core__weight_bits=8, **sliced)).mapping == ms.Mapping("pair", slices=2, slice_bits=4)
    limits = {"bits": 8, "model": "SignMagnitudeADC", "calibrated_range": [[-1, 1], [-4, 4]]}
    settings = ms.from_crosssim(params(core__weight_bits=8, xbar__adc__mvm=limits, **sliced))
    assert settings.adc.range == pytest.approx(4 / 0.99) and settings.adc.signed
    assert list(settings.not_converted) == ["xbar.adc.mvm.calibrated_range"]


@pytest.mark.parametrize(
    ("model", "resistance", "conductance", "sigma"),
    [
        ("PCMJoshi", 40e3, 10e-6, 0.28638599 + 0.07585724 * 10 - 0.00178767 * 100),
        ("RRAMWan", 1 / 39e-6, 20e-6, 1.053 + 0.2374 * 20 - 0.01167 * 400 + 1.536e-4 * 8000),
        ("RRAMMilo", 1 / 225e-6, 100e-6, 4.782321 - 0.009107 * 100),
    ],
)
def test_published_errors_of_devices_are_those_of_crosssim(model, resistance, conductance, sigma):
    """Standard deviations in uS by the fits in `devices/custom/` of CrossSim."""
    device = ms.from_crosssim(
        params(xbar__device__Rmin=resistance, xbar__device__programming_error=error(model, 0.0))
    ).device
    spec = device.spec.programming
    share = conductance / spec.scale
    found = sum(getattr(spec.coefficients, f"c{power}") * share**power for power in range(5))
    assert 1e6 * found == pytest.approx(sigma, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"core__complex_matrix": True}, "core.complex_matrix"),
        ({"core__balanced": {"style": "TWO_SIDED"}}, "core.balanced.style"),
        ({"core__balanced": {"subtract_current_in_xbar": False}}, "core.balanced.subtract_current_in_xbar"),
        ({"core__mapping__weights__row_partition_strategy": 2}, "core.mapping.weights.row_partition_strategy"),
        ({"core__mapping__weights__percentile": 0.99}, "core.mapping.weights.percentile"),
        ({"core__mapping__inputs__mvm": {"percentile": 0.9}}, "core.mapping.inputs.mvm.percentile"),
        ({"core__something": 3}, "core.something"),
        ({"xbar__array__Icol_max": 10.0}, "xbar.array.Icol_max"),
        ({"xbar__device__clip_conductance": True}, "xbar.device.clip_conductance"),
        ({"xbar__device__nonlinear_IV": {"enable": True}}, "xbar.device.nonlinear_IV.enable"),
        (
            {"xbar__device__time": 1, "xbar__device__drift_error": error("SONOS", 0.0)},
            "xbar.device.drift_error.model",
        ),
        (
            {"xbar__device__read_noise": error("UniformIndependentDevice", 0.1)},
            "xbar.device.read_noise.model",
        ),
        (
            {"xbar__device__programming_error": error("UniformIndependentDevice", 0.1)},
            "xbar.device.programming_error.model",
        ),
        ({"xbar__device__read_noise": error("NormalIndependentDevice", 0.1)}, "xbar.device.read_noise.magnitude"),
        ({"xbar__adc__mvm": ADC | {"adc_range_option": "MAX"}}, "xbar.adc.mvm.adc_range_option"),
        ({"xbar__adc__mvm": ADC | {"calibrated_range": [-1, 2]}}, "xbar.adc.mvm.calibrated_range"),
        ({"xbar__adc__mvm": ADC | {"model": "RampADC", "gain_db": 60}}, "xbar.adc.mvm.model"),
        ({"xbar__adc__mvm": ADC | {"stochastic_rounding": True}}, "xbar.adc.mvm.stochastic_rounding"),
        ({"xbar__dac__mvm": DAC | {"model": "QuantizerDAC"}}, "xbar.dac.mvm.model"),
    ],
)
def test_a_field_without_an_equivalent_is_listed_with_its_value(changes, name):
    listed = ms.from_crosssim(params(**changes)).not_converted
    assert list(listed) == [name]
    assert ": " in listed[name]


def test_what_is_switched_off_is_not_listed():
    off = {"enable": False, "model": "UniformIndependentDevice", "magnitude": 0.1}
    settings = ms.from_crosssim(
        params(
            xbar__device__read_noise=off,
            xbar__device__drift_error={"enable": True, "model": "PCMJoshi"},
            xbar__adc__mvm=ADC | {"bits": 0, "adc_range_option": "MAX"},
            xbar__array__parasitics={"enable": False, "Rp_row": 1e-3},
        )
    )
    assert settings.not_converted == {} and settings.adc is None and settings.wires is None


def test_the_largest_range_of_an_adc_is_that_of_a_calibration():
    settings = ms.from_crosssim(params(xbar__adc__mvm=ADC | {"adc_range_option": 2}))
    rng = np.random.default_rng(0)
    matrix, x = rng.normal(size=(4, 8)), rng.uniform(-1, 1, size=(5, 8))
    crossbar = settings.crossbar(matrix).calibrate(x)
    assert np.allclose(x @ crossbar, x @ matrix.T, atol=0.2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], r"params: \[\] is not allowed; CrossSimParameters, or its nested dict"),
        ({"xba": {}}, "params: unknown part 'xba'; did you mean 'xbar'"),
        (params(core__style="BALANCD"), "core.style: 'BALANCD' is not known; did you mean 'BALANCED'"),
        (params(core__style=7), "core.style: 7 is not known; allowed: BALANCED, BITSLICED, OFFSET"),
        (params(xbar__device__Rmin=0), "xbar.device.Rmin: 0 ohm is not allowed; above 0"),
        (params(xbar__device__Rmax=100), "xbar.device.Rmax: 100 ohm is not above Rmin, which is 40000 ohm"),
        (params(xbar__device__Rmin="1k"), "xbar.device.Rmin: '1k' is not a finite number"),
        (
            params(xbar__device__read_noise=error("NormalProportional", 0.1)),
            "read_noise.model: 'NormalProportional' is not known; did you mean 'NormalProportionalDevice'",
        ),
        (
            params(xbar__adc__mvm={"model": "SARADC"}),
            "xbar.adc.mvm.model: 'SARADC' is not known; did you mean 'SarADC'",
        ),
        (params(xbar__dac__mvm={"model": "Quantizer", "bits": 4}), "'Quantizer' is not known; did you mean 'Quantiz"),
        (params(xbar__adc__mvm=ADC | {"calibrated_range": {}}), "calibrated_range: {} is not a list of finite numbers"),
        (params(core__rows_max=10**400), "rows_max: .* is not a finite number"),
        (
            params(xbar__adc__mvm=ADC | {"calibrated_range": None}),
            "calibrated_range: None is not a list of finite numbers",
        ),
        (params(core__mapping__inputs__mvm={"min": 1, "max": 1}), "inputs.mvm.min: 1 is not below max, which is 1"),
        (params(xbar__device=3), "xbar.device: 3 has no fields; allowed: an object of the other tool, or a mapping"),
    ],
)
def test_mistakes_are_one_line(given, message):
    with pytest.raises(InputError, match=message):
        ms.from_crosssim(given)
