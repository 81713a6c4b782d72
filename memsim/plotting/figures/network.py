"""Evaluation of a network: accuracy over time with the spread over programmings, and what limits it in each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import time_axis
from memsim.plotting.curves import bars, curve, named
from memsim.plotting.page import ending, entries, headline, only, page, panel, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, WIDTH, fitted, line_style, plain, text_width
from memsim.results.dataset import VARIABLES, require, stored
from memsim.results.hardware import circuit_texts
from memsim.tasks.network import LAYER_METRICS, SCORES, score_label
from memsim.tasks.variable import SHARE
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from memsim.tasks.base import Metric

_TOP, _HEIGHT, _BETWEEN, _FOOT = 0.5, 1.75, 0.78, 0.42  # inch
_MARK, _LEAST_ROW, _MOST_ROWS = 0.1, 0.17, 7.0
"""Height of a point, least height of the row of a layer, and height of all rows that are higher [inch]."""
_NAMES = 1.5
"""Room for names of layers at most [inch]."""
_MOST_LAYERS, _MOST_TIMES = 40, 4
_FEW = 15
"""Layers up to which more times than the first and the last are shown."""
_LEAST_SHARE = 1.0
"""Least end of an axis of clipped inputs or saturated outputs [%]; smaller shares matter little."""
_SHIFT = 0.76  # of a row, that the points of all times take


def network(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy or metric over time, and below it a panel for each quantity that layers have.

    Raises
    ------
    OutputError
        If the result is not whole.
    """
    from matplotlib import rc_context

    require(dataset, "time", "layer", "device", *(metric.variable for metric in LAYER_METRICS))
    score = next((metric for metric in SCORES if metric.variable in dataset), SCORES[0])
    require(dataset, score.variable)
    layers = dataset.isel(layer=slice(_MOST_LAYERS))
    count = layers.sizes["layer"]
    names = [fitted(name, _NAMES) for name in _names(layers)]
    contents, gone = filled({metric: metric.factor * layers[metric.variable].values for metric in LAYER_METRICS})
    times = _shown_times(dataset.sizes["time"], count)
    row = max(_LEAST_ROW, min(_MARK * (len(times) + 1), _MOST_ROWS / count))
    low = row * count + 0.12 if contents else 0.0
    with rc_context(RC):
        figure = page(_TOP + _HEIGHT + _BETWEEN + low + _FOOT)
        left = max(0.62, max(map(text_width, names)) + 0.32)
        upper = panel(figure, left, _FOOT + low + _BETWEEN, WIDTH - left - 0.12, _HEIGHT)
        _draw_score(upper, dataset, score)
        wide = (WIDTH - left - 0.12 + 0.24) / max(1, len(contents)) - 0.24
        lower = [panel(figure, left + k * (wide + 0.24), _FOOT, wide, low) for k in range(len(contents))]
        for axes, metric in zip(lower, contents, strict=True):
            _draw_layers(axes, layers, metric, times)
            axes.set_ylim(count - 0.45, -0.55)
            axes.set_yticks(range(count), names if axes is lower[0] else [])
            axes.tick_params(axis="y", length=0)
            title(axes, f"{metric.label} [{metric.unit}]")
            fit_limits(axes, "x", reach=_reach(metric))
        for axes in lower[:1]:
            axes.set_ylabel("layer")
        headline(figure, stored(dataset, "title"), _below(dataset))
        repeats = dataset.sizes["repeat"]
        words = (
            f"bands and bars: ± one standard deviation over {repeats} programmings"
            if repeats > 1
            else "one programming"
        )
        note = left_out({metric.label: why for metric, why in gone.items()})
        several = dataset.sizes["time"]
        some = f"layers at {len(times)} of {several} times" if len(times) < several else ""
        ending(figure, *entries([upper, *lower]), words, some, only(count, dataset.sizes["layer"], "layers"), note)
    return figure


def _reach(metric: Metric) -> list[float]:
    """Values that the axis of a quantity of layers reaches: 0 of errors, and 0 and 1 % of shares."""
    return [] if metric.unit != "%" else [0, _LEAST_SHARE] if VARIABLES[metric.variable].bounds == SHARE else [0]


def _names(dataset: xr.Dataset) -> list[str]:
    """Names of the layers, with their device where they differ."""
    devices = list(map(str, dataset.device.values))
    several = len(set(devices)) > 1
    return [
        f"{name}, {device}" if several else str(name)
        for name, device in zip(dataset.layer.values, devices, strict=True)
    ]


def axis_label(dataset: xr.Dataset, score: Metric) -> str:
    """Label of the axis of what the network achieves; a function of the user has its name."""
    name = plain(score_label(dataset.attrs, score), 40)
    return f"{name} [{score.unit}]" if score.unit else name


def _below(dataset: xr.Dataset) -> str:
    """Converters, tiles, wires and compensation in a line."""
    compensation = str(dataset.attrs.get("compensation", ""))
    parts = [*circuit_texts(dataset).values(), f"drift compensation: {compensation}" if compensation else ""]
    return "; ".join(filter(None, parts))


def _shown_times(count: int, layers: int) -> list[int]:
    """The times for which layers are shown: the first, the last, and of few layers some between."""
    return sorted(
        {round(place) for place in np.linspace(0, count - 1, min(count, _MOST_TIMES if layers <= _FEW else 2))}
    )


def spread(dataset: xr.Dataset, metric: Metric) -> np.ndarray:
    """Mean over programmings, and one standard deviation below and above it, within bounds; (mean-low-high, ...)."""
    values = dataset[metric.variable].values
    mean = values.mean(0)
    deviation = values.std(0, ddof=1) if len(values) > 1 else np.zeros(mean.shape)
    ends = np.clip([mean - deviation, mean + deviation], *VARIABLES[metric.variable].bounds)
    return metric.factor * np.stack([mean, *ends])


def _draw_score(axes: Axes, dataset: xr.Dataset, score: Metric) -> None:
    """The mean of the programmings over time with its band, and a point for each of them."""
    values, seconds = score.factor * dataset[score.variable].values, dataset.time.values
    style = line_style(0)
    for own in values if len(values) > 1 else ():
        axes.plot(seconds, own, linestyle="none", marker=".", markersize=3, color=INK, zorder=1.5)
    several = len(values) > 1
    name = plain(score_label(dataset.attrs, score), 40)
    curve(axes, seconds, spread(dataset, score), style, named(f"mean {name}" if several else name))
    if several:
        axes.plot([], [], linestyle="none", marker=".", markersize=3, color=INK, label="one programming")
    time_axis(axes, seconds)
    axes.set_ylabel(axis_label(dataset, score))
    fit_limits(axes)


def _draw_layers(axes: Axes, dataset: xr.Dataset, metric: Metric, times: Sequence[int]) -> None:
    """A point for each layer (downwards) and time, with a bar of its spread."""
    everything = spread(dataset, metric)
    rows = np.arange(everything.shape[2])
    for k, time in enumerate(times):
        points = everything[:, time]
        shift = _SHIFT * ((k + 0.5) / len(times) - 0.5)
        style = line_style(k + 1) | {"linestyle": "none", "markersize": 3.5}
        label = named(f"{moment(float(dataset.time[time]))} after programming")
        axes.plot(points[0], rows + shift, label=label, **style)
        if dataset.sizes["repeat"] > 1:
            bars(axes, rows + shift, points, str(style["color"]), across=True)
