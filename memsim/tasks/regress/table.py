"""Table of the task `regress` for the terminal: the error of the weights of each learner, and its pulses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.cli.console import WIDE, console, table
from memsim.errors import printable
from memsim.results.dataset import require, stored

if TYPE_CHECKING:
    import xarray as xr

_MEANS = ("final_matrix_error", "saturated_trains", "weight_pulses", "fast_pulses")


def print_metrics(dataset: xr.Dataset) -> None:
    """Print the error of the weights at the end, and the pulses that it took.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    require(dataset, "learner", *(f"{name}_mean" for name in _MEANS), "final_matrix_error_interval")
    headings = ("weight error", "95 % interval", "pulses of\na weight", "pulses of a\nfast cell", "saturated")
    rows = table("learner", *headings, right=headings)
    for place, name in enumerate(dataset.learner.values):
        one = dataset.isel(learner=place)
        low, high = one.final_matrix_error_interval.values
        fast = float(one.fast_pulses_mean)
        rows.add_row(
            printable(name),
            f"{float(one.final_matrix_error_mean):.4f}",
            "" if np.isnan(low) else f"{low:.4f} to {high:.4f}",
            f"{float(one.weight_pulses_mean):,.0f}",
            "" if np.isnan(fast) else f"{fast:,.0f}",
            f"{100 * float(one.saturated_trains_mean):.1f} %",
        )
    screen = console(width=WIDE)
    screen.print(printable(stored(dataset, "title")), style="bold")
    screen.print()
    screen.print(rows)


def print_notes(dataset: xr.Dataset) -> None:
    """Print what the numbers of the table mean."""
    console().print(
        f"Error    root mean square of weight - target over the last tenth; {dataset.sizes['repeat']} repeats",
        soft_wrap=True,
    )
