"""Conductances of programmed cells by level, before and after the times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.members import lacks
from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, SMALL, WIDTH
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.program.schema import ProgramSpec
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 6
"""Arrays that have a row each at most."""
_MICRO = 1e6
_COLOURS = ("#0b2a4a", "#c48a1b")
_HATCHES = (None, "//////")
"""Looks of neighbouring levels, which alternate: dark and light in grey, too."""


def levels(dataset: xr.Dataset) -> Figure:
    """Figure with the share of cells by conductance of each level: a row an array, a column the first and last time.

    Ticks under the upper edge are the targets of the levels.

    Raises
    ------
    MemsimError
        If the targets of the experiment are no levels, or the result is not whole.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ProgramSpec)
    if "level_count" not in dataset:
        raise lacks(dataset, "levels", "targets that are levels", "targets={kind: levels, count: 8} has them")
    names = ("level_count", "level_target", "level_mean", "level_spread", "conductance_bin_middle")
    require(dataset, "array", "level", "time", *names)
    count = min(_MOST, dataset.sizes["array"])
    shown, gone = filled({number: dataset.level_count.values[number] for number in range(count)})
    times = [float(dataset.time.values[k]) for k in (0, -1)]
    columns = 1 if len(dataset.time) == 1 else 2
    labels = device_names(dataset, shown)
    with rc_context(RC):
        rows = len(shown)
        figure, panels = grid([1.05] * rows, columns, top=head(dataset), gap=0.4, rows=[0.42] * (rows - 1))
        heading(figure, dataset, settings.name)
        for row, number in zip(panels, shown, strict=True):
            for end, axes in enumerate(row):
                _draw(axes, dataset.isel(array=number), end, _when(times[end]))
                fit_limits(axes, foot=0, room=0.45)
        one_device = len(set(dataset.device.values[shown])) == 1
        for compared in [panels.ravel()] if one_device else panels:
            fit_limits(compared, "x", room=0.01)
        for row, number in zip(panels, shown, strict=True):
            for axes in row:
                _targets(axes, dataset.level_target.values[number])
            row[0].set_ylabel("cells [%]")
            title(row[0], labels.row(number, WIDTH - 0.8))
        for axes in panels[-1]:
            axes.set_xlabel("conductance [µS]")
        spread = f"share of the cells of each of {_level_counts(dataset)} levels in a bin of conductance"
        note = (
            f"{spread}; neighbouring levels alternate in colour; ticks at the top: their targets; mean spread: root "
            "mean square over levels of the standard deviation"
            f"{'' if columns == 1 else '; the columns have scales of their own'}"
        )
        some = only(count, dataset.sizes["array"], "arrays")
        reasons = left_out({str(dataset.array.values[number]): why for number, why in gone.items()})
        ending(figure, (), (), some, note, reasons, device=labels.heading)
    return figure


def _level_counts(dataset: xr.Dataset) -> str:
    """Numbers of levels that arrays have, in words."""
    return " or ".join(str(count) for count in np.unique(np.isfinite(dataset.level_target.values).sum(1)))


def _when(time: float) -> str:
    return "after programming" if time == 0 else f"after {moment(time)}"


def _draw(axes: Axes, array: xr.Dataset, end: int, when: str) -> None:
    """Histograms of all levels at one end of the times; the time and the spread of the levels in words."""
    counts = array.level_count.values[:, end]
    middle = _MICRO * array.conductance_bin_middle.values
    half = (middle[1] - middle[0]) / 2
    edges = np.append(middle - half, middle[-1] + half)
    for level, cells in enumerate(counts):
        if not np.isfinite(cells).all():  # a level that another array has
            continue
        shares = 100 * cells / cells.sum()
        places = np.flatnonzero(cells)
        part = slice(places[0], places[-1] + 1)
        colour, hatch = _COLOURS[level % 2], _HATCHES[level % 2]
        axes.stairs(shares[part], edges[part.start : part.stop + 1], color=colour, linewidth=0.9)
        look = {"color": colour, "alpha": 0.35} if hatch is None else {"facecolor": "none", "edgecolor": colour}
        axes.stairs(shares[part], edges[part.start : part.stop + 1], fill=True, hatch=hatch, linewidth=0, **look)
    spread = array.level_spread.values[:, 0 if end == 0 else -1]
    text = f"{when}: mean spread {_MICRO * float(np.sqrt(np.nanmean(np.square(spread)))):.3g} µS"
    axes.text(0.995, 0.91, text, transform=axes.transAxes, ha="right", va="top", fontsize=SMALL, color=INK)


def _targets(axes: Axes, targets: np.ndarray) -> None:
    """Short ticks under the upper edge at the targets."""
    axes.vlines(
        _MICRO * targets, 0.94, 1.0, transform=axes.get_xaxis_transform(), color="black", linewidth=0.8, zorder=3
    )
