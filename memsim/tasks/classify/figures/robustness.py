"""How accuracy and SNR fall with every kind of noise, and accuracy with one step along the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.severities import under_noise
from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, filled, left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import from_clean, over_seeds
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4  # panels side by side, where that fills the rows better than three
_GRADIENT = "Along the gradient"


def robustness(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy above the median SNR against the noise level, for every noise type, and one for attacks.

    Lines are means over seeds, bands their 95 % intervals, dots the chance level. Lines start at the clean images,
    which take the place of corrupted ones of severity 0.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    names = ("noisy_accuracy", "noisy_snr", "test_accuracy", "test_snr", "perturbed_accuracy")
    require(dataset, "learner", "repeat", "noise_type", "noise_level", "epsilon", "true_class", *names)
    levels = dataset.noise_level.values
    clean = over_seeds(dataset.test_accuracy, MAX_LINES, 100.0)
    accuracy = from_clean(
        np.repeat(clean[:, :, None], dataset.sizes["noise_type"], axis=2),
        under_noise(over_seeds(dataset.noisy_accuracy, MAX_LINES, 100.0), levels),
    )
    ratio = from_clean(
        np.repeat(over_seeds(dataset.test_snr, MAX_LINES)[:, :, None], dataset.sizes["noise_type"], axis=2),
        under_noise(over_seeds(dataset.noisy_snr, MAX_LINES), levels),
    )
    attacked = from_clean(clean, over_seeds(dataset.perturbed_accuracy, MAX_LINES, 100.0))
    severities = np.array([0.0, *under_noise(levels, levels)])
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    shown = range(min(MAX_LINES, dataset.sizes["learner"]))
    learners = device_names(dataset, shown)
    columns = {k: np.concatenate([accuracy[0, :, k, 1:], ratio[0, :, k, 1:]]) for k in range(len(kinds))}
    contents, reasons = filled({**columns, _GRADIENT: attacked[0, :, 1:]})
    gone = [(_GRADIENT if k == _GRADIENT else kinds[int(k)], why) for k, why in reasons.items()]
    count = len(contents)
    across = max(1, min(count, _ACROSS if count % 3 and count > 3 else 3))
    blocks = -(-max(count, 1) // across)
    with rc_context(RC):
        figure, panels = grid(
            [1.3, 0.8] * blocks, across, top=head(dataset), gap=0.3, rows=([0.14, 0.56] * blocks)[:-1]
        )
        heading(figure, dataset, settings.name)
        upper = panels[::2].ravel()
        lower = panels[1::2].ravel()
        ratios = []
        for place, k in enumerate(contents):
            above, below = upper[place], lower[place]
            if k == _GRADIENT:
                _lines(above, learners, np.array([0.0, *dataset.epsilon.values]), attacked)
                title(above, _GRADIENT)
                above.set_xlabel(r"change of every pixel $\epsilon$")
                _over_both(above, below)
                below.remove()
                continue
            _lines(above, learners, severities, accuracy[:, :, int(k)])
            _lines(below, learners, severities, ratio[:, :, int(k)])
            title(above, kinds[int(k)])
            if empty(ratio[0, :, int(k), 1:]):
                below.remove()
                above.set_xlabel("noise level $s$")
                gone.append((f"SNR, {kinds[int(k)]}", NOT_FINITE))
                continue
            above.tick_params(labelbottom=False)
            below.set_xlabel("noise level $s$")
            ratios.append(below)
            if place % across:
                below.tick_params(labelleft=False)
            else:
                below.set_ylabel("median SNR")
        ratio_axis(ratios, ratio[0])
        for axes in (*lower[count:], *upper[count:]):
            axes.remove()
        for place, axes in enumerate(upper[:count]):
            axes.axhline(100 / dataset.sizes["true_class"], color=INK, linewidth=0.8, linestyle=":")
            if place % across == 0:
                axes.set_ylabel("accuracy [%]")
            elif contents[place] != _GRADIENT:  # its panel is higher than its neighbours
                axes.tick_params(labelleft=False)
        fit_limits(upper[:count], reach=[0, 100], room=0.03)
        some = only(len(shown), dataset.sizes["learner"])
        what = "SNR: top over runner-up output; dotted: chance"
        ending(figure, *entries(upper[:1]), some, what, left_out(gone), device=learners.heading)
    return figure


def _over_both(upper: Axes, lower: Axes) -> None:
    """Let a panel take the place of the one below it, too."""
    high, low = upper.get_position(), lower.get_position()
    upper.set_position((high.x0, low.y0, high.width, high.y1 - low.y0))


def _lines(axes: Axes, learners: DeviceNames, x: np.ndarray, found: np.ndarray) -> None:
    for number in range(found.shape[1]):
        style: dict[str, Any] = {**line_style(number), "markersize": 3}
        curve(axes, x, found[:, number], style, named(learners.label(number)))
