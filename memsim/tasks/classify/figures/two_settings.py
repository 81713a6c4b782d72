"""Accuracy of networks on crossbars against two swept settings: one is on the axis, the other has the panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from memsim.document.writer import show
from memsim.plotting.axis import setting_axis
from memsim.plotting.curves import MAX_LINES, named
from memsim.plotting.members import lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.devices import DIGITAL, device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC
from memsim.plotting.swept import axis_name, places_of
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.products import draw_line, lines_of, programmed_members
from memsim.tasks.classify.figures.seeds import over_seeds, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

MOST_PANELS = 4
"""Values of the second setting at most; each has a panel."""


class SweptSettings(NamedTuple):
    """Keys of two numeric settings: that on the axis, and that of the panels."""

    axis: str
    panels: str


def two_settings(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy of networks on crossbars against a swept setting, a panel for each value of another.

    Of all numeric swept settings, that with most values is on the axis, and the next one with at most four values has
    the panels. Means over seeds with 95 % intervals; digital networks are lines across.

    Raises
    ------
    MemsimError
        If networks on crossbars are not swept over two such settings, or the result is not whole.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    require(dataset, "learner", "repeat", "test_accuracy")
    keys = swept_settings(dataset)
    if keys is None:
        what = f"networks on crossbars, swept over two numeric settings, one of at most {MOST_PANELS} values"
        raise lacks(dataset, "two-settings", what, "memsim run hwa-01 makes them")
    compared = members(dataset, settings)
    on_cells = [member for member in programmed_members(compared) if set(keys) <= set(member.values)]
    digital = [member for member in compared if member.spec.network is not None]
    places, _, unit = places_of([member.values[keys.axis] for member in on_cells])
    panel_places, _, panel_unit = places_of([member.values[keys.panels] for member in on_cells])
    numbers = over_seeds(dataset["test_accuracy"], None, 100.0)
    names = device_names(dataset, [member.number for member in [*on_cells, *digital]])
    most = 0
    with rc_context(RC):
        figure, (row,) = grid([2.1], len(panel_places), top=head(dataset) + 0.05, left=0.5, gap=0.3)
        heading(figure, dataset, settings.name)
        for axes, value in zip(row, sorted(panel_places, key=lambda text: panel_places[text]), strict=True):
            in_panel = [member for member in on_cells if show(member.values[keys.panels]) == value]
            lines = lines_of(in_panel, keys.axis, without=(keys.panels,))
            most = max(most, len(lines))
            for number, (text, group) in enumerate(list(lines.items())[:MAX_LINES]):
                label = named(names.of([member.number for member in group], text))
                draw_line(axes, numbers, group, keys.axis, places, number, label)
            for number, member in enumerate(digital):
                line = {"color": INK, "linewidth": 0.9, "linestyle": ("--", "-.", ":")[number % 3]}
                axes.axhline(numbers[0, member.number], label=named(f"{member.label}, {DIGITAL}"), **line)
            title(axes, f"{axis_name(keys.panels, panel_unit)}: {value}")
            axes.set_xlabel(axis_name(keys.axis, unit))
            setting_axis(axes, list(places.values()))
        row[0].set_ylabel("accuracy, test images [%]")
        for axes in row[1:]:
            axes.tick_params(labelleft=False)
        fit_limits(row, reach=[0, 100])
        some = only(min(most, MAX_LINES), most, "lines")
        ending(figure, *entries(row), spread_note(dataset, "bands"), some, device=names.heading)
    return figure


def swept_settings(dataset: xr.Dataset) -> SweptSettings | None:
    """The two settings of the figure; None where networks on crossbars are not swept over two numeric settings."""
    values: dict[str, list[object]] = {}
    for member in programmed_members(members(dataset, settings_of(dataset, ClassifySpec))):
        for key, value in member.values.items():
            if value not in values.setdefault(key, []):
                values[key].append(value)
    numeric = [key for key, several in values.items() if len(several) > 1 and places_of(several)[1] is None]
    numeric.sort(key=lambda key: -len(values[key]))
    if len(numeric) < 2:
        return None
    second = next((key for key in numeric[1:] if len(values[key]) <= MOST_PANELS), None)
    return None if second is None else SweptSettings(numeric[0], second)
