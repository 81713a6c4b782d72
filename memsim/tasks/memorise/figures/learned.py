"""What a learner of an image has learned, as a map over its pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr


def learned_map(dataset: xr.Dataset, learner: int) -> tuple[str, np.ndarray, str] | None:
    """What a learner made of the first image: "learned by" or "sensitivity of", the map, and its unit.

    The conductances of a crossbar, the sensitivity of a network; None for a model of another size.
    """
    if "example_conductance" in dataset:
        siemens = dataset.example_conductance.values[learner]
        if np.isfinite(siemens).any():
            largest = float(np.nanmax(np.abs(siemens))) or 1.0
            number, unit = format_quantity(largest, "S").split()
            return "learned by", siemens * (float(number) / largest), unit.replace("u", "µ")
    if "example_sensitivity" not in dataset:
        return None
    slope = dataset.example_sensitivity.values[learner]
    sizes = np.abs(slope[np.isfinite(slope)])
    if not len(sizes):
        return None
    exponent = math.floor(math.log10(sizes.max())) if sizes.max() > 0 else 0
    if -1 <= exponent <= 2:
        exponent = 0
    unit = rf"$\times\,10^{{{exponent}}}$" if exponent else ""
    return "sensitivity of", np.where(np.isfinite(slope), slope / 10.0**exponent, np.nan), unit
