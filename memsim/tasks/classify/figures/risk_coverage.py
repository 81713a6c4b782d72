"""Risk against coverage: the errors that are left when only the surest decisions are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.members import lacks
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import over_seeds, require_by_severity, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = 3
"""Noise types that are shown at most."""
_SCORES = ("scaled confidence", "lead")
"""Scores that are shown; the order by confidence hardly changes with the temperature."""


def risk_coverage(dataset: xr.Dataset) -> Figure:
    """Figure with risk against coverage on clean images and for noise types at their middle severity, score by score.

    Lines are means over seeds, bands their 95 % intervals, markers the mean share that the monitor accepts and its
    errors.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, of a version that did not store the risk, or has
        none of the scores that are shown.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    require_by_severity(dataset, "risk-coverage", "test_risk")
    names = [f"{on}_{name}" for on in ("test", "noisy") for name in ("risk", "unsafe", "safe_accuracy")]
    require(dataset, "learner", "repeat", "noise_type", "noise_level", "score", "coverage", "unsafe_below", *names)
    scores = [score for score in _SCORES if score in dataset.score.values]
    if not scores:
        raise lacks(dataset, "risk-coverage", f"one of the scores {' and '.join(_SCORES)}", "memsim run stores both")
    middle = dataset.sizes["noise_level"] // 2
    kinds = dataset.noise_type.values[:_KINDS]
    columns = [("test", dataset, "Clean images")]
    for kind in kinds:
        text = f"{str(kind).replace('-', ' ').capitalize()}, {float(dataset.noise_level[middle]):g}"
        columns.append(("noisy", dataset.sel(noise_type=kind).isel(noise_level=middle), text))
    able = [k for k in range(dataset.sizes["learner"]) if not empty(dataset.test_confidence[k])]
    shown = able[:MAX_LINES]
    learners = device_names(dataset, shown)
    with rc_context(RC):
        figure, panels = grid(
            [1.5] * len(scores), len(columns), top=head(dataset), left=0.7, gap=0.42, rows=[0.3] * (len(scores) - 1)
        )
        heading(figure, dataset, settings.name)
        for column, (on, part, text) in enumerate(columns):
            for axes, score in zip(panels[:, column], scores, strict=True):
                for k in shown:
                    style: dict[str, Any] = {**line_style(k), "markersize": 0}
                    _draw(axes, part.sel(score=score), on, k, style, named(learners.label(k)))
            title(panels[0, column], text)
            for axes in panels[:-1, column]:
                axes.tick_params(labelbottom=False)
            panels[-1, column].set_xlabel("accepted images [%]")
        for axes, score in zip(panels[:, 0], scores, strict=True):
            axes.set_ylabel(f"errors [%]\nby {score}")
        fit_limits(panels.ravel(), reach=[0], foot=0)
        fit_limits(panels.ravel(), "x", reach=[0, 100], room=0.02)
        thresholds = dataset.unsafe_below.sel(score=scores).values
        limits = ", ".join(f"{score} {limit:g}" for score, limit in zip(scores, thresholds, strict=True))
        what = (
            f"errors among the accepted images, the surest first; markers: those at or above the threshold ({limits})"
        )
        gone = [(name, NOT_FINITE) for k, name in enumerate(learners.labels) if k not in able]
        some = only(len(shown), len(able)), only(len(kinds), dataset.sizes["noise_type"], "noise types")
        ending(
            figure,
            *entries([panels[0, 0]]),
            what,
            spread_note(dataset, "bands"),
            *some,
            left_out(gone),
            device=learners.heading,
        )
    return figure


def _draw(axes: Axes, part: xr.Dataset, on: str, k: int, style: dict[str, Any], label: str) -> None:
    """The curve of a learner, and a marker for what the monitor accepts."""
    risk = over_seeds(part[f"{on}_risk"].isel(learner=[k]), None, 100.0)[:, 0]
    curve(axes, 100 * part.coverage.values, risk, style, label)
    accepted = 1 - part[f"{on}_unsafe"].isel(learner=k).values
    right = part[f"{on}_safe_accuracy"].isel(learner=k).values
    if accepted.any():
        wrong = np.nansum(accepted * (1 - right)) / accepted.sum()
        axes.plot(
            [100 * accepted.mean()], [100 * wrong], **{**style, "markersize": 4, "linestyle": "none"}, clip_on=False
        )
