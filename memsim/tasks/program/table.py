"""Tables of programmed arrays for the terminal: what programming took, and errors of states and products over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.cli.console import console, table
from memsim.cli.cost_table import largest_parts
from memsim.errors import printable
from memsim.results.dataset import require, stored
from memsim.results.settings import settings_of
from memsim.tasks.program.schema import ProgramSpec
from memsim.tasks.program.summary import over_repeats
from memsim.units import format_quantity, moment

if TYPE_CHECKING:
    import xarray as xr

_MOST = 6  # times that fit into 80 columns
_PROGRAMMING = ("pulses_mean", "pulses_median", "pulses_95", "pulses_beyond", "verify_reads_mean")
_COSTS = ("programming_time", "programming_energy", "success")
_ERRORS = ("state_error", "state_bias", "product_error", "raw_product_error", "product_rmse", "compensation_factor")
_WEIGHTS = ("weight_drift", "weight_spread", "weight_noise")


def print_overview(dataset: xr.Dataset) -> None:
    """Print what programming took of a cell, and the error of products at up to six times; means over repeats."""
    require(dataset, "array", "time", *_PROGRAMMING, *_COSTS, "product_error", "raw_product_error")
    settings = settings_of(dataset, ProgramSpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    _print_programming(dataset)
    _print_energy(dataset)
    times = dataset.time.values
    shown = np.unique(np.linspace(0, len(times) - 1, min(_MOST, len(times))).round().astype(int))
    headings = tuple(moment(float(times[k])) for k in shown)
    rows = table("product error [%] of", "compensation", *headings, right=headings)
    rows.columns[1].no_wrap = True
    whole, raw = (over_repeats(dataset, name)[0] for name in ("product_error", "raw_product_error"))
    for number, name in enumerate(dataset.array.values):
        spec: Any = settings.runs[str(name)].spec if str(name) in settings.runs else None
        kind = "none" if spec is None else spec.aging.compensation
        lines = [("none", raw)] if kind == "none" else [("none", raw), (kind, whole)]
        for first, (words, values) in enumerate(lines):
            label = "" if first else printable(name)
            rows.add_row(label, words, *(f"{100 * values[number, k]:.2f}" for k in shown))
    screen.print()
    screen.print(rows)


def _print_programming(dataset: xr.Dataset) -> None:
    """The table of what programming took; nothing where no array was programmed by pulses."""
    means = {name: over_repeats(dataset, name)[0] for name in (*_PROGRAMMING, *_COSTS)}
    if not np.isfinite(means["pulses_mean"]).any():
        return
    headings = ("mean", "median", "95 %", "> 100", "reads", "time", "energy", "accepted")
    rows = table("pulses of a cell of", *headings, right=headings)
    for number, name in enumerate(dataset.array.values):
        numbers = {key: float(values[number]) for key, values in means.items()}
        rows.add_row(
            printable(name),
            *(_number(numbers[key]) for key in ("pulses_mean", "pulses_median", "pulses_95")),
            _percent(numbers["pulses_beyond"]),
            _number(numbers["verify_reads_mean"]),
            _quantity(numbers["programming_time"], "s"),
            _quantity(numbers["programming_energy"], "J"),
            _percent(numbers["success"]),
        )
    screen = console()
    screen.print()
    screen.print(rows)


def _print_energy(dataset: xr.Dataset) -> None:
    """The energy of the programming with all that surrounds the cells; nothing where it is not known."""
    if "programmed_cell_energy_mean" not in dataset or not np.isfinite(dataset.programmed_cell_energy_mean).any():
        return
    headings = ("of a cell", "of the array", "of a product")
    rows = table("programming energy", *headings, "largest parts of it", right=headings)
    for number, name in enumerate(dataset.array.values):
        one = dataset.isel(array=number)
        whole = one["programmed_phase_energy"].sel(phase="programming").mean("repeat")
        rows.add_row(
            printable(name),
            _quantity(float(one["programmed_cell_energy_mean"]), "J"),
            _quantity(float(whole), "J"),
            _quantity(float(one["programmed_inference_energy_mean"]), "J"),
            largest_parts(one["programmed_phase_energy_part"].sel(phase="programming")),
        )
    screen = console()
    screen.print()
    screen.print(rows)


def print_metrics(dataset: xr.Dataset) -> None:
    """Print of every array and time the errors of states, products and weights, means over repeats with intervals."""
    require(dataset, "array", "device", "time", *_ERRORS, *_WEIGHTS)
    settings = settings_of(dataset, ProgramSpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    _print_programming(dataset)
    means = {name: over_repeats(dataset, name) for name in (*_ERRORS, *_WEIGHTS)}
    headings = ("states", "bias", "products", "raw", "alpha", "drift", "spread", "noise")
    for number, name in enumerate(dataset.array.values):
        rows = table("after", *headings, right=headings)
        rows.columns[0].no_wrap = rows.columns[3].no_wrap = True
        for k, time in enumerate(dataset.time.values):
            numbers = {key: [float(part[number, k]) for part in values] for key, values in means.items()}
            mean, low, high = numbers["product_error"]
            interval = "" if np.isnan(low) else f" [{100 * low:.2f}, {100 * high:.2f}]"
            rows.add_row(
                moment(float(time)),
                *(f"{100 * numbers[key][0]:.2f}" for key in ("state_error", "state_bias")),
                f"{100 * mean:.2f}{interval}",
                f"{100 * numbers['raw_product_error'][0]:.2f}",
                f"{numbers['compensation_factor'][0]:.3f}",
                *(f"{100 * numbers[key][0]:.2f}" for key in _WEIGHTS),
            )
        screen.print(f"\n{printable(name)} on {printable(dataset.device.values[number])}, errors in percent")
        screen.print(rows)


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the numbers of the tables mean."""
    settings = settings_of(dataset, ProgramSpec)
    size, screen = f"{settings.rows} x {settings.columns}", console()
    text = f"norm of products minus exact ones over that of the latter, {size}, {settings.inputs} random inputs"
    screen.print(f"Product error   {text}, mean of {settings.repeats} programmings", soft_wrap=True)
    require(dataset, "success")
    if np.isfinite(dataset.success.values).any():
        text = "share of cells beyond 100 pulses; reads, time and energy are means of a cell"
        screen.print(f"> 100           {text}", soft_wrap=True)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"


def _percent(share: float) -> str:
    return "" if np.isnan(share) else f"{100 * share:.2f} %"


def _quantity(value: float, unit: str) -> str:
    return "" if np.isnan(value) else format_quantity(value, unit, 3)
