"""Pulsed devices and noise models of aihwkit as device profiles."""

from __future__ import annotations

import math
from typing import Any

import aihwkit_stand_ins as aihwkit
import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.exchange.aihwkit_devices import pulsed_device
from memsim.exchange.aihwkit_noise import inference_device

PRESETS: dict[str, Any] = {
    "resistive-gokmen2016": aihwkit.ConstantStepDevice(dw_min=0.0016, w_max=1.0, w_min=-1.0),
    "hfo2-gong2018": aihwkit.ExpStepDevice(
        dw_min=0.00135, up_down=0.259359, w_max=1.0, w_min=-1.0, a=-0.5, b=-0.5, gamma_up=5.0, gamma_down=5.0,
        A_up=-1.18445, A_down=-0.081404, dw_min_dtod=0.2, up_down_dtod=0.05, dw_min_std=5.0, write_noise_std=75.0,
    ),
    "hfo2-softbounds-gong2018": aihwkit.SoftBoundsReferenceDevice(
        dw_min=0.002, w_max=1.25, w_min=-0.75, w_max_dtod=0.3 / 1.25, w_min_dtod=0.3 / 0.75, dw_min_std=3.75,
        write_noise_std=56.0,
    ),
    "li-ecram-tang2018": aihwkit.LinearStepDevice(
        dw_min=0.002, w_max=1.1724, w_min=-0.8276, gamma_up=0.1153, gamma_down=0.5085, dw_min_dtod=0.1, w_max_dtod=0.05,
        w_min_dtod=0.05,
    ),
    "om-reram-gong2022": aihwkit.SoftBoundsReferenceDevice(
        dw_min=0.0949, dw_min_dtod_log_normal=True, dw_min_dtod=0.7829, w_max=1.0, w_min=-1.0, w_max_dtod=0.3499,
        w_min_dtod=0.5695, dw_min_std=0.4158, write_noise_std=1.4113, corrupt_devices_range=0.01,
        corrupt_devices_prob=0.135, subtract_symmetry_point=True, reference_std=0.05,
    ),
}  # fmt: skip
"""Presets of aihwkit by the shipped profile of the same device, whose numbers were entered by hand."""


def converted(device: Any) -> tuple[ms.DeviceProfile, dict[str, str]]:
    listed: dict[str, str] = {}
    return pulsed_device(device, "device", listed), listed


@pytest.mark.parametrize("name", PRESETS)
def test_presets_become_the_numbers_of_the_shipped_profile(name):
    device, listed = converted(PRESETS[name])
    assert listed == {}
    shipped = ms.load_device(name).spec
    numbers = device.spec.update.numbers
    # A shipped profile may also have the voltages of its pulses.
    assert numbers == pytest.approx({key: shipped.update.numbers[key] for key in numbers}, rel=2e-3)
    assert device.spec.update.model == shipped.update.model
    assert device.spec.update.weights.min == shipped.update.weights.min
    ours, theirs = device.spec.variability, shipped.variability
    assert (ours.c2c.sigma, ours.c2c.relative_to) == (pytest.approx(theirs.c2c.sigma, rel=2e-3), theirs.c2c.relative_to)
    assert set(ours.d2d) == set(theirs.d2d)
    for field, spread in theirs.d2d.items():
        assert ours.d2d[field].sigma == pytest.approx(spread.sigma, rel=4e-3), field
        assert ours.d2d[field].distribution == spread.distribution
    assert device.spec.faults == shipped.faults or device.spec.faults.share == pytest.approx(shipped.faults.share)
    width = shipped.update.weights.max - shipped.update.weights.min
    if theirs.write is not None:
        unit = shipped.update.nominal_step / width if theirs.write.relative_to == "nominal-step" else 1.0
        assert ours.write.sigma == pytest.approx(theirs.write.sigma * unit, rel=2e-3)


def without_spread(device: Any) -> ms.DeviceProfile:
    """The profile of a device all of whose cells are alike, and whose pulses have no noise."""
    return pulsed_device(device, "device", {}).replace({"variability": None})


