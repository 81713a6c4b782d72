"""Converters of a configuration of aihwkit: its fields `forward`, and what they have no equivalent for.

Source: IBM aihwkit 1.2 (MIT licence), `simulator/parameters/io.py` and `simulator/tiles/analog_mvm.py`.
"""

from __future__ import annotations

import math
from typing import Any

from memsim.arrays import ADC, DAC
from memsim.arrays.converters import MAX_BITS
from memsim.exchange.fields import Fields
from memsim.exchange.other_devices import percent


def is_perfect(forward: Fields) -> bool:
    """Whether products are exact, so that the other fields have no effect."""
    return bool(forward.read("is_perfect", False)) or forward.read("mv_type", "ONE_PASS") == "IDEAL"


def convert_forward(forward: Fields, options: dict[str, Any], omega: float) -> None:
    """Add DACs, ADCs and noise of reads to options of `Hardware`.

    Parameters
    ----------
    forward : Fields
        The field `forward` of the configuration.
    options : dict
        Options of `Hardware` so far: the device and the mapping.
    omega : float
        Weight of aihwkit that the largest weight becomes.
    """
    if is_perfect(forward):
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
    if not has_fixed_range(forward):
        forward.report("noise_management", "one input range for all inputs of a layer here, which calibrate sets")
    forward.pass_over(*_DEPENDENT)


def _bits(forward: Fields, name: str, default: float) -> int | None:
    """Resolution of a converter, None for any value.

    aihwkit states the number of steps from the lowest to the highest level; b bits have 2^b - 2.
    """
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


def has_fixed_range(forward: Fields) -> bool:
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
