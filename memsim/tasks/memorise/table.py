"""Tables of a result of `memorise` for the terminal: measured beside published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import console, table
from memsim.cli.time_table import print_over_time
from memsim.errors import printable
from memsim.metrics.two_columns import MARK, NO_EXPECTATION
from memsim.results.dataset import NO_DEVICE, require, stored
from memsim.results.settings import settings_of
from memsim.tasks.memorise.ratio_means import without_expectation
from memsim.tasks.memorise.schema import MemoriseSpec
from memsim.tasks.memorise.variables import VARIABLES
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

# Rows of the table: result variable, label, format, factor.
_ROWS = (
    ("snr", "SNR, mean", "{:.2f}", 1.0),
    ("snr_median", "SNR, median", "{:.2f}", 1.0),
    ("snr_magnitude_median", "|SNR|, median", "{:.2f}", 1.0),
    ("clean_snr", "SNR, clean images", "{:.2f}", 1.0),
    ("negative_denominator", "negative denominators", "{:.1f} %", 100.0),
    ("unsafe", "unsafe reads", "{:.1f} %", 100.0),
    ("correct", "accuracy", "{:.1f} %", 100.0),
    ("confidence", "confidence", "{:.4f}", 1.0),
    ("output_difference", "output difference", "{:.4g}", 1.0),
    ("normalised_difference", "normalised difference", "{:.4f}", 1.0),
    ("worst_normalised_difference", "the same, worst read", "{:.4f}", 1.0),
    ("geometric_margin", "geometric margin", "{:.4f}", 1.0),
    ("read_margin", "margin / read noise", "{:.1f}", 1.0),
    ("snr_area", "area under SNR", "{:.2f}", 1.0),
    ("accuracy_area", "area under accuracy", "{:.3f}", 1.0),
    ("step_size", "step size, limit 2", "{:.3f}", 1.0),
    ("weight_mean", "weight, mean", "{:.4f}", 1.0),
    ("weight_std", "weight, std", "{:.4f}", 1.0),
    ("weight_min", "weight, smallest", "{:.2g}", 1.0),
    ("weight_max", "weight, largest", "{:.4g}", 1.0),
    ("saturated_share", "saturated cells", "{:.1f} %", 100.0),
    ("pulses_set", "set pulses an array", "{:,.0f}", 1.0),
    ("pulses_reset", "reset pulses an array", "{:,.0f}", 1.0),
    ("image_inference_energy", "energy of a read, nJ", "{:.3g}", 1e9),
    ("image_training_energy", "energy of a training, nJ", "{:.3g}", 1e9),
)
# Columns where there are many learners: heading, and the row whose number stands there.
_COLUMNS = (
    ("median\n|SNR|", "snr_magnitude_median"),
    ("negative\ndenom.", "negative_denominator"),
    ("\naccuracy", "correct"),
    ("geom.\nmargin", "geometric_margin"),
)
_ABSENT = ("image_inference_energy", "image_training_energy")
"""Rows of variables that a result may lack: older versions did not measure them."""
_DETAILED = 3  # learners that get a table of their own
_LONGEST = 9  # characters that leave room for two numbers and a deviation in 80 columns


def print_overview(dataset: xr.Dataset) -> None:
    """Print the metrics of a few learners one by one, or of many in one table; then the SNR over time."""
    if dataset.sizes.get("learner", 0) <= _DETAILED:
        print_metrics(dataset)
    else:
        _print_side_by_side(dataset)
    if "time" in dataset.dims:
        require(dataset, "aged_snr_mean")
        marked = zip(dataset.learner.values, without_expectation(dataset, "aged_snr"), strict=True)
        names, values = [f"{name} {MARK}" if mark else name for name, mark in marked], dataset.aged_snr_mean.values
        print_over_time("SNR of corrupted images over time", names, dataset.time.values, values, "{:.2f}")


def _print_side_by_side(dataset: xr.Dataset) -> None:
    """Print many learners in one table."""
    require(dataset, "learner", "negative_denominator", *map(_mean_of, ("snr", *(name for _, name in _COLUMNS))))
    settings = settings_of(dataset, MemoriseSpec)
    claimed = settings.published.get("snr", {})
    headings = ("mean\nSNR", *(("published\nSNR",) if claimed else ()), *(heading for heading, _ in _COLUMNS))
    rows = table("", *headings, right=headings)
    rows.columns[0].min_width = min(28, max(len(str(name)) for name in dataset.learner.values))
    for learner in (str(name) for name in dataset.learner.values):
        part = dataset.sel(learner=learner)
        beside = (_number(claimed[learner], "{:.2f}") if learner in claimed else "",) if claimed else ()
        cells = (_cell(part, name) for name in ("snr", *(name for _, name in _COLUMNS)))
        first, *rest = cells
        rows.add_row(printable(learner), first, *beside, *rest)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    screen.print()
    screen.print(rows)
    if "image_inference_energy_mean" in dataset:
        ends = {name: _extremes(dataset[f"image_{name}_energy_mean"].values) for name in ("inference", "training")}
        screen.print(f"Energy of a read {ends['inference']}, of a training {ends['training']}", soft_wrap=True)


def _extremes(values: np.ndarray) -> str:
    """The smallest and the largest energy of those that are known [J]."""
    known = values[np.isfinite(values)]
    if not known.size:
        return "not known"
    low, high = (format_quantity(float(end), "J", 3) for end in (known.min(), known.max()))
    return low if low == high else f"{low} to {high}"


def _cell(dataset: xr.Dataset, name: str) -> str:
    """The measured number of one metric."""
    form, factor = next((form, factor) for row, _, form, factor in _ROWS if row == name)
    return _number(float(dataset[_mean_of(name)]) * factor, form) + _mark(dataset, name)


def _mean_of(name: str) -> str:
    """The variable that holds the number of a row: a mean, or what has none."""
    return f"{name}_mean" if f"{name}_mean" in VARIABLES else name


def _interval_of(name: str) -> list[str]:
    """The variable with the interval of a row's number, if it has one."""
    return [f"{name}_interval"] if f"{name}_mean" in VARIABLES else []


