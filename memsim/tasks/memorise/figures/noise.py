"""How SNR and accuracy fall with noise, for every noise type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.plotting.axis import ratio_axis
from memsim.plotting.curves import MAX_LINES, curve, named
from memsim.plotting.page import ending, entries, grid, head, heading, only, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import device_names
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.figures.means import means
from memsim.tasks.memorise.ratio_means import figure_note
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

_ACROSS = 3  # noise types side by side


def noise(dataset: xr.Dataset) -> Figure:
    """Figure with SNR and the share of correct decisions against the noise level, a column for every noise type.

    Lines are means over images, bands their 95 % intervals. All panels of a metric share their axis.

    Raises
    ------
    MemsimError
        If the Dataset is not a whole result.
    """
    from matplotlib import rc_context

    require(dataset, "learner", "noise_type", "noise_level", "snr", "correct")
    settings = settings_of(dataset, MemoriseSpec)
    ratios = means("snr", dataset.snr.values[:MAX_LINES], settings)
    shares = 100 * means("correct", dataset.correct.values[:MAX_LINES], settings)
    names = device_names(dataset, range(dataset.sizes["learner"])[:MAX_LINES])
    kinds = [str(kind).replace("-", " ").capitalize() for kind in dataset.noise_type.values]
    levels = dataset.noise_level.values
    with rc_context(RC):
        if len(kinds) == 1:
            figure, panels = grid([2.1], 2, top=head(dataset) - 0.12)
            pairs = [(panels[0, 0], panels[0, 1])]
        else:
            across = min(_ACROSS, len(kinds))
            blocks = -(-len(kinds) // across)
            figure, panels = grid(
                [1.45, 0.75] * blocks, across, top=head(dataset), gap=0.24, rows=([0.14, 0.52] * blocks)[:-1]
            )
            pairs = [
                (panels[2 * (k // across), k % across], panels[2 * (k // across) + 1, k % across])
                for k in range(len(kinds))
            ]
            for column in range(len(kinds) % across or across, across):  # unused places of the last block
                panels[-1, column].remove()
                panels[-2, column].remove()
        heading(figure, dataset, settings.name)
        bare = [k for k in range(len(kinds)) if empty(ratios[0, :, k])]
        for k, (above, below) in enumerate(pairs):
            for axes, found in ((above, ratios), (below, shares)):
                for number in range(found.shape[1]):
                    curve(axes, levels, found[:, number, k], line_style(number), named(names.label(number)))
            if len(kinds) == 1:
                above.set_ylabel("SNR, target / control output")
                below.set_ylabel("correct decisions [%]")
                for axes in (above, below):
                    axes.set_xlabel(f"{kinds[0]} noise level $s$")
                continue
            title(below if k in bare else above, kinds[k])
            last = k + across >= len(kinds)
            above.tick_params(labelbottom=False)
            below.tick_params(labelbottom=True)
            if last:
                below.set_xlabel("noise level $s$")
            row = range(k - k % across, k)
            for axes, text, before in ((above, "SNR", set(row) - set(bare)), (below, "correct [%]", set(row))):
                if not before:
                    axes.set_ylabel(text)
                else:
                    axes.tick_params(labelleft=False)
        ratio_axis([above for above, _ in pairs], ratios[0])
        fit_limits([below for _, below in pairs], reach=[0, 100])
        for _, below in pairs:
            below.set_yticks([0, 50, 100])
        for k in bare:
            pairs[k][0].remove()
        gone = [(f"SNR, {kinds[k]}", NOT_FINITE) for k in bare]
        gone += [(name, NOT_FINITE) for name, lines in zip(names.labels, ratios[0], strict=False) if empty(lines)]
        some = only(MAX_LINES, dataset.sizes["learner"])
        marked = figure_note(dataset, range(ratios.shape[1]))
        ending(figure, *entries([pairs[0][1]]), some, marked, left_out(gone), device=names.heading)
    return figure
