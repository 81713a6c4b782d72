"""Confusion matrices: which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.pictures import colour_bar
from memsim.plotting.rules.colours import colour_range
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.style import RC, SMALL, WIDTH, fitted, plain, size, text_width
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 3
_SIDE, _RIGHT = 1.95, 0.68  # inch
_COLOURS = "Blues"
_MOST = 6
"""Learners that are shown at most."""
_NUMBERS = 12
"""Classes up to which cells hold their numbers."""


def confusion(dataset: xr.Dataset) -> Figure:
    """Figure with the confusion matrix of every learner: shares of a true class [%], mean over seeds.

    Colours follow the errors only, so that the diagonal does not hide them; it holds its numbers on white.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    require(dataset, "learner", "repeat", "true_class", "predicted_class", "confusion")
    counts = dataset.confusion.mean("repeat").values
    total = counts.sum(-1, keepdims=True)
    shares = 100 * np.divide(counts, total, out=np.zeros_like(counts), where=total != 0)
    able = [k for k in range(len(shares)) if not empty(counts[k])]
    shown = able[:_MOST]
    count, kinds = len(shown), shares.shape[-1]
    errors = np.where(np.eye(kinds, dtype=bool), np.nan, shares)
    colours = colour_range(*errors[shown], low=0.0)
    across = min(_ACROSS, max(count, 2))
    rows = -(-max(count, 1) // across)
    classes = [str(name) for name in dataset.true_class.values]
    longest = max(text_width(plain(name)) for name in classes)
    names = device_names(dataset, shown)
    with rc_context(RC):
        left, gap = min(1.2, longest) + 0.42, min(1.2, longest) + 0.24
        width = (WIDTH - left - _RIGHT - gap * (across - 1)) / across
        titles = [names.title(k, width, 8) for k in shown]
        two = 0.13 * any("\n" in text for text in titles)
        top = head(dataset) + two
        figure, panels = grid(
            [_SIDE] * rows, across, top=top, left=left, right=_RIGHT, gap=gap, foot=0.42, rows=[0.5 + two] * (rows - 1)
        )
        heading(figure, dataset, settings.name)
        for place, axes in enumerate(panels.ravel()):
            if place >= count:
                axes.remove()
                continue
            k = shown[place]
            axes.grid(visible=False)
            axes.imshow(errors[k], cmap=_COLOURS, vmin=colours.low, vmax=colours.high, aspect="auto")
            _ticks(axes, classes)
            if kinds <= _NUMBERS:
                _numbers(axes, shares[k], colours.high)
            title(axes, titles[place])
            if place % across == 0:
                axes.set_ylabel("true class")
            if place + across >= count:
                axes.set_xlabel("taken for")
        if shown:
            tall = figure.get_size_inches()[1]
            beside = WIDTH - _RIGHT + 0.1 if count >= across else left + count * (width + gap) - gap + 0.1
            colour_bar(figure, (beside, tall - top - _SIDE, _SIDE), colours, "errors [%]", _COLOURS, upright=True)
        note = f"shares of the true class in percent, mean over {dataset.sizes['repeat']} seeds"
        gone = [(name, NOT_FINITE) for k, name in enumerate(names.labels) if k not in able]
        ending(figure, (), (), note, only(count, len(able)), left_out(gone), device=names.heading)
    return figure


def _ticks(axes: Axes, names: list[str]) -> None:
    """Names of the classes on both axes; of many, every few."""
    stride = -(-len(names) // 20)
    places = range(0, len(names), stride)
    shown = [fitted(names[i], 1.1) for i in places]
    axes.set_yticks(places, shown)
    short = max(len(name) for name in names) <= 2
    room = size(axes)[0] / len(places) - 0.04
    axes.set_xticks(places, shown if short else [fitted(names[i], room) for i in places])
    axes.tick_params(length=0)


def _numbers(axes: Axes, shares: np.ndarray, largest: float) -> None:
    """The share in every cell from half a percent on, light on dark ones."""
    for i, row in enumerate(shares):
        for j, share in enumerate(row):
            if share >= 0.5:
                dark = i != j and share > 0.6 * largest
                small = SMALL - 1.5 if len(shares) > 6 else SMALL
                color = "white" if dark else "black"
                axes.text(j, i, f"{share:.0f}", ha="center", va="center", fontsize=small, color=color)
