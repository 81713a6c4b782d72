"""How accuracy and SNR fall with every kind of noise, and accuracy with a change along the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.style import INK, RC, line_style
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.classify.figures.seeds import from_clean, over_seeds
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4  # panels side by side, where that fills the rows better than three
_LARGEST = 1e3
"""SNR beyond which a curve leaves the panel: the ratio divides by almost nothing there."""


def robustness(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy above the median SNR against the noise level, for every noise type, and one for attacks.

    Lines are means over seeds from the clean images at level 0 on, bands their 95 % intervals, dots the chance level.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    names = ("noisy_accuracy", "noisy_snr", "test_accuracy", "test_snr", "perturbed_accuracy")
    require(dataset, "learner", "repeat", "noise_type", "noise_level", "epsilon", "true_class", *names)
    clean = over_seeds(dataset.test_accuracy, MAX_LINES, 100.0)
    accuracy = from_clean(
        np.repeat(clean[:, :, None], dataset.sizes["noise_type"], axis=2),
        over_seeds(dataset.noisy_accuracy, MAX_LINES, 100.0),
    )
    ratio = from_clean(
        np.repeat(over_seeds(dataset.test_snr, MAX_LINES)[:, :, None], dataset.sizes["noise_type"], axis=2),
        over_seeds(dataset.noisy_snr, MAX_LINES),
    )
    attacked = from_clean(clean, over_seeds(dataset.perturbed_accuracy, MAX_LINES, 100.0))
    levels = np.array([0.0, *dataset.noise_level.values])
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    count = len(kinds) + 1
    across = min(count, _ACROSS if count % 3 and count > 3 else 3)
    blocks = -(-count // across)
    with rc_context(RC):
        figure, panels = grid(
            [1.3, 0.8] * blocks, across, top=head(dataset), gap=0.3, rows=([0.14, 0.56] * blocks)[:-1]
        )
        heading(figure, dataset, settings.name)
        upper = panels[::2].ravel()
        lower = panels[1::2].ravel()
        for k, kind in enumerate(kinds):
            _lines(upper[k], dataset, levels, accuracy[:, :, k])
            _lines(lower[k], dataset, levels, ratio[:, :, k])
            title(upper[k], kind)
            upper[k].tick_params(labelbottom=False)
            lower[k].set_xlabel("noise level $s$")
            ratio_axis(lower[k], _shown(ratio[0]), _shown(ratio[1:]))
        last = upper[len(kinds)]
        _lines(last, dataset, np.array([0.0, *dataset.epsilon.values]), attacked)
        title(last, "Along the gradient")
        last.set_xlabel(r"change of every pixel $\epsilon$")
        _over_both(last, lower[len(kinds)])
        for axes in (*lower[len(kinds) :], *upper[count:]):
            axes.remove()
        for axes in upper[:count]:
            axes.set_ylim(-2, 103)
            axes.axhline(100 / dataset.sizes["true_class"], color=INK, linewidth=0.8, linestyle=":")
        for k in range(0, count, across):
            upper[k].set_ylabel("accuracy [%]")
            if k < len(kinds):
                lower[k].set_ylabel("median SNR")
        some = only(min(MAX_LINES, dataset.sizes["learner"]), dataset.sizes["learner"])
        ending(figure, *upper[0].get_legend_handles_labels(), some, "SNR: top over runner-up output; dotted: chance")
    return figure


def _over_both(upper: Axes, lower: Axes) -> None:
    """Let a panel take the place of the one below it, too."""
    high, low = upper.get_position(), lower.get_position()
    upper.set_position((high.x0, low.y0, high.width, high.y1 - low.y0))


def _lines(axes: Axes, dataset: xr.Dataset, x: np.ndarray, found: np.ndarray) -> None:
    for number, learner in enumerate(dataset.learner.values[:MAX_LINES]):
        style: dict[str, Any] = {**line_style(number), "markersize": 3}
        curve(axes, x, found[:, number], style, named(learner))


def _shown(values: np.ndarray) -> np.ndarray:
    """Ratios that the axis makes room for."""
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)
