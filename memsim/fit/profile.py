"""A fit written as a device profile, with its source; or a profile extended by a fitted section."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from memsim.document import Document
from memsim.errors import DataError, InputError
from memsim.fit.pulses.fits import PulseFit
from memsim.fit.pulses.models import Target, number
from memsim.fit.pulses.quantities import Fitted
from memsim.fit.reading.source import in_words
from memsim.fit.sections.section import SectionFit
from memsim.profiles import DeviceProfile
from memsim.profiles.schema import Name
from memsim.units import format_quantity, parse_quantity

SOURCE = "measurement"
LARGEST_SIGMA = 10.0
"""Largest sigma that a profile may have; only fits that are written by force reach it."""
NOMINAL = (1e-6, 100e-6)
"""Window [S] that stands for a normalised weight whose conductances are not given: assumed."""
_ROUNDED = 0.005
"""Relative change of the steps by a whole number of pulses that the notes of a profile state."""
_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(.*)", re.DOTALL)
_IN_SIEMENS = 1e-3
"""Largest end of a window below which numbers without a unit are taken for siemens in a message, else for uS."""
_READ = {
    "voltage": "0.2 V",
    "duration": "100 ns",
    "status": "assumed",
    "note": "not part of the measurement: replace it by the read that was used",
}


def name_of(file: str) -> str:
    """A profile's name made of a file's: lower-case letters and digits joined by '-'."""
    return re.sub(r"[^a-z0-9]+", "-", Path(file).stem.lower()).strip("-")[:64].strip("-") or "fitted"


def check_name(name: str) -> None:
    """Refuse a name that a profile may not have.

    Raises
    ------
    InputError
        With what is allowed.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        allowed = "lower-case letters and digits, joined by '-', at most 64"
        raise InputError(f"name '{name}' is not allowed; allowed: {allowed}") from None


def profile_of(
    fit: PulseFit,
    name: str | None = None,
    window: tuple[float, float] | None = None,
    *,
    force: bool = False,
) -> DeviceProfile:
    """Profile of a device fitted to measured pulses.

    Parameters
    ----------
    fit : PulseFit
        The fit.
    name : str, optional
        Name of the profile; that of the file by default.
    window : tuple of float, optional
        Conductances [S] of the ends of the fitted window; the fitted ones where the data have a unit, else `NOMINAL`.
    force : bool
        Whether a fit with faults (`PulseFit.review`) becomes a profile, whose notes then name the faults.

    Raises
    ------
    DataError
        The fit does not describe a device that can exist, and `force` is not set.
    InputError
        The profile would not be valid, for example because of its name.
    """
    if fit.review.faults and not force:
        raise DataError(f"{fit.data.name}: {fit.review.faults[0]}; no profile is written of such a fit unless forced")
    file = in_words(fit.data.name)
    name = name_of(fit.data.name) if name is None else name
    data: dict[str, Any] = {
        "name": name,
        "title": f"Device fitted to {file}",
        "technology": "not stated",
        "notes": notes(fit),
        "sources": {SOURCE: {"cite": f"Measured pulses, {file}"}},
        "source": SOURCE,
        "status": "fitted",
        "conductance": _window(fit, window),
        "update": _update(fit, window),
        "variability": _variability(fit),
        "read": _read(fit),
    }
    if not data["variability"]:
        del data["variability"]
    return DeviceProfile.from_document(Document.from_data(data, f"profile of {file}"))


def extended(profile: DeviceProfile, fit: SectionFit, name: str | None = None) -> DeviceProfile:
    """The profile with a fitted section, and the measurement among its sources.

    Parameters
    ----------
    profile : DeviceProfile
        What is extended.
    fit : SectionFit
        The section.
    name : str, optional
        Name of the new profile; that of the old one by default.

    Raises
    ------
    InputError
        The section does not suit the profile, or the data set no limit to one of its numbers.
    """
    if fit.unlimited:
        raise InputError(
            f"{fit.name}: the data set no limit to {' and '.join(fit.unlimited)}: such numbers are not written to a "
            "profile; measure over a wider range, or more often"
        )
    data = profile.document.data
    if name is not None:
        data["name"] = name
    file = in_words(fit.name)
    key = name_of(fit.name)
    sources = data.setdefault("sources", {})
    sources[key] = {"cite": f"Measured {fit.title}, {file}"}
    *parents, last = fit.path.split(".")
    section = data
    for parent in parents:
        section = section.setdefault(parent, {})
    section[last] = {**fit.section, "source": key, "status": "fitted"}
    return DeviceProfile.from_document(Document.from_data(data, f"{profile.name} with {file}"))


