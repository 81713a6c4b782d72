"""Expected calibration error against noise: whether confidence still says how often a learner is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import from_clean, over_seeds, require_by_severity, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACROSS = 3


def calibration(dataset: xr.Dataset) -> Figure:
    """Figure with the calibration error of scaled outputs against the noise level, a panel for every noise type.

    Lines are means over seeds from the clean images at level 0 on, bands their 95 % intervals.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, or of a version that did not store the errors.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    require_by_severity(dataset, "calibration", "noisy_scaled_calibration_error")
    require(dataset, "learner", "repeat", "noise_type", "noise_level", "scaled_calibration_error")
    clean = over_seeds(dataset.scaled_calibration_error, None, 100.0)
    noisy = over_seeds(dataset.noisy_scaled_calibration_error, None, 100.0)
    errors = from_clean(np.repeat(clean[:, :, None], noisy.shape[2], axis=2), noisy)
    levels = np.array([0.0, *dataset.noise_level.values])
    able = [k for k in range(dataset.sizes["learner"]) if not empty(dataset.test_confidence[k])]
    shown = able[:MAX_LINES]
    learners = device_names(dataset, shown)
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    across = min(_ACROSS, len(kinds))
    rows = -(-len(kinds) // across)
    with rc_context(RC):
        figure, grid_panels = grid([1.6] * rows, across, top=head(dataset), gap=0.3, rows=[0.6] * (rows - 1))
        heading(figure, dataset, settings.name)
        panels = grid_panels.ravel()
        for axes in panels[len(kinds) :]:
            axes.remove()
        panels = panels[: len(kinds)]
        for number, (axes, kind) in enumerate(zip(panels, kinds, strict=True)):
            for k in shown:
                style: dict[str, Any] = {**line_style(k), "markersize": 3}
                curve(axes, levels, errors[:, k, number], style, named(learners.label(k)))
            title(axes, kind)
            axes.set_xlabel("noise level $s$")
            if number % across:
                axes.tick_params(labelleft=False)
            else:
                axes.set_ylabel("calibration error [%]")
        fit_limits(panels, reach=[0], foot=0)
        gone = [(name, NOT_FINITE) for k, name in enumerate(learners.labels) if k not in able]
        what = "outputs over one temperature, fitted to the clean validation images"
        some = only(len(shown), len(able))
        ending(
            figure,
            *entries(panels[:1]),
            what,
            spread_note(dataset, "bands"),
            some,
            left_out(gone),
            device=learners.heading,
        )
    return figure
