"""A device with parts of its physics taken as ideal, so that what each part costs can be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from memsim.profiles.profile import DeviceProfile
from memsim.profiles.schema import DeviceSpec

PARTS = ("bounds", "update", "c2c", "d2d", "read")
"""Parts that can be ideal, each with those before it in the order of a chain of layers.

==========  ==========================================================================================================
bounds      An ohmic cell whose states have no bounds, from 0 S on, with a scale as wide as the device's window.
update      Exact steps of the wished size within the device's own window, the same wherever the cell stands.
c2c         No noise from pulse to pulse, no write noise; of a device that is only programmed, no programming error.
d2d         All cells alike, and none stuck.
read        No read noise, white or correlated.
==========  ==========================================================================================================

Without bounds no pulse can have a shape of its own, and noise of pulses belongs to their steps: `bounds` takes `update`
with it, and `update` takes `c2c`. What spreads goes with what it is a spread of.
"""
_READ_NOISE = ("noise", "telegraph", "flicker")


class Idealised(NamedTuple):
    """A device without some of its parts, and what a reader must know: which of them it never had, or still has."""

    device: DeviceProfile
    notes: tuple[str, ...]


def idealised(device: DeviceProfile, parts: Collection[str]) -> Idealised:
    """The device with some of `PARTS` ideal."""
    from memsim.profiles.nominal import IDEAL_UPDATE  # needs the models, hence Numba

    spec, changes = device.spec, dict[str, Any]()
    chosen = set(parts) | ({"update"} if "bounds" in parts else set())
    chosen |= {"c2c"} if "update" in chosen and spec.update is not None else set()
    if spec.update is None and chosen & {"bounds", "c2c"}:
        chosen |= {"update", "c2c"}  # written exactly, without an error
        changes["programming"] = None
    exact = "update" in chosen and (spec.update is not None or "programming" in changes)
    if exact:
        changes["update"] = {"model": "constant", "pulses": IDEAL_UPDATE.pulses, "encoding": "exact"}
    if "bounds" in chosen:
        scale = {"min": "0 S", "max": f"{spec.conductance.width!r} S", "nominal": True}
        changes |= {"conductance": scale, "conduction": None}
        if spec.endurance is not None:  # there are no ends that could wear
            changes["endurance"] = None
    if "read" in chosen:
        changes |= {f"read.{kind}": None for kind in _READ_NOISE if getattr(spec.read, kind) is not None}
    if "c2c" in chosen:
        changes |= dict.fromkeys(_noises(spec))
        if not exact and spec.update is not None and spec.update.model == "table":
            ways = ((way, len(getattr(spec.update.table, way))) for way in ("set", "reset"))
            changes |= {f"update.table.{way}.{row}.sigma": "0 S" for way, rows in ways for row in range(rows)}
    if "d2d" in chosen and spec.faults is not None:
        changes["faults"] = None
    if spec.variability is not None and spec.variability.d2d:
        kept = {} if "d2d" in chosen else dict(_still_spreading(device, chosen, exact))
        if len(kept) < len(spec.variability.d2d):
            changes["variability.d2d"] = kept or None
    notes = tuple(_notes(spec, set(parts)))
    return Idealised(device.replace(changes, origin="ideal") if changes else device, notes)


def pulses_are_noisy(spec: DeviceSpec) -> bool:
    """Whether pulses of a device have noise; of one that is only programmed, whether it has a programming error."""
    if spec.update is None:
        return spec.programming is not None
    return any(_noises(spec)) or spec.update.own_noise is not None


def reads_are_noisy(spec: DeviceSpec) -> bool:
    """Whether reads of a device have noise, white or correlated."""
    return any(getattr(spec.read, kind) is not None for kind in _READ_NOISE)


def _noises(spec: DeviceSpec) -> Iterator[str]:
    """Sections of noise from pulse to pulse that a profile has."""
    for key in ("c2c", "write", "per_pulse"):
        if spec.variability is not None and getattr(spec.variability, key):
            yield f"variability.{key}"


def _still_spreading(device: DeviceProfile, chosen: Collection[str], exact: bool) -> Iterator[tuple[str, Any]]:
    """Spreads from cell to cell of what is not ideal, as written."""
    gone = (
        *(["update."] if exact else ()),
        *(["conductance."] if "bounds" in chosen else ()),
        *(["variability."] if "c2c" in chosen else ()),
        *(["read."] if "read" in chosen else ()),
    )
    for field, written in device.document.get("variability.d2d").items():
        if not field.startswith(gone):
            yield field, written


def _notes(spec: DeviceSpec, parts: Collection[str]) -> Iterator[str]:
    """Parts that were asked to be ideal but that the device does not have, or keeps."""
    lacks = {
        "update": ("no update model (it is only programmed)", spec.update is None),
        "c2c": (
            "no noise from pulse to pulse",
            spec.update is not None and not pulses_are_noisy(spec),
        ),
        "d2d": ("no spread from cell to cell", not (spec.variability and spec.variability.d2d) and spec.faults is None),
        "read": ("no read noise", not reads_are_noisy(spec)),
    }
    yield from (words for part, (words, missing) in lacks.items() if part in parts and missing)
    replaced = "bounds" in parts or "update" in parts
    if "c2c" in parts and not replaced and spec.update is not None and spec.update.model == "binary":
        yield "noise from pulse to pulse that cannot be taken out (whether a pulse succeeds)"