def notes(fit: PulseFit) -> str:
    """What a reader of the profile must know about the fit."""
    chosen, found, problem = fit.chosen, fit.fitted, fit.chosen.problem
    lines = [
        f"Fitted by memsim to {fit.data.reads} reads of {len(fit.data.devices)} device(s) in "
        f"{in_words(fit.data.name)}: model {chosen.name}, log-likelihood {chosen.log_likelihood:.1f} with "
        f"{chosen.parameters} parameters."
    ]
    if fit.review.faults:
        lines.append(f"Not the fit of a device that can exist, and written by force: {'; '.join(fit.review.faults)}.")
    lines += [f"{limit[0].upper()}{limit[1:]}." for limit in fit.review.limits]
    slow = _slow(found)
    if slow is not None:
        lines.append(
            f"Of the read noise, {format_quantity(slow[0], '%', 3)} of the {problem.read_base} is "
            f"correlated over about {format_quantity(slow[1], '1', 3)} pulses; the sigma above is that of a "
            "single read."
        )
    update = _update(fit, None)
    if update["model"] == "neurosim":
        pulses, whole = found.theta[0] * _growth(fit), update["pulses"]
        change = float(pulses / whole - 1)
        if abs(change) > _ROUNDED:
            lines.append(
                f"The profile states whole pulses, {whole} instead of {format_quantity(pulses, '1', 3)} that span the "
                f"window: its steps are about {format_quantity(abs(change), '%', 2)} too "
                f"{'large' if change > 0 else 'small'}."
            )
    if abs(_growth(fit) - 1) > _ROUNDED and update["model"] != "neurosim":
        lines.append(
            f"Here {problem.model.spread} is the mean over devices: {_growth(fit):.3g} times that of the average "
            "device, which the report states."
        )
    if any(found.spreads[end].sigma > 0 for end in ("low", "high") if end in found.spreads):
        lines.append(
            "In the fit the steps of a device are shares of its own window; in the profile its window and its steps "
            "vary independently, so that cells may scatter more or less at one number of pulses than the devices did."
        )
    if "step" in found.spreads and "asymmetry" in update:
        lines.append(
            "The fit scales both steps of a device by one factor; in the profile a device adds the same amount to "
            "both, so that the smaller step has the larger relative spread."
        )
    return " ".join(lines)


def _window(fit: PulseFit, window: tuple[float, float] | None) -> dict[str, Any]:
    if window is not None:
        low, high = (format_quantity(end, "S") for end in window)
        return {"min": low, "max": high, "status": "assumed", "note": "given to the fit"}
    if fit.data.unit is None:
        low, high = (format_quantity(end, "S") for end in NOMINAL)
        note = "nominal: the measurement has normalised weights, without a unit"
        return {"min": low, "max": high, "status": "assumed", "note": note}
    found = fit.fitted
    ends: dict[str, Any] = {}
    for key in ("min", "max"):
        end = found[f"conductance.{key}"]
        text = format_quantity(max(end.value, 0.0), "S", 6)
        ends[key] = text if end.known else {"value": text, "status": "measured", "note": "outermost measured state"}
    return ends


def _update(fit: PulseFit, window: tuple[float, float] | None) -> dict[str, Any]:
    low, high = window if window is not None else fit.fitted.window if fit.data.unit is not None else NOMINAL
    problem = fit.chosen.problem
    sigma = fit.fitted["variability.c2c.sigma"].value
    target = Target(max(low, 0.0), high, sigma, problem.write, _growth(fit))
    return problem.model.profile(fit.fitted.theta[: len(problem.model.parameters)], target)


def _growth(fit: PulseFit) -> float:
    """Mean over devices of the number that spreads with the size of the steps, relative to its fitted value."""
    step, power = fit.fitted.spreads.get("step"), fit.chosen.problem.model.power(fit.fitted.theta)
    return math.exp(power * step.mean + (power * step.sigma) ** 2 / 2) if step is not None else 1.0


