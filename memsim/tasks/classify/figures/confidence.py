"""Histograms of confidence and margin, learner by learner, on clean and on corrupted images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import power
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, SMALL, WIDTH, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import require_by_severity
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = (
    ("test_confidence_share", "noisy_confidence_share", "confidence [%]"),
    ("bin_share", "noisy_scaled_confidence_share", "scaled confidence [%]"),
    ("test_margin_share", "noisy_margin_share", "margin, right - largest other"),
)
"""Variables on clean and on corrupted images, and the label of their axis."""
_MOST = 8
"""Learners that are shown at most."""
_LEVELS = 3
"""Severities that are shown at most, beside the clean images."""
_TICKS = 7
"""Labels for which the axis of the margin has room."""
_LEFT, _RIGHT, _GAP = 0.55, 0.12, 0.3  # inch


def confidence(dataset: xr.Dataset) -> Figure:
    """Figure with a row for every learner: its confidence, the same of scaled outputs, and its margin.

    Shares of the images of all seeds and noise types. Bins of the margin are equal on a logarithmic axis.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification, or of a version that did not store histograms.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    variables = [name for clean, noisy, _ in _COLUMNS for name in (clean, noisy)]
    require_by_severity(dataset, "confidence", "noisy_confidence_share")
    require(dataset, "learner", "repeat", "noise_level", "margin_bin", "margin_bin_end", *variables)
    levels = _some(dataset.sizes["noise_level"])
    labels = ["clean", *(f"noise {float(dataset.noise_level[level]):g}" for level in levels)]
    histograms = [_over_all(dataset[clean], dataset[noisy], levels) for clean, noisy, _ in _COLUMNS]
    able = [k for k in range(dataset.sizes["learner"]) if not empty(dataset.test_confidence[k])]
    shown = able[:_MOST]
    learners = device_names(dataset, shown)
    filled = _with_images(histograms[2][:, shown])
    histograms[2] = histograms[2][..., filled]
    margins, percents = _finite_edges(dataset), np.linspace(0, 100, dataset.sizes["confidence_bin"] + 1)
    edges = [percents, percents, margins[filled.start : filled.stop + 1]]
    with rc_context(RC):
        figure, panels = grid(
            [0.72] * max(1, len(shown)),
            3,
            top=head(dataset),
            left=_LEFT,
            right=_RIGHT,
            gap=_GAP,
            rows=[0.26] * (len(shown) - 1),
        )
        heading(figure, dataset, settings.name)
        for row, k in enumerate(shown):
            title(panels[row, 0], learners.title(k, WIDTH - _LEFT - _RIGHT), fontsize=SMALL)
            for axes, shares, ends in zip(panels[row], histograms, edges, strict=True):
                for number, label in enumerate(labels):
                    style = line_style(number)
                    look = {"color": style["color"], "linestyle": style["linestyle"], "linewidth": 1.1}
                    axes.stairs(100 * shares[number, k], ends, label=label, baseline=None, **look)
                if row < len(shown) - 1:
                    axes.tick_params(labelbottom=False)
            panels[row, 0].set_ylabel("images [%]")
        for axes, (_, _, label) in zip(panels[-1], _COLUMNS, strict=True):
            axes.set_xlabel(label)
        fit_limits(panels[:, :2].ravel(), "x", reach=[0, 100], room=0.02)
        fit_limits(panels[:, :2].ravel(), foot=0)
        fit_limits(panels[:, 2], foot=0)
        _margin_axes(panels[:, 2].tolist(), edges[2], float(np.abs(margins).min()))
        for axes in panels[:, 1]:
            axes.tick_params(labelleft=False)
        gone = [(name, NOT_FINITE) for k, name in enumerate(learners.labels) if k not in able]
        notes = (
            "all seeds and noise types together; scaled: outputs over one temperature, fitted to the validation images",
            "bins of the margin: four a decade, and one from -0.01 to 0.01",
        )
        some = only(len(shown), len(able))
        ending(figure, *entries([panels[0, 0]]), *notes, some, left_out(gone), device=learners.heading)
    return figure


def _some(count: int) -> list[int]:
    """Numbers of a few severities: the first, the last, and one between them."""
    return sorted(set(np.rint(np.linspace(0, count - 1, _LEVELS)).astype(int).tolist()))


def _over_all(clean: xr.DataArray, noisy: xr.DataArray, levels: list[int]) -> np.ndarray:
    """Shares (severity, learner, bin), means over seeds and noise types; the first severity is the clean images."""
    other = noisy.isel(noise_level=levels).mean(("repeat", "noise_type")).transpose("noise_level", "learner", ...)
    return np.concatenate([clean.mean("repeat").values[None], other.values])


def _finite_edges(dataset: xr.Dataset) -> np.ndarray:
    """Ends of the bins of the margin; the bins without an end are as wide as their neighbours."""
    ends = np.append(dataset.margin_bin.values, dataset.margin_bin_end.values[-1])
    ends[0], ends[-1] = (ends[inner] ** 2 / ends[next_] for inner, next_ in ((1, 2), (-2, -3)))
    ends[0] = -abs(ends[0])
    return ends


def _with_images(shares: np.ndarray) -> slice:
    """The bins from the first to the last with images, of shares (severity, learner, bin); all if none has any."""
    places = np.flatnonzero((shares > 0).any((0, 1)))
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, shares.shape[-1])


def _margin_axes(panels: list[Axes], edges: np.ndarray, smallest: float) -> None:
    """Symmetric logarithmic axes from the first to the last edge, linear where margins are below the smallest."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    ticks: list[float] = []
    for stride in (2, 1):  # all decades, if there is room for their labels
        decades = 10.0 ** np.arange(-1, 5, stride)
        more = [tick for tick in (*-decades[::-1], 0.0, *decades) if edges[0] <= tick <= edges[-1]]
        ticks = more if len(more) <= _TICKS else ticks
    for axes in panels:
        axes.set_xscale("symlog", linthresh=smallest, linscale=0.25)
        axes.set_xlim(edges[0], edges[-1])
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FixedFormatter([power(tick) for tick in ticks]))
        axes.xaxis.set_minor_locator(NullLocator())
