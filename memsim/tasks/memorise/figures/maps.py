"""The first image, its corrupted copies, and what each learner made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, head, heading, page
from memsim.plotting.pictures import BAR, GREY, picture
from memsim.plotting.style import RC, SMALL, WIDTH, fitted
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.memorise.figures.learned import learned_map
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_PANELS = 12
_ACROSS = 4
_LEVELS = 8
_EDGE = 0.14  # inch


def maps(dataset: xr.Dataset) -> Figure:
    """Figure with the first image and the maps that up to eleven learners made of it.

    Conductances of the target column of crossbars; of networks the sensitivity, the gradient of target minus control
    output by the pixels.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "image_label", "example_image")
    settings = settings_of(dataset, MemoriseSpec)
    names = [str(name) for name in dataset.learner.values]
    found = [(name, learned_map(dataset, number)) for number, name in enumerate(names)]
    grey = dict(GREY)
    panels = [(str(dataset.image_label.values[0]), dataset.example_image.values, "grey", grey)]
    panels += [(_titled(made[0], name), made[1], made[2], {}) for name, made in found if made is not None]
    hidden = len(names) + 1 - len(panels[:_PANELS])
    panels = panels[:_PANELS]
    across = min(_ACROSS, len(panels))
    down = -(-len(panels) // across)
    step = (WIDTH - _EDGE) / across
    side = min(step - BAR - 0.1, 1.6)
    row = side + 0.5
    with rc_context(RC):
        figure = page(head(dataset) - 0.2 + row * down)
        heading(figure, dataset, settings.name)
        start = max(0.0, (step - side - BAR) / 2)
        for number, (text, values, unit, options) in enumerate(panels):
            left = _EDGE + start + step * (number % across)
            bottom = 0.28 + row * (down - 1 - number // across)
            picture(figure, (left, bottom, side), values, text, unit, options)
        if hidden:
            why = f"beyond the first {_PANELS - 1} or without a finite map of this size"
            ending(figure, (), (), f"not shown: {hidden} learners, {why}")
    return figure


def _titled(words: str, name: str) -> str:
    """The name, with a word for the map of a network."""
    return name if words == "learned by" else f"{name}, sensitivity"


def samples(dataset: xr.Dataset) -> Figure:
    """Figure with corrupted copies of the first image: a row a noise type, a column a level, the clean image first.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context

    require(dataset, "noise_type", "noise_level", "example_image", "example_noisy")
    settings = settings_of(dataset, MemoriseSpec)
    levels = dataset.noise_level.values
    places = np.linspace(0, len(levels) - 1, min(_LEVELS, len(levels))).round().astype(int)
    columns: list[int | None] = [int(i) for i in np.unique(places)]
    if levels.min() > 0:
        columns = [None, *columns[-_LEVELS + 1 :]] if len(columns) == _LEVELS else [None, *columns]
    kinds = [str(kind).replace("-", " ") for kind in dataset.noise_type.values]
    tall, wide = dataset.example_image.shape
    side = min((WIDTH - 2 * _EDGE) / len(columns), 1.5) - 0.06
    tall = max(side * min(1.0, tall / wide), 0.3)
    with rc_context(RC):
        figure = page(head(dataset) - 0.2 + (tall + 0.22) * len(kinds) + 0.12)
        heading(figure, dataset, settings.name)
        height = figure.get_size_inches()[1]
        start = (WIDTH - len(columns) * (side + 0.06)) / 2
        for k, kind in enumerate(kinds):
            top = height - head(dataset) + 0.2 - 0.26 - k * (tall + 0.22)
            bottom = top - tall - (side - tall) / 2
            grey = dict(GREY)
            for column, i in enumerate(columns):
                values = dataset.example_image.values if i is None else dataset.example_noisy.values[k, i]
                text = ("clean" if i is None else f"s = {levels[i]:g}") if k == 0 else ""
                left = start + column * (side + 0.06)
                picture(figure, (left, bottom, side), values, "", None, grey)
                if text:
                    _words(figure, text, left + side / 2, top + 0.22)
            _words(figure, kind.capitalize(), start, top + 0.07, "left")
        shown = sum(i is not None for i in columns)
        ending(figure, (), (), f"{shown} of {len(levels)} noise levels" if shown < len(levels) else "")
    return figure


def _words(figure: Figure, text: str, x: float, y: float, align: str = "center") -> None:
    wide, tall = figure.get_size_inches()
    figure.text(x / wide, y / tall, fitted(text, 2.5), ha=align, va="center", fontsize=SMALL)
