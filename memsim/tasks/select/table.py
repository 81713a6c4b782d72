"""Tables of reads of passive arrays for the terminal: margins against size, or each array with all its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import console, table
from memsim.cli.time_table import print_over_time
from memsim.errors import printable
from memsim.results.dataset import require, stored
from memsim.results.settings import settings_of
from memsim.tasks.select.schema import SelectSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

_MOST = 6  # sizes that fit into 80 columns


def print_overview(dataset: xr.Dataset) -> None:
    """Print the worst read margin of every array and scheme by size, and the largest size above the threshold."""
    require(dataset, "array", "scheme", "lines", "worst_margin", "largest_lines")
    settings = settings_of(dataset, SelectSpec)
    sizes = dataset.lines.values
    shown = np.unique(np.linspace(0, len(sizes) - 1, min(_MOST, len(sizes))).round().astype(int))
    headings = tuple(f"{sizes[k]}" for k in shown)
    rows = table("worst read margin [%] of", "scheme", *headings, "largest", right=(*headings, "largest"))
    rows.columns[1].no_wrap = True
    for name in dataset.array.values:
        for number, scheme in enumerate(dataset.scheme.values):
            part = dataset.sel(array=name, scheme=scheme)
            margins = (f"{100 * float(part.worst_margin[k]):.1f}" for k in shown)
            rows.add_row(printable(name) if not number else "", printable(scheme), *margins, _largest(part, sizes))
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    screen.print()
    screen.print(rows)
    if "time" in dataset.dims:
        require(dataset, "aged_worst_margin")
        labels = [f"{name}, {scheme}" for name in dataset.array.values for scheme in dataset.scheme.values]
        margins = 100 * dataset.aged_worst_margin.values[:, :, -1].reshape(len(labels), -1)
        text = f"Worst read margin of {sizes[-1]} x {sizes[-1]} cells over time"
        print_over_time(text, labels, dataset.time.values, margins, "{:.1f} %")


def print_metrics(dataset: xr.Dataset) -> None:
    """Print of every array, scheme and size the read of the position and background with the worst margin."""
    names = ("read_current", "current_margin", "common_margin", "sneak_share", "worst_power", "residual")
    require(dataset, "array", "device", "scheme", "lines", "position", "background", "state", "largest_lines", *names)
    settings = settings_of(dataset, SelectSpec)
    screen = console()
    screen.print(printable(stored(dataset, "title") or settings.name), style="bold")
    headings = ("lines", "I on", "I off", "margin", "over\nbackgr.", "sneak\nshare", "power", "residual")
    for name in dataset.array.values:
        array = dataset.sel(array=name)
        rows = table("scheme", *headings, right=headings)
        for scheme in dataset.scheme.values:
            for lines in dataset.lines.values:
                part = array.sel(scheme=scheme, lines=lines)
                worst = part.isel(part.current_margin.argmin(("position", "background")))
                rows.add_row(
                    printable(scheme),
                    f"{lines}",
                    *(format_quantity(float(worst.read_current.sel(state=state)), "A", 3) for state in ("on", "off")),
                    _percent(worst.current_margin),
                    _percent(part.common_margin.min()),
                    _percent(worst.sneak_share.sel(state="off")),
                    format_quantity(float(part.worst_power), "W", 3),
                    f"{float(part.residual):.0e}",
                )
        screen.print(f"\n{printable(name)} on {printable(array.device.values)}")
        screen.print(rows)


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the numbers of the tables mean."""
    settings = settings_of(dataset, SelectSpec)
    text = f"worst of {len(settings.positions)} positions and {len(settings.backgrounds)} backgrounds"
    screen = console()
    screen.print(f"Margin   (I_on - I_off)/I_on of the selected bit line, {text}", soft_wrap=True)
    threshold = format_quantity(settings.threshold, "%")
    screen.print(f"Largest  size up to which it is at least {threshold}; >= where that holds for all", soft_wrap=True)


def _percent(share: xr.DataArray) -> str:
    text = f"{100 * float(share):.1f}"
    return f"{text if len(text) <= 6 else format(100 * float(share), '.0f')} %"


def _largest(part: xr.Dataset, sizes: np.ndarray) -> str:
    """The largest size above the threshold; of the sizes that were computed."""
    found = int(part.largest_lines)
    return "none" if found == 0 else f">= {found}" if found == sizes[-1] else f"{found}"