def _mark(dataset: xr.Dataset, name: str) -> str:
    """What stands behind the mean of a learner's SNR where the footnote holds."""
    return f" {MARK}" if without_expectation(dataset.expand_dims("learner"), name).any() else ""


def print_metrics(dataset: xr.Dataset) -> None:
    """Print each learner's metrics with their 95 % intervals, beside the published numbers and the deviation."""
    rows = [name for name, *_ in _ROWS if name not in _ABSENT or _mean_of(name) in dataset]
    needed = [variable for name in rows for variable in (_mean_of(name), *_interval_of(name))]
    require(dataset, "learner", "device", "negative_denominator", "clean_control", *needed)
    settings = settings_of(dataset, MemoriseSpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    for learner in (str(name) for name in dataset.learner.values):
        part = dataset.sel(learner=learner)
        claims = {metric: values[learner] for metric, values in settings.published.items() if learner in values}
        beside = ("published", "deviation") if claims else ()
        headings = ("measured", "95 % interval", *beside)
        metrics = table("", *headings, right=headings)
        metrics.columns[0].min_width = 21
        for name, label, form, factor in _ROWS:
            if name == "snr_magnitude_median" and part.get(name, np.nan) == part.get("snr_median", np.nan):
                continue
            cells = _row(part, name, form, factor, claims.get(name))  # type: ignore[call-overload]
            if cells is not None:
                metrics.add_row(label, *cells[: len(headings)])
        device = str(part.device.values)
        screen.print(f"\n{printable(learner)}{f' on {printable(device)}' if device != NO_DEVICE else ''}")
        screen.print(metrics)


def _row(dataset: xr.Dataset, name: str, form: str, factor: float, claimed: float | None) -> tuple[str, ...] | None:
    """Cells of one metric's row, or None where it says nothing (no read noise, no reset pulses)."""
    if name in _ABSENT and _mean_of(name) not in dataset:
        return None
    measured = float(dataset[_mean_of(name)].mean())
    if (measured != measured and name != "snr") or (name == "pulses_reset" and measured == 0):
        return None
    interval = ""
    for variable in _interval_of(name):
        ends = dataset[variable].values
        low, high = (_number(float(end) * factor, form) for end in ends)
        interval = "" if np.isnan(ends).all() else low if low == high else f"{low} to {high}"
    beside = ("", "")
    if claimed is not None:
        deviation = (measured / claimed - 1) * 100 if claimed else 0.0
        text = f"{deviation:+.1f} %" if abs(deviation) < 1e5 else f"{deviation:+.2g} %"
        beside = (_number(claimed * factor, form), text if claimed else "")
    return _number(measured * factor, form) + _mark(dataset, name), interval, *beside


def _number(value: float, form: str) -> str:
    text = form.format(value)
    return text if len(text) <= _LONGEST else f"{value:.4g}"


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the intervals of the table are, and which means have no finite expectation."""
    count = dataset.sizes.get("image", 0)
    if count:
        which = f"95 %, of means over {count} images" if count > 1 else "none for one image"
        console().print(f"Interval {which} (docs/intervals.md)", soft_wrap=True)
    if "learner" in dataset.dims and any(without_expectation(dataset, name).any() for name, *_ in _ROWS):
        console().print(f"{MARK:<9}{NO_EXPECTATION}", soft_wrap=True)
