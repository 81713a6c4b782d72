"""The first image, its corrupted copies, and what each learner made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, head, heading, only, page
from memsim.plotting.pictures import BAR, picture
from memsim.plotting.rules.content import left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.style import RC, SMALL, WIDTH, fitted
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.figures.learned import NO_MAP, LearnedMap, learned_maps
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
    learners = range(dataset.sizes["learner"])
    every = list(learned_maps(dataset, learners)[0])
    shown = every[: _PANELS - 1]
    names = device_names(dataset, shown)
    made, own = learned_maps(dataset, shown)
    across = min(_ACROSS, len(shown) + 1)
    down = -(-(len(shown) + 1) // across)
    step = (WIDTH - _EDGE) / across
    side = min(step - BAR - 0.1, 1.6)
    titles = [_title(names, made[number], side + BAR - 0.02) for number in shown]
    row = side + 0.5 + 0.12 * any("\n" in text for text in titles)
    with rc_context(RC):
        figure = page(head(dataset) - 0.2 + row * down)
        heading(figure, dataset, settings.name)
        start = max(0.0, (step - side - BAR) / 2)
        boxes = [
            (_EDGE + start + step * (place % across), 0.28 + row * (down - 1 - place // across), side)
            for place in range(len(shown) + 1)
        ]
        image = fitted(dataset.image_label.values[0], side + BAR)
        picture(figure, boxes[0], dataset.example_image.values, image, unit="grey")
        for box, text, number in zip(boxes[1:], titles, shown, strict=True):
            map_ = made[number]
            picture(figure, box, map_.values, text, map_.colours, map_.unit, None)
        reasons = [(names.labels[i], NO_MAP) for i in learners if i not in every]
        ending(figure, (), (), only(len(shown), len(every), "maps"), own, left_out(reasons), device=names.heading)
    return figure


def _title(names: DeviceNames, made: LearnedMap, width: float) -> str:
    """The name of a learner, with a word for the map of a network."""
    words = ", sensitivity" if made.sensitivity else ""
    return names.title_of([made.learner], names.labels[made.learner] + words, width)


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
            for column, i in enumerate(columns):
                values = dataset.example_image.values if i is None else dataset.example_noisy.values[k, i]
                text = ("clean" if i is None else f"s = {levels[i]:g}") if k == 0 else ""
                left = start + column * (side + 0.06)
                picture(figure, (left, bottom, side), values, "")
                if text:
                    _words(figure, text, left + side / 2, top + 0.22)
            _words(figure, kind.capitalize(), start, top + 0.07, "left")
        shown = sum(i is not None for i in columns)
        ending(figure, (), (), f"{shown} of {len(levels)} noise levels" if shown < len(levels) else "")
    return figure


def _words(figure: Figure, text: str, x: float, y: float, align: str = "center") -> None:
    wide, tall = figure.get_size_inches()
    figure.text(x / wide, y / tall, fitted(text, 2.5), ha=align, va="center", fontsize=SMALL)