@pytest.mark.slow
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("device", "step"),
    [
        (aihwkit.ConstantStepDevice(dw_min=0.01, up_down=0.2), lambda w, s: s * 0.01 * (1 if s > 0 else 0.8)),
        (
            aihwkit.LinearStepDevice(dw_min=0.01, gamma_up=0.5, gamma_down=0.3),
            lambda w, s: s * 0.01 * (1 - (0.5 * w / 0.6 if s > 0 else -0.3 * w / 0.6)),
        ),
        (aihwkit.SoftBoundsDevice(dw_min=0.01), lambda w, s: s * 0.01 * (1 - s * w / 0.6)),
        (
            aihwkit.PowStepDevice(dw_min=0.01, pow_gamma=1.5, pow_gamma_dtod=0.0),
            lambda w, s: s * 0.01 * ((0.6 - s * w) / 1.2) ** 1.5,
        ),
        (
            aihwkit.ExpStepDevice(dw_min=0.01),
            lambda w, s: (
                s
                * 0.01
                * max(
                    1
                    - (0.00081 if s > 0 else 0.36833)
                    * math.exp((12.44625 if s > 0 else -12.78785) * (2 * w / 1.2 * 0.244 + 0.2425)),
                    0,
                )
            ),
        ),
    ],
    ids=["constant", "linear", "soft-bounds", "power", "exponential"],
)
def test_pulses_follow_the_equations_of_aihwkit(device, step, sign):
    """Steps as `rpu_constantstep_device.cpp`, `rpu_linearstep_device.cpp` and so on compute them, pulse by pulse."""
    w, states = -0.55 * sign, []
    for _ in range(40):
        w = min(max(w + step(w, sign), -0.6), 0.6)
        states.append(w)
    first = (-0.55 * sign + 0.6) / 1.2
    crossbar = ms.Crossbar(
        without_spread(device), 1, 1, initial=(first, first + 1e-9), dtype="float64", column="single"
    )
    found = []
    for _ in range(40):
        crossbar.train(ms.Hebbian(rate=1.0), [1.0], [float(sign)], encoding="sign")
        found.append(crossbar.state.item() * 1.2 - 0.6)
    assert np.allclose(found, states, atol=1e-5)


def test_the_window_leaves_its_lower_end_above_zero():
    device, _ = converted(aihwkit.ConstantStepDevice(w_min_dtod=0.6))
    spread = device.spec.variability.d2d["conductance.min"].sigma
    assert device.spec.conductance.min > 4.4 * spread * device.spec.conductance.width


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (aihwkit.ConstantStepDevice(lifetime=100.0), "device.lifetime"),
        (aihwkit.ConstantStepDevice(diffusion=0.1), "device.diffusion"),
        (aihwkit.ConstantStepDevice(perfect_bias=True), "device.perfect_bias"),
        (aihwkit.ConstantStepDevice(drift=aihwkit.DriftParameter(nu=0.1)), "device.drift.nu"),
        (aihwkit.LinearStepDevice(allow_increasing=True), "device.allow_increasing"),
        (aihwkit.SoftBoundsReferenceDevice(reference_std=0.1), "device.reference_std"),
        (aihwkit.ExpStepDevice(dw_min_std_slope=0.1), "device.dw_min_std_slope"),
        (aihwkit.PowStepDevice(), "device.pow_gamma_dtod"),
    ],
)
def test_a_field_of_a_device_without_an_equivalent_is_listed(device, name):
    assert list(converted(device)[1]) == [name]


@pytest.mark.parametrize(
    ("device", "message"),
    [
        (
            aihwkit.PiecewiseStepDevice(),
            "device: PiecewiseStepDevice cannot be converted; did you mean 'PowStepDevice'",
        ),
        (
            aihwkit.SoftBoundsPmaxDevice(),
            "device: SoftBoundsPmaxDevice cannot be converted; its steps are stated by a nu",
        ),
        (aihwkit.ConstantStepDevice(w_min=0.7), "device.w_min: 0.7 is not below w_max, which is 0.6"),
        (aihwkit.ConstantStepDevice(dw_min=None), "device.dw_min: None is not a finite number"),
        (aihwkit.LinearStepDevice(gamma_up=2.0), "update.slope.set"),
    ],
)
def test_mistakes_of_devices_are_one_line(device, message):
    with pytest.raises(InputError, match=message):
        pulsed_device(device, "device", {})


