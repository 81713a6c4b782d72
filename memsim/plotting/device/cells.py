"""Cells of one device for its figure, with all of its spreads or some of them left out."""

from __future__ import annotations

from typing import Any

from memsim.arrays import Crossbar
from memsim.profiles import DeviceProfile

CELLS = 512
"""Cells that a band stands for."""
BAND = (5.0, 95.0)
"""Percentiles that a band spans."""


def cells(device: DeviceProfile, seed: int, *, count: int = CELLS, **options: Any) -> Crossbar:
    """Fresh cells at w = 0, one column of them."""
    return Crossbar(device, count, 1, seed=seed, initial=(0.0, 1e-9), column="single", **options)


def without(device: DeviceProfile, *paths: str) -> DeviceProfile:
    """The device without some of its optional sections."""
    there = {path: None for path in paths if device.document.get(path) is not None}
    return device.replace(there) if there else device
