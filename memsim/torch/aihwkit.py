"""Configurations of aihwkit as hardware and training settings of memsim; aihwkit itself is not needed.

Source: IBM aihwkit 1.2 (MIT licence), `simulator/configs/configs.py` and the modules of `simulator/parameters`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

from memsim.errors import InputError
from memsim.exchange.aihwkit_devices import pulsed_device
from memsim.exchange.aihwkit_noise import inference_device
from memsim.exchange.fields import Fields, class_name
from memsim.torch.aihwkit_converters import convert_forward, has_fixed_range, is_perfect
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
        forward = config.part("forward")
        if omega is None and not is_perfect(forward):
            reason = "outputs are in units of a weight of 1 there, and of the largest weight of the layer here"
            config.part("mapping").report("weight_scaling_omega", reason)
        convert_forward(forward, options, omega or 1.0)
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


def _mapping(mapping: Fields, options: dict[str, Any], plan: str) -> tuple[float | None, bool]:
    """Tiles, biases and scales of weights.

    Returns
    -------
    omega : float or None
        Weight of aihwkit that the largest weight becomes; None where weights are not scaled.
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
    learned = "scales" in options and bool(mapping.read("out_scaling_columnwise", False))
    if not learned:
        mapping.leave_out("factors of outputs are learned beside scales of columns alone here", learn_out_scaling=False)
    learned = learned and bool(mapping.read("learn_out_scaling", False))
    mapping.pass_over("out_scaling_columnwise", "weight_scaling_lr_compensation")
    return omega if omega > 0 else None, learned


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
    forward = config.part("forward")
    if not ranges.read("enable", False):
        if has_fixed_range(forward) and not is_perfect(forward):
            forward.report("inp_bound", "inputs are in units of the network there; calibrate sets their range here")
        return training
    if not learned:
        return training
    if decay < 0:
        raise InputError(f"pre_post.input_range.decay: {decay:g} is negative; allowed: at least 0")
    return replace(training, learn_input_range=True, range_decay=decay)
