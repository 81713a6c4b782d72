"""Configurations of aihwkit as hardware and training settings of memsim; aihwkit itself is not needed.

Source: IBM aihwkit 1.2 (MIT licence), `simulator/configs/configs.py` and the modules of `simulator/parameters`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

from memsim.arrays import ADC, DAC
from memsim.arrays.converters import MAX_BITS
from memsim.errors import InputError
from memsim.exchange.aihwkit_devices import pulsed_device
from memsim.exchange.aihwkit_noise import inference_device
from memsim.exchange.fields import Fields, class_name
from memsim.exchange.other_devices import percent
from memsim.torch.hardware import Hardware
from memsim.torch.training import Training

_REFUSED = {
    "UnitCellRPUConfig": "memsim has no weights of several devices of this kind; allowed: SingleRPUConfig",
    "DigitalRankUpdateRPUConfig": "memsim has no digital rank update; allowed: SingleRPUConfig",
}
_KNOWN = ("InferenceRPUConfig", "SingleRPUConfig", "FloatingPointRPUConfig")
_COMPENSATIONS = {
    "GlobalDriftCompensation": "global",
    "GlobalDriftCompensationWithExactReference": "global",
    "PerColumnDriftCompensation": "column",
}


class AihwkitSettings(NamedTuple):
    """What a configuration of aihwkit is in memsim.

    Attributes
    ----------
    hardware : Hardware
        What layers run on.
    training : Training
        What acts while they are trained.
    compensation : str
        That of drift, for `evaluate`.
    not_converted : dict of str to str
        Dotted name of each field that has no equivalent and has an effect in aihwkit: its value and the reason.
    """

    hardware: Hardware
    training: Training
    compensation: str
    not_converted: dict[str, str]


def from_aihwkit(rpu_config: Any, *, seed: int = 0) -> AihwkitSettings:
    """Hardware and training settings that a configuration of aihwkit describes.

    Classes and fields are read by their names, so that aihwkit need not be installed. A field without an equivalent is
    listed if its value has an effect in aihwkit. docs/coming-from-other-tools.md has a table of all fields.

    Parameters
    ----------
    rpu_config : object
        An `InferenceRPUConfig` (also one of its derived classes, and the presets), a `SingleRPUConfig` or a
        `FloatingPointRPUConfig`.
    seed : int
        Key of every random number, 0 to 2^64 - 1; aihwkit has none.

    Raises
    ------
    InputError
        If the class of the configuration, of its device or of its noise model is not known, or a value is not allowed.

    Examples
    --------
    >>> settings = from_aihwkit(InferenceRPUConfig())
    >>> settings.not_converted
    >>> chip = convert(model, settings.hardware)
    """
    kind = class_name(rpu_config, _KNOWN, "rpu_config", _REFUSED)
    listed: dict[str, str] = {}
    config = Fields(rpu_config, "", listed)
    config.pass_over("tile_class", "tile_array_class", "simulator_tile_class", "runtime", "device", "backward")
    options: dict[str, Any] = {"seed": seed}
    training, compensation = Training(), "none"
    plan = "pair"
    if kind == "InferenceRPUConfig":
        options["device"], plan = inference_device(config.raw("noise_model"), "noise_model", listed)
        compensation = _compensation(config)
        training = _training(config)
        config.pass_over("update")
    elif kind == "SingleRPUConfig":
        options["device"], plan = pulsed_device(config.raw("device"), "device", listed), "offset"
        _check_middle(options["device"], config)
        config.report("update", "training in place by pulses; memsim.torch trains in floating point, then programs")
    omega, learned = _mapping(config.part("mapping"), options, plan)
    training = replace(training, learn_scales=learned)
    if kind == "FloatingPointRPUConfig":
        config.pass_over("pre_post")
    else:
        _converters(config.part("forward"), options, omega)
        training = _input_range(config, training)
    config.close()
    return AihwkitSettings(Hardware(**options), training, compensation, listed)


def _check_middle(device: Any, config: Fields) -> None:
    """List a device whose weight of 0 is not in the middle of its window."""
    weights = device.spec.update.weights
    if not math.isclose(weights.min, -weights.max):
        config.not_converted["device.w_min"] = (
            f"{weights.min:g}: weights of 0 are laid on the middle of the window, which is w = "
            f"{(weights.min + weights.max) / 2:g} there"
        )


def _compensation(config: Fields) -> str:
    kind = config.raw("drift_compensation")
    if kind is None:
        return "none"
    name = class_name(kind, _COMPENSATIONS, "drift_compensation")
    if name == "GlobalDriftCompensationWithExactReference":
        config.report(
            "drift_compensation", "evaluate(compensation='global', reference='exact') has the exact reference"
        )
    return _COMPENSATIONS[name]


def _training(config: Fields) -> Training:
    """Noise of the weights, their clipping, and factors of outputs that are learned."""
    values: dict[str, Any] = {}
    modifier = config.part("modifier")
    noise, sigma = modifier.read("type", "COPY"), modifier.number("std_dev", 0.0)
    kinds = {"ADD_NORMAL": "normal", "MULT_NORMAL": "multiplicative"}
    if noise in kinds and sigma:
        values |= {"weight_noise": sigma, "noise": kinds[noise]}
        modifier.leave_out("noise is relative to the largest weight here", rel_to_actual_wmax=True)
    elif noise not in (*kinds, "COPY", "NONE", "DROP_CONNECT"):
        modifier.report("type", "other noise of weights in training: Training(weight_noise=..., noise='device')")
    if drop := modifier.number("pdrop", 0.0):
        values["drop_connect"] = drop
    modifier.leave_out("noise of the weights acts in training alone here", enable_during_test=False)
    modifier.leave_out("noise is the same for all samples of a batch here", per_batch_sample=False)
    modifier.leave_out("no row of weights is copied here", copy_last_column=False)
    modifier.pass_over_rest()
    clip = config.part("clip")
    how = clip.read("type", "NONE")
    if how == "FIXED_VALUE":
        values["clip_value"] = clip.number("fixed_value", -1.0)
    elif how == "LAYER_GAUSSIAN":
        values["clip_sigma"] = clip.number("sigma", 2.5)
    elif how != "NONE":
        clip.report("type", "weights are clipped to a value or to standard deviations here")
    clip.pass_over_rest()
    remap = config.part("remap")
    remap.leave_out("weights are laid on cells anew at each programming; none are remapped in training", type="NONE")
    remap.pass_over_rest()
    return Training(**values)


def _mapping(mapping: Fields, options: dict[str, Any], plan: str) -> tuple[float, bool]:
    """Tiles, biases and scales of weights.

    Returns
    -------
    omega : float
        Weight of aihwkit that the largest weight becomes; 1 where weights are not scaled.
    learned : bool
        Whether factors of the outputs are learned.
    """
    options["mapping"] = plan
    sizes = mapping.number("max_input_size", 512), mapping.number("max_output_size", 512)
    if min(sizes) > 0:
        rows, outputs = map(int, sizes)
        options["tile"] = rows, outputs * (2 if plan == "pair" else 1)
    options["bias"] = "digital" if mapping.read("digital_bias", True) else "row"
    omega = mapping.number("weight_scaling_omega", 0.0)
    if mapping.read("weight_scaling_columnwise", False) and omega > 0:
        options["scales"] = "column"
    if omega <= 0 and "device" in options:
        reason = "outputs are in units of a weight of 1 there, and of the largest weight of the layer here"
        mapping.not_converted["mapping.weight_scaling_omega"] = f"{omega:g}: {reason}"
    learned = "scales" in options and bool(mapping.read("out_scaling_columnwise", False))
    if not learned:
        mapping.leave_out("factors of outputs are learned beside scales of columns alone here", learn_out_scaling=False)
    learned = learned and bool(mapping.read("learn_out_scaling", False))
    mapping.pass_over("out_scaling_columnwise", "weight_scaling_lr_compensation")
    return omega if omega > 0 else 1.0, learned


def _converters(forward: Fields, options: dict[str, Any], omega: float) -> None:
    """DACs, ADCs and their noise."""
    if forward.read("is_perfect", False) or forward.read("mv_type", "ONE_PASS") == "IDEAL":
        forward.pass_over_rest()
        return
    largest = forward.number("inp_bound", 1.0)
    if bits := _bits(forward, "inp_res", 1 / 126):
        options["dac"] = DAC(bits=bits)
    bound, noise = forward.number("out_bound", 12.0), forward.number("out_noise", 0.06)
    unit = omega * (largest if largest > 0 else 1.0)
    if bits := _bits(forward, "out_res", 1 / 510):
        options["adc"] = ADC(bits=bits, range=bound / unit if bound > 0 else "max", noise=noise / unit)
    elif noise > 0:
        forward.report("out_noise", "belongs to an ADC here; state out_res")
    _read_noise(forward, options, omega)
    for reason, fields in _WITHOUT_EQUIVALENT:
        forward.leave_out(reason, **fields)
    if not _fixed_range(forward):
        forward.report("noise_management", "one input range for all inputs of a layer here, which calibrate sets")
    forward.pass_over(*_DEPENDENT)


def _bits(forward: Fields, name: str, default: float) -> int | None:
    """Resolution of a converter; aihwkit states steps from the lowest to the highest level, of which b bits have
    2^b - 2."""
    resolution = forward.number(name, default)
    if resolution <= 0:
        return None
    steps = resolution if resolution > 1 else 1 / resolution
    bits = min(max(round(math.log2(steps + 2)), 2), MAX_BITS)
    if not math.isclose(2**bits - 2, steps, rel_tol=1e-4):
        forward.report(name, f"{steps:.6g} steps; {bits} bits, which have {2**bits - 2}, take their place")
    return bits


def _read_noise(forward: Fields, options: dict[str, Any], omega: float) -> None:
    """Noise of the weights at each read, as white noise of the cells."""
    sigma = forward.number("w_noise", 0.0) / omega
    if forward.read("w_noise_type", "NONE") == "ADDITIVE_CONSTANT" and sigma > 0:
        # A pair has the noise of two cells; a single cell spans weights of both signs.
        cell = sigma / math.sqrt(2) if options["mapping"] == "pair" else sigma / 2
        noise = {"sigma": percent(cell), "relative_to": "range", "status": "assumed"}
        options["device"] = options["device"].replace({"read.noise": noise})
    elif sigma > 0:
        forward.leave_out("noise of this kind belongs to the device: read.noise, read.flicker", w_noise_type="NONE")


def _fixed_range(forward: Fields) -> bool:
    """Whether the DACs of aihwkit have one range for all inputs, in units of which the inputs are."""
    kind = forward.read("noise_management", "ABS_MAX")
    return kind == "NONE" or (kind == "CONSTANT" and forward.number("nm_thres", 0.0) in (0.0, 1.0))


_WITHOUT_EQUIVALENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("one pass for inputs of both signs; DAC(polarity='phases') has two", {"mv_type": "ONE_PASS"}),
    ("inputs are not read again at smaller size here", {"bound_management": "NONE"}),
    ("inputs have no noise here", {"inp_noise": 0.0}),
    ("codes are rounded to the nearest here", {"inp_sto_round": False, "out_sto_round": False}),
    ("phases are alike here", {"inp_asymmetry": 0.0, "out_asymmetry": 0.0}),
    ("all outputs have the same noise here", {"out_noise_std": 0.0}),
    ("outputs have no further factor here", {"out_scale": 1.0}),
    ("an approximation there; Hardware(wires=memsim.Wires(...)) solves the circuit", {"ir_drop": 0.0}),
    ("the curve of an ADC is a bow here: ADC(inl=...)", {"out_nonlinearity": 0.0}),
    ("a spread of gain between ADCs is ADC(gain=...) here", {"v_offset_std": 0.0}),
    ("Hardware(wires=memsim.Wires(sense_resistance=...)) has it", {"r_series": 0.0}),
    ("cells conduct alike in both directions here", {"w_read_asymmetry_dtod": 0.0}),
)
_DEPENDENT = (
    "noise_management",
    "w_noise_type",
    "max_bm_factor",
    "max_bm_res",
    "bm_test_negative_bound",
    "nm_thres",
    "ir_drop_g_ratio",
    "out_nonlinearity_std",
    "slope_calibration",
    "v_offset_w_min",
    "ir_drop_rs",
    "ir_drop_segments",
    "ir_drop_time_step_resolution_scale",
    "ir_drop_v_read",
    "split_mode_bit_shift",
    "apply_xdep_pcm_read_noise",
    "xdep_pcm_read_noise_scale",
    "adc_quantization",
    "adc_frequency",
    "ir_drop_integration_sum",
)
"""Fields that have an effect with one of the above alone."""


def _input_range(config: Fields, training: Training) -> Training:
    """Training that learns the input ranges, where a configuration does."""
    pre_post = config.part("pre_post")
    ranges = pre_post.part("input_range")
    rounding = pre_post.part("periph_quant")
    rounding.leave_out("digital factors of outputs are not rounded here", n_bits=0)
    rounding.pass_over_rest()
    config.leave_out("digital outputs are not rounded here", act_quant_config=None)
    learned = ranges.read("enable", False) and ranges.read("learn_input_range", True)
    if learned:
        ranges.leave_out("ranges do not follow clipped outputs here", manage_output_clipping=False)
    decay = ranges.number("decay", 0.001)
    ranges.pass_over_rest()
    if not ranges.read("enable", False):
        if _fixed_range(config.part("forward")):
            config.not_converted["forward.inp_bound"] = (
                f"{config.part('forward').number('inp_bound', 1.0):g}: inputs in the units of the network there; "
                "calibrate sets the range of each layer here"
            )
        return training
    if not learned:
        return training
    if decay < 0:
        raise InputError(f"pre_post.input_range.decay: {decay:g} is negative; allowed: at least 0")
    return replace(training, learn_input_range=True, range_decay=decay)
