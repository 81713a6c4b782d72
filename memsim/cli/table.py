"""Tables of metrics for the terminal: measured beside published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from memsim.results import settings

if TYPE_CHECKING:
    import xarray as xr

    from memsim.experiment import Experiment

# Rows of the table: result variable, label, format, factor.
_ROWS = (
    ("snr", "SNR, mean", "{:.2f}", 1.0),
    ("snr_median", "SNR, median", "{:.2f}", 1.0),
    ("negative_denominator", "negative denominators", "{:.1f} %", 100.0),
    ("correct", "accuracy", "{:.1f} %", 100.0),
    ("normalised_difference", "normalised difference", "{:.4f}", 1.0),
    ("geometric_margin", "geometric margin", "{:.4f}", 1.0),
    ("read_margin", "margin / read noise", "{:.1f}", 1.0),
    ("weight_mean", "weight, mean", "{:.4f}", 1.0),
    ("weight_std", "weight, std", "{:.4f}", 1.0),
    ("weight_min", "weight, smallest", "{:.2g}", 1.0),
    ("weight_max", "weight, largest", "{:.4g}", 1.0),
    ("saturated_share", "saturated cells", "{:.1f} %", 100.0),
    ("pulses_set", "set pulses an array", "{:,.0f}", 1.0),
    ("pulses_reset", "reset pulses an array", "{:,.0f}", 1.0),
)


def print_metrics(dataset: xr.Dataset) -> None:
    """Print each learner's metrics with their 95 % intervals, beside the published numbers and the deviation."""
    experiment = settings(dataset)
    published: dict[str, Any] = experiment.get("published", {})
    console = Console(highlight=False)
    console.print(f"[bold]{escape(dataset.attrs['title'] or experiment['name'])}[/bold]")
    for learner in (str(name) for name in dataset.learner.values):
        device = str(dataset.device.sel(learner=learner).values)
        table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        console.print(f"\n{escape(learner)} on {escape(device)}")
        table.add_column("", no_wrap=True, min_width=21)
        for heading in ("measured", "95 % interval", "published", "deviation"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in _ROWS:
            cells = _row(dataset.sel(learner=learner), *row, published.get(row[0], {}).get(learner))
            if cells is not None:
                table.add_row(*cells)
        console.print(table)


def _row(
    dataset: xr.Dataset, name: str, label: str, form: str, factor: float, claimed: float | None
) -> tuple[str, ...] | None:
    """Cells of one metric's row, or None where it says nothing (no read noise, no reset pulses)."""
    summarised = f"{name}_mean" in dataset
    measured = float(dataset[f"{name}_mean" if summarised else name])
    if measured != measured or (name == "pulses_reset" and measured == 0):
        return None
    interval = ""
    if summarised:
        low, high = (form.format(float(end) * factor) for end in dataset[f"{name}_interval"].values)
        interval = low if low == high else f"{low} to {high}"
    beside = ("", "")
    if claimed is not None:
        beside = (form.format(claimed * factor), f"{(measured / claimed - 1) * 100:+.1f} %" if claimed else "")
    return label, form.format(measured * factor), interval, *beside


def print_notes(dataset: xr.Dataset, experiment: Experiment) -> None:
    """Print what a reader must know besides the numbers: where the images come from, and how many there were."""
    found, asked = dataset.sizes["image"], experiment.spec.data.samples
    fewer = f" ({found} found, {asked} asked for)" if found < asked else ""
    source = escape(dataset.attrs["images_source"] + fewer)
    Console(highlight=False, soft_wrap=True).print(f"Images   {source}")
