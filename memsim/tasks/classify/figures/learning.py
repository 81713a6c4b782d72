"""Learning curves: loss, accuracy, and how far the largest output leads, after every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.networks.losses import LOSSES
from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, only
from memsim.plotting.rules.content import left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import carried, spread_note
from memsim.tasks.classify.schema import ClassifySpec
from memsim.tasks.classify.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def learning(dataset: xr.Dataset) -> Figure:
    """Figure with loss, accuracy (thin: of training images) and lead of validation images by epoch, a line a learner.

    Lines are means over seeds, bands their 95 % intervals; a seed that ended early keeps its last value.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, or nothing in it was trained.
    """
    from matplotlib import rc_context
    from matplotlib.ticker import MaxNLocator

    settings = settings_of(dataset, ClassifySpec)
    names = ("epoch_validation_accuracy", "epoch_accuracy", "epoch_lead", "epoch_loss")
    require(dataset, "learner", "repeat", "epoch", *names)
    trained = np.flatnonzero(dataset.epoch_lead.notnull().any(("repeat", "epoch")).values)
    if not len(trained):
        raise lacks(dataset, "learning", "a learner with epochs", "memsim run digits-01 makes them")
    validation, training, lead, loss = (
        np.stack(seed_interval(carried(dataset[name].values), axis=1, bounds=VARIABLES[name].bounds)) for name in names
    )
    loss[1:] = np.maximum(loss[1:], _least_losses(dataset, settings)[:, None])
    epochs = dataset.epoch.values
    shown = trained[:MAX_LINES].tolist()
    learners = device_names(dataset, shown)
    with rc_context(RC):
        figure, panels = grid([2.0], 3, top=head(dataset) - 0.12, left=0.52, gap=0.58)
        heading(figure, dataset, settings.name)
        left, middle, right = panels[0]
        for number in shown:
            style = {**line_style(number), "markersize": 2.5}
            last = int(np.flatnonzero(dataset.epoch_lead.notnull().any("repeat").values[number])[-1]) + 1
            x = epochs[:last]
            curve(left, x, loss[:, number, :last], style, named(learners.label(number)))
            curve(middle, x, 100 * validation[:, number, :last], style)
            middle.plot(x, 100 * training[0, number, :last], color=style["color"], linewidth=0.6)
            curve(right, x, lead[:, number, :last], style)
        ratio_axis(left, loss[0, shown])
        fit_limits(middle, reach=[0, 100], room=0.02)
        ratio_axis(right, lead[0, shown])
        left.set_ylabel("loss, that of each learner")
        middle.set_ylabel("accuracy [%]")
        right.set_ylabel("lead, top - runner-up output")
        for axes in panels[0]:
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        gone = [(name, "no epochs") for number, name in enumerate(learners.labels) if number not in trained]
        thin = "thick: validation images; thin: training images (networks: at the steps, with dropout)"
        what = "loss and lead of validation images; lead: the SNR of the study's framework"
        some = only(len(shown), len(trained))
        ending(
            figure,
            *entries([left]),
            thin,
            what,
            spread_note(dataset, "bands"),
            some,
            left_out(gone),
            device=learners.heading,
        )
    return figure


def _least_losses(dataset: xr.Dataset, settings: ClassifySpec) -> np.ndarray:
    """Lower bound of the loss of every learner, to which bands are cut; crossbars have a squared error."""
    bounds = np.full(dataset.sizes["learner"], -np.inf)
    for member in members(dataset, settings):
        name = member.setting("training.loss")
        bounds[member.number] = 0.0 if name is None else LOSSES[name].least
    return bounds
