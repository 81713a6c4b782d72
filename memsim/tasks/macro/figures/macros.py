"""Energy and area of macros by part as stacked bars, and operations per joule and per area with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.energy.cost import PARTS
from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.limits import comparable, fit_limits
from memsim.plotting.style import INK, RC, bar_style, fitted
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.macro.schema import MacroExperimentSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NEVER = ("half-selected cells", "bit lines")
"""Parts that pulses alone use."""
_LEAST = 0.01
"""Share of a total from which on a part has a colour of its own."""
_STYLES = {part: bar_style(number) for number, part in enumerate(part for part in PARTS if part not in _NEVER)}
"""The look of each part, the same in all figures."""
_REST = "parts below 1 % each"
_NAMES = 1.75
"""Room for names of macros [inch]."""
_GAP = 0.25
"""Distance between columns [inch]."""
_WIDEST = 1.5
"""Largest end of a whisker over the longest bar, up to which whiskers stand on the bars."""
_BARS = {"macro_operation_energy": ("energy of an operation", "J"), "macro_area": ("area", "m^2")}
"""What is drawn by part, in words, and its unit."""
_POINTS = {"macro_efficiency": ("TOPS/W", 1e-12), "macro_density": ("TOPS/mm²", 1e-18)}
"""What is drawn beside each, its unit, and the factor of its values."""


class _Stack(NamedTuple):
    """Bars of one quantity: parts (macro, part), totals (macro,) and their limits (macro, 2), in one unit.

    `whiskers` tells whether totals and limits can be compared on a scale that begins at 0.
    """

    parts: np.ndarray
    totals: np.ndarray
    limits: np.ndarray
    quantity: str
    unit: str
    whiskers: bool


def macros(dataset: xr.Dataset) -> Figure:
    """Figure with energy and area by part, a row for each macro, beside operations per joule and per area.

    Bars are in percent of their totals where these differ more than tenfold, or are so uncertain that whiskers would be
    much longer than bars; the totals then have a panel of their own. Whiskers are ranges by the uncertainty of the
    components.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of macros.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, MacroExperimentSpec)
    names = [*_BARS, *_POINTS]
    require(dataset, "macro", "part", *names, *(f"{name}_range" for name in names), *(f"{name}_part" for name in _BARS))
    require(dataset, "input_bits", "weight_bits", "output_bits", "components")
    count = min(MAX_LINES, dataset.sizes["macro"])
    shown = dataset.isel(macro=slice(count))
    beside = dict(zip(_BARS, _POINTS, strict=True))
    contents, gone = filled({name: shown[name].values for name in names})
    rows = [name for name in _BARS if name in contents]
    with rc_context(RC):
        height = 0.19 * count + 0.25
        figure, panels = grid(
            [height] * len(rows),
            3,
            top=head(dataset),
            left=_NAMES,
            gap=_GAP,
            rows=[0.72] * (len(rows) - 1),
            widths=[1.7, 1.0, 1.0],
        )
        heading(figure, dataset, settings.name)
        stacks = [_stack(shown, name) for name in rows]
        order = _order(stacks)
        for (bars, totals, points), name, stack in zip(panels, rows, stacks, strict=True):
            _draw_stack(bars, stack, order)
            _rows(bars, [str(label) for label in shown.macro.values])
            title(bars, f"{_BARS[name][0]} by part".capitalize())
            if stack.whiskers:
                _widen(bars, totals)
            else:
                _draw_points(totals, stack.totals, stack.limits, f"total [{stack.unit}]")
            if beside[name] in contents:
                label, factor = _POINTS[beside[name]]
                values, limits = (shown[key].values for key in (beside[name], f"{beside[name]}_range"))
                _draw_points(points, factor * values, factor * limits, label)
            else:
                figure.delaxes(points)
        note = "whiskers: ranges by the uncertainty of the components, independent of each other"
        reasons = left_out({{**_BARS, **_POINTS}[name][0]: why for name, why in gone.items()})
        some = only(count, dataset.sizes["macro"], "macros")
        ending(figure, *_legend(panels[:, 0].tolist(), order), some, _bits(shown), note, reasons)
    return figure


def _stack(dataset: xr.Dataset, name: str) -> _Stack:
    """The bars of a quantity, in a unit in which the largest total is readable."""
    quantity, unit = _BARS[name]
    totals, limits = dataset[name].values, dataset[f"{name}_range"].values
    largest = float(np.nanmax(totals))
    number, _, symbol = format_quantity(largest, unit).partition(" ")
    factor = float(number) / largest if largest else 1.0
    known = totals[np.isfinite(totals)].tolist()
    whiskers = comparable(known) and float(np.nanmax(limits)) <= _WIDEST * largest
    parts = np.nan_to_num(dataset[f"{name}_part"].sel(part=list(PARTS)).values)
    return _Stack(factor * parts, factor * totals, factor * limits, quantity, symbol.replace("m^2", "m²"), whiskers)


