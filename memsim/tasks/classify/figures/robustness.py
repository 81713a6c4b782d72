"""How accuracy and SNR fall with every kind of noise, and accuracy with one step along the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.intervals import seed_interval
from memsim.metrics.severities import under_noise
from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, filled, left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import INK, RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.classify.figures.seeds import from_clean, over_seeds, spread_note
from memsim.tasks.classify.schema import ClassifySpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4  # panels side by side, where that fills the rows better than three
_GRADIENT = "Along the gradient"
_HEIGHTS, _GAPS = (1.3, 0.8, 0.8), (0.14, 0.14, 0.56)  # of the rows of a block, and below them [inch]
_LABELS = ("accuracy [%]", "fall [points]", "median SNR")


def robustness(dataset: xr.Dataset) -> Figure:
    """Figure with accuracy, its fall and the median SNR against the noise level, by noise type, and one for attacks.

    Lines are means over seeds from the clean images on, which take the place of severity 0; bands are their 95 %
    intervals, dots the chance level.
    The fall of accuracy is that from the clean images to the corrupted ones under the same seed, in percentage points.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result of a classification.
    """
    from matplotlib import rc_context

    settings = settings_of(dataset, ClassifySpec)
    names = ("noisy_accuracy", "noisy_snr", "test_accuracy", "test_snr", "perturbed_accuracy")
    require(dataset, "learner", "repeat", "noise_type", "noise_level", "epsilon", "true_class", *names)
    levels = dataset.noise_level.values
    clean = over_seeds(dataset.test_accuracy, MAX_LINES, 100.0)
    attacked = from_clean(clean, over_seeds(dataset.perturbed_accuracy, MAX_LINES, 100.0))
    rows = _rows(dataset)
    levels = np.array([0.0, *under_noise(levels, levels)])
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    shown = range(min(MAX_LINES, dataset.sizes["learner"]))
    learners = device_names(dataset, shown)
    columns = {k: np.concatenate([rows[0][0, :, k, 1:], rows[-1][0, :, k, 1:]]) for k in range(len(kinds))}
    contents, reasons = filled({**columns, _GRADIENT: attacked[0, :, 1:]})
    gone = [(_GRADIENT if k == _GRADIENT else kinds[int(k)], why) for k, why in reasons.items()]
    count = len(contents)
    across = max(1, min(count, _ACROSS if count % 3 and count > 3 else 3))
    blocks = -(-max(count, 1) // across)
    with rc_context(RC):
        figure, panels = grid(
            list(_HEIGHTS) * blocks, across, top=head(dataset), gap=0.3, rows=(list(_GAPS) * blocks)[:-1]
        )
        heading(figure, dataset, settings.name)
        by_row = [panels[row :: len(_HEIGHTS)].ravel() for row in range(len(_HEIGHTS))]
        for place, k in enumerate(contents):
            column = [axes[place] for axes in by_row]
            title(column[0], _GRADIENT if k == _GRADIENT else kinds[int(k)])
            if k == _GRADIENT:
                _lines(column[0], learners, np.array([0.0, *dataset.epsilon.values]), attacked)
                column[0].set_xlabel(r"change of every pixel $\epsilon$")
                _over_all(column)
                continue
            values = [row[:, :, int(k)] for row in rows]
            if empty(values[-1][0, :, 1:]):
                column.pop().remove()
                gone.append((f"SNR, {kinds[int(k)]}", NOT_FINITE))
            _column(column, learners, levels, values, first=place % across == 0)
        for axes in (axes for row in by_row for axes in row[count:]):
            axes.remove()
        accuracies, falls, ratios = ([axes for axes in row if axes in figure.axes] for row in by_row)
        for axes, k in zip(accuracies, contents, strict=True):
            axes.axhline(100 / dataset.sizes["true_class"], color=INK, linewidth=0.8, linestyle=":")
            if k == _GRADIENT and axes is accuracies[0]:
                axes.set_ylabel(_LABELS[0])
        fit_limits(accuracies, reach=[0, 100], room=0.03)
        for axes in falls:
            axes.axhline(0, color="0.5", linewidth=0.6, zorder=1)
        fit_limits(falls, reach=[0])
        ratio_axis(ratios, rows[-1][0])
        some = only(len(shown), dataset.sizes["learner"])
        what = "fall: accuracy of clean minus corrupted images; SNR: top over runner-up output; dotted: chance"
        ending(
            figure,
            *entries(accuracies[:1]),
            some,
            what,
            spread_note(dataset, "bands"),
            left_out(gone),
            device=learners.heading,
        )
    return figure


def _rows(dataset: xr.Dataset) -> list[np.ndarray]:
    """Accuracy, its fall and SNR with intervals, (mean-low-high, learner, noise_type, level from 0 on) each."""
    kinds, levels = dataset.sizes["noise_type"], dataset.noise_level.values

    def curves(clean: str, noisy: str, factor: float = 1.0) -> np.ndarray:
        start = over_seeds(dataset[clean], MAX_LINES, factor)
        start = np.repeat(start[:, :, None], kinds, axis=2)
        return from_clean(start, under_noise(over_seeds(dataset[noisy], MAX_LINES, factor), levels))

    clean, noisy = (
        dataset[name].transpose("learner", "repeat", ...).values[:MAX_LINES].astype(float)
        for name in ("test_accuracy", "noisy_accuracy")
    )
    lost = clean[:, :, None, None] - under_noise(noisy, levels)
    fall = 100 * np.stack(seed_interval(lost, axis=1, bounds=(-1.0, 1.0)))
    return [
        curves("test_accuracy", "noisy_accuracy", 100.0),
        from_clean(np.zeros(fall.shape[:-1]), fall),
        curves("test_snr", "noisy_snr"),
    ]


def _column(
    panels: Sequence[Axes], learners: DeviceNames, levels: np.ndarray, rows: Sequence[np.ndarray], *, first: bool
) -> None:
    """The panels of one noise type, one below the other; the first column has labels."""
    for axes, found, text in zip(panels, rows, _LABELS, strict=False):
        _lines(axes, learners, levels, found)
        axes.tick_params(labelbottom=axes is panels[-1], labelleft=first)
        if first:
            axes.set_ylabel(text)
    panels[-1].set_xlabel("noise level $s$")


def _over_all(column: Sequence[Axes]) -> None:
    """Let the first panel of a column take the place of those below it, too."""
    high, low = column[0].get_position(), column[-1].get_position()
    column[0].set_position((high.x0, low.y0, high.width, high.y1 - low.y0))
    for axes in column[1:]:
        axes.remove()


def _lines(axes: Axes, learners: DeviceNames, x: np.ndarray, found: np.ndarray) -> None:
    for number in range(found.shape[1]):
        style: dict[str, Any] = {**line_style(number), "markersize": 3}
        curve(axes, x, found[:, number], style, named(learners.label(number)))
