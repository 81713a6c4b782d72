"""Reliability diagrams: how often a learner is right by how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import ending, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, SMALL, WIDTH
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACROSS = 4
_LEFT, _RIGHT, _GAP = 0.6, 0.12, 0.22  # inch
_LINE = 0.12  # inch a line of a title beyond the first
_MOST = 8
"""Learners that are shown at most."""
_ENOUGH = 20
"""Images of all seeds from which on the marker of a bin is filled."""
_DARK, _FILL = "#0b2a4a", "#a9bfd0"


def reliability(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy against confidence above the share of the images, a column for every learner.

    Outputs are scaled by the temperature that suits the validation images best; points are means over the images of all
    seeds. The numbers are the expected calibration error before and after that.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    names = ("bin_share", "bin_confidence", "bin_accuracy", "calibration_error", "scaled_calibration_error")
    require(dataset, "learner", "repeat", "confidence_bin", "confusion", *names)
    share = dataset.bin_share.values  # (learner, seed, bin)
    total = share.sum(1)
    confidence, accuracy = (
        np.divide(np.nansum(share * dataset[name].values, axis=1), total, where=total > 0, out=total * np.nan)
        for name in ("bin_confidence", "bin_accuracy")
    )
    raw, scaled = (
        100 * dataset[name].mean("repeat").values for name in ("calibration_error", "scaled_calibration_error")
    )
    able = [k for k in range(len(share)) if not empty(accuracy[k])]
    shown = able[:_MOST]
    learners = device_names(dataset, shown)
    count = len(shown)
    across = min(_ACROSS, max(count, 2))
    rows = -(-max(count, 1) // across)
    images = float(dataset.confusion[0, 0].sum())
    edges = np.linspace(0, 100, share.shape[-1] + 1)
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (across - 1)) / across
    titles = [f"{learners.title(k, width)}\nerror {raw[k]:.1f} %, scaled {scaled[k]:.1f} %" for k in shown]
    room = _LINE * max((text.count("\n") for text in titles), default=1)
    with rc_context(RC):
        figure, panels = grid(
            [1.3, 0.42] * rows,
            across,
            top=head(dataset) + room,
            gap=_GAP,
            left=_LEFT,
            right=_RIGHT,
            rows=([0.08, 0.5 + room] * rows)[:-1],
        )
        heading(figure, dataset, settings.name)
        for place in range(rows * across):
            row, column = divmod(place, across)
            above, below = panels[2 * row, column], panels[2 * row + 1, column]
            if place >= count:
                above.remove()
                below.remove()
                continue
            k = shown[place]
            above.plot([0, 100], [0, 100], color=INK, linewidth=0.8, linestyle=":")
            x, y = 100 * confidence[k], 100 * accuracy[k]
            above.plot(x, y, "o-", color=_DARK, markersize=3, markerfacecolor="white")
            many = total[k] * images >= _ENOUGH
            above.plot(x[many], y[many], "o", color=_DARK, markersize=3)
            below.bar(edges[:-1], 100 * total[k] / dataset.sizes["repeat"], edges[1], align="edge", color=_FILL)
            title(above, titles[place], fontsize=SMALL)
            above.tick_params(labelbottom=False)
            fit_limits([above, below], "x", reach=[0, 100], room=0.02)
            fit_limits(above, reach=[0, 100], room=0.03)
            fit_limits(below, reach=[100], foot=0, room=0)
            below.set_yticks([0, 100])
            if column:
                above.tick_params(labelleft=False)
                below.tick_params(labelleft=False)
            else:
                above.set_ylabel("right [%]")
                below.set_ylabel("images\n[%]")
            if place + across >= count:
                below.set_xlabel("scaled confidence [%]")
        scaling = "outputs over one temperature, fitted to the validation images"
        note = f"{scaling}; dotted: calibrated; open: under {_ENOUGH} images"
        gone = [(name, NOT_FINITE) for k, name in enumerate(learners.labels) if k not in able]
        ending(figure, (), (), note, only(count, len(able)), left_out(gone), device=learners.heading)
    return figure