def _order(stacks: Sequence[_Stack]) -> list[int]:
    """Numbers of the parts that have a colour of their own in any bar."""
    with np.errstate(invalid="ignore"):
        shares = [np.nan_to_num(stack.parts / stack.totals[:, None]).max(axis=0) for stack in stacks]
    return np.flatnonzero(np.max(shares, axis=0) >= _LEAST).tolist()


def _draw_stack(axes: Axes, stack: _Stack, order: Sequence[int]) -> None:
    """A bar for each macro, from its parts in the order of the table; of its total, or of 100 %."""
    places, names = np.arange(len(stack.totals)), list(PARTS)
    with np.errstate(invalid="ignore"):
        scaled = stack.parts if stack.whiskers else np.nan_to_num(100 * stack.parts / stack.totals[:, None])
    rest = [number for number in range(len(names)) if number not in order]
    layers: list[tuple[str, np.ndarray, dict[str, Any]]] = [
        (names[number], scaled[:, number], _STYLES[names[number]]) for number in order
    ]
    layers.append((_REST, scaled[:, rest].sum(axis=1), {"facecolor": "white", "edgecolor": INK, "linewidth": 0.5}))
    left = np.zeros(len(places))
    for label, values, style in layers:
        if values.any():
            axes.barh(places, values, left=left, height=0.68, label=named(label), **style)
            left = left + values
    if stack.whiskers:
        _draw_ranges(axes, stack.limits)
        axes.set_xlabel(f"{stack.quantity} [{stack.unit}]")
        fit_limits(axes, "x", foot=0.0)
    else:
        axes.set_xlabel("share [%]")
        axes.set_xlim(0, 100.5)


def _draw_points(axes: Axes, values: np.ndarray, limits: np.ndarray, label: str) -> None:
    """A number for each macro with its range, on an axis that is logarithmic where they differ much."""
    _draw_ranges(axes, limits)
    axes.plot(values, np.arange(len(values)), marker="o", color="black", linestyle="none")
    logarithmic_axis(axes, "x")
    fit_limits(axes, "x")
    axes.set_xlabel(label)
    _rows(axes, [""] * len(values))


def _draw_ranges(axes: Axes, limits: np.ndarray) -> None:
    """Whiskers with a white rim, so that they show on dark bars."""
    places = np.arange(len(limits))
    for colour, wider in (("white", 1.6), ("black", 0.0)):
        axes.hlines(places, *limits.T, color=colour, linewidth=0.9 + wider)
        for end in limits.T:
            axes.plot(
                end, places, marker="|", markersize=4, markeredgewidth=0.9 + wider, color=colour, linestyle="none"
            )


def _widen(bars: Axes, beside: Axes) -> None:
    """Let bars take the place of the panel beside them."""
    left_panel, other = bars.get_position(), beside.get_position()
    bars.set_position((left_panel.x0, left_panel.y0, other.x1 - left_panel.x0, left_panel.height))
    bars.get_figure(root=True).delaxes(beside)  # type: ignore[union-attr]


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    """The first macro at the top."""
    axes.set_yticks(range(len(labels)), [fitted(label, _NAMES - 0.15) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(False, axis="y")


def _legend(panels: Sequence[Axes], order: Sequence[int]) -> tuple[list[Any], list[str]]:
    """Handles and labels of all parts, in the order of the bars."""
    handles = dict(zip(*reversed(entries(panels)), strict=True))
    names = [named(list(PARTS)[number]) for number in order]
    ordered = [label for label in (*names, named(_REST)) if label in handles]
    return [handles[label] for label in ordered], ordered


def _bits(dataset: xr.Dataset) -> str:
    """Bit widths and tables of the macros, which TOPS/W depend on."""
    texts = []
    for key, what in (("input_bits", "inputs"), ("weight_bits", "weights"), ("output_bits", "outputs")):
        bits = sorted(set(dataset[key].values.tolist()))
        texts.append(f"{what} {bits[0]}" + (f" to {bits[-1]}" if len(bits) > 1 else ""))
    tables = ", ".join(dict.fromkeys(map(str, dataset.components.values)))
    return f"bits: {', '.join(texts)}; component table: {tables}"
