"""Roofline of a benchmark: operations a second against operations a byte, beside what the machine can do at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from memsim.plotting.page import headline, page, panel
from memsim.plotting.style import INK, RC, SMALL, WIDTH, line_style, plain
from memsim.results.dataset import require, stored

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT, _LEFT, _TOP, _FOOT = 3.3, 0.72, 0.56, 0.5  # inch
_LEGEND = 2.75  # room for it at the right [inch]
_LINE = 0.148  # of the legend [inch]
_NEAR, _BESIDE, _APART = 0.3, 0.15, 0.1
"""Points this close share a column of numbers; its distance from them, and that of the numbers [inch]."""
_DECADES = 1.6  # beyond the points, on both sides of the ridge at least


def roofline(dataset: xr.Dataset) -> Figure:
    """Figure of a benchmark: a point for each kernel and size, numbered, under the measured bandwidth and product.

    Source: Williams, Waterman & Patterson, Commun. ACM 52 (4), 65 (2009), doi:10.1145/1498765.1498785.

    Raises
    ------
    OutputError
        If the benchmark has no kernels.
    """
    from matplotlib import rc_context

    from memsim.plotting.members import lacks

    require(dataset, "intensity", "performance", "copy_bandwidth", "product_performance", "kind", "variant")
    counted = np.flatnonzero(np.isfinite(dataset.intensity.values) & (dataset.performance.values > 0))
    if not len(counted):
        raise lacks(dataset, "roofline", "kernels, not whole processes alone", "make them with: memsim bench read")
    cases = dataset.isel(case=counted)
    groups = list(dict.fromkeys(zip(cases.kind.values, cases.variant.values, strict=True)))
    height = max(_HEIGHT, (len(groups) + 2) * _LINE)
    with rc_context(RC):
        figure = page(_TOP + height + _FOOT)
        axes = panel(figure, _LEFT, _FOOT, WIDTH - _LEFT - _LEGEND, height)
        _draw_roof(axes, cases)
        for number, (kind, variant) in enumerate(groups):
            chosen = np.flatnonzero((cases.kind.values == kind) & (cases.variant.values == variant))
            _draw_points(axes, cases.isel(case=chosen), number)
        last = [np.flatnonzero((cases.kind.values == k) & (cases.variant.values == v))[-1] for k, v in groups]
        _number_points(
            axes,
            np.stack([cases.intensity.values[last], cases.performance.values[last]], axis=1),
            float(cases.product_performance),
        )
        _legend(axes, groups)
        _head(figure, dataset)
    return figure


def _draw_roof(axes: Axes, cases: xr.Dataset) -> None:
    bandwidth, highest = float(cases.copy_bandwidth), float(cases.product_performance)
    ridge = highest / bandwidth
    x, y = cases.intensity.values, cases.performance.values
    low, high = min(x.min() / 2, ridge / 10**_DECADES), max(x.max() * 4, ridge * 10**_DECADES)
    line = np.array([low, ridge, high])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(line, np.minimum(line * bandwidth, highest), color="0.15", linewidth=1.2, zorder=2)
    axes.set_xlim(low, high)
    axes.set_ylim(min(y.min() / 2, low * bandwidth), max(y.max(), highest) * 2)
    axes.set_xlabel("arithmetic intensity [operations/byte]")
    axes.set_ylabel("performance [operations/s]")
    axes.annotate(
        f"float32 product: {highest / 1e9:.3g} × 10⁹ operations/s",
        (high, highest),
        (-3, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=SMALL,
        color=INK,
    )
    start, middle = axes.transData.transform([(low, low * bandwidth), (ridge, highest)])
    angle = np.degrees(np.arctan2(*(middle - start)[::-1]))
    axes.annotate(
        f"copy: {bandwidth / 1e9:.3g} GB/s",
        (np.sqrt(low * ridge), np.sqrt(low * ridge) * bandwidth),
        (-4, 5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        rotation=angle,
        rotation_mode="anchor",
        fontsize=SMALL,
        color=INK,
    )


def _draw_points(axes: Axes, cases: xr.Dataset, number: int) -> None:
    """The sizes of one kernel, joined in their order."""
    style = {**line_style(number), "linestyle": "-", "linewidth": 0.6}
    x, y = cases.intensity.values, cases.performance.values
    axes.plot(x, y, **style, markeredgecolor="white", markeredgewidth=0.4, zorder=3)


def _number_points(axes: Axes, points: np.ndarray, highest: float) -> None:
    """Numbers from 1 beside points (point, 2); those of near points stand in a column below the roof, with leaders."""
    dpi = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    places = axes.transData.transform(points) / dpi
    roof = axes.transData.transform((points[0, 0], highest))[1] / dpi
    order = np.argsort(places[:, 0], kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(places[order, 0]) > _NEAR) + 1):
        column = group[np.argsort(places[group, 1], kind="stable")]
        heights = _spread(places[column, 1])
        heights -= max(heights[-1] - (roof - _APART), 0.0)
        right = places[column, 0].max() + _BESIDE
        for place, height in zip(column, heights, strict=True):
            axes.annotate(
                str(place + 1),
                tuple(points[place]),
                tuple(72 * (np.array([right, height]) - places[place])),
                textcoords="offset points",
                ha="left",
                va="center",
                fontsize=SMALL - 0.5,
                color="0.15",
                arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "0.6", "shrinkA": 0, "shrinkB": 2},
                zorder=4,
            )


def _spread(heights: np.ndarray) -> np.ndarray:
    """Ascending heights moved apart by `_APART` at least, with their mean kept [inch]."""
    spread = heights.copy()
    for i in range(1, len(spread)):
        spread[i] = max(spread[i], spread[i - 1] + _APART)
    return spread - (spread - heights).mean()


def _legend(axes: Axes, groups: list[tuple[str, str]]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], **{**line_style(number), "linestyle": ""}, label=f"{number + 1}  {plain(kind)}: {plain(variant)}"
        )
        for number, (kind, variant) in enumerate(groups)
    ]
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        handlelength=1.0,
        borderaxespad=0.0,
        labelspacing=0.35,
    )


def _head(figure: Figure, dataset: xr.Dataset) -> None:
    sizes = sorted({int(size) for size in dataset.array_size.values if size})
    machine = f"{stored(dataset, 'processor')}, {stored(dataset, 'threads')} threads"
    order = f"n x n cells, n = {', '.join(map(str, sizes))}, joined in this order, the last one numbered"
    below = f"{machine}, {stored(dataset, 'created')[:10]}; {order}"
    headline(figure, stored(dataset, "title"), below)
