"""What converters, wires and the size of tiles do to networks on crossbars: SNR of their products, accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.document.writer import show
from memsim.plotting.axis import setting_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import DIGITAL, device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.plotting.swept import NAMES, axis_name, places_of
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CIRCUIT = ("array.tile", "array.wires", "array.dac", "array.adc", "array.prior_cycles")
"""What this figure is about."""


class _Metric(NamedTuple):
    """A panel: the variable that it shows, the factor of its values, and its label. Equal factors share a scale."""

    variable: str
    factor: float
    text: str


_METRICS = (
    _Metric("product_snr", 1.0, "SNR of the products [dB]"),
    _Metric("test_accuracy", 100.0, "accuracy, test images [%]"),
    _Metric("noise_mean_accuracy", 100.0, "accuracy with noise [%]"),
)


def products(dataset: xr.Dataset) -> Figure:
    """Figure with the SNR of analog products and the accuracy against a swept setting, a line for each of the others.

    Of several swept settings, the numeric one with most values is on the axis, else the first. Means over seeds with
    95 % intervals; digital networks are lines across.

    Raises
    ------
    MemsimError
        If no network on crossbars is swept over tiles, wires, converters or prior cycles, or the result is not whole.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    key = axis_of(dataset)
    if key is None:
        what = "networks on crossbars, swept over tiles, wires, converters or prior cycles"
        raise lacks(dataset, "products", what, "memsim run wires-01 makes them")
    require(dataset, "learner", "repeat", "product_snr", "test_accuracy", "noise_mean_accuracy")
    found = members(dataset, settings)
    lines = lines_of([member for member in programmed_members(found) if key in member.values], key)
    digital = [member for member in found if member.spec.network is not None]
    values = [member.values[key] for members_ in lines.values() for member in members_]
    places, ticks, unit = places_of(values)
    groups = dict(list(lines.items())[:MAX_LINES])
    shown = [member.number for group in [*groups.values(), digital] for member in group]
    names = device_names(dataset, shown)
    values_of = {metric: over_seeds(dataset[metric.variable], None, metric.factor) for metric in _METRICS}
    contents, gone = filled({metric: numbers[0, shown] for metric, numbers in values_of.items()})
    with rc_context(RC):
        figure, (panels,) = grid([2.1], len(contents), top=head(dataset) - 0.1, left=0.5, gap=0.55)
        heading(figure, dataset, settings.name)
        for metric, axes in zip(contents, panels, strict=True):
            numbers = values_of[metric]
            for k, (text, group) in enumerate(groups.items()):
                text = text if key == "array.device" else names.of([member.number for member in group], text)
                draw_line(axes, numbers, group, key, places, k, named(text))
            for k, member in enumerate(digital if metric.factor > 1 else ()):
                line = {"color": INK, "linewidth": 0.9, "linestyle": ("--", "-.", ":")[k % 3]}
                axes.axhline(numbers[0, member.number], label=named(f"{member.label}, {DIGITAL}"), **line)
            axes.set_ylabel(metric.text)
            axes.set_xlabel(axis_name(key, unit))
            if ticks is None and all(isinstance(value, int) and value <= 16 for value in values):
                axes.set_xticks(sorted(set(values)))
            elif ticks is None:
                setting_axis(axes, list(places.values()))
            else:
                axes.set_xlim(-0.4, len(ticks) - 0.6)
                axes.set_xticks(range(len(ticks)), list(ticks))
        for factor in {metric.factor for metric in contents}:
            fit_limits([axes for metric, axes in zip(contents, panels, strict=True) if metric.factor == factor])
        some = only(len(groups), len(lines), "lines")
        seeds = dataset.sizes["repeat"]
        words = f"bands: 95 % intervals over {seeds} seeds, {CORRECTED}; noise: mean over all" if seeds > 1 else ""
        note = left_out({metric.text: why for metric, why in gone.items()})
        ending(figure, *entries(panels), words, some, note, device=names.heading)
    return figure


def axis_of(dataset: xr.Dataset) -> str | None:
    """The swept setting of networks on crossbars for the horizontal axis; None where no converter, wire or tile is."""
    found = programmed_members(members(dataset, settings_of(dataset, ClassifySpec)))
    values: dict[str, list[object]] = {}
    for member in found:
        for key, value in member.values.items():
            if value not in values.setdefault(key, []):
                values[key].append(value)
    if "product_snr" not in dataset or not any(key.startswith(_CIRCUIT) for key in values):
        return None
    numeric = [key for key, given in values.items() if places_of(given)[1] is None]
    return max(numeric, key=lambda key: len(values[key])) if numeric else next(iter(values))


def programmed_members(found: Sequence[Member]) -> list[Member]:
    """The networks on crossbars."""
    return [member for member in found if "programmed" in member.spec.sections]


def lines_of(found: Sequence[Member], key: str, without: Sequence[str] = ()) -> dict[str, list[Member]]:
    """Members that differ on the axis only, by what else they were swept to; names leave out the settings `without`."""
    names = {member.name for member in found}
    groups: dict[str, list[Member]] = {}
    for member in found:
        words = [
            f"{NAMES.get(other, other)} {show(value)}"
            for other, value in member.values.items()
            if other not in (key, *without)
        ]
        text = ", ".join([*([member.name] if len(names) > 1 or not words else []), *words])
        groups.setdefault(text, []).append(member)
    return groups


def draw_line(
    axes: Axes,
    numbers: np.ndarray,
    group: Sequence[Member],
    key: str,
    places: Mapping[str, float],
    number: int,
    text: str,
) -> None:
    """A line through the means (mean-low-high, learner) of a group against a setting, with a band for its intervals."""
    x = np.array([places[show(member.values[key])] for member in group])
    order = np.argsort(x, kind="stable")
    x, rows = x[order], np.array([member.number for member in group])[order]
    style = line_style(number)
    axes.plot(x, np.where(np.isfinite(numbers[0, rows]), numbers[0, rows], np.nan), label=text, **style)
    low, high = numbers[1:, rows]
    axes.fill_between(x, low, high, color=style["color"], alpha=0.12, linewidth=0)
