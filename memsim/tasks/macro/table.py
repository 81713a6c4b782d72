"""Tables of macros for the terminal: energy, time, area and what follows from them, and the parts of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import console, table
from memsim.errors import printable
from memsim.results.dataset import require, stored
from memsim.results.settings import settings_of
from memsim.tasks.macro.schema import MacroExperimentSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

_BITS = ("input_bits", "weight_bits", "output_bits")
_SIDE_BY_SIDE = ("operation_energy", "rate", "efficiency", "efficiency_range", "area", "density")
_TOTALS = ("energy", "energy_range", "operation_energy", "power", "area", "time")
_OF_PARTS = ("energy_part", "operation_energy_part", "power_part", "area_part")


def print_overview(dataset: xr.Dataset) -> None:
    """Print the energy of an operation, throughput, efficiency with its range, and area of every macro."""
    require(dataset, "macro", *(f"macro_{name}" for name in _SIDE_BY_SIDE), *_BITS)
    headings = ("bits", "fJ/op", "TOPS", "TOPS/W", "range", "mm2", "TOPS/mm2")
    rows = table("macro", *headings, right=headings)
    for number, name in enumerate(dataset.macro.values):
        one = dataset.isel(macro=number)
        low, high = 1e-12 * one.macro_efficiency_range.values
        rows.add_row(
            printable(name),
            "/".join(str(int(one[key])) for key in _BITS),
            _number(1e15 * float(one.macro_operation_energy)),
            _number(1e-12 * float(one.macro_rate)),
            _number(1e-12 * float(one.macro_efficiency)),
            "" if np.isnan(low) else f"{_number(low)} to {_number(high)}",
            _number(1e6 * float(one.macro_area)),
            _number(1e-18 * float(one.macro_density)),
        )
    screen = console()
    screen.print(printable(_title(dataset)), style="bold")
    screen.print()
    screen.print(rows)


def print_metrics(dataset: xr.Dataset) -> None:
    """Print energy, power and area of every part of each macro, and the totals with their ranges."""
    require(dataset, "macro", "part", *(f"macro_{name}" for name in (*_TOTALS, *_OF_PARTS)), *_BITS)
    screen = console()
    screen.print(printable(_title(dataset)), style="bold")
    headings = ("energy", "share", "fJ/op", "power", "area")
    for name in dataset.macro.values:
        one = dataset.sel(macro=name)
        rows = table("part", *headings, right=headings)
        whole = float(one.macro_energy)
        for part in dataset.part.values:
            of_part = one.sel(part=part)
            energy, area = float(of_part.macro_energy_part), float(of_part.macro_area_part)
            if np.isnan(energy) and np.isnan(area):
                continue
            share = 100 * energy / whole if whole else math.nan
            rows.add_row(
                printable(part),
                _quantity(energy, "J"),
                "" if np.isnan(share) else f"{share:.1f} %",
                _number(1e15 * float(of_part.macro_operation_energy_part)),
                _quantity(float(of_part.macro_power_part), "W"),
                _quantity(area, "m^2"),
            )
        each = 1e15 * float(one.macro_operation_energy)
        totals = (_quantity(float(one[key]), unit) for key, unit in (("macro_power", "W"), ("macro_area", "m^2")))
        rows.add_row("total", _quantity(whole, "J"), "100 %", _number(each), *totals)
        bits = "/".join(str(int(one[key])) for key in _BITS)
        time = _quantity(float(one.macro_time), "s") or "not known"
        screen.print(f"\n{printable(name)}: {bits} bits of inputs, weights and outputs; a product takes {time}")
        screen.print(rows)
        low, high = (_quantity(float(limit), "J") for limit in one.macro_energy_range)
        screen.print(f"energy between {low} and {high}")


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the numbers of the tables mean."""
    settings_of(dataset, MacroExperimentSpec)
    screen = console()
    for line in (
        "Bits     of inputs, weights and outputs",
        "Range    by the uncertainty of the components, whose errors are independent",
        "TOPS/W   of the parts whose energy the component table has; the notes name the others",
        "TOPS/mm2 of the parts whose area the component table has; the notes name the others",
    ):
        screen.print(line, soft_wrap=True)


def _title(dataset: xr.Dataset) -> str:
    return stored(dataset, "title") or settings_of(dataset, MacroExperimentSpec).name


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3g}"


def _quantity(value: float, unit: str) -> str:
    return "" if np.isnan(value) else format_quantity(value, unit, 3)
