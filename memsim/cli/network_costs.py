"""Tables of energy, time and area of a network for the terminal, beside a digital processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.cli.console import WIDE, console, table
from memsim.errors import printable
from memsim.results.component_tables import held_settings
from memsim.results.dataset import require
from memsim.units import format_quantity, moment

if TYPE_CHECKING:
    import xarray as xr

_DIGITS, _LEAST = 3, 0.01
_HEADINGS = ("energy", "cells", "time", "power", "TOPS/W", "area", "digital energy", "digital time")
_NEEDED = (
    *("time", "layer", "part", "energy", "total_energy", "total_energy_range", "inference_time", "area"),
    *("total_inference_time", "layer_power", "total_power", "efficiency", "total_efficiency", "total_area"),
    *("total_area_range", "total_programming_energy", "total_programming_time"),
)


def print_network_costs(dataset: xr.Dataset) -> None:
    """Print energy, time and area of an inference by layer and in all, at the first time, means over programmings.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    require(dataset, *_NEEDED)
    screen, first = console(width=WIDE), dataset.isel(time=0).mean("repeat")
    digital = "digital_energy" in dataset
    headings = _HEADINGS if digital else _HEADINGS[:6]
    rows = table("layer", *headings, right=headings)
    for layer in dataset.layer.values:
        one = first.sel(layer=layer)
        rows.add_row(
            printable(str(layer)),
            _quantity(one.energy.sum(), "J"),
            _quantity(one.energy.sel(part="cells"), "J"),
            _quantity(one.inference_time, "s"),
            _quantity(one.layer_power, "W"),
            f"{float(one.efficiency) / 1e12:.3g}",
            _area(one.area.sum()),
            *((_quantity(one.digital_energy.sum(), "J"), _quantity(one.digital_time, "s")) if digital else ()),
        )
    rows.add_row(
        "all",
        _quantity(first.total_energy, "J"),
        _quantity(first.energy.sel(part="cells").sum(), "J"),
        _quantity(first.total_inference_time, "s"),
        _quantity(first.total_power, "W"),
        f"{float(first.total_efficiency) / 1e12:.3g}",
        _area(first.total_area),
        *((_quantity(first.total_digital_energy, "J"), _quantity(first.total_digital_time, "s")) if digital else ()),
    )
    later = [moment(float(time)) for time in dataset.time.values[1:]]
    others = f" (the file also holds {', '.join(later)})" if later else ""
    screen.print(f"\nOne inference {moment(float(dataset.time[0]))} after programming{others}")
    screen.print(rows)
    screen.print("\nEnergy by part; parts below 1 % of the energy are not shown")
    screen.print(_by_part(first))
    for line in _lines(dataset, first):
        screen.print(printable(line), soft_wrap=True)


def _by_part(first: xr.Dataset) -> Any:
    """Energy of each layer by part, the largest parts first."""
    sums = first.energy.sum("layer")
    parts = sums.sortby(sums, ascending=False).dropna("part")["part"].values
    shown = [str(part) for part in parts if float(sums.sel(part=part)) >= _LEAST * float(sums.sum())]
    rows = table("layer", *shown, right=tuple(shown))
    for layer in first.layer.values:
        of_layer = first.energy.sel(layer=layer)
        rows.add_row(printable(str(layer)), *(_quantity(of_layer.sel(part=part), "J") for part in shown))
    return rows


def _lines(dataset: xr.Dataset, first: xr.Dataset) -> list[str]:
    """Ranges, parts, programming and settings in words."""
    parts = first.energy.sum("layer").to_series().sort_values(ascending=False)
    shares = [f"{name} {100 * value / parts.sum():.0f} %" for name, value in parts.items() if value > 0][:5]
    lines = [
        f"range of the components: {_between(first.total_energy_range, 'J')}; {_between(first.total_area_range, 'm2')}",
        f"largest parts: {', '.join(shares)}",
    ]
    if "total_digital_energy_range" in first:
        lines.append(f"range of the digital energy: {_between(first.total_digital_energy_range, 'J')}")
    joules, seconds = first.total_programming_energy, first.total_programming_time
    if np.isfinite(float(joules)):
        lines.append(f"programming: {_quantity(joules, 'J')} in {_quantity(seconds, 's')}")
    mean, most = float(first.layer_pulses_mean.mean()), float(first.layer_pulses_max.max())
    if np.isfinite(mean):
        largest = f", at most {most:.3g}" if np.isfinite(most) else ""
        lines.append(f"pulses of a cell in the programming: {mean:.3g} on average{largest}")
    keys = ("included", "left_out", "without_uncertainty", "bits", "digital")
    attributes = {key: str(dataset.attrs.get(key, "")) for key in keys}
    lines += [f"{key.replace('_', ' ')}: {text}" for key, text in attributes.items() if text]
    if "cost_notes" in dataset.attrs:
        lines.append(str(dataset.attrs["cost_notes"]))
    return [*lines, f"settings of costs: {_settings(dataset)}"]


def _settings(dataset: xr.Dataset) -> str:
    """The component table's node and the settings of costs."""
    known = held_settings(dataset)
    node = known.pop("node")
    words = [f"node {format_quantity(float(node), 'm')}"] if isinstance(node, int | float) else []
    known["settle"] = format_quantity(float(known["settle"]), "s") if "settle" in known else "0 s"
    return ", ".join([*words, *(f"{key} {value}" for key, value in known.items())])


def _between(limits: xr.DataArray, unit: str) -> str:
    low, high = limits.values
    write = _area if unit == "m2" else lambda value: _quantity(value, unit)
    return f"{write(low)} to {write(high)}"


def _area(value: Any) -> str:
    return f"{1e6 * float(value):.3g} mm^2"


def _quantity(value: Any, unit: str) -> str:
    return "-" if np.isnan(float(value)) else format_quantity(float(value), unit, _DIGITS)
