"""Errors of products over time, and what the error of the weights consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import Interval
from memsim.plotting.axis import power
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.figures.network import time_axis
from memsim.plotting.page import ending, entries, head, heading, only, page, panel, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, WIDTH, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.program.schema import ProgramSpec
from memsim.tasks.program.summary import over_repeats

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_MOST = 6
"""Arrays whose weight errors have a panel each at most."""
_HEIGHT, _LOWER, _FOOT, _BETWEEN, _LEFT, _GAP = 1.9, 1.15, 0.42, 0.62, 0.62, 0.22  # inch
_TITLE = 0.3  # inch
_COLUMNS = 2
_PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "weight_drift": ("weights: mean drift", {"color": "black", "linewidth": 1.6, "linestyle": "-"}),
    "weight_spread": ("weights: spread", {"color": "0.45", "linewidth": 1.6, "linestyle": "--"}),
    "weight_noise": ("weights: read noise", {"color": "0.65", "linewidth": 1.6, "linestyle": ":"}),
}
_DECADES = 30.0
"""Ratio of the ends of an axis below which 2 and 5 have labels, too."""
_LEAST = 0.1
"""Smallest error that is drawn [%]."""


def products(dataset: xr.Dataset) -> Figure:
    """Figure with the error of products over time above the parts of the weights' error, a panel for each array.

    Bands are 95 % intervals of means over repeats.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of programmed arrays.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ProgramSpec)
    require(dataset, "array", "time", "product_error", *_PARTS)
    seconds, total = dataset.time.values, dataset.sizes["array"]
    errors = _percent(over_repeats(dataset, "product_error"))
    parts = {name: _percent(_sizes(dataset, name)) for name in _PARTS}
    lines = min(MAX_LINES, total)
    shown, gone = filled({k: np.stack([part[0][k] for part in parts.values()]) for k in range(min(_MOST, total))})
    names = device_names(dataset, range(lines))
    with rc_context(RC):
        rows = -(-len(shown) // _COLUMNS)
        deep = rows * (_LOWER + _TITLE) - _TITLE if rows else 0.0
        figure = page(head(dataset) + _HEIGHT + _BETWEEN + deep + _FOOT)
        heading(figure, dataset, settings.name)
        upper = panel(figure, _LEFT, _FOOT + deep + _BETWEEN, WIDTH - _LEFT - 0.12, _HEIGHT)
        for number in range(lines):
            values = np.stack([part[number] for part in errors])
            curve(upper, seconds, values, line_style(number), named(names.label(number)))
        upper.set_ylabel("error of products [%]")
        time_axis(upper, seconds)
        _error_axis([upper])
        wide = (WIDTH - _LEFT - 0.12 - (_COLUMNS - 1) * _GAP) / _COLUMNS
        lower = []
        for place, number in enumerate(shown):
            row, column = divmod(place, _COLUMNS)
            bottom = _FOOT + (rows - 1 - row) * (_LOWER + _TITLE)
            axes = panel(figure, _LEFT + column * (wide + _GAP), bottom, wide, _LOWER)
            for name, (text, style) in _PARTS.items():
                values = np.stack([part[number] for part in parts[name]])
                curve(axes, seconds, values, style, named(text))
            time_axis(axes, seconds)
            last = place + _COLUMNS >= len(shown)
            axes.tick_params(labelleft=column == 0, labelbottom=last)
            axes.set_xlabel("time since programming" if last else "")
            title(axes, names.title(number, wide))
            if column == 0:
                axes.set_ylabel("error of weights [%]")
            lower.append(axes)
        _error_axis(lower)
        note = (
            "products: norm of the error over that of the exact ones; weights: root mean squares over that of the "
            f"exact ones, with compensation; below {_LEAST:g} % nothing is drawn; "
        )
        note += (
            f"bands: 95 % intervals of means over {settings.repeats} programmings"
            if settings.repeats > 1
            else "one programming"
        )
        some = [only(lines, total, "arrays"), only(min(_MOST, total), total, "arrays below")]
        reasons = left_out({str(dataset.array.values[number]): why for number, why in gone.items()})
        ending(figure, *_legend(upper, lower), *some, note, reasons, device=names.heading)
    return figure


def _sizes(dataset: xr.Dataset, name: str) -> Interval:
    """As `over_repeats`, of the absolute value."""
    mean, low, high = over_repeats(dataset, name)
    flipped = mean < 0
    return np.abs(mean), np.where(flipped, -high, low), np.where(flipped, -low, high)


def _percent(interval: Interval) -> Interval:
    """Mean and ends in percent; nothing of means that are too small to draw, and ends that are not too small."""
    mean, low, high = (100 * part for part in interval)
    drawn = mean >= _LEAST
    return (
        np.where(drawn, mean, np.nan),
        np.where(drawn, np.maximum(low, _LEAST), np.nan),
        np.where(drawn, high, np.nan),
    )


def _error_axis(panels: list[Any]) -> None:
    """The same logarithmic axis of errors for all panels."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axes in panels:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    fit_limits(panels)
    for axes in panels:
        low, high = axes.get_ylim()
        few = FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else "")
        axes.yaxis.set_minor_formatter(few if high < _DECADES * low else NullFormatter())


def _legend(upper: Any, lower: list[Any]) -> tuple[list[Any], list[str]]:
    """Entries of the arrays, then of the parts of the error."""
    handles, labels = entries([upper])
    for handle, label in zip(*entries(lower), strict=True):
        handles.append(handle)
        labels.append(label)
    return handles, labels
