"""Accuracy against the radius of attacks, a panel for each attack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import filled, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import from_clean, over_seeds, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def attacks(dataset: xr.Dataset) -> Figure:
    """Figure with the accuracy of expected outputs against the radius, a panel an attack, a line a learner.

    Lines are means over seeds from the images themselves at radius 0 on, bands their 95 % intervals, dots the chance
    level.

    Raises
    ------
    MemsimError
        If the result is older than these attacks, or not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    if "attacked_accuracy" not in dataset:
        raise lacks(dataset, "attacks", "'attacked_accuracy', which older versions did not measure", "run it again")
    require(dataset, "learner", "repeat", "attack", "epsilon", "true_class", "attack_clean_accuracy")
    clean = over_seeds(dataset.attack_clean_accuracy, MAX_LINES, 100.0)
    radii = np.array([0.0, *dataset.epsilon.values])
    curves = {
        str(name): from_clean(clean, over_seeds(dataset.attacked_accuracy.sel(attack=name), MAX_LINES, 100.0))
        for name in dataset.attack.values
    }
    contents, gone = filled({name: lines[0, :, 1:] for name, lines in curves.items()})
    shown = range(min(MAX_LINES, dataset.sizes["learner"]))
    learners = device_names(dataset, shown)
    with rc_context(RC):
        figure, (panels,) = grid([2.2], max(1, len(contents)), top=head(dataset))
        heading(figure, dataset, settings.name)
        for axes, name in zip(panels, contents, strict=False):
            for number in shown:
                style = {**line_style(number), "markersize": 3}
                curve(axes, radii, curves[name][:, number], style, named(learners.label(number)))
            axes.axhline(100 / dataset.sizes["true_class"], color=INK, linewidth=0.8, linestyle=":")
            title(axes, name.capitalize())
            axes.set_xlabel(r"largest change of a pixel $\epsilon$")
        panels[0].set_ylabel("accuracy, expected outputs [%]")
        for axes in panels[1:]:
            axes.tick_params(labelleft=False)
        fit_limits(panels, reach=[0, 100], room=0.03)
        some = only(len(shown), dataset.sizes["learner"])
        which = f"at most {settings.attack.images} test images; projected gradient: {settings.attack.steps} steps"
        ending(
            figure,
            *entries(panels[:1]),
            some,
            f"{which}; dotted: chance",
            spread_note(dataset, "bands"),
            left_out(gone.items()),
            device=learners.heading,
        )
    return figure