def _variability(fit: PulseFit) -> dict[str, Any]:
    found, problem = fit.fitted, fit.chosen.problem
    sigma = found["variability.c2c.sigma"]
    section: dict[str, Any] = {}
    if problem.model.name != "table":  # whose rows state it
        section["c2c"] = {
            "sigma": format_quantity(min(sigma.value, LARGEST_SIGMA), "%", 6),
            "relative_to": problem.write,
        }
        if not sigma.low > 0:
            section["c2c"]["note"] = "a model without it fits the data as well"
    spreads: dict[str, Any] = {}
    width = found.window[1] - found.window[0]
    for key, field in (("low", "conductance.min"), ("high", "conductance.max")):
        if key in found.spreads and found.spreads[key].sigma > 0:
            ends = found.spreads[key]
            of_cells = ends.above_zero if key == "low" and ends.positive else ends.sigma
            if of_cells == 0:
                continue
            share = format_quantity(number(of_cells / (ends.mean if ends.lognormal else width)), "%")
            spreads[field] = {"sigma": share, "relative_to": "range"}
            if ends.lognormal:
                spreads[field] |= {"relative_to": "value", "distribution": "lognormal"}
    if "step" in found.spreads and found.spreads["step"].sigma > 0:
        sigma_of_field = found.spreads["step"].sigma * problem.model.power(found.theta)
        share = format_quantity(number(math.sqrt(math.expm1(sigma_of_field**2))), "%")
        spreads[problem.model.spread] = {"sigma": share, "relative_to": "value", "distribution": "lognormal"}
    for field, key in (("conductance.min", "low"), ("conductance.max", "high"), (problem.model.spread, "step")):
        if field in spreads and found.spreads[key].sigma_low == 0:
            spreads[field]["note"] = "a model without it fits the data as well"
    if spreads:
        section["d2d"] = spreads
    return section


def _read(fit: PulseFit) -> dict[str, Any]:
    section: dict[str, Any] = {**_READ}
    if fit.data.read_voltage is not None:
        section["voltage"] = {
            "value": format_quantity(fit.data.read_voltage, "V", 6),
            "source": SOURCE,
            "status": "measured",
        }
        section["note"] = "the duration of a read is not part of the measurement: replace it by that which was used"
    return {**section, "noise": _read_noise(fit)}


def _read_noise(fit: PulseFit) -> dict[str, Any]:
    found = fit.fitted
    slow = _slow(found)
    sigma = math.hypot(found["read.noise.sigma"].value, slow[0] if slow is not None else 0.0)
    return {
        "sigma": format_quantity(min(sigma, LARGEST_SIGMA), "%", 6),
        "relative_to": fit.chosen.problem.read_base,
        "source": SOURCE,
        "status": "fitted",
        "note": "from the reads of the measurement",
    }


def _slow(found: Fitted) -> tuple[float, float] | None:
    """Sigma and memory [pulses] of the part of the read noise that is correlated over pulses, if there is one."""
    names = [item.name for item in found.numbers]
    if "read.noise.slow.sigma" not in names:
        return None
    return found["read.noise.slow.sigma"].value, found["read.noise.slow.memory"].value


def checked_window(text: str) -> tuple[float, float]:
    """Ends of a window [S] in text such as "1 uS, 100 uS".

    Raises
    ------
    InputError
        There are not two conductances, the smaller first.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise InputError(f"window '{text}': two conductances are wanted, e.g. '1 uS, 100 uS'")
    example = _with_units(parts)
    if example:
        raise InputError(f"window '{text}': conductances have a unit; write e.g. '{example}'")
    low, high = (parse_quantity(part, "S") for part in parts)
    if not 0 <= low < high:
        raise InputError(f"window '{text}': the first must be at least 0 and smaller than the second")
    if high > 1:
        raise InputError(f"window '{text}': cells have at most 1 S; write e.g. '1 uS, 100 uS'")
    return low, high


def _with_units(parts: list[str]) -> str:
    """Ends of a window in which numbers without a unit have a likely one; empty where all have one."""
    matches = [_NUMBER.fullmatch(part) for part in parts]
    units = [match.group(2) for match in matches if match is not None]
    if len(units) < len(parts) or all(units):
        return ""
    numbers = [float(match.group(1)) for match in matches if match is not None]
    if not any(units) and max(map(abs, numbers)) < _IN_SIEMENS:
        return ", ".join(format_quantity(number, "S") for number in numbers)
    likely = next(filter(None, units), "uS")
    return ", ".join(f"{number:g} {unit or likely}" for number, unit in zip(numbers, units, strict=True))
