"""The figure of a run: what went in, what was learned, and how both metrics fall with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import finite, ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import FOOT, ending, head, heading, lost, only, page, panel
from memsim.plotting.pictures import BAR, GREY, picture
from memsim.plotting.style import INK, RC, WIDTH, line_style
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.memorise.figures.learned import learned_map
from memsim.tasks.memorise.figures.means import means
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
    maps = [learned_map(dataset, number) for number in range(dataset.sizes["learner"])[:_MAPS]]
    count = 2 + len([found for found in maps if found is not None])
    side = 1.5 if count < 4 else 1.26
    with rc_context(RC):
        figure = page(head(dataset) + side + 0.32 + _CURVES + FOOT)
        heading(figure, dataset, settings.name)
        _pictures(dataset, figure, settings, maps, side)
        width = (WIDTH - 0.72 - 0.75) / 2
        curves = [panel(figure, left, FOOT, width, _CURVES) for left in (0.6, 0.6 + width + 0.75)]
        ratios, others = _against_noise(dataset, "snr", curves[0], settings)
        _against_noise(dataset, "normalised_difference", curves[1], settings)
        claims = _published(dataset, curves[0], settings)
        ratio_axis(curves[0], finite(ratios, claims), others)
        curves[0].set_ylabel("SNR, target / control output")
        curves[1].set_ylabel("normalised difference")
        # Anchored at 0 where possible: a zoomed axis would make a change of a thousandth look like a collapse.
        lowest = finite(dataset.normalised_difference.values)
        curves[1].set_ylim(-1.05 if len(lowest) and lowest.min() < 0 else 0, 1.05)
        gone = [name for name, means_ in zip(dataset.learner.values, ratios, strict=False) if np.isnan(means_).all()]
        some, kinds = only(MAX_LINES, dataset.sizes["learner"]), dataset.sizes["noise_type"]
        first = f"one of {kinds} noise types; the figure 'noise' shows all" if len(_kinds(dataset)) < kinds else ""
        ending(figure, *curves[0].get_legend_handles_labels(), some, first, lost(gone))
    return figure


def _pictures(dataset: xr.Dataset, figure: Figure, settings: MemoriseSpec, maps: list, side: float) -> None:
    """The first image, clean and corrupted, and the maps of the first learners, in one row."""
    kind, level = settings.example
    noisy = dataset.example_noisy
    k = list(map(str, dataset.noise_type.values)).index(kind) if kind in dataset.noise_type.values else 0
    i = int(np.abs(dataset.noise_level.values - level).argmin())
    name = str(dataset.noise_type.values[k]).replace("-", " ").capitalize()
    panels: list[tuple[str, np.ndarray, str | None, dict]] = [
        (str(dataset.image_label.values[0]), dataset.example_image.values, "grey", dict(GREY)),
        (f"{name}, s = {dataset.noise_level.values[i]:g}", noisy.values[k, i], None, dict(GREY)),
    ]
    for learner, found in zip(dataset.learner.values, maps, strict=False):
        if found is not None:
            words, values, unit = found
            panels.append((f"{words} {learner}", values, unit, {}))
    step = (WIDTH - 0.2) / len(panels)
    bottom = FOOT + _CURVES + 0.32
    for number, (text, values, unit, options) in enumerate(panels):
        left = 0.14 + number * step + max(0.0, (step - side - BAR) / 2) * (len(panels) < 4)
        picture(figure, (left, bottom, side), values, text, unit, options)


def _kinds(dataset: xr.Dataset) -> list[str]:
    """The noise types that are shown: all, or the first where they would make more lines than can be told apart."""
    kinds = [str(kind).replace("-", " ") for kind in dataset.noise_type.values]
    return kinds if len(kinds) * dataset.sizes["learner"] <= _LINES else kinds[:1]


def _against_noise(dataset: xr.Dataset, name: str, axes: Axes, settings: MemoriseSpec) -> tuple[np.ndarray, np.ndarray]:
    """Mean over images and its interval against the noise level, a line a learner and noise type: both as arrays."""
    kinds = _kinds(dataset)
    lines = means(name, dataset[name].values[:MAX_LINES], settings)
    for number, learner in enumerate(dataset.learner.values[:MAX_LINES]):
        for k, kind in enumerate(kinds):
            text = named(learner if len(kinds) == 1 else f"{learner}, {kind}")
            style = line_style(number * len(kinds) + k)
            curve(axes, dataset.noise_level.values, lines[:, number, k], style, text)
    axes.set_xlabel(f"{kinds[0].capitalize()} noise level $s$" if len(kinds) == 1 else "noise level $s$")
    return lines[0], lines[1:]


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
