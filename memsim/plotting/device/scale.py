"""Axes in the unit that suits their numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis

    from memsim.profiles import DeviceProfile

_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


def scaled(axis: Axis, what: str, unit: str, largest: float) -> float:
    """Label an axis and return the size of its unit: values are to be divided by it.

    Parameters
    ----------
    axis : Axis
        Where the values will be drawn.
    what, unit : str
        Quantity and its SI unit.
    largest : float
        Largest magnitude to be drawn (SI).
    """
    exponent = math.floor(math.log10(largest) / 3) * 3 if largest > 0 else 0
    exponent = min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
    axis.set_label_text(f"{what} [{_PREFIXES[exponent]}{unit}]")
    return 10.0**exponent


def conductances(axis: Axis, device: DeviceProfile) -> float:
    """Label an axis of conductances, and return the size of its unit: the same in all panels of a device."""
    return scaled(axis, "conductance", "S", device.spec.conductance.max)
