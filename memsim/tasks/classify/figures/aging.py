"""Accuracy of learners on cells over time, and the error of their weights split into drift, spread and noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.experiments.learners import LABEL
from memsim.plotting.axis import time_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import Member, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.variable import CORRECTED

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PARTS = {
    "aged_weight_drift": "mean drift of the weights",
    "aged_weight_spread": "spread of the weights",
    "aged_weight_noise": "noise of the weights in reads",
}
_MOST_DEVICES, _FEW = 4, 6
"""Devices that have a column each, and learners up to which they share one panel all the same."""
_TIME = "time since programming"


def aging(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy over time, and below it the three parts of the weight error.

    Means over seeds with 95 % intervals, against the logarithm of the time. Many learners on a few devices have a
    column for each device, with the weights of its first learner; else all share the panels.

    Raises
    ------
    MemsimError
        If the result has no times, or is not whole.
    """
    from matplotlib import rc_context

    if "time" not in dataset.dims:
        raise lacks(dataset, "aging", "times after the programming", "memsim run retention-01 makes them")
    require(dataset, "learner", "repeat", "device", "aged_accuracy", "aged_noise_accuracy", *_PARTS)
    settings = settings_of(dataset, ClassifySpec)
    on_cells = np.isfinite(dataset.aged_accuracy.values).any(axis=(1, 2))
    every = [member for member in members(dataset, settings) if on_cells[member.number]]
    devices: dict[str, list[Member]] = {}
    for member in every:
        devices.setdefault(str(dataset.device.values[member.number]), []).append(member)
    by_device = 1 < len(devices) <= _MOST_DEVICES and len(every) > _FEW
    with rc_context(RC):
        draw = _by_device if by_device else _together
        figure, upper, lower, notes = draw(dataset, devices if by_device else {"": every})
        heading(figure, dataset, settings.name)
        seeds = dataset.sizes["repeat"]
        words = f"bands: 95 % intervals over {seeds} seeds, {CORRECTED}" if seeds > 1 else ""
        what = "drift: slope of the weights in cells by the programmed ones, minus 1; spread: what this line leaves"
        handles, labels = entries([*upper, *lower])
        ending(figure, handles, labels, words, what, *notes)
    return figure


def _together(
    dataset: xr.Dataset, groups: dict[str, list[Member]]
) -> tuple[Figure, list[Axes], list[Axes], Sequence[str]]:
    """All learners in one panel of the accuracy, and one for each part of the weight error."""
    every = groups[""]
    shown = every[:MAX_LINES]
    figure, ((first, second, _), lower) = grid([1.8, 1.3], 3, top=head(dataset), left=0.55, gap=0.5, rows=[0.72])
    figure.delaxes(_)
    _widen(first, second)
    for axes, name, text in (
        (first, "aged_accuracy", "test images"),
        (second, "aged_noise_accuracy", "corrupted test images"),
    ):
        _draw(axes, dataset, name, [(member.number, member.label) for member in shown])
        title(axes, text)
    first.set_ylabel("accuracy [%]")
    fit_limits([first, second])
    for axes, (name, text) in zip(lower, _PARTS.items(), strict=True):
        _draw(axes, dataset, name, [(member.number, member.label) for member in shown])
        title(axes, text)
        fit_limits([axes], reach=[0, 1])
    lower[0].set_ylabel("share of the weights [%]")
    return figure, [first, second], list(lower), [only(len(shown), len(every))]


def _widen(first: Axes, second: Axes) -> None:
    """Let two panels take the room of three."""
    left, middle = first.get_position(), second.get_position()
    gap = middle.x0 - left.x1
    wide = left.width * 1.5 + gap / 2
    first.set_position((left.x0, left.y0, wide, left.height))
    second.set_position((left.x0 + wide + gap, left.y0, wide, left.height))


def _by_device(
    dataset: xr.Dataset, groups: dict[str, list[Member]]
) -> tuple[Figure, list[Axes], list[Axes], Sequence[str]]:
    """A column for each device: the accuracy of its learners, and the parts of the weight error of the first one."""
    figure, (upper, lower) = grid([1.7, 1.4], len(groups), top=head(dataset), left=0.55, gap=0.3, rows=[0.5])
    texts: list[str] = []
    for members_ in groups.values():
        texts += [text for text in map(_without_device, members_) if text not in texts]
    for axes, below, (device, members_) in zip(upper, lower, groups.items(), strict=True):
        lines = [(member.number, _without_device(member)) for member in members_]
        _draw(axes, dataset, "aged_accuracy", lines, [texts.index(text) for _, text in lines])
        title(axes, device)
        for place, (name, text) in enumerate(_PARTS.items()):
            _draw(below, dataset, name, [(members_[0].number, text)], [len(texts) + place])
        title(below, f"weights, {_without_device(members_[0])}")
        axes.set_xlabel("")
    upper[0].set_ylabel("accuracy, test images [%]")
    lower[0].set_ylabel("share of the weights [%]")
    fit_limits(list(upper))
    fit_limits(list(lower), reach=[0])
    for axes in (*upper[1:], *lower[1:]):
        axes.tick_params(labelleft=False)
    return figure, list(upper), list(lower), []


def _without_device(member: Member) -> str:
    """The label of a learner without the name of its device."""
    return member.template.replace(LABEL, "").strip(" ,;:") or member.label


def _draw(
    axes: Axes,
    dataset: xr.Dataset,
    name: str,
    lines: Sequence[tuple[int, str]],
    styles: Sequence[int] | None = None,
) -> None:
    """A line for each learner, by its number and text, against the time."""
    values, seconds = over_seeds(dataset[name], factor=100.0), dataset.time.values
    for style, (number, text) in zip(styles or range(len(lines)), lines, strict=True):
        look: dict[str, Any] = line_style(style)
        curve(axes, seconds, values[:, number], look, named(text))
    time_axis(axes, seconds, _TIME)
