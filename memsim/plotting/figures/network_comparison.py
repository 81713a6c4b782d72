"""Two evaluations of networks in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.axis import time_axis
from memsim.plotting.curves import curve, named
from memsim.plotting.figures.network import axis_label, spread
from memsim.plotting.network_pairs import compare_networks, shared_score
from memsim.plotting.page import ending, entries, grid, headline
from memsim.plotting.pairs import name_of
from memsim.plotting.rules.limits import fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.hardware import circuit_texts

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


def compare_networks_figure(a: xr.Dataset, b: xr.Dataset) -> Figure:
    """Figure with the accuracy or metric of two evaluations over time, with bands of one standard deviation.

    Raises
    ------
    OutputError
        If one is not a whole result, or they have no time or no metric in common.
    """
    from matplotlib import rc_context

    score = shared_score(a, b)
    settings = compare_networks(a, b).settings
    with rc_context(RC):
        figure, ((axes,),) = grid([2.2], 1, top=0.5)
        files = [name_of(dataset, which) for dataset, which in ((a, "first result"), (b, "second result"))]
        devices = [", ".join(dict.fromkeys(map(str, dataset.device.values))) for dataset in (a, b)]
        shared = "; ".join(_shared(a, b))
        headline(figure, _heading(files, devices), f"both: {shared}" if shared else "")
        for number, dataset in enumerate((a, b)):
            label = named(f"{'AB'[number]}: {files[number]}{_difference(settings, number, devices[number])}")
            curve(axes, dataset.time.values, spread(dataset, score), line_style(number), label)
        seconds = np.unique(np.concatenate([dataset.time.values for dataset in (a, b)]))
        time_axis(axes, seconds)
        axes.set_ylabel(axis_label(a, score))
        fit_limits(axes)
        counts = " and ".join(dict.fromkeys(str(dataset.sizes["repeat"]) for dataset in (a, b)))
        ending(figure, *entries([axes]), f"bands: ± one standard deviation over {counts} programmings")
    return figure


def _heading(files: Sequence[str], devices: Sequence[str]) -> str:
    """What is compared: the device of both, or that of each, with the files."""
    if devices[0] == devices[1]:
        return f"{devices[0]}: {files[0]} against {files[1]}"
    return f"{devices[0]} ({files[0]}) against {devices[1]} ({files[1]})"


def _shared(a: xr.Dataset, b: xr.Dataset) -> list[str]:
    """Converters, tiles, wires and compensation that both have, in words."""
    first, second = (circuit_texts(dataset) for dataset in (a, b))
    texts = [text for key, text in first.items() if second.get(key) == text]
    compensation = a.attrs.get("compensation")
    same = compensation is not None and compensation == b.attrs.get("compensation")
    return [*texts, *([f"drift compensation: {compensation}"] if same else [])]


def _difference(settings: Sequence[tuple[str, str, str]], number: int, device: str) -> str:
    """What one of two results has and the other has not, if it is one setting; else its device."""
    rows = [row for row in settings if row[0] not in ("memsim_version", "backend")]
    if len(rows) != 1 or rows[0][0] == "device" or rows[0][1:] == ("one", "another"):
        return f" on {device}"
    key, *values = rows[0]
    return f", {key} {values[number]}"
