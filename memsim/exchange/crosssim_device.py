"""Devices of CrossSim as device profiles.

Source: CrossSim 3 (Sandia National Laboratories), `parameters/xbar_parameters.py` and the modules of `devices`.
"""

from __future__ import annotations

from typing import Any

from memsim.errors import InputError, nearest
from memsim.exchange.fields import Fields
from memsim.exchange.other_devices import READ, microsiemens, percent, profile
from memsim.profiles import DeviceProfile

SOURCE = {"cite": "CrossSim 3, Sandia National Laboratories"}
_FITS: dict[str, tuple[tuple[float, ...], float | None]] = {
    "PCMJoshi": ((0.28638599, 0.07585724, -0.00178767), None),
    "RRAMWan": ((1.053, 0.2374, -0.01167, 1.536e-4), None),
    "RRAMMilo": ((4.782321, -0.009107), 225.0),
}
"""Polynomials in the conductance [uS] for the sigma of programming [uS], and the G_max that stands for 1/Rmin [uS].

Sources: the classes of these names, fits to Joshi et al., Nat. Commun. 11, 2473 (2020); Wan et al., Nature 608, 504
(2022); Milo et al., IRPS (2021).
"""
_SHIPPED = {"SONOS": "sonos-agrawal2022"}
_GENERIC = ("NormalIndependentDevice", "NormalProportionalDevice")
_OTHER = (
    "NormalInverseProportionalDevice",
    "UniformIndependentDevice",
    "UniformProportionalDevice",
    "UniformInverseProportionalDevice",
)
_KNOWN = ("IdealDevice", *_GENERIC, *_OTHER, *_FITS, *_SHIPPED)


def crosssim_device(fields: Fields) -> DeviceProfile:
    """The profile of the device in a description of CrossSim.

    Parameters
    ----------
    fields : Fields
        `xbar.device`.

    Raises
    ------
    InputError
        If a resistance is not allowed, or a model is not known.
    """
    low, high = _window(fields)
    conductance = {"min": microsiemens(low), "max": microsiemens(high), "status": "assumed"}
    sections: dict[str, Any] = {"conductance": conductance, "read": dict(READ)}
    sections["programming"] = _programming(fields.part("programming_error"), high)
    noise = _read_noise(fields.part("read_noise"), low, high)
    if noise:
        sections["read"]["noise"] = noise
    drift = fields.part("drift_error")
    if _model(drift) != "IdealDevice" and fields.number("time", 0.0) > 0:
        drift.report("model", "errors at a later time; retention of a device states them here")
    fields.leave_out("errors may lead out of the window here", clip_conductance=False)
    if fields.has("nonlinear_IV"):
        curve = fields.part("nonlinear_IV")
        curve.leave_out("the conduction of a device states its curve here", enable=False)
        curve.pass_over_rest()
    fields.pass_over("time", "cell_bits")
    return profile("crosssim-device", "Device of a description of CrossSim", SOURCE, sections)


def _window(fields: Fields) -> tuple[float, float]:
    """Ends of the window [uS]."""
    ends = []
    for name, default in (("Rmax", 10000.0), ("Rmin", 1000.0)):
        resistance = fields.number(name, default)
        if resistance <= 0:
            raise InputError(f"{fields.path}.{name}: {resistance:g} ohm is not allowed; above 0")
        ends.append(1e6 / resistance)
    low, high = ends
    if fields.read("infinite_on_off_ratio", False):
        low = 0.0
    if not low < high:
        raise InputError(f"{fields.path}.Rmax: {1e6 / low:g} ohm is not above Rmin, which is {1e6 / high:g} ohm")
    return low, high


def _model(error: Fields) -> str:
    """The model of an error; that without error where it is switched off."""
    name = error.read("model", "IdealDevice")
    error.pass_over("magnitude")
    if not error.read("enable", False):
        return "IdealDevice"
    if name not in _KNOWN:
        raise InputError(f"{error.path}.model: '{name}' is not known{nearest(str(name), _KNOWN)}")
    return str(name)


def _programming(error: Fields, top: float) -> dict[str, Any]:
    """Error of programming as a polynomial in G/G_max."""
    model, size = _model(error), error.number("magnitude", 0.0)
    coefficients = [0.0]
    if model == "NormalIndependentDevice":
        coefficients = [size * top]
    elif model == "NormalProportionalDevice":
        coefficients = [0.0, size * top]
    elif model in _FITS:
        fit, fitted_top = _FITS[model]
        scale = fitted_top or top
        coefficients = [c * scale**power * top / scale for power, c in enumerate(fit)]
    elif model in _SHIPPED:
        error.report("model", f"the device {_SHIPPED[model]} has this error")
    elif model != "IdealDevice":
        error.report("model", "errors of programming are Gaussian here, a polynomial in the conductance")
    named = {f"c{power}": microsiemens(value) for power, value in enumerate(coefficients)}
    return {"model": "polynomial", "scale": microsiemens(top), "coefficients": named}


def _read_noise(error: Fields, low: float, top: float) -> dict[str, Any]:
    """White noise of each read."""
    model, size = _model(error), error.number("magnitude", 0.0)
    origin = {"source": "tool", "status": "fitted"}
    if model == "NormalProportionalDevice" and size:
        return {"sigma": percent(size), "relative_to": "value", **origin}
    if model == "NormalIndependentDevice" and size:
        if 3 * size * top > low:
            error.report("magnitude", "reads below 0 S are cut off there, and not here")
        return {
            "sigma": percent(size * top / (top - low)),
            "relative_to": "range",
            "source": "tool",
            "status": "fitted",
        }
    if model in _SHIPPED:
        error.report("model", f"noise that depends on the state; see the device {_SHIPPED[model]}")
    elif model != "IdealDevice":
        error.report("model", "read noise is Gaussian here, relative to the conductance or to the window")
    return {}
