"""The imperfections of a device and of what surrounds its cells, and the ideal state of each.

Those of the device are the parts of `memsim.profiles.idealised`. Two of its parts are divided here: stuck cells are
apart from the spread of cells, and drift is one more. Noise of pulses acts on pulses of the device's shape, and these
move states between its bounds, so these three follow each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from memsim.document import Document
from memsim.errors import InputError, nearest
from memsim.profiles import DeviceProfile
from memsim.profiles.idealised import PARTS, pulses_are_noisy, reads_are_noisy
from memsim.profiles.inherit import with_values

BOUNDS, SHAPE, PULSES, SPREAD, STUCK, READ, DRIFT = "bounds", "update", "c2c", "d2d", "stuck", "read", "drift"
ERROR, DAC, ADC, WIRES = "error", "dac", "adc", "wires"
CHAIN = (BOUNDS, SHAPE, PULSES)
"""Imperfections each of which acts on those before it."""
CIRCUIT = (DAC, ADC, WIRES)
"""Imperfections of what surrounds the cells; arrays and hardware have settings of these names."""
KEYS = (BOUNDS, SHAPE, PULSES, SPREAD, STUCK, READ, DRIFT, ERROR, DAC, ADC, WIRES)
"""All imperfections, by short names, in the order in which tables list them."""
_LABELS = {
    BOUNDS: "bounds",
    SHAPE: "shape of pulses",
    PULSES: "noise of pulses",
    SPREAD: "spread of cells",
    STUCK: "stuck cells",
    READ: "read noise",
    DRIFT: "drift",
    ERROR: "added error",
    DAC: "DAC",
    ADC: "ADC",
    WIRES: "wires",
}
PROGRAMMING = "programming error"
"""Label of the noise of a device that is only programmed."""
_IDEAL = {
    BOUNDS: "ohmic cells without bounds, from 0 S on, on a scale as wide as the window",
    SHAPE: "exact steps inside the window, wherever the state stands",
    PULSES: "no noise from pulse to pulse, no write noise",
    SPREAD: "all cells alike",
    STUCK: "no stuck cells",
    READ: "no read noise, white or correlated",
    DRIFT: "states stay as programmed",
    ERROR: "no error beside that of the device",
    DAC: "inputs of any value",
    ADC: "outputs without rounding, limits and noise",
    WIRES: "lines without resistance",
}


class Kind(NamedTuple):
    """An imperfection: its short name, its label, and its ideal state in words."""

    key: str
    label: str
    ideal_state: str


def label_of(key: str) -> str:
    """Label of an imperfection of a device that takes pulses."""
    return _LABELS[key]


def kinds_of(device: DeviceProfile, keys: Collection[str]) -> list[Kind]:
    """Labels and ideal states of imperfections of cells of a device and their circuit, in the order of `KEYS`."""
    kinds = []
    for key in KEYS:
        if key in keys:
            only_programmed = key == PULSES and device.spec.update is None
            label = PROGRAMMING if only_programmed else _LABELS[key]
            kinds.append(Kind(key, label, "states are programmed exactly" if only_programmed else _IDEAL[key]))
    return kinds


def check_keys(keys: Collection[str]) -> None:
    """Refuse short names that no imperfection has.

    Raises
    ------
    InputError
        Names the first one, and the nearest that there is.
    """
    for key in keys:
        if key not in KEYS:
            raise InputError(f"imperfections: unknown imperfection '{key}'{nearest(key, KEYS)}")


def chains_of(players: Sequence[tuple[str, str]]) -> list[list[int]]:
    """Numbers of the imperfections that follow each other in a layer; of each, the layer and the short name."""
    chains = []
    for layer in dict.fromkeys(layer for layer, _ in players):
        chain = [players.index((layer, key)) for key in CHAIN if (layer, key) in players]
        chains += [chain] if len(chain) > 1 else []
    return chains


def of_device(device: DeviceProfile, ideal: Collection[str], *, ages: bool) -> list[str]:
    """Short names of the imperfections that a device has.

    Parameters
    ----------
    device : DeviceProfile
        The cells as authored.
    ideal : collection of str
        Parts that are taken as ideal already, see `memsim.profiles.idealised`.
    ages : bool
        Whether time passes between programming and reading.
    """
    spec, spread = device.spec, device.spec.variability
    has = {
        BOUNDS: not spec.conductance.nominal,
        SHAPE: spec.update is not None and not spec.conductance.nominal,
        PULSES: pulses_are_noisy(spec),
        SPREAD: spread is not None and bool(spread.d2d),
        STUCK: spec.faults is not None,
        READ: reads_are_noisy(spec),
        DRIFT: ages and spec.retention is not None,
    }
    gone = set(ideal) | ({STUCK} if SPREAD in ideal else set())
    for before, after in itertools.pairwise(CHAIN):
        gone |= {after} if before in gone else set()
    return [key for key, present in has.items() if present and key not in gone]


def ideal_device(device: DeviceProfile, missing: Collection[str]) -> tuple[list[str], dict[str, Any]]:
    """How a device lacks some of its imperfections.

    Returns
    -------
    parts : list of str
        Parts of `memsim.profiles.idealised` that are ideal.
    changes : dict
        Values of the profile in nested sections, as in an experiment; None leaves something out.
    """
    chosen, changes = set(missing) & set(PARTS), dict[str, Any]()
    spread = device.spec.variability.d2d if device.spec.variability is not None else {}
    if SPREAD in chosen and device.spec.faults is not None and STUCK not in missing:
        chosen.remove(SPREAD)  # this part would take stuck cells with it
        changes["variability"] = {"d2d": None}
    elif STUCK in missing and SPREAD not in chosen:
        changes["faults"] = None
    if DRIFT in missing:
        changes["retention"] = None
        lifetimes = [field for field in spread if field.startswith("retention.")]
        if lifetimes and "variability" not in changes:  # what is gone cannot spread
            changes["variability"] = {"d2d": dict.fromkeys(lifetimes) if len(lifetimes) < len(spread) else None}
    return [part for part in PARTS if part in chosen], changes


def changed(device: DeviceProfile, changes: Mapping[str, Any]) -> DeviceProfile:
    """The device with the changes of `ideal_device`, under its own name."""
    if not changes:
        return device
    named = {"name": device.name, "title": device.title, **changes}
    return with_values(device, Document.from_data(named, "ideal"))
