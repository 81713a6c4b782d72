"""States that an algorithm accepts: a window around each target, or the write window of the level nearest to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from memsim.errors import InputError, nearest
from memsim.profiles.schema import DeviceSpec


def level_windows(spec: DeviceSpec, name: str) -> np.ndarray:
    """Limits of the levels of a device in w, (level, 2): lower and upper, infinite where there is none.

    Raises
    ------
    InputError
        If the device has no levels of this name.
    """
    if name not in spec.levels:
        hint = nearest(name, spec.levels)
        known = f"; it has {', '.join(spec.levels)}{hint if 'did you mean' in hint else ''}" if spec.levels else ""
        raise InputError(f"levels: device '{spec.name}' has no levels '{name}'{known}")
    window = spec.conductance
    limits = [
        (-np.inf if one.max is None else 1 / one.max, np.inf if not one.min else 1 / one.min)
        for one in spec.levels[name].windows
    ]
    return (np.array(limits) - window.min) / window.width


def level_targets(spec: DeviceSpec, name: str) -> np.ndarray:
    """Target of each level in w, (level,): the middle of its write window, inside the conductance window.

    Raises
    ------
    InputError
        If the device has no levels of this name.
    """
    return np.clip(level_windows(spec, name), 0.0, 1.0).mean(1)


def nearest_levels(spec: DeviceSpec, name: str, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets, lower and upper limits of the levels whose targets are nearest to states; each of their shape.

    Raises
    ------
    InputError
        If the device has no levels of this name.
    """
    middles, windows = level_targets(spec, name)[::-1], level_windows(spec, name)[::-1]
    number = np.searchsorted((middles[1:] + middles[:-1]) / 2, np.asarray(targets))
    return middles[number], windows[number, 0], windows[number, 1]


def check_window(spec: DeviceSpec, targets: Any) -> None:
    """Refuse targets outside the conductance window of a device.

    Raises
    ------
    InputError
        If there is such a target.
    """
    low, high = (float(end) for end in (targets.min(), targets.max()))
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"state: a target of {low if low < 0 else high:.3g} lies outside the window of device '{spec.name}'; "
            "allowed: 0 to 1"
        )
