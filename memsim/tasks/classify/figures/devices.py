"""Accuracy against the device that a method runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.curves import bars, named, point
from memsim.plotting.members import families, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import DIGITAL
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, fitted, line_style, text_width
from memsim.results.dataset import NO_DEVICE, require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_MOST = 12
"""Methods that are shown at most."""
_BESIDE = 5
"""Devices at most with panels beside each other; the names of more need the whole width."""
_METRICS = (("test_accuracy", "Test images, accuracy [%]"), ("noise_mean_accuracy", "With noise, accuracy [%]"))


def devices(dataset: xr.Dataset) -> Figure:
    """Figure with test accuracy and accuracy under noise for every device, a marker a method, and digital networks.

    Markers are means over seeds, bars their 95 % intervals. A method is what differs in name and device only.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, or has fewer than two devices.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    require(dataset, "learner", "device", "repeat", "true_class", "test_accuracy", "noise_mean_accuracy")
    given = [str(name) for name in dataset.device.values]
    names = [name for name in dict.fromkeys(given) if name != NO_DEVICE]
    if len(names) < 2:
        raise lacks(dataset, "devices", "at least two devices", "memsim run rules-01 makes them")
    found = members(dataset, settings)
    on_device = [member for member in found if given[member.number] != NO_DEVICE]
    groups = dict(list(families(on_device, "array.device").items())[:_MOST])
    digital = [member for member in found if given[member.number] == NO_DEVICE]
    values = {text: over_seeds(dataset[name], None, 100.0) for name, text in _METRICS}
    contents, gone = filled({text: numbers[0] for text, numbers in values.items()})
    step = 0.7 / max(1, len(groups))
    with rc_context(RC):
        if len(names) > _BESIDE:
            below = [0.8] * (len(contents) - 1)
            figure, axes_of = grid([2.0] * len(contents), 1, top=head(dataset), rows=below)
        else:
            figure, axes_of = grid([2.4], len(contents), top=head(dataset), gap=0.4)
        panels = axes_of.ravel()
        heading(figure, dataset, settings.name)
        for axes, text in zip(panels, contents, strict=True):
            numbers = values[text]
            for k, (name, group) in enumerate(groups.items()):
                at = np.array([names.index(given[member.number]) for member in group])
                x = at - 0.35 + step * (k + 0.5)
                own = numbers[:, [member.number for member in group]]
                style = line_style(k)
                axes.plot(x, own[0], label=named(name), **point(style))
                bars(axes, x, own, style["color"])
            for k, member in enumerate(digital):
                style = {"color": INK, "linewidth": 0.9, "linestyle": ("--", "-.", ":", (0, (5, 1)))[k % 4]}
                axes.axhline(numbers[0, member.number], label=named(f"{member.label}, {DIGITAL}"), **style)
            axes.grid(axis="x", visible=False)
            axes.vlines(
                np.arange(len(names) - 1) + 0.5, 0, 1, transform=axes.get_xaxis_transform(), color="0.8", linewidth=0.6
            )
            axes.set_xlim(-0.5, len(names) - 0.5)
            width = axes.get_position().width * figure.get_size_inches()[0] / len(names)
            axes.set_xticks(range(len(names)), [_broken(name, width - 0.04) for name in names])
            axes.tick_params(axis="x", length=0)
            title(axes, text)
        fit_limits(panels, reach=[100])
        ending(figure, *entries(panels), spread_note(dataset, "bars"), left_out(gone))
    return figure


def _broken(name: str, width: float) -> str:
    """A device's name in at most two lines of a width [inch], broken after its last hyphen."""
    first, hyphen, second = name.rpartition("-")
    if not first or text_width(name) <= width:
        return fitted(name, width)
    return f"{fitted(first + hyphen, width)}\n{fitted(second, width)}"
