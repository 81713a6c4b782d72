"""What wires do to the cells of a tile: the voltage that each sees, and how much less its conductance counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.members import lacks
from memsim.plotting.page import FOOT, ending, head, heading, page, panel, title
from memsim.plotting.pictures import colour_bar, place
from memsim.plotting.rules.colours import colour_range
from memsim.plotting.rules.content import empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.style import RC, SMALL, WIDTH
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_MOST = 4
"""Learners whose tiles are shown."""
_ROWS = (
    ("example_tile_voltage", "voltage of the cells [% of the read voltage]"),
    ("example_tile_error", "error of the effective conductance [%]"),
)
_LEFT, _GAP, _BAR = 0.5, 0.34, 0.68  # inch


def wire_maps(dataset: xr.Dataset) -> Figure:
    """Figure with the voltage and the error of the effective conductance of every cell of an example tile.

    Of many learners, four from the least to the most affected one. Each row has one scale of colours, which outliers
    do not stretch. Cells of 0 S, whose conductance has no relative error, are blank. Drivers are at the left end of the
    word lines, sense amplifiers at the lower end of the bit lines.

    Raises
    ------
    MemsimError
        If no network on crossbars has wires, or the result is not whole.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    if _ROWS[0][0] not in dataset or empty(dataset[_ROWS[0][0]].values):
        raise lacks(dataset, "wire-maps", "networks on crossbars with wires", "memsim run wires-01 makes them")
    require(dataset, "learner", *(name for name, _ in _ROWS))
    whole = dataset[_ROWS[0][0]].values
    known = np.flatnonzero(np.isfinite(whole).any(axis=(1, 2)))
    ranked = known[np.argsort([-np.nanmin(whole[number]) for number in known], kind="stable")]
    chosen = ranked[np.unique(np.linspace(0, len(ranked) - 1, min(_MOST, len(ranked))).round().astype(int))]
    names = device_names(dataset, chosen)
    side = min(1.9, (WIDTH - _LEFT - _BAR - _GAP * (len(chosen) - 1)) / len(chosen))
    with rc_context(RC):
        figure = page(head(dataset) + 2 * (side + 0.5) + FOOT - 0.3)
        heading(figure, dataset, settings.name)
        tall = figure.get_size_inches()[1]
        blank: list[int] = []
        for row, (name, text) in enumerate(_ROWS):
            bottom = tall - head(dataset) - side - 0.18 - row * (side + 0.55)
            maps = [100 * dataset[name].values[number][_tile(whole[number])] for number in chosen]
            blank = [int(np.isnan(values).sum()) for values in maps]
            colours = colour_range(*maps, high=100.0 if row == 0 else None)
            figure.text(_LEFT / WIDTH, (bottom + side + 0.19) / tall, text, fontsize=8, va="bottom")
            for column, (number, values) in enumerate(zip(chosen, maps, strict=True)):
                left = _LEFT + column * (side + _GAP)
                axes = panel(figure, *place(values.shape[0], values.shape[1], left, bottom, side), bare=True)
                axes.imshow(values, vmin=colours.low, vmax=colours.high, interpolation="nearest", aspect="auto")
                axes.set_xticks([0, values.shape[1] - 1])
                axes.set_yticks([0, values.shape[0] - 1])
                if row == 0:
                    text_ = names.title_of([number], _short(names.labels[number]), side + _GAP - 0.05)
                    title(axes, text_, fontsize=SMALL)
                else:
                    axes.set_xlabel("bit line", labelpad=-5)
                if column == 0:
                    axes.set_ylabel("word line", labelpad=-8)
            beside = _LEFT + len(chosen) * (side + _GAP) - _GAP + 0.08
            colour_bar(figure, (beside, bottom, side), colours, "%", upright=True)
        some = f"{len(chosen)} of {len(known)} tiles, from the least to the most affected one"
        where = "drivers: left end of word lines; sense amplifiers: lower end of bit lines"
        gone = [(label, "no wires") for number, label in enumerate(names.labels) if number not in known]
        note = f"{where}; {some}" if len(chosen) < len(known) else where
        note += f"; blank: {_counted(blank)}, whose conductance has no relative error" if any(blank) else ""
        ending(figure, (), (), note, left_out(gone), device=names.heading)
    return figure


def _counted(blank: Sequence[int]) -> str:
    """The number of cells of 0 S in each tile, in words."""
    if len(blank) == 1:
        return f"{blank[0]} cells of 0 S"
    if len(set(blank)) == 1:
        return f"{blank[0]} cells of 0 S in each tile"
    return f"{', '.join(map(str, blank[:-1]))} and {blank[-1]} cells of 0 S, tiles from the left"


def _short(name: str) -> str:
    """What a sweep set, without the name of the learner."""
    return name.partition(", ")[2] or name


def _tile(voltage: np.ndarray) -> tuple[slice, slice]:
    """The part of a map that a tile fills, from its voltages, which all its cells have; other tiles may be larger."""
    known = np.isfinite(voltage)
    return slice(known.any(1).nonzero()[0].max() + 1), slice(known.any(0).nonzero()[0].max() + 1)
