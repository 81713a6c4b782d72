"""Devices of aihwkit that pulses change, as device profiles.

Weights from w_min to w_max span the conductance window. aihwkit does not say which conductances these are. The window
is assumed: it ends at 10 uS, and it begins so high that the spread of its lower end leaves cells above 0 S.

Source: IBM aihwkit 1.2 (MIT licence), `simulator/configs/devices.py` and the C++ files of each device; models of Rasch
et al., AICAS (2021), arXiv:2104.02184.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from memsim.errors import InputError
from memsim.exchange.fields import Fields, class_name
from memsim.exchange.other_devices import READ, microsiemens, percent, profile
from memsim.profiles import DeviceProfile

SOURCE = {"cite": "IBM aihwkit (MIT licence), models of Rasch et al., AICAS (2021), arXiv:2104.02184"}
_TOP = 10.0
"""Assumed end of the window [uS]."""
_SIGMAS = 4.5
"""Standard deviations of the lower end of the window that lie above 0 S."""
_LOWEST = 1 / 9
"""Smallest lower end, in units of the width of the window: an on/off ratio of 10."""
_REFUSED = {
    "SoftBoundsPmaxDevice": "its steps are stated by a number of pulses; state it as SoftBoundsDevice",
    "PowStepReferenceDevice": "memsim has no power steps with a reference",
}


def pulsed_device(device: Any, path: str, not_converted: dict[str, str]) -> DeviceProfile:
    """The profile of a device that pulses change.

    Parameters
    ----------
    device : object
        A `ConstantStepDevice`, `LinearStepDevice`, `SoftBoundsDevice`, `SoftBoundsReferenceDevice`, `ExpStepDevice` or
        `PowStepDevice` of aihwkit, or one of its presets.
    path : str
        Dotted name of the device in the configuration.
    not_converted : dict of str to str
        Receives the fields without an equivalent.

    Raises
    ------
    InputError
        If the class of the device is not known, or a number is not allowed in a profile.
    """
    kind = class_name(device, _KINDS, path, _REFUSED)
    fields = Fields(device, path, not_converted)
    low, high = fields.number("w_min", -0.6), fields.number("w_max", 0.6)
    if not low < high:
        raise InputError(f"{path}.w_min: {low:g} is not below w_max, which is {high:g}")
    width = high - low
    update, noise = _KINDS[kind](fields, width)
    sections: dict[str, Any] = {"update": update | {"weights": {"min": low, "max": high}}, "read": READ}
    sections["conductance"] = _window(fields.number("w_min_dtod", 0.3) * abs(low) / width)
    sections["variability"] = {"c2c": noise, "d2d": _spreads(fields, low, high)}
    _steps(fields, sections)
    _write_noise(fields, width, sections)
    _corrupt(fields, low, width, sections)
    _other(fields)
    fields.close()
    return profile("aihwkit-device", f"{type(device).__name__} of aihwkit", SOURCE, sections)


def _window(spread: float) -> dict[str, str]:
    lower = max(_LOWEST, _SIGMAS * spread)
    ends = {"min": microsiemens(_TOP * lower / (1 + lower)), "max": microsiemens(_TOP)}
    return ends | {"status": "assumed", "note": "aihwkit has normalised weights"}


def _spreads(fields: Fields, low: float, high: float) -> dict[str, Any]:
    """Device-to-device spreads of the ends of the window, the step and the asymmetry, and those the model has."""
    width = high - low
    ends = {
        "conductance.max": fields.number("w_max_dtod", 0.3) * abs(high) / width,
        "conductance.min": fields.number("w_min_dtod", 0.3) * abs(low) / width,
    }
    spreads = {name: {"sigma": percent(sigma), "relative_to": "range"} for name, sigma in ends.items() if sigma}
    for name, path in _MODEL_SPREADS:
        if fields.has(name) and (sigma := fields.number(name, 0.0)):
            spreads[path] = {"sigma": percent(sigma), "relative_to": "absolute"}
    if fields.read("subtract_symmetry_point", False) and (error := fields.number("reference_std", 0.0)):
        spreads["update.reference.offset"] = {"sigma": percent(error), "relative_to": "absolute"}
    return spreads


_MODEL_SPREADS = (("gamma_up_dtod", "update.slope.set"), ("gamma_down_dtod", "update.slope.reset"))


def _steps(fields: Fields, sections: dict[str, Any]) -> None:
    """The nominal step, its asymmetry, and their spreads over cells."""
    step, spread = fields.number("dw_min", 0.001), fields.number("dw_min_dtod", 0.3)
    asymmetry = fields.number("up_down_dtod", 0.01)
    d2d, update = sections["variability"]["d2d"], sections["update"]
    if fields.read("dw_min_dtod_log_normal", False):
        mean = math.exp(spread**2 / 2)  # aihwkit states the median and the sigma of the logarithm
        step, asymmetry = mean * step, asymmetry / mean
        d2d["update.step"] = {
            "sigma": percent(math.sqrt(math.expm1(spread**2))),
            "relative_to": "value",
            "distribution": "lognormal",
        }
    elif spread:
        d2d["update.step"] = {"sigma": percent(spread), "relative_to": "value"}
    if asymmetry:
        d2d["update.asymmetry"] = {"sigma": percent(asymmetry), "relative_to": "absolute"}
    update["step"] = step
    if beta := fields.number("up_down", 0.0):
        update["asymmetry"] = beta
    if not sections["variability"]["c2c"]:
        del sections["variability"]["c2c"]


def _write_noise(fields: Fields, width: float, sections: dict[str, Any]) -> None:
    sigma = fields.number("write_noise_std", 0.0) * fields.number("dw_min", 0.001) / width
    if sigma > 0:
        sections["variability"]["write"] = {"sigma": percent(sigma), "relative_to": "range"}
        fields.leave_out("cells that are set show no write noise there", apply_write_noise_on_set=True)
    fields.pass_over("apply_write_noise_on_set")


def _corrupt(fields: Fields, low: float, width: float, sections: dict[str, Any]) -> None:
    share, largest = fields.number("corrupt_devices_prob", 0.0), fields.number("corrupt_devices_range", 0.1)
    if share > 0:
        sections["faults"] = {
            "stuck_at": {
                "share": percent(share),
                "state": percent(-low / width),
                "half_width": percent(abs(largest) / width),
            }
        }


def _other(fields: Fields) -> None:
    """Fields of all devices that have no equivalent, or no effect on cells."""
    fields.leave_out("times are in mini-batches there, and seconds here: see retention.leak", lifetime=0.0)
    if fields.number("lifetime", 0.0):
        fields.leave_out("belongs to lifetime", lifetime_dtod=0.0)
    fields.leave_out("no diffusion of weights here", diffusion=0.0)
    if fields.number("diffusion", 0.0):
        fields.leave_out("belongs to diffusion", diffusion_dtod=0.0)
    fields.leave_out("all cells have the same spreads here, those of biases too", perfect_bias=False)
    drift = fields.part("drift")
    drift.leave_out("drift of trained weights there; retention of the model 'drift' here", nu=0.0)
    drift.pass_over_rest()
    fields.pass_over("lifetime_dtod", "diffusion_dtod", "construction_seed", "enforce_consistency")
    fields.pass_over("reset", "reset_dtod", "reset_std", "count_pulses")


def _noise(fields: Fields, relative_to: str) -> dict[str, Any]:
    sigma = fields.number("dw_min_std", 0.3)
    return {"sigma": percent(sigma), "relative_to": relative_to} if sigma else {}


def _multiplied(fields: Fields, default: bool) -> str:
    """What the noise of a pulse is relative to: its own step, or the full step of the cell."""
    return "step" if fields.read("mult_noise", default) else "own-step"


def _constant(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"model": "constant"}, _noise(fields, "step")


def _linear(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    slopes = {way: fields.number(name, 0.0) for way, name in (("set", "gamma_up"), ("reset", "gamma_down"))}
    update: dict[str, Any] = {"model": "linear", "slope": {way: percent(slope) for way, slope in slopes.items()}}
    update["slope_reference"] = "nominal" if fields.read("mean_bound_reference", True) else "cell"
    fields.leave_out(
        "steps do not grow towards the bound here", allow_increasing=False, reverse_up=False, reverse_down=False
    )
    fields.pass_over("reverse_offset")
    return update, _noise(fields, _multiplied(fields, True))


def _soft_bounds(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    fields.leave_out("steps do not grow towards the bound here", reverse_up=False, reverse_down=False)
    fields.pass_over("reverse_offset")
    return {"model": "soft-bounds"}, _noise(fields, _multiplied(fields, True))


def _soft_bounds_reference(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    update: dict[str, Any] = {"model": "soft-bounds"}
    reason = "no slope of its own for each cell here"
    fields.leave_out(reason, slope_up_dtod=0.0, slope_down_dtod=0.0)
    if fields.read("subtract_symmetry_point", False):
        offset = {"offset": mean} if (mean := fields.number("reference_mean", 0.0)) else {}
        update["reference"] = {"point": "symmetry", **offset}
    else:
        reason = "a reference that is not the symmetry point of its cell"
        fields.leave_out(reason, reference_mean=0.0, reference_std=0.0)
    return update, _noise(fields, _multiplied(fields, False))


def _exponential(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    ways = (("set", "up"), ("reset", "down"))
    update = {
        "model": "exponential",
        "amplitude": {way: fields.number(f"A_{name}", _AMPLITUDES[way]) for way, name in ways},
        "gamma": {way: fields.number(f"gamma_{name}", _GAMMAS[way]) for way, name in ways},
        "a": fields.number("a", 0.244),
        "b": fields.number("b", 0.2425),
    }
    noise = _noise(fields, "step")
    floor, slope = fields.number("dw_min_std_add", 0.0), fields.number("dw_min_std_slope", 0.0)
    if noise and floor:
        noise["floor"] = percent(floor / width)
    if noise and slope and fields.number("w_min", 0.0) == 0:
        noise["slope"] = percent(slope)
    elif slope:
        fields.report("dw_min_std_slope", "noise in proportion to |w| here needs w_min = 0")
    return update, noise


_AMPLITUDES = {"set": 0.00081, "reset": 0.36833}
_GAMMAS = {"set": 12.44625, "reset": 12.78785}
"""What aihwkit has where a description does not say."""


def _power(fields: Fields, width: float) -> tuple[dict[str, Any], dict[str, Any]]:
    gamma, bias = fields.number("pow_gamma", 1.0), fields.number("pow_up_down", 0.0)
    fields.leave_out("no spread of the exponent by direction here", pow_gamma_dtod=0.0, pow_up_down_dtod=0.0)
    exponents = {"set": gamma * (1 + min(bias, 0.0)), "reset": gamma * (1 - max(bias, 0.0))}
    return {"model": "power", "exponent": exponents}, _noise(fields, "step")


_KINDS: dict[str, Callable[[Fields, float], tuple[dict[str, Any], dict[str, Any]]]] = {
    "ConstantStepDevice": _constant,
    "LinearStepDevice": _linear,
    "SoftBoundsDevice": _soft_bounds,
    "SoftBoundsReferenceDevice": _soft_bounds_reference,
    "ExpStepDevice": _exponential,
    "PowStepDevice": _power,
}
"""Update model and noise of a pulse, by the class of the device."""
