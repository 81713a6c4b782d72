"""Table of energy, time and area for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import console, printable, table
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

_DIGITS, _MOST = 3, 4
_INFERENCE = ("energy", "range", "time", "TOPS/W", "area")
_PHASES = ("training", "programming", "parts")


def print_costs(dataset: xr.Dataset) -> None:
    """Print what an inference, the training and the programming of each of the compared cost, and the largest parts."""
    compared = str(dataset["phase_energy"].dims[0])
    costs, phases = table("", *_INFERENCE, right=_INFERENCE), table("", *_PHASES, right=_PHASES[:2])
    for number, label in enumerate(dataset[compared].values):
        one = dataset.isel({compared: number})
        energy, name = one["phase_energy"].mean("repeat"), printable(str(label))
        if np.isnan(energy.values).all():
            continue
        low, high = one["phase_energy_range"].sel(phase="inference").values
        per_joule, area = float(one["operations_per_joule"].mean()), float(one["array_area"])
        costs.add_row(
            name,
            _quantity(float(energy.sel(phase="inference")), "J"),
            f"{_quantity(low, 'J')} to {_quantity(high, 'J')}",
            _quantity(float(one["phase_time"].sel(phase="inference").mean()), "s"),
            "-" if np.isnan(per_joule) else f"{per_joule / 1e12:.3g}",
            "-" if np.isnan(area) else f"{1e6 * area:.3g} mm^2",
        )
        parts = one["phase_energy_part"].sel(phase="inference")
        writes = (_quantity(float(energy.sel(phase=phase)), "J") for phase in ("training", "programming"))
        phases.add_row(name, *writes, _largest(parts))
    screen = console()
    screen.print("\nOne inference; the range is that of the components")
    screen.print(costs)
    screen.print("\nTraining and programming in all, and the largest parts of an inference")
    screen.print(phases)


def _largest(parts: xr.DataArray) -> str:
    """The largest shares of the energies of parts."""
    known = parts.dropna("part")
    total = float(known.sum())
    if not total > 0:
        return "-"
    order = np.argsort(known.values)[::-1][:_MOST]
    return ", ".join(f"{known['part'].values[i]} {100 * known.values[i] / total:.0f} %" for i in order)


def _quantity(value: float, unit: str) -> str:
    return "-" if np.isnan(value) else format_quantity(value, unit, _DIGITS)
