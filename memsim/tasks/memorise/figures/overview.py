"""The figure of a run: what went in, what was learned, and how both metrics fall with noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import FOOT, ending, entries, head, heading, only, page, panel
from memsim.plotting.pictures import BAR, GREYS, picture
from memsim.plotting.rules.colours import ColourRange
from memsim.plotting.rules.content import NOT_FINITE, empty, filled, left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import INK, RC, WIDTH, fitted, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.figures.learned import NO_MAP, LearnedMap, learned_maps
from memsim.tasks.memorise.figures.means import means
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAPS = 2  # learners whose maps are shown
_LINES = 8  # lines of several noise types
_CURVES = 1.85  # inch
_NEEDED = (
    "learner",
    "noise_type",
    "noise_level",
    "image_label",
    "snr",
    "normalised_difference",
    "example_image",
    "example_noisy",
    "example_conductance",
)

_METRICS = (("snr", "SNR, target / control output"), ("normalised_difference", "normalised difference"))


class _Picture(NamedTuple):
    """An image or a map, its title, its unit if it has a scale, and its colours."""

    text: str
    values: np.ndarray
    unit: str | None
    colours: ColourRange
    cmap: str | None


def overview(dataset: xr.Dataset) -> Figure:
    """Figure with the first image, its corrupted copy, what was learned from it, and two metrics against noise.

    Bands are 95 % intervals of the mean over images; learners are told apart by colour, marker and dashes.
    The maps are those of the first two learners: conductances of crossbars, sensitivities of networks.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context

    require(
        dataset, *(name for name in _NEEDED if name != "example_conductance" or "example_sensitivity" not in dataset)
    )
    settings = settings_of(dataset, MemoriseSpec)
    names = device_names(dataset, range(dataset.sizes["learner"])[:MAX_LINES])
    first = range(dataset.sizes["learner"])[:_MAPS]
    maps, own = learned_maps(dataset, first)
    side = 1.5 if len(maps) < 2 else 1.26
    lines = {name: means(name, dataset[name].values[:MAX_LINES], settings) for name, _ in _METRICS}
    contents, gone = filled({metric: lines[metric[0]][0] for metric in _METRICS})
    with rc_context(RC):
        pictures = _pictures(dataset, settings, names, maps, side)
        extra = 0.12 * any("\n" in text for text, *_ in pictures)
        figure = page(head(dataset) + extra + side + 0.32 + _CURVES + FOOT)
        heading(figure, dataset, settings.name)
        _draw_pictures(figure, pictures, side)
        width = (WIDTH - 0.72 - 0.75) / 2
        curves = {
            name: panel(figure, 0.6 + place * (width + 0.75), FOOT, width, _CURVES)
            for place, (name, _) in enumerate(contents)
        }
        for name, text in contents:
            _against_noise(dataset, names, curves[name], lines[name])
            curves[name].set_ylabel(text)
        if "snr" in curves:
            claims = _published(dataset, curves["snr"], settings)
            ratio_axis(curves["snr"], finite(lines["snr"][0], claims))
        if "normalised_difference" in curves:
            # Anchored at 0 where possible: a zoomed axis would make a change of a thousandth look like a collapse.
            fit_limits(curves["normalised_difference"], reach=[1], foot=0)
        some, kinds = only(MAX_LINES, dataset.sizes["learner"]), dataset.sizes["noise_type"]
        shown = f"one of {kinds} noise types; the figure 'noise' shows all" if len(_kinds(dataset)) < kinds else ""
        reasons = [(text, why) for (_, text), why in gone.items()]
        reasons += [(f"map of {names.labels[i]}", NO_MAP) for i in first if i not in maps]
        if "snr" in curves:
            ratios = zip(names.labels, lines["snr"][0], strict=False)
            reasons += [(name, NOT_FINITE) for name, values in ratios if empty(values)]
        marked = figure_note(dataset, range(dataset.sizes["learner"])[:MAX_LINES]) if "snr" in curves else ""
        notes = some, shown, own, marked, left_out(reasons)
        ending(figure, *entries(curves.values()), *notes, device=names.heading)
    return figure


def _pictures(
    dataset: xr.Dataset, settings: MemoriseSpec, names: DeviceNames, maps: Mapping[int, LearnedMap], side: float
) -> list[_Picture]:
    """The first image, clean and corrupted, and the maps of the first learners."""
    kind, level = settings.example
    k = list(map(str, dataset.noise_type.values)).index(kind) if kind in dataset.noise_type.values else 0
    i = int(np.abs(dataset.noise_level.values - level).argmin())
    name = str(dataset.noise_type.values[k]).replace("-", " ").capitalize()
    clean, noisy = dataset.example_image.values, dataset.example_noisy.values[k, i]
    pictures = [
        _Picture(fitted(dataset.image_label.values[0], side + BAR), clean, "grey", GREYS, "gray"),
        _Picture(fitted(f"{name}, s = {dataset.noise_level.values[i]:g}", side), noisy, None, GREYS, "gray"),
    ]
    for number, made in maps.items():
        words = "sensitivity of" if made.sensitivity else "learned by"
        text = f"{words} {names.labels[number]}"
        title = names.title_of([number], text, side + BAR)
        pictures.append(_Picture(title, made.values, made.unit, made.colours, None))
    return pictures


def _draw_pictures(figure: Figure, pictures: list[_Picture], side: float) -> None:
    """All pictures in one row."""
    step = (WIDTH - 0.2) / len(pictures)
    bottom = FOOT + _CURVES + 0.32
    for number, (text, values, unit, colours, cmap) in enumerate(pictures):
        left = 0.14 + number * step + max(0.0, (step - side - BAR) / 2) * (len(pictures) < 4)
        picture(figure, (left, bottom, side), values, text, colours, unit, cmap)


def _kinds(dataset: xr.Dataset) -> list[str]:
    """The noise types that are shown: all, or the first where they would make more lines than can be told apart."""
    kinds = [str(kind).replace("-", " ") for kind in dataset.noise_type.values]
    return kinds if len(kinds) * dataset.sizes["learner"] <= _LINES else kinds[:1]


def _against_noise(dataset: xr.Dataset, names: DeviceNames, axes: Axes, lines: np.ndarray) -> None:
    """Means over images and their intervals (mean-low-high, learner, type, level), a line a learner and noise type."""
    kinds = _kinds(dataset)
    for number in range(lines.shape[1]):
        for k, kind in enumerate(kinds):
            label = names.label(number)
            text = named(label if len(kinds) == 1 else f"{label}, {kind}")
            style = line_style(number * len(kinds) + k)
            curve(axes, dataset.noise_level.values, lines[:, number, k], style, text)
    axes.set_xlabel(f"{kinds[0].capitalize()} noise level $s$" if len(kinds) == 1 else "noise level $s$")


def _published(dataset: xr.Dataset, axes: Axes, settings: MemoriseSpec) -> np.ndarray:
    """A dotted line at the published mean of every learner that has one; these means."""
    claims = settings.published.get("snr", {})
    few = dataset.sizes["learner"] <= _MAPS + 1
    drawn = []
    for number, learner in enumerate(dataset.learner.values[:MAX_LINES]):
        if str(learner) in claims:
            claimed = claims[str(learner)]
            style = {**line_style(number * len(_kinds(dataset))), "marker": "", "linestyle": ":"}
            text = named(f"{learner}, published mean {claimed:.5g}") if few else None
            axes.axhline(claimed, label=text, **style)
            drawn.append(claimed)
    if drawn and not few:
        axes.plot([], [], color=INK, linestyle=":", label="published means")
    return np.array(drawn)
