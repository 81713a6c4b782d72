"""All learners of a classification in one look: accuracy, clean, noisy and perturbed, and confidence; the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, grow, head, heading, only, title
from memsim.plotting.pictures import picture
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, SMALL, WIDTH, fitted, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.235  # inch
_MOST = 40
"""Learners that are shown at most."""
_NAMES = 2.4
"""Room for names at most [inch]."""
_IMAGES = 10
_SIDE = 0.52  # inch
_NUMBER = 0.36
"""Room for the numbers beside a panel [inch]."""
_CALIBRATION = "calib. error [%]"
_DARK, _FILL = "#0b2a4a", "#a9bfd0"


def classes(dataset: xr.Dataset) -> Figure:
    """Figure with a row for every learner: test accuracy, accuracy under noise and under attack, calibration error.

    Bars are means over seeds, lines their 95 % intervals, dots the seeds. Below, the first test image of each class.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    needed = ("test_accuracy", "noise_mean_accuracy", "perturbed_accuracy", "scaled_calibration_error")
    require(dataset, "learner", "repeat", "true_class", "epsilon", "example_class_image", *needed)
    count = min(_MOST, dataset.sizes["learner"])
    middle = dataset.sizes["epsilon"] // 2
    epsilon = float(dataset.epsilon.values[middle])
    names = device_names(dataset, range(count))
    columns = {
        "test images [%]": dataset.test_accuracy,
        "with noise [%]": dataset.noise_mean_accuracy,
        f"worst of ±{epsilon:g} [%]": dataset.perturbed_accuracy.isel(epsilon=middle),
        _CALIBRATION: dataset.scaled_calibration_error,
    }
    contents, gone = filled({text: values[:count] for text, values in columns.items()})
    labels = [names.row(row, _NAMES) for row in range(count)]
    with rc_context(RC):
        left = max(map(text_width, labels)) + 0.2
        figure, (panels,) = grid(
            [_ROW * count + 0.1],
            len(contents),
            top=head(dataset),
            left=left,
            right=_NUMBER,
            foot=0.3,
            gap=_NUMBER + 0.08,
        )
        heading(figure, dataset, settings.name)
        for axes, text in zip(panels, contents, strict=True):
            _bars(axes, columns[text], count)
            axes.set_yticks(range(count), labels if axes is panels[0] else [])
            title(axes, text)
        accuracies = [axes for axes, text in zip(panels, contents, strict=True) if text != _CALIBRATION]
        fit_limits(accuracies, "x", reach=[100], foot=0)
        for axes in panels:
            if axes in accuracies:
                chance = 100 / dataset.sizes["true_class"]
                axes.axvline(chance, color="0.4", linewidth=0.8, linestyle=":", zorder=0.5)
            else:
                fit_limits(axes, "x", foot=0)
        some = only(count, dataset.sizes["learner"])
        seeds = dataset.sizes["repeat"]
        spread = f"means over {seeds} seeds with 95 % intervals; dots: single seeds; " if seeds > 1 else ""
        ending(figure, (), (), some, f"{spread}dotted: chance", left_out(gone), device=names.heading)
        _examples(figure, dataset)
    return figure


def _bars(axes: Axes, variable: xr.DataArray, count: int) -> None:
    """A bar a learner from 0 to the mean in percent, its interval, and a dot a seed."""
    rows = np.arange(count)
    mean, low, high = over_seeds(variable, count, 100.0)
    axes.set_ylim(count - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.barh(rows, mean, height=0.56, color=_FILL, edgecolor=_DARK, linewidth=0.5)
    seeds = 100 * variable.transpose("learner", "repeat").values[:count]
    if seeds.shape[1] > 1:
        places = rows[:, None] + np.linspace(-0.17, 0.17, seeds.shape[1])
        axes.plot(seeds.ravel(), places.ravel(), ".", color="0.45", markersize=1.8, markeredgewidth=0)
        axes.hlines(rows, low, high, color=_DARK, linewidth=1.4)
    for row in np.flatnonzero(np.isfinite(mean)).tolist():
        axes.annotate(
            f"{mean[row]:.1f}",
            (1, row),
            (3, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
        )


def _examples(figure: Figure, dataset: xr.Dataset) -> None:
    """The first test image of the first classes, in one row under the panels."""
    grow(figure, _SIDE + 0.3)
    shown = dataset.example_class_image.values[:_IMAGES]
    step = (WIDTH - 0.2) / max(len(shown), 6)
    for number, (image, name) in enumerate(zip(shown, dataset.true_class.values, strict=False)):
        picture(figure, (0.12 + number * step, 0.08, _SIDE), image, fitted(name, _SIDE))
