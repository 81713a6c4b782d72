"""One line a device: window, ratio, states, noise with its base, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from memsim.profiles.physics import PolynomialError
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.schema import DeviceSpec, DeviceToDevice, Variability
from memsim.units import format_quantity


class Overview(NamedTuple):
    """A device in words.

    Attributes
    ----------
    name, technology : str
        As in the profile.
    window, ratio : str
        G_min and G_max with units, and G_max/G_min.
    pulses : str
        Update model and the pulses that span the window; or that the device is only programmed.
    noise : str
        Every spread with what it is relative to.
    retention : str
        Model of what time does to states, or that none is specified.
    source : str
        Reference of the device, with its DOI.
    """

    name: str
    technology: str
    window: str
    ratio: str
    pulses: str
    noise: str
    retention: str
    source: str


HEADINGS = ("device", "technology", "window", "on/off", "pulses across it", "noise", "retention", "source")


def overview(device: DeviceProfile) -> Overview:
    """The line of one device."""
    spec = device.spec
    low, high = spec.conductance.min, spec.conductance.max
    return Overview(
        device.name,
        device.technology,
        f"{format_quantity(low, 'S', 4)} to {format_quantity(high, 'S', 4)}",
        f"{high / low:.3g}" if low > 0 else "infinite",
        f"{device.span} ({spec.update.model})" if spec.update is not None else "programmed once",
        "; ".join(_spreads(spec)) or "none",
        spec.retention.model if spec.retention is not None else "not specified",
        _reference(device),
    )


def overview_markdown(devices: Iterable[DeviceProfile]) -> str:
    """A Markdown table of devices, one row each, as it stands in ``docs/devices.md``."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    rows += [(f"`{line.name}`", *line[1:]) for line in map(overview, devices)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


_BASES = {
    "value": "of the value",
    "range": "of the window",
    "step": "of its own step",
    "own-step": "of the cell's step",
    "nominal-step": "of the nominal step",
    "absolute": "",
}
_NAMES = {"conductance.min": "G_min", "conductance.max": "G_max"}


def programming_error(spec: DeviceSpec, conductance: float) -> float:
    """Standard deviation [S] with which a conductance [S] is programmed; 0 where the profile tells none."""
    error = spec.programming
    if error is None:
        return 0.0
    if isinstance(error, PolynomialError):
        x = conductance / error.scale
        c = error.coefficients
        return max(c.c0 + x * (c.c1 + x * (c.c2 + x * (c.c3 + x * c.c4))), 0.0)
    voltage = spec.read.voltage
    return -error.sigma * math.expm1(-conductance * voltage / error.scale) / voltage


def _sigma(value: float, relative_to: str) -> str:
    return f"{format_quantity(value, '%', 4)} {_BASES[relative_to]}".rstrip()


def _spreads(spec: DeviceSpec) -> Iterable[str]:
    """Each source of randomness in a few words."""
    if spec.variability is not None:
        yield from _variability(spec.variability)
    if spec.programming is not None:
        middle = (spec.conductance.min + spec.conductance.max) / 2
        yield f"programming {format_quantity(programming_error(spec, middle), 'S', 3)} in mid-window"
    read = spec.read
    if read.noise is not None:
        yield f"read {_sigma(read.noise.sigma, read.noise.relative_to)}"
    if read.telegraph is not None:
        yield f"telegraph {_sigma(read.telegraph.amplitude, read.telegraph.relative_to)}"
    if read.flicker is not None:
        yield f"1/f {_flicker(spec)}"
    if spec.faults is not None:
        yield f"{format_quantity(spec.faults.share, '%', 4)} of cells stuck"


def _flicker(spec: DeviceSpec) -> str:
    """Sigma of 1/f noise at G_max, per square root of a factor e in time, and whether it grows."""
    noise = spec.read.flicker
    assert noise is not None
    sigma, text = noise.sigma, ""
    if noise.curve is not None:
        sigma *= max(noise.curve.value(spec.conductance.max, spec.conductance.max), 0.0)
    sigma = sigma if noise.limit is None else min(sigma, noise.limit)
    if noise.relative_to == "scale":
        assert noise.curve is not None and noise.curve.scale is not None
        text = f"{format_quantity(sigma * noise.curve.scale, 'S', 3)} at G_max"
    else:
        text = f"{_sigma(sigma, noise.relative_to)} at G_max"
    return text + (", growing after programming" if noise.onset == "programming" else "")


def _variability(variability: Variability) -> Iterable[str]:
    if variability.c2c is not None:
        c2c = variability.c2c
        raised = f" plus {100 * c2c.floor:.3g} % of the window and {100 * c2c.slope:.3g} % of w"
        yield f"pulse {_sigma(c2c.sigma, c2c.relative_to)}{raised if c2c.floor or c2c.slope else ''}"
    if variability.write is not None:
        yield f"write {_sigma(variability.write.sigma, variability.write.relative_to)}"
    groups: dict[str, list[str]] = {}
    for field, spread in variability.d2d.items():
        groups.setdefault(_between_cells(spread), []).append(_NAMES.get(field, field.split(".", 1)[1]))
    if groups:
        yield "cells " + ", ".join(f"{' and '.join(names)} {text}" for text, names in groups.items())


def _between_cells(spread: DeviceToDevice) -> str:
    shape = "" if spread.distribution == "normal" else f" ({spread.distribution})"
    return _sigma(spread.sigma, spread.relative_to) + shape


def _reference(device: DeviceProfile) -> str:
    """The source that the device is named after, else the first."""
    sources = device.spec.sources
    key = next((key for key in sources if key == device.name.rsplit("-", 1)[-1]), next(iter(sources), None))
    if key is None:
        return ""
    doi = sources[key].doi
    return f"[{sources[key].cite}](https://doi.org/{doi})" if doi else sources[key].cite
