"""Configurations of aihwkit as hardware and training settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aihwkit_stand_ins as stand_ins
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aihwkit_stand_ins import (  # noqa: E402
    BoundManagementType,
    InferenceRPUConfig,
    InputRangeParameter,
    IOParameters,
    NoiseManagementType,
    SingleRPUConfig,
    WeightClipType,
    WeightModifierType,
    WeightNoiseType,
    static_config,
)
from torch import nn  # noqa: E402

import memsim.torch as mt  # noqa: E402
from memsim.arrays import ADC, DAC  # noqa: E402
from memsim.errors import InputError  # noqa: E402


def changed(config: Any, **values: Any) -> Any:
    """The configuration with values at dotted paths, in which "__" stands for the dot."""
    for path, value in values.items():
        *parts, last = path.split("__")
        here = config
        for part in parts:
            here = getattr(here, part)
        setattr(here, last, value)
    return config


def test_a_configuration_with_fixed_ranges_is_converted_completely():
    settings = mt.from_aihwkit(static_config(), seed=5)
    hardware = settings.hardware
    assert settings.not_converted == {}
    assert (hardware.dac, hardware.adc) == (DAC(bits=7), ADC(bits=9, range=12.0, noise=0.06))
    assert (hardware.tile, hardware.bias, hardware.scales, hardware.seed) == ((512, 1024), "digital", "layer", 5)
    assert hardware.cells.spec.conductance.min == 0 and hardware.plan.kind == "pair"
    assert settings.training == mt.Training() and settings.compensation == "global"


def test_what_aihwkit_has_by_default_and_memsim_has_not_is_listed():
    assert sorted(mt.from_aihwkit(InferenceRPUConfig()).not_converted) == [
        "forward.bound_management",
        "forward.noise_management",
        "mapping.weight_scaling_omega",
    ]


def test_an_exact_product_lists_no_unit():
    config = changed(InferenceRPUConfig(), forward__is_perfect=True)
    assert mt.from_aihwkit(config).not_converted == {}


def test_numbers_of_converters_are_in_units_of_the_largest_weight_and_input():
    config = changed(static_config(), mapping__weight_scaling_omega=0.5, forward__inp_bound=2.0, forward__out_res=256.0)
    settings = mt.from_aihwkit(changed(config, forward__inp_res=1 / 62))
    assert settings.hardware.dac == DAC(bits=6)
    assert settings.hardware.adc == ADC(bits=8, range=12.0, noise=0.06)
    assert settings.not_converted == {
        "forward.out_res": "256.0: 256 steps; 8 bits, which have 254, take their place",
    }


@pytest.mark.parametrize(
    ("changes", "hardware"),
    [
        ({"forward__is_perfect": True}, {"dac": None, "adc": None}),
        ({"forward__inp_res": 0.0}, {"dac": None}),
        ({"forward__out_res": -1.0, "forward__out_noise": 0.0}, {"adc": None}),
        ({"mapping__max_input_size": 0}, {"tile": None}),
        ({"mapping__max_input_size": 256, "mapping__max_output_size": 64}, {"tile": (256, 128)}),
        ({"mapping__digital_bias": False}, {"bias": "row"}),
        ({"mapping__weight_scaling_columnwise": True}, {"scales": "column"}),
    ],
)
def test_fields_become_settings_of_the_hardware(changes, hardware):
    settings = mt.from_aihwkit(changed(static_config(), **changes))
    assert {name: getattr(settings.hardware, name) for name in hardware} == hardware
    assert settings.not_converted == {}


@pytest.mark.parametrize(
    ("changes", "training"),
    [
        ({"modifier__type": WeightModifierType.ADD_NORMAL, "modifier__std_dev": 0.1}, {"weight_noise": 0.1}),
        (
            {"modifier__type": WeightModifierType.MULT_NORMAL, "modifier__std_dev": 0.2, "modifier__pdrop": 0.05},
            {"weight_noise": 0.2, "noise": "multiplicative", "drop_connect": 0.05},
        ),
        ({"clip__type": WeightClipType.FIXED_VALUE, "clip__fixed_value": 1.0}, {"clip_value": 1.0}),
        ({"clip__type": WeightClipType.LAYER_GAUSSIAN, "clip__sigma": 3.0}, {"clip_sigma": 3.0}),
        (
            {"pre_post__input_range": InputRangeParameter(enable=True, decay=0.01)},
            {"learn_input_range": True, "range_decay": 0.01},
        ),
        (
            {
                "mapping__weight_scaling_columnwise": True,
                "mapping__learn_out_scaling": True,
                "mapping__out_scaling_columnwise": True,
            },
            {"learn_scales": True},
        ),
    ],
)
def test_fields_become_settings_of_the_training(changes, training):
    settings = mt.from_aihwkit(changed(static_config(), **changes))
    assert settings.training == replace(mt.Training(), **training)
    assert settings.not_converted == {}


@pytest.mark.parametrize(
    ("kind", "compensation", "listed"),
    [
        (None, "none", []),
        (stand_ins.GlobalDriftCompensation(), "global", []),
        (stand_ins.GlobalDriftCompensationWithExactReference(), "global", ["drift_compensation"]),
        (stand_ins.PerColumnDriftCompensation(), "column", []),
    ],
)
def test_the_compensation_of_drift_is_that_of_evaluate(kind, compensation, listed):
    settings = mt.from_aihwkit(changed(static_config(), drift_compensation=kind))
    assert settings.compensation == compensation and list(settings.not_converted) == listed


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"forward__inp_noise": 0.01}, "forward.inp_noise"),
        ({"forward__ir_drop": 1.0}, "forward.ir_drop"),
        ({"forward__bound_management": BoundManagementType.ITERATIVE}, "forward.bound_management"),
        ({"forward__noise_management": NoiseManagementType.MAX}, "forward.noise_management"),
        ({"forward__mv_type": stand_ins.AnalogMVType.BIT_WISE}, "forward.mv_type"),
        ({"forward__w_noise": 0.1, "forward__w_noise_type": WeightNoiseType.PCM_READ}, "forward.w_noise_type"),
        ({"forward__out_res": 0.0}, "forward.out_noise"),
        ({"mapping__learn_out_scaling": True}, "mapping.learn_out_scaling"),
        ({"modifier__type": WeightModifierType.POLY}, "modifier.type"),
        ({"modifier__enable_during_test": True}, "modifier.enable_during_test"),
        ({"clip__type": WeightClipType.AVERAGE_CHANNEL_MAX}, "clip.type"),
        ({"pre_post__input_range": InputRangeParameter()}, "forward.inp_bound"),
        (
            {"pre_post__input_range": InputRangeParameter(enable=True, manage_output_clipping=True)},
            "pre_post.input_range.manage_output_clipping",
        ),
        ({"noise_model__from_a_newer_version": 3}, "noise_model.from_a_newer_version"),
    ],
)
def test_a_field_without_an_equivalent_is_listed_with_its_value(changes, name):
    listed = mt.from_aihwkit(changed(static_config(), **changes)).not_converted
    assert list(listed) == [name] and ": " in listed[name]


@pytest.mark.parametrize(("scale", "noise"), [(1.0, 0.02), (0.5, 0.02)])
def test_noise_of_weights_at_reads_has_the_size_that_aihwkit_states(scale, noise):
    """Standard deviation of an output is w_noise |x|, in units of the weight that the largest one becomes."""
    changes = {"forward__w_noise": noise, "forward__w_noise_type": WeightNoiseType.ADDITIVE_CONSTANT}
    changes |= {"forward__inp_res": 0.0, "forward__out_res": 0.0, "forward__out_noise": 0.0}
    config = static_config(prog_noise_scale=0.0, read_noise_scale=0.0, drift_scale=0.0)
    settings = mt.from_aihwkit(changed(config, mapping__weight_scaling_omega=scale, **changes))
    torch.manual_seed(0)
    layer = nn.Linear(30, 400, bias=False)
    chip = mt.program(mt.convert(layer, settings.hardware, quiet=True))
    x = torch.rand(50, 30)
    with torch.no_grad():
        error = (chip(x) - layer(x)) / layer.weight.abs().max()
    expected = noise / scale * x.norm(dim=1).square().mean().sqrt().item()
    assert error.std().item() == pytest.approx(expected, rel=0.02)


def test_a_pulsed_configuration_has_one_cell_for_a_weight():
    config = SingleRPUConfig(
        device=stand_ins.SoftBoundsDevice(w_min=-0.75, w_max=1.25), forward=static_config().forward
    )
    settings = mt.from_aihwkit(changed(config, mapping__weight_scaling_omega=0.6))
    assert settings.hardware.plan.kind == "offset" and settings.hardware.tile == (512, 512)
    assert settings.hardware.cells.spec.update.model == "soft-bounds"
    assert sorted(settings.not_converted) == ["device.w_min", "forward.inp_bound", "update"]


def test_floating_point_has_ideal_cells():
    settings = mt.from_aihwkit(stand_ins.FloatingPointRPUConfig())
    assert settings.hardware.cells.name == "ideal" and settings.hardware.adc is None
    assert settings.not_converted == {}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            stand_ins.UnitCellRPUConfig(),
            "rpu_config: UnitCellRPUConfig cannot be converted; memsim has no weights of sev",
        ),
        (IOParameters(), "rpu_config: IOParameters cannot be converted; allowed: "),
        (
            type("InferenceRPUConfg", (), {})(),
            "InferenceRPUConfg cannot be converted; did you mean 'InferenceRPUConfig'",
        ),
        (changed(static_config(), forward__out_bound="12"), "forward.out_bound: '12' is not a finite number"),
        (changed(static_config(), noise_model=object()), "noise_model: object cannot be converted; allowed: "),
        (changed(static_config(), drift_compensation=3), "drift_compensation: int cannot be converted"),
        (changed(static_config(), modifier__pdrop=2.0), "drop_connect: 2.0 is not allowed"),
        (
            changed(static_config(), pre_post__input_range=InputRangeParameter(enable=True, decay=-1.0)),
            "pre_post.input_range.decay: -1 is negative; allowed: at least 0",
        ),
    ],
)
def test_mistakes_are_one_line(config, message):
    with pytest.raises(InputError, match=message):
        mt.from_aihwkit(config)


def effective_errors(weights: np.ndarray, seconds: float, rng: np.random.Generator) -> float:
    """Relative error of weights by the equations of aihwkit, after global compensation.

    Written from `inference/noise/pcm.py`, `inference/converter/conductance.py` and `inference/compensation/drift.py`.
    """
    shares = weights / np.abs(weights).max()
    held = 0.0
    reference = 0.0
    for sign in (1, -1):
        g = np.maximum(sign * shares, 0)
        sigma = (0.26348 + 1.965 * g - 1.1731 * g**2) / 25
        at_first = np.maximum(g + sigma * rng.standard_normal(g.shape), 0)
        level = np.log(np.maximum(g, 1e-7))
        mean, spread = np.clip(-0.0155 * level + 0.0244, 0.049, 0.1), np.clip(-0.0125 * level - 0.0059, 0.008, 0.045)
        nu = np.abs(mean + spread * rng.standard_normal(g.shape))
        held = held + sign * at_first * ((seconds + 20) / 20) ** -nu
        reference = reference + sign * at_first
    held = held * np.abs(reference).mean() / np.abs(held).mean()
    return float(np.linalg.norm(held - shares) / np.linalg.norm(shares))


@pytest.mark.slow
def test_errors_of_weights_over_a_day_follow_the_equations_of_aihwkit():
    """Without 1/f noise, which aihwkit draws once for all reads of a time and memsim in part anew for each read."""
    changes = {"forward__is_perfect": True}
    hardware = mt.from_aihwkit(changed(static_config(read_noise_scale=0.0), **changes)).hardware
    torch.manual_seed(0)
    layer = nn.Linear(120, 84, bias=False)
    weights = layer.weight.detach().double().numpy()
    chip = mt.program(mt.convert(layer, hardware, quiet=True), repeats=10)
    x = torch.eye(120)
    result = mt.evaluate(
        chip, [(x, torch.zeros(120, dtype=torch.int64))], times=[0.0, 86400.0], compensation="global", progress=False
    )
    ours = result.cell_weight_error.squeeze("layer", drop=True).transpose("time", "repeat").values
    rng = np.random.default_rng(3)
    for seconds, errors in zip((0.0, 86400.0), ours, strict=True):
        theirs = np.array([effective_errors(weights, seconds, rng) for _ in range(10)])
        assert errors.mean() == pytest.approx(theirs.mean(), rel=0.02)


@pytest.mark.slow
def test_presets_and_configurations_of_aihwkit_itself_are_read():
    pytest.importorskip("aihwkit")
    from aihwkit.simulator import presets
    from aihwkit.simulator.configs import InferenceRPUConfig, SingleRPUConfig, TorchInferenceRPUConfig

    for kind in (InferenceRPUConfig, TorchInferenceRPUConfig):
        settings = mt.from_aihwkit(kind())
        assert sorted(settings.not_converted) == [
            "forward.bound_management",
            "forward.noise_management",
            "mapping.weight_scaling_omega",
        ]
        assert settings.hardware == mt.from_aihwkit(stand_ins.InferenceRPUConfig()).hardware
    standard, training = mt.preset("standard-hwa")
    settings = mt.from_aihwkit(presets.StandardHWATrainingPreset())
    assert (settings.hardware.dac, settings.hardware.adc) == (standard.dac, standard.adc)
    assert settings.training == training
    names = ("ReRamESPreset", "ReRamSBPreset", "CapacitorPreset", "EcRamPreset", "EcRamMOPreset", "GokmenVlasovPreset")
    for name in names:
        assert "update" in mt.from_aihwkit(getattr(presets, name)()).not_converted
    assert "this field is not known here" not in str(mt.from_aihwkit(SingleRPUConfig()).not_converted)
