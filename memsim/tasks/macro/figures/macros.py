"""Energy and area of macros by part as stacked bars, and operations per joule and per area with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.energy.cost import PARTS
from memsim.errors import OutputError
from memsim.plotting.axis import logarithmic_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.parts import part_label
from memsim.plotting.rows import draw_parts, draw_ranges, grouped, label_rows, large_parts, others
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.limits import comparable, fit_limits
from memsim.plotting.style import RC
from memsim.results.dataset import require, source, stored_mappings
from memsim.results.settings import settings_of
from memsim.tasks.macro.schema import MacroExperimentSpec
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST = 0.01
"""Share of a total from which on a part has a colour of its own."""
"""The look of each part, the same in all figures."""
_NAMES = 1.75
"""Room for names of macros [inch]."""
_GAP = 0.25
"""Distance between columns [inch]."""
_WIDEST = 1.5
"""Largest end of a whisker over the longest bar, up to which whiskers stand on the bars."""
_BARS = {"macro_operation_energy": ("energy of an operation", "J"), "macro_area": ("area", "m^2")}
"""What is drawn by part, in words, and its unit."""
_TOTALS = {"macro_operation_energy": "energy per operation", "macro_area": "area of the macro"}
"""How the axis of its totals is called."""
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
    names_of_designs = [member.name for member in members(dataset, settings)][:count]
    if not names_of_designs:
        raise OutputError(f"{source(dataset)}: its experiment has none of its macros; it is not a whole result")
    order, heights = grouped(names_of_designs)
    shown = dataset.isel(macro=order)
    beside = dict(zip(_BARS, _POINTS, strict=True))
    contents, gone = filled({name: shown[name].values for name in names})
    rows = [name for name in _BARS if name in contents]
    with rc_context(RC):
        height = 0.19 * (heights[-1] + 1) + 0.2
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
        large = _large(stacks)
        for (bars, totals, points), name, stack in zip(panels, rows, stacks, strict=True):
            _draw_stack(bars, stack, heights, large)
            label_rows(bars, heights, [str(label) for label in shown.macro.values], _NAMES - 0.15)
            title(bars, f"{_BARS[name][0]} by part".capitalize())
            if stack.whiskers:
                _widen(bars, totals)
            else:
                _draw_points(totals, heights, stack.totals, stack.limits, f"{_TOTALS[name]} [{stack.unit}]")
            if beside[name] in contents:
                label, factor = _POINTS[beside[name]]
                values, limits = (shown[key].values for key in (beside[name], f"{beside[name]}_range"))
                _draw_points(points, heights, factor * values, factor * limits, label)
            else:
                figure.delaxes(points)
        note = "whiskers: ranges by the uncertainty of the components, independent of each other"
        if any(axes.get_xscale() == "log" for axes in figure.axes):
            note += "; axes of points are logarithmic"
        reasons = left_out({{**_BARS, **_POINTS}[name][0]: why for name, why in gone.items()})
        some = only(count, dataset.sizes["macro"], "macros")
        ending(figure, *_legend(panels[:, 0].tolist(), large), some, _bits(shown), _missing(shown), note, reasons)
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


def _large(stacks: Sequence[_Stack]) -> list[int]:
    """Numbers of the parts that have a colour of their own in any bar."""
    return sorted({number for stack in stacks for number in large_parts(stack.parts, list(PARTS), _LEAST)})


def _draw_stack(axes: Axes, stack: _Stack, heights: np.ndarray, large: Sequence[int]) -> None:
    """A bar for each macro, from its parts in the order of the table; of its total, or of 100 %."""
    with np.errstate(invalid="ignore"):
        scaled = stack.parts if stack.whiskers else 100 * stack.parts / stack.totals[:, None]
    draw_parts(axes, heights, scaled, list(PARTS), _LEAST, large=large, whiskers=stack.whiskers)
    if stack.whiskers:
        draw_ranges(axes, heights, stack.limits, below=True)
        axes.set_xlabel(f"{stack.quantity} [{stack.unit}]")
        fit_limits(axes, "x", foot=0.0)
    else:
        axes.set_xlabel("share [%]")
        axes.set_xlim(0, 100.5)


def _draw_points(axes: Axes, heights: np.ndarray, values: np.ndarray, limits: np.ndarray, label: str) -> None:
    """A number for each macro with its range, on an axis that is logarithmic where they differ much."""
    draw_ranges(axes, heights, limits)
    axes.plot(values, heights, marker="o", color="black", linestyle="none")
    logarithmic_axis(axes, "x")
    fit_limits(axes, "x")
    axes.set_xlabel(label)
    label_rows(axes, heights, [""] * len(values), _NAMES)


def _widen(bars: Axes, beside: Axes) -> None:
    """Let bars take the place of the panel beside them."""
    left_panel, other = bars.get_position(), beside.get_position()
    bars.set_position((left_panel.x0, left_panel.y0, other.x1 - left_panel.x0, left_panel.height))
    bars.get_figure(root=True).delaxes(beside)  # type: ignore[union-attr]


def _legend(panels: Sequence[Axes], large: Sequence[int]) -> tuple[list[Any], list[str]]:
    """Handles and labels of all parts, in the order of the bars."""
    handles = dict(zip(*reversed(entries(panels)), strict=True))
    names = [named(part_label(list(PARTS)[number])) for number in large]
    ordered = [label for label in (*names, named(others(_LEAST))) if label in handles]
    return [handles[label] for label in ordered], ordered


def _bits(dataset: xr.Dataset) -> str:
    """Bit widths and tables of the macros, which TOPS/W depend on."""
    texts = []
    for key, what in (("input_bits", "inputs"), ("weight_bits", "weights"), ("output_bits", "outputs")):
        bits = sorted(set(dataset[key].values.tolist()))
        texts.append(f"{what} {bits[0]}" + (f" to {bits[-1]}" if len(bits) > 1 else ""))
    tables = ", ".join(dict.fromkeys(map(str, dataset.components.values)))
    return f"bits: {', '.join(texts)}; component table: {tables}"


def _missing(dataset: xr.Dataset) -> str:
    """What the numbers of the macros leave out, which TOPS/W and TOPS/mm² depend on."""
    missing = stored_mappings(dataset, "left_out") if "left_out" in dataset.attrs else {}
    of_macros = [missing[name] for name in map(str, dataset.macro.values) if name in missing]
    parts = ("energy", "area", "experiment")
    values = [one.get(part) for one in of_macros for part in parts]
    if not all(isinstance(value, list) and all(isinstance(name, str) for name in value) for value in values):
        raise OutputError(f"{source(dataset)}: its attribute 'left_out' is damaged")
    texts = []
    for key, what in (("energy", "energy and TOPS/W"), ("area", "area and TOPS/mm²")):
        lists = [dict.fromkeys([*parts[key], *(parts["experiment"] if key == "energy" else ())]) for parts in of_macros]
        names = list(dict.fromkeys(name for parts in lists for name in parts))
        if names:
            some = "" if all(len(parts) == len(names) for parts in lists) else " (not in all rows)"
            texts.append(f"{what} without {', '.join(names)}{some}")
    return "; ".join(texts)
