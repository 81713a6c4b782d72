"""Accuracy of networks on arrays, beside that in floating point, and the signal-to-noise ratio of their layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.axis import time_axis
from memsim.plotting.curves import MAX_LINES, bars, curve, named, point
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.infer.schema import InferSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def inference(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy of every learner, over time where the result has times, and the SNR of its layers.

    Markers are means over programmings, bars their 95 % intervals; dashed lines are digital accuracies.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of this task.
    """
    from matplotlib import rc_context

    accuracy = "aged_accuracy" if "time" in dataset.dims else "test_accuracy"
    require(dataset, "learner", "repeat", "layer", "digital_accuracy", accuracy, "layer_snr")
    settings = settings_of(dataset, InferSpec)
    names = [str(name) for name in dataset.learner.values]
    with rc_context(RC):
        figure, axes_of = grid([2.4], 2, top=head(dataset), gap=0.5)
        left, right = axes_of.ravel()
        heading(figure, dataset, settings.name)
        shown = names[:MAX_LINES]
        for number, name in enumerate(shown):
            style: dict[str, Any] = line_style(number)
            _accuracy(left, dataset.isel(learner=number), number, named(name), style)
            snr = dataset.layer_snr.isel(learner=number).transpose("layer", "repeat").values
            places = np.arange(len(snr)) + 0.1 * (number - (len(shown) - 1) / 2)
            numbers = np.stack(seed_interval(snr, axis=1))
            right.plot(places, numbers[0], **point(style))
            bars(right, places, numbers, style["color"])
        for value in sorted(set(100 * dataset.digital_accuracy.values[: len(shown)])):
            left.axhline(value, color=INK, linewidth=0.9, linestyle="--", zorder=1)
        left.set_ylabel("accuracy, test images [%]")
        right.set_ylabel("SNR of products [dB]")
        right.set_xlabel("layer")
        right.set_xticks(range(dataset.sizes["layer"]), _short(dataset.layer.values))
        title(left, "accuracy")
        title(right, "products")
        if "time" in dataset.dims:
            time_axis(left, dataset.time.values, "time since programming")
        else:
            left.set_xticks([])
        fit_limits([left])
        fit_limits([right])
        count = dataset.sizes["repeat"]
        marks = "bars and bands" if "time" in dataset.dims else "bars"
        words = f"means over {count} programmings, {marks}: 95 % intervals" if count > 1 else ""
        ending(figure, *entries([left]), "dashed: digital accuracy", words, only(len(shown), len(names)))
    return figure


def _accuracy(axes: Axes, part: xr.Dataset, number: int, label: str, style: dict[str, Any]) -> None:
    """A marker of one learner, or a line over time."""
    if "time" in part.dims:
        values = part.aged_accuracy.transpose("repeat", "time").values
        numbers = 100 * np.stack(seed_interval(values, axis=0, bounds=(0.0, 1.0)))
        curve(axes, part.time.values, numbers, style, label)
        return
    numbers = 100 * np.stack(seed_interval(part.test_accuracy.values, axis=0, bounds=(0.0, 1.0)))
    at = np.array([number])
    axes.plot(at, numbers[:1], label=label, **point(style))
    bars(axes, at, numbers[:, None], style["color"])


def _short(names: np.ndarray) -> list[str]:
    """Names of layers where they fit under the axis; else their numbers from 1."""
    texts = [str(name) for name in names]
    short = all(len(text) <= 6 for text in texts) and len(texts) <= 8
    return texts if short else [str(number) for number in range(1, len(texts) + 1)]