def programmed(model: Any, targets: np.ndarray, seconds: float) -> np.ndarray:
    """Conductances [uS] of cells that were programmed to targets [uS], some time later, without read noise."""
    device = inference_device(model, "noise_model", {}).device
    spec = device.spec.conductance
    crossbar = ms.Crossbar(device, *targets.shape, seed=3, dtype="float64")
    crossbar.program((1e-6 * targets - spec.min) / spec.width)
    if seconds:
        crossbar.wait(seconds)
    return 1e6 * crossbar.conductance.values


@pytest.mark.slow
@pytest.mark.parametrize("scales", [{}, {"prog_noise_scale": 2.0, "drift_scale": 0.5, "g_max": 10.0}])
@pytest.mark.parametrize("target", [0.05, 0.4, 0.9])
def test_cells_of_phase_change_memory_follow_the_equations_of_aihwkit(scales, target):
    """Mean and spread of programmed and drifted cells, by `inference/noise/pcm.py`: error polynomial and power law."""
    top = scales.get("g_max", 25.0)
    targets = np.full((200, 200), target * top)
    rng = np.random.default_rng(1)
    sigma = (0.26348 + 1.965 * target - 1.1731 * target**2) * top / 25 * scales.get("prog_noise_scale", 1.0)
    expected = np.maximum(targets + sigma * rng.standard_normal(targets.shape), 0)
    mean = np.clip(-0.0155 * np.log(target) + 0.0244, 0.049, 0.1)
    spread = np.clip(-0.0125 * np.log(target) - 0.0059, 0.008, 0.045)
    nu = np.abs(mean + spread * rng.standard_normal(targets.shape)) * scales.get("drift_scale", 1.0)
    model = aihwkit.PCMLikeNoiseModel(**scales)
    for seconds in (0.0, 86400.0):
        theirs, ours = expected * ((seconds + 20) / 20) ** -nu, programmed(model, targets, seconds)
        assert ours.mean() == pytest.approx(theirs.mean(), abs=5 * theirs.std() / 200)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.02)


@pytest.mark.parametrize(
    ("model", "name", "mapping", "listed"),
    [
        (aihwkit.PCMLikeNoiseModel(), "aihwkit-pcm", "pair", []),
        (aihwkit.StateIndependentNoiseModel(), "aihwkit-state-independent", "pair", []),
        (aihwkit.ReRamWan2022NoiseModel(), "hfox-wan2022", "pair", []),
        (aihwkit.ReRamWan2022NoiseModel(20.0), "hfox-wan2022", "pair", ["noise_model.g_max"]),
        (aihwkit.HermesNoiseModel(), "pcm-legallo2023", "pair", []),
        (
            aihwkit.HermesNoiseModel(2),
            "pcm-legallo2023",
            "pair",
            ["noise_model.num_devices", "noise_model.t_0", "noise_model.g_max"],
        ),
        (aihwkit.ReRamCMONoiseModel(), "cmo-hfox-falcone2025", "offset", ["noise_model.g_converter"]),
        (aihwkit.ReRamCMONoiseModel(2), "cmo-hfox-coarse-falcone2025", "offset", ["noise_model.g_converter"]),
        (
            aihwkit.CustomDriftPCMLikeNoiseModel(custom_drift_model={}),
            "aihwkit-pcm",
            "pair",
            ["noise_model.custom_drift_model"],
        ),
    ],
)
def test_noise_models_become_devices(model, name, mapping, listed):
    fields: dict[str, str] = {}
    device, kind = inference_device(model, "noise_model", fields)
    assert (device.name, kind, list(fields)) == (name, mapping, listed)
    assert 1e6 * device.spec.conductance.max == pytest.approx(model.g_max)


def test_an_unknown_converter_of_conductances_is_refused():
    model = aihwkit.PCMLikeNoiseModel(g_converter=type("CustomPairConductanceConverter", (), {})())
    with pytest.raises(
        InputError, match=r"noise_model.g_converter: CustomPairConductanceConverter cannot be converted"
    ):
        inference_device(model, "noise_model", {})


def test_read_noise_and_drift_of_size_0_are_left_out():
    spec = inference_device(aihwkit.PCMLikeNoiseModel(drift_scale=0.0, read_noise_scale=0.0), "", {}).device.spec
    assert spec.retention is None and spec.read.flicker is None
