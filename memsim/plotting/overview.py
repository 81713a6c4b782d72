"""The figure of a run: what went in, what was learned, and how both metrics fall with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics import bootstrap
from memsim.plotting.style import RC, WIDTH, line_style
from memsim.results import settings
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def overview(dataset: xr.Dataset) -> Figure:
    """Figure with the first image, its corrupted copy, the conductances learned from it, and two metrics against noise.

    Bands are 95 % bootstrap intervals of the mean over images; several learners are told apart by marker and dashes.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    experiment = settings(dataset)
    kinds = [str(kind) for kind in dataset.noise_type.values]
    with rc_context(RC):
        # Fixed places instead of a layout engine, which would double the time a run takes to draw.
        figure = Figure(figsize=(WIDTH, 4.6))
        figure.suptitle(dataset.attrs["title"] or experiment["name"], fontsize=9, y=0.985)
        _images(dataset, figure, experiment)
        left, right = ((0.08, 0.1, 0.4, 0.4), (0.58, 0.1, 0.4, 0.4))
        snr_axes, difference_axes = figure.add_axes(left), figure.add_axes(right)
        _against_noise(dataset, "snr", snr_axes, experiment)
        _against_noise(dataset, "normalised_difference", difference_axes, experiment)
        published = experiment.get("published", {}).get("snr", {})
        for number, learner in enumerate(dataset.learner.values):
            if learner in published and published[learner] > 0:
                style = {**line_style(number), "marker": "", "linestyle": ":"}
                label = f"published mean {published[learner]:.5g}"
                snr_axes.axhline(published[learner], label=label, **style)
        snr_axes.set_ylabel("SNR, target / control output")
        difference_axes.set_ylabel("normalised difference")
        if float(dataset.snr.min()) >= 0:
            snr_axes.set_ylim(0, 1.08 * snr_axes.get_ylim()[1])
        # Anchored at 0 where possible: a zoomed axis would make a change of a thousandth look like a collapse.
        difference_axes.set_ylim(0 if float(dataset.normalised_difference.min()) >= 0 else -1.05, 1.05)
        for axes in (snr_axes, difference_axes):
            axes.set_xlabel(f"{' / '.join(kind.capitalize() for kind in kinds)} noise level $s$")
        snr_axes.legend(frameon=False)
    return figure


def _images(dataset: xr.Dataset, figure: Figure, experiment: dict[str, Any]) -> None:
    """The first image, clean and corrupted, and the conductance map of up to two learners."""
    learners = [str(name) for name in dataset.learner.values][:2]
    count = 2 + len(learners)
    width, height = figure.get_size_inches()
    side = 0.34
    starts = [0.02 + i * (0.98 / count) for i in range(count)]
    axes = [figure.add_axes((start, 0.57, side * height / width, side)) for start in starts]
    kind = str(dataset.noise_type.values[0])
    levels = sorted(experiment["corruptions"][kind])
    grey = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0, "interpolation": "nearest"}
    panels = [
        (axes[0], dataset.example_image.values, str(dataset.image_label.values[0]), "grey level", grey),
        (axes[1], dataset.example_noisy.values, f"{kind.capitalize()} noise, $s$ = {levels[len(levels) // 2]:g}", "grey level", grey),
    ]
    for i, learner in enumerate(learners):
        siemens = dataset.example_conductance.sel(learner=learner).values
        value, unit = format_quantity(float(np.abs(siemens).max()) or 1.0, "S").split()
        scale = (float(np.abs(siemens).max()) or 1.0) / float(value)
        label = f"conductance [{unit.replace('u', 'µ')}]"
        panels.append((axes[2 + i], siemens / scale, f"learned by {learner}", label, {"interpolation": "nearest"}))
    for ax, values, title, label, options in panels:
        picture = ax.imshow(values, **options)
        ax.set_title(title)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.grid(False)
        ax.spines[:].set_visible(False)
        place = ax.get_position()
        bar = figure.add_axes((place.x1 + 0.008, place.y0, 0.01, place.height))
        figure.colorbar(picture, cax=bar, label=label)


def _against_noise(dataset: xr.Dataset, name: str, axes: Axes, experiment: dict[str, Any]) -> None:
    levels = dataset.noise_level.values
    kinds = dataset.noise_type.values
    for number, learner in enumerate(dataset.learner.values):
        for kind in kinds:
            values = dataset[name].sel(learner=learner, noise_type=kind).values
            mean, low, high = bootstrap(values, int(dataset.attrs["seed"]), experiment.get("resamples", 2000))
            style = line_style(number)
            label = str(learner) if len(kinds) == 1 else f"{learner}, {kind}"
            axes.plot(levels, mean, label=label, **style)
            axes.fill_between(levels, low, high, color=style["color"], alpha=0.2, linewidth=0)
