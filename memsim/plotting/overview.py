"""The figure of a run: what went in, what was learned, and how both metrics fall with noise."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics import bootstrap
from memsim.plotting.style import RC, WIDTH, line_style
from memsim.repeat import changes_of, settings_of
from memsim.results import require, stored
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.experiment_schema import ExperimentSpec

_HEIGHT = 4.6  # inch, without the legend
_LINE = 0.16  # inch a line of the legend
_MAPS = 2  # learners whose conductances are shown
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
    """Figure with the first image, its corrupted copy, the conductances learned from it, and two metrics against noise.

    Bands are 95 % bootstrap intervals of the mean over images; learners are told apart by colour, marker and dashes.
    The maps show the first two learners.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    require(dataset, *_NEEDED)
    settings = settings_of(dataset)
    with rc_context(RC):
        # Fixed places instead of a layout engine, which would double the time a run takes to draw.
        figure = Figure(figsize=(WIDTH, _HEIGHT))
        _heading(dataset, figure, settings)
        _images(dataset, figure, settings)
        curves = figure.add_axes((0.08, 0.1, 0.4, 0.4)), figure.add_axes((0.58, 0.1, 0.4, 0.4))
        for name, axes in zip(("snr", "normalised_difference"), curves, strict=True):
            _against_noise(dataset, name, axes, settings)
        _published(dataset, curves[0], settings)
        curves[0].set_ylabel("SNR, target / control output")
        curves[1].set_ylabel("normalised difference")
        if float(dataset.snr.min()) >= 0:
            curves[0].set_ylim(0, 1.08 * curves[0].get_ylim()[1])
        # Anchored at 0 where possible: a zoomed axis would make a change of a thousandth look like a collapse.
        curves[1].set_ylim(0 if float(dataset.normalised_difference.min()) >= 0 else -1.05, 1.05)
        _legend(figure, curves[0])
    return figure


def _heading(dataset: xr.Dataset, figure: Figure, settings: ExperimentSpec) -> None:
    """The title, and under it what was changed in the experiment that it names."""
    figure.suptitle(_plain(stored(dataset, "title") or settings.name, 110), fontsize=9, y=0.985)
    changes = ", ".join(f"{key}={value}" for key, value in changes_of(dataset).items())
    if changes:
        figure.text(
            0.5, 0.945, _plain(f"changed: {changes}", 130), ha="center", va="center", fontsize=6.5, color="0.35"
        )


def _images(dataset: xr.Dataset, figure: Figure, settings: ExperimentSpec) -> None:
    """The first image, clean and corrupted, and the conductance maps of the first learners."""
    learners = [str(name) for name in dataset.learner.values][:_MAPS]
    kind, level = settings.example
    grey = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0}
    panels: list[tuple[str, np.ndarray, str, dict[str, Any]]] = [
        (str(dataset.image_label.values[0]), dataset.example_image.values, "grey", grey),
        (
            f"{kind.capitalize()} noise, s = {level:g}",
            dataset.example_noisy.sel(noise_type=kind, noise_level=level).values,
            "grey",
            grey,
        ),
    ]
    for learner in learners:
        siemens = dataset.example_conductance.sel(learner=learner).values
        largest = float(np.abs(siemens).max()) or 1.0
        number, unit = format_quantity(largest, "S").split()
        panels.append((f"learned by {learner}", siemens * (float(number) / largest), unit.replace("u", "µ"), {}))
    width, height = figure.get_size_inches()
    side = 0.32 if len(panels) < 4 else 0.29
    rows, columns = dataset.example_image.shape
    wide, tall = side * max(0.1, min(1, columns / rows)), side * max(0.1, min(1, rows / columns))
    for i, (title, values, unit, options) in enumerate(panels):
        left = 0.03 + i * 0.98 / len(panels)
        axes = figure.add_axes((left, 0.57 + (side - tall) / 2, wide * height / width, tall))
        picture = axes.imshow(values, interpolation="nearest", aspect="auto", **options)
        axes.set_title(_plain(title, 120 // len(panels)), fontsize=7, loc="left")
        axes.set_axis_off()
        bar = figure.add_axes((left + wide * height / width + 0.008, 0.57, 0.01, side))
        figure.colorbar(picture, cax=bar)
        bar.set_xlabel(unit, fontsize=7)


def _against_noise(dataset: xr.Dataset, name: str, axes: Axes, settings: ExperimentSpec) -> None:
    """Mean over images and its interval against the noise level, a line a learner."""
    kinds = [str(kind) for kind in dataset.noise_type.values]
    for number, learner in enumerate(dataset.learner.values):
        style = line_style(number)
        for kind in kinds:
            values = dataset[name].sel(learner=learner, noise_type=kind).values
            mean, low, high = bootstrap(values, settings.seed, settings.resamples)
            label = _plain(learner if len(kinds) == 1 else f"{learner}, {kind}", 40)
            axes.plot(dataset.noise_level.values, mean, label=label, **style)
            axes.fill_between(dataset.noise_level.values, low, high, color=style["color"], alpha=0.2, linewidth=0)
    axes.set_xlabel(f"{' / '.join(kind.capitalize() for kind in kinds)} noise level $s$")


def _published(dataset: xr.Dataset, axes: Axes, settings: ExperimentSpec) -> None:
    """A dotted line at the published mean of every learner that has one."""
    for number, learner in enumerate(dataset.learner.values):
        claimed = settings.published.get("snr", {}).get(str(learner), 0.0)
        if claimed > 0:
            style = {**line_style(number), "marker": "", "linestyle": ":"}
            axes.axhline(claimed, label=_plain(f"{learner}, published mean {claimed:.5g}", 60), **style)


def _legend(figure: Figure, axes: Axes) -> None:
    """One legend for both curves, below them; the figure grows with it."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(3, len(labels))
    extra = _LINE * (-(-len(labels) // columns)) + 0.05
    for inner in figure.axes:
        x, y, width, height = inner.get_position().bounds
        inner.set_position((x, (y * _HEIGHT + extra) / (_HEIGHT + extra), width, height * _HEIGHT / (_HEIGHT + extra)))
    for text in figure.texts:
        text.set_y((text.get_position()[1] * _HEIGHT + extra) / (_HEIGHT + extra))
    figure.set_size_inches(WIDTH, _HEIGHT + extra)
    figure.legend(handles, labels, loc="lower center", ncols=columns, frameon=False)


def _plain(text: object, longest: int) -> str:
    """Text on one line for matplotlib, which would read $...$ as a formula and draw control characters as boxes."""
    line = textwrap.shorten("".join(c if c.isprintable() else " " for c in str(text)), longest, placeholder=" …")
    return line.replace("$", r"\$")
