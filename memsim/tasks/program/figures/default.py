"""Which figure suits a result of the task `program`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def default_figure(dataset: xr.Dataset) -> str:
    """Levels where there are some; else errors over time, or pulses where no time passes and there are some."""
    if "level_count" in dataset:
        return "levels"
    pulsed = "pulse_count" in dataset and bool(np.isfinite(dataset.pulse_count.values).any())
    return "pulses" if pulsed and dataset.sizes.get("time", 1) == 1 else "products"
