"""Confusion matrices: which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.style import RC, SMALL, fitted, plain, text_width
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 3
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
    counts = dataset.confusion.mean("repeat").values[:_MOST]
    there = np.maximum(counts.sum(-1, keepdims=True), 1e-12)
    shares = 100 * counts / there
    count, size = len(shares), shares.shape[-1]
    wrong = np.where(np.eye(size, dtype=bool), np.nan, shares)
    largest = max(1.0, float(np.nanmax(wrong)))
    across = min(_ACROSS, max(count, 2))
    rows = -(-count // across)
    names = [str(name) for name in dataset.true_class.values]
    longest = max(text_width(plain(name)) for name in names)
    with rc_context(RC):
        left = min(1.2, longest) + 0.42
        figure, panels = grid(
            [1.95] * rows,
            across,
            top=head(dataset),
            left=left,
            gap=min(1.2, longest) + 0.24,
            foot=0.42,
            rows=[0.5] * (rows - 1),
        )
        heading(figure, dataset, settings.name)
        flat = panels.ravel()
        for k, axes in enumerate(flat):
            if k >= count:
                axes.remove()
                continue
            axes.grid(visible=False)
            axes.imshow(wrong[k], cmap="Blues", vmin=0, vmax=largest, aspect="auto")
            _ticks(axes, names)
            if size <= _NUMBERS:
                _numbers(axes, shares[k], largest)
            width = axes.get_position().width * figure.get_size_inches()[0]
            title(axes, fitted(dataset.learner.values[k], width, 8))
            if k % across == 0:
                axes.set_ylabel("true class")
            if k + across >= count:
                axes.set_xlabel("taken for")
        seeds = dataset.sizes["repeat"]
        note = f"shares of the true class in percent, mean over {seeds} seeds; darkest error {largest:.0f} %"
        ending(figure, (), (), note, only(count, dataset.sizes["learner"]))
    return figure


def _ticks(axes: Axes, names: list[str]) -> None:
    """Names of the classes on both axes; of many, every few."""
    stride = -(-len(names) // 20)
    places = range(0, len(names), stride)
    shown = [fitted(names[i], 1.1) for i in places]
    axes.set_yticks(places, shown)
    short = max(len(name) for name in names) <= 2
    axes.set_xticks(places, shown if short else [fitted(name, 0.44) for name in shown])
    axes.tick_params(length=0)


def _numbers(axes: Axes, shares: np.ndarray, largest: float) -> None:
    """The share in every cell from half a percent on, light on dark ones."""
    for i, row in enumerate(shares):
        for j, share in enumerate(row):
            if share >= 0.5:
                dark = i != j and share > 0.6 * largest
                size = SMALL - 1.5 if len(shares) > 6 else SMALL
                color = "white" if dark else "black"
                axes.text(j, i, f"{share:.0f}", ha="center", va="center", fontsize=size, color=color)
