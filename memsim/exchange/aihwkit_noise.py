"""Noise models of aihwkit for inference, as device profiles that are programmed once.

A weight is the difference of two cells in these models, except for the CMO/HfOx device.

Source: IBM aihwkit 1.2 (MIT licence), the modules of `inference/noise` and `inference/converter/conductance.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from memsim.exchange.fields import Fields, class_name
from memsim.exchange.other_devices import READ, microsiemens, percent, profile
from memsim.profiles import DeviceProfile, load_device

SOURCE = {"cite": "IBM aihwkit (MIT licence), models of inference"}
_SLOWEST = "5e8 s"
"""Longest time constant of 1/f noise: longer than any time since programming (assumed)."""
_CONVERTERS = ("SinglePairConductanceConverter", "SingleDeviceConductanceConverter")


class NoisyDevice(NamedTuple):
    """A device, and which cells hold a weight.

    Attributes
    ----------
    device : DeviceProfile
        The cells.
    mapping : str
        Kind of the `memsim.Mapping`.
    """

    device: DeviceProfile
    mapping: str


def inference_device(model: Any, path: str, not_converted: dict[str, str]) -> NoisyDevice:
    """The device of a noise model.

    Parameters
    ----------
    model : object
        A noise model of aihwkit.
    path : str
        Dotted name of the model in the configuration.
    not_converted : dict of str to str
        Receives the fields without an equivalent.

    Raises
    ------
    InputError
        If the class of the model, or of its converter of conductances, is not known.
    """
    kind = class_name(model, _KINDS, path)
    fields = Fields(model, path, not_converted)
    g_converter = fields.raw("g_converter")
    mapping, window = "pair", (0.0, fields.number("g_max", 25.0))
    if g_converter is not None:
        converter = class_name(g_converter, _CONVERTERS, f"{path}.g_converter")
        ends = Fields(g_converter, f"{path}.g_converter", not_converted)
        window = ends.number("g_min", 0.0), ends.number("g_max", window[1])
        ends.pass_over("scale_ratio")
        ends.close()
        if converter == "SingleDeviceConductanceConverter":
            mapping = "offset"
            fields.report("g_converter", "its window spans the smallest to the largest weight, here both signs equally")
    conductance = {"min": microsiemens(window[0]), "max": microsiemens(window[1])}
    fields.pass_over("g_max", "g_min")
    device = _KINDS[kind](fields, conductance, window[1])
    fields.close()
    return NoisyDevice(device, mapping)


def _polynomial(fields: Fields, coefficients: Any, top: float, reference: float, scale: float) -> dict[str, Any]:
    """Programming error: a polynomial in G/G_max whose coefficients [uS] belong to windows up to a reference."""
    sizes = [float(value) * scale * top / reference for value in coefficients]
    named = {f"c{power}": microsiemens(value) for power, value in enumerate(sizes)}
    return {"model": "polynomial", "scale": microsiemens(top), "coefficients": named}


def _flicker(fields: Fields, sigma: dict[str, Any], reference_time: float) -> dict[str, Any]:
    fastest = {"value": f"{2 * fields.number('t_read', 250e-9)!r} s", "status": "computed"}
    slowest = {"value": _SLOWEST, "status": "assumed"}
    clock = {"onset": "programming", "reference_time": f"{reference_time!r} s"}
    origin = {"source": "tool", "status": "fitted"}
    return {"relative_to": "value", **sigma, **clock, **origin, "fastest": fastest, "slowest": slowest}


def _scaled(line: dict[str, float], scale: float) -> dict[str, float]:
    return {name: scale * value for name, value in line.items()}


def _phase_change(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
    """PCMLikeNoiseModel: Nandakumar et al., ICECS (2019), and Joshi et al., Nat. Commun. 11, 2473 (2020)."""
    reference = fields.number("prog_coeff_g_max_reference", 25.0)
    coefficients = fields.numbers("prog_coeff", (0.26348, 1.9650, -1.1731))
    programming = _polynomial(fields, coefficients, top, reference, fields.number("prog_noise_scale", 1.0))
    sections: dict[str, Any] = {"conductance": conductance, "programming": programming, "read": dict(READ)}
    start, drift = fields.number("t_0", 20.0), fields.number("drift_scale", 1.0)
    if fields.has("custom_drift_model"):
        fields.report("custom_drift_model", "no table of drift exponents here; cells do not drift")
    elif drift:
        sections["retention"] = {
            "model": "state-drift",
            "reference_time": f"{start!r} s",
            "exponent": _scaled({"slope": -0.0155, "offset": 0.0244, "min": 0.049, "max": 0.1}, drift),
            "spread": _scaled({"slope": -0.0125, "offset": -0.0059, "min": 0.008, "max": 0.045}, drift),
        }
    if scale := fields.number("read_noise_scale", 1.0):
        sigma = {"sigma": percent(0.0088 * scale), "exponent": 0.65, "limit": percent(0.2 * scale)}
        sections["read"]["flicker"] = _flicker(fields, sigma, start)
    fields.pass_over("t_read")
    return profile("aihwkit-pcm", "Phase-change memory of aihwkit", SOURCE, sections)


def _state_independent(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
    """StateIndependentNoiseModel."""
    coefficients = fields.numbers("prog_coeff", (0.2, 0.0, 0.0))
    programming = _polynomial(fields, coefficients, top, top, fields.number("prog_noise_scale", 1.0))
    sections: dict[str, Any] = {"conductance": conductance, "programming": programming, "read": dict(READ)}
    start, drift = fields.number("t_0", 20.0), fields.number("drift_scale", 1.0)
    mean, spread = fields.number("drift_nu_mean", 0.1), fields.number("drift_nu_std", 0.05)
    if drift:
        sections["retention"] = {
            "model": "drift",
            "exponent": drift * mean,
            "spread": drift * spread,
            "reference_time": f"{start!r} s",
        }
    if scale := fields.number("read_noise_scale", 1.0):
        # aihwkit adds this sigma times G/G_max as a number of uS.
        sections["read"]["flicker"] = _flicker(fields, {"sigma": percent(scale / top)}, start)
    fields.pass_over("t_read")
    return profile("aihwkit-state-independent", "State-independent noise of aihwkit", SOURCE, sections)


def _shipped(name: str, reason: str, **usual: Any) -> Callable[[Fields, dict[str, str], float], DeviceProfile]:
    """A shipped device with the window of the description; fields with other values than the usual ones are listed."""

    def device(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
        fields.leave_out(reason, **usual)
        shipped = load_device(name)
        ends = {f"conductance.{end}": {"value": value, "status": "assumed"} for end, value in conductance.items()}
        return shipped.replace(ends)

    return device


def _check_top(fields: Fields, top: float, published: float) -> None:
    """List a window to which the errors of a shipped device do not belong [uS]."""
    if top != published:
        fields.report("g_max", f"the errors of the device belong to a window that ends at {published:g} uS")


_SCALES = {"prog_noise_scale": 1.0, "read_noise_scale": 1.0, "drift_scale": 1.0}
_WAN = {
    1.0: [0.348, 16.03, -43.853, 45.393, -16.815],
    86400.0: [0.701, 22.086, -50.773, 47.095, -16.458],
    172800.0: [0.782, 20.274, -43.507, 37.062, -11.934],
}
_CMO = {0.2: [0.00081107, 0.00106879], 2: [0.0112185391, 0.01129027418]}


def _filament(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
    """ReRamWan2022NoiseModel, whose errors in uS do not change with the window."""
    fields.pass_over("coeff_g_max_reference", "prog_coeff_g_max_reference")
    _check_top(fields, top, 40.0)
    reason = "the device hfox-wan2022 has the published errors; change its programming and retention"
    return _shipped("hfox-wan2022", reason, coeff_dic=_WAN, noise_scale=1.0)(fields, conductance, top)


def _oxide(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
    """ReRamCMONoiseModel; an acceptance range that is no key of its table means the smallest one."""
    table = fields.read("coeff_dict", _CMO)
    accepted = fields.number("acceptance_range", 0.02)
    coarse = accepted == 2 and 2 in table
    fields.pass_over("coeff_g_max_reference")
    usual: dict[str, Any] = {
        "coeff_dict": _CMO,
        "decay_dict": {"mean": [-0.08900206], "std": [0.04201137, 0.41183342]},
        "read_dict": {"K": 0.0277316483, "t_read": 1e-6},
    }
    name = "cmo-hfox-coarse-falcone2025" if coarse else "cmo-hfox-falcone2025"
    return _shipped(name, f"the device {name} has the published numbers", **usual, **_SCALES)(fields, conductance, top)


def _hermes(fields: Fields, conductance: dict[str, str], top: float) -> DeviceProfile:
    """HermesNoiseModel with one device for each sign of a weight."""
    fields.leave_out("the device pcm-legallo2023 has one cell for each sign of a weight", num_devices=1)
    fields.leave_out("belongs to num_devices", t_0=200.0)
    _check_top(fields, top, 10.35)
    usual: dict[str, Any] = {
        "prog_coeff": [0.15781817, 2.32443916, -2.16310839, 0.68841818],
        "prog_coeff_g_max_reference": 10.35,
        "t_read": 512.0e-9,
    }
    reason = "the device pcm-legallo2023 has the published numbers"
    return _shipped("pcm-legallo2023", reason, **usual, **_SCALES)(fields, conductance, top)


_KINDS: dict[str, Callable[[Fields, dict[str, str], float], DeviceProfile]] = {
    "PCMLikeNoiseModel": _phase_change,
    "StateIndependentNoiseModel": _state_independent,
    "ReRamWan2022NoiseModel": _filament,
    "ReRamCMONoiseModel": _oxide,
    "HermesNoiseModel": _hermes,
}
"""How the device is made, by the class of the model."""
