"""Learning curves: accuracy, and how far the largest output leads, after every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, grid, head, heading, only
from memsim.plotting.style import RC, line_style
from memsim.repeat import settings_of
from memsim.results import require
from memsim.tasks.classify.figures.seeds import carried
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def learning(dataset: xr.Dataset) -> Figure:
    """Figure with validation accuracy (thin: training accuracy) and lead against the epoch, a line a learner.

    Lines are means over seeds, bands their 95 % intervals; a seed that ended early keeps its last value.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, or nothing in it was trained.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import MaxNLocator

    settings = settings_of(dataset, ClassifySpec)
    names = ("epoch_validation_accuracy", "epoch_accuracy", "epoch_lead")
    require(dataset, "learner", "repeat", "epoch", *names)
    trained = np.flatnonzero(dataset.epoch_lead.notnull().any(("repeat", "epoch")).values)
    if not len(trained):
        raise lacks(dataset, "learning", "a learner with epochs", "memsim run digits-01 makes them")
    validation, training, lead = (
        np.stack(seed_interval(carried(dataset[name].values), axis=1, bounds=VARIABLES[name].bounds)) for name in names
    )
    epochs = dataset.epoch.values
    with rc_context(RC):
        figure, panels = grid([2.2], 2, top=head(dataset) - 0.12)
        heading(figure, dataset, settings.name)
        left, right = panels[0]
        for number in trained[:MAX_LINES].tolist():
            style = {**line_style(number), "markersize": 2.5}
            last = int(np.flatnonzero(dataset.epoch_lead.notnull().any("repeat").values[number])[-1]) + 1
            x = epochs[:last]
            curve(left, x, 100 * validation[:, number, :last], style, named(dataset.learner.values[number]))
            left.plot(x, 100 * training[0, number, :last], color=style["color"], linewidth=0.6)
            curve(right, x, lead[:, number, :last], style)
        low = float(np.nanmin(validation[0, trained])) * 100
        left.set_ylim(max(0.0, low - 0.08 * (100 - low)), 101)
        ratio_axis(right, lead[0, trained], lead[1:, trained])
        left.set_ylabel("accuracy [%]")
        right.set_ylabel("lead, top - runner-up output")
        for axes in panels[0]:
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        without = [str(name) for name in np.delete(dataset.learner.values, trained)]
        note = f"without epochs: {'; '.join(without)}" if without else ""
        thin = "thick: validation images; thin: training images (networks: at the steps, with dropout)"
        what = "lead: the SNR of the study's framework"
        handles, labels = left.get_legend_handles_labels()
        ending(figure, handles, labels, thin, what, only(min(MAX_LINES, len(trained)), len(trained)), note)
    return figure
