"""What the weight lambda of a log margin does to a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.metrics.severities import reads_under_noise
from memsim.plotting.axis import ratio_axis, setting_axis
from memsim.plotting.curves import MAX_LINES, named, point
from memsim.plotting.members import Member, families, lacks, members
from memsim.plotting.page import ending, entries, grid, head, heading, title
from memsim.plotting.rules.content import NOT_FINITE, empty, left_out
from memsim.plotting.rules.devices import DeviceNames, device_names
from memsim.plotting.rules.limits import finite, fit_limits
from memsim.plotting.style import RC, line_style
from memsim.results.dataset import require
from memsim.results.settings import settings_of
from memsim.tasks.memorise.figures.means import means
from memsim.tasks.memorise.schema import MemoriseSpec

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KEY = "training.lambda"
_LOSSES = ("log-margin-mse", "log-margin-ce")
"""Losses that have this weight."""
_LAW = "law (1 + √(1 + 4λ)) / 2"


def weighting(dataset: xr.Dataset) -> Figure:
    """Figure with median |SNR|, output difference and geometric margin against the weight lambda of a log margin.

    The dashed law is the output difference at the minimum of squared error minus lambda log(difference).

    Raises
    ------
    MemsimError
        If no two networks differ in lambda, or the result is not whole.

    Notes
    -----
    At the minimum the difference d solves d (d - 1) = lambda, so d = (1 + sqrt(1 + 4 lambda))/2, with the full gradient
    as with that of the study's script.
    """
    from matplotlib import rc_context

    require(dataset, "learner")
    settings = settings_of(dataset, MemoriseSpec)
    groups = groups_of(dataset)
    if not groups:
        raise lacks(
            dataset, "lambda", f"networks on a log margin that differ in {_KEY}", "memsim run lambda-01 makes them"
        )
    require(dataset, "snr", "noise_level", "output_difference", "clean_target", "clean_control", "geometric_margin")
    groups = dict(list(groups.items())[:MAX_LINES])
    weights = np.array(sorted({_weight(member) for group in groups.values() for member in group}))
    rows = [member.number for group in groups.values() for member in group]
    names = device_names(dataset, rows)
    with rc_context(RC):
        figure, (panels,) = grid([1.9], 3, top=head(dataset), left=0.56, gap=0.56)
        heading(figure, dataset, settings.name)
        ratios, differences, margins = panels
        for axes in panels:
            axes.set_xlabel(r"margin weight $\lambda$")
        shown = [_ratios(dataset, ratios, group, number) for number, group in enumerate(groups.values())]
        claimed = _published(ratios, groups, settings)
        others = _differences(dataset, differences, groups, names, settings)
        if any(member.setting("training.loss") == _LOSSES[0] for group in groups.values() for member in group):
            x = np.geomspace(weights[weights > 0].min(), weights.max(), 60)
            differences.plot(x, (1 + np.sqrt(1 + 4 * x)) / 2, "--", color="0.3", linewidth=1, label=_LAW, zorder=1.9)
        _margins(dataset, margins, groups, settings)
        for axes in panels:
            setting_axis(axes, list(weights))
        ratio_axis(ratios, finite(*shown, claimed))
        ratio_axis(differences, others, spread=100)
        fit_limits(margins, reach=[1], foot=0)
        gone = []
        for axes, text, variable in (
            (ratios, "median |SNR|, quartiles of images", "snr"),
            (differences, "output difference", "output_difference"),
            (margins, "geometric margin", "geometric_margin"),
        ):
            title(axes, text)
            if empty(dataset[variable].values[rows]):
                axes.remove()
                gone.append((text, NOT_FINITE))
        ending(figure, *entries(panels), left_out(gone), device=names.heading)
    return figure


def groups_of(dataset: xr.Dataset) -> dict[str, list[Member]]:
    """Networks on a log margin that differ in its weight only, by name."""
    found = members(dataset, settings_of(dataset, MemoriseSpec))
    networks = [member for member in found if member.spec.network is not None]
    able = [member for member in networks if member.setting("training.loss") in _LOSSES]
    return {name: group for name, group in families(able, _KEY).items() if len(set(map(_weight, group))) > 1}


def _weight(member: Member) -> float:
    return float(member.setting(_KEY))


def _sorted(group: Sequence[Member]) -> tuple[np.ndarray, list[int]]:
    ordered = sorted(group, key=_weight)
    return np.array([_weight(member) for member in ordered]), [member.number for member in ordered]


def _ratios(dataset: xr.Dataset, axes: Axes, group: Sequence[Member], number: int) -> np.ndarray:
    """Median of |SNR| over all reads, and quartiles over images of its median over noise; the medians."""
    x, rows = _sorted(group)
    sizes = np.abs(dataset.snr.values[rows])
    middle = np.median(sizes, axis=(1, 2, 3))
    each = np.median(sizes, axis=(2, 3))
    quartiles = np.array(
        [np.percentile(row[np.isfinite(row)], [25, 75]) if np.isfinite(row).any() else (np.nan, np.nan) for row in each]
    ).T
    style = line_style(number)
    axes.plot(x, np.where(np.isfinite(middle), middle, np.nan), **style)
    axes.fill_between(x, *quartiles, color=style["color"], alpha=0.16, linewidth=0)
    return middle


def _published(axes: Axes, groups: dict[str, list[Member]], settings: MemoriseSpec) -> np.ndarray:
    """Crosses at the published means; these."""
    claims = settings.published.get("snr", {})
    known = [member for group in groups.values() for member in group if member.label in claims]
    values = np.array([claims[member.label] for member in known])
    if known:
        x = [_weight(member) for member in known]
        axes.plot(
            x, values, "x", color="black", markersize=5, markeredgewidth=1.2, label="published mean SNR", zorder=3
        )
    return values


def _differences(
    dataset: xr.Dataset, axes: Axes, groups: dict[str, list[Member]], names: DeviceNames, settings: MemoriseSpec
) -> np.ndarray:
    """Mean difference of the outputs, of corrupted images (filled) and of clean ones (open); all values."""
    clean = dataset.clean_target.values - dataset.clean_control.values
    noisy = reads_under_noise(dataset.output_difference.values, dataset.noise_level.values).mean(axis=(2, 3))
    both = means("output_difference", np.stack([noisy, clean], axis=-1), settings)
    several = len(groups) > 1
    for number, (name, group) in enumerate(groups.items()):
        x, rows = _sorted(group)
        style = line_style(number)
        name = names.of(rows, name)
        label = named(f"{name}, clean images") if several else "clean images"
        axes.plot(x, both[0, rows, 0], label=named(name if several else f"{name}, corrupted images"), **style)
        axes.fill_between(x, *both[1:, rows, 0], color=style["color"], alpha=0.16, linewidth=0)
        axes.plot(x, both[0, rows, 1], label=label, **point(style, markerfacecolor="white"))
    rows = [member.number for group in groups.values() for member in group]
    return both[:, rows].ravel()


def _margins(dataset: xr.Dataset, axes: Axes, groups: dict[str, list[Member]], settings: MemoriseSpec) -> None:
    lines = means("geometric_margin", dataset.geometric_margin.values, settings)
    for number, group in enumerate(groups.values()):
        x, rows = _sorted(group)
        style: dict[str, Any] = line_style(number)
        axes.plot(x, lines[0, rows], **style)
        axes.fill_between(x, *lines[1:, rows], color=style["color"], alpha=0.16, linewidth=0)
