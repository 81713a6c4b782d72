"""Tables of the confidence of learners, and of a monitor that flags their unsafe decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.cli.console import console, table
from memsim.errors import printable
from memsim.results.dataset import require

if TYPE_CHECKING:
    import xarray as xr

SHOWN = "scaled confidence"
"""The score of the table of all learners: it has the same meaning for all, whatever the size of their outputs."""
_ON = ("test", "noise_mean")
"""Starts of the names of variables on clean images, and of means over noise types and levels."""


def print_confidence(dataset: xr.Dataset) -> None:
    """Print the confidence of all learners, the share of their unsafe decisions and the accuracy of the others."""
    names = [f"{on}_{name}_mean" for name in ("scaled_confidence", "unsafe", "safe_accuracy") for on in _ON]
    require(dataset, "score", "unsafe_below", *names)
    monitored = dataset.sel(score=SHOWN)
    headings = ("conf.,\nclean", "under\nnoise", "unsafe,\nclean", "under\nnoise", "right,\nclean", "under\nnoise")
    rows = table("", *headings, right=headings)
    rows.columns[0].min_width = min(27, max(len(str(name)) for name in dataset.learner.values))
    for learner in dataset.learner.values:
        part = monitored.sel(learner=learner)
        rows.add_row(printable(learner), *(_percent(part[name]) for name in names))
    threshold = float(monitored.unsafe_below)
    screen = console()
    screen.print(
        "\nconf.: largest softmax output, of outputs over the temperature of the validation\n"
        f"images; unsafe: decisions under a confidence of {threshold:g} (unsafe_below); right:\n"
        "accuracy of the others (-: in one seed or more, there are none)",
        soft_wrap=True,
    )
    screen.print(rows)


def print_monitor(part: xr.Dataset) -> None:
    """Print what a monitor makes of each score of one learner."""
    columns = ("unsafe", "safe_accuracy", "risk_area")
    names = [f"{on}_{name}_mean" for on in _ON for name in columns]
    require(part, "score", "unsafe_below", *names)
    headings = ("unsafe,\nclean", "rest\nright", "area\nof risk", "unsafe,\nnoise", "rest\nright", "area\nof risk")
    rows = table("monitor", *headings, right=headings)
    rows.columns[0].min_width = 22
    for score in part.score.values:
        by_score = part.sel(score=score)
        cells = (_percent(by_score[name], digits=2 if "area" in name else 1) for name in names)
        rows.add_row(f"{score} < {float(by_score.unsafe_below):g}", *cells)
    console().print(rows)


def _percent(share: xr.DataArray, digits: int = 1) -> str:
    """A share in percent; a dash where there are no decisions."""
    value = float(share)
    return f"{100 * value:.{digits}f} %" if value == value else "-"
