"""Pages with panels in fixed places [inch]: no layout engine has to look for them, which takes longer than drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.plotting.style import INK, SMALL, WIDTH, fitted, lines_of, plain, text_width
from memsim.results.dataset import stored
from memsim.results.settings import changes_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOOT = 0.42
"""Room for tick labels and the axis label under a panel [inch]."""
_EM = SMALL / 72  # inch
_LINE = 0.155  # inch a line of the legend


def head(dataset: xr.Dataset) -> float:
    """Room for the heading and the titles of panels below it [inch]."""
    return 0.62 if changes_of(dataset) else 0.5


def page(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of this size [inch]."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def panel(figure: Figure, left: float, bottom: float, width: float, height: float, *, bare: bool = False) -> Axes:
    """Axes at a place of the figure [inch from its lower left corner]; bare ones have no grid."""
    from matplotlib.ticker import MaxNLocator

    wide, tall = figure.get_size_inches()
    axes = figure.add_axes((left / wide, bottom / tall, width / wide, height / tall))
    if not bare:
        axes.grid(True)
        for axis, length, room in ((axes.xaxis, width, 0.38), (axes.yaxis, height, 0.28)):
            axis.set_major_locator(MaxNLocator(max(2, min(7, int(length / room))), steps=(1, 2, 2.5, 5, 10)))
    return axes


def grid(
    heights: Sequence[float],
    columns: int,
    *,
    top: float,
    left: float = 0.62,
    right: float = 0.12,
    foot: float = FOOT,
    gap: float = 0.62,
    rows: Sequence[float] = (),
    widths: Sequence[float] | None = None,
) -> tuple[Figure, np.ndarray]:
    """A figure with rows of equally wide panels: the figure, and its axes (row, column).

    Parameters
    ----------
    heights : sequence of float
        Height of the panels of each row [inch].
    columns : int
        Number of columns.
    top, left, right, foot : float
        Margins [inch].
    gap : float
        Distance between columns [inch].
    rows : sequence of float
        Distances between rows [inch].
    widths : sequence of float, optional
        Relative widths of the columns.
    """
    figure = page(top + foot + sum(heights) + sum(rows))
    shares = np.asarray(widths or [1.0] * columns)
    wide = shares / shares.sum() * (WIDTH - left - right - gap * (columns - 1))
    axes = np.empty((len(heights), columns), object)
    bottom = figure.get_size_inches()[1] - top
    for row, height in enumerate(heights):
        bottom -= height + (rows[row - 1] if row else 0)
        for column in range(columns):
            axes[row, column] = panel(figure, left + wide[:column].sum() + column * gap, bottom, wide[column], height)
    return figure, axes


def heading(figure: Figure, dataset: xr.Dataset, fallback: str) -> None:
    """The title of the experiment, and under it what was changed in it."""
    changes = ", ".join(f"{key}={value}" for key, value in changes_of(dataset).items())
    headline(figure, stored(dataset, "title") or fallback, f"changed: {changes}" if changes else "")


def headline(figure: Figure, text: str, below: str = "") -> None:
    """The heading of a page in one line, and a smaller line under it."""
    wide, tall = figure.get_size_inches()
    for line, place, size, colour in ((text, 0.14, 9, "black"), (below, 0.3, 6.5, INK)):
        if line:
            shown = fitted(line, wide - 0.3, size)
            figure.text(0.5, 1 - place / tall, shown, ha="center", va="center", fontsize=size, color=colour)


def title(axes: Axes, text: str, **options: Any) -> None:
    """Title of a panel, at its left; a given height spares matplotlib the search for one."""
    axes.set_title(text, loc="left", y=1.0, pad=4, **options)


def ending(
    figure: Figure, handles: Sequence[Any] = (), labels: Sequence[str] = (), *notes: str, device: str = ""
) -> None:
    """Add lines of notes, unless they are empty, and a legend under the panels; the figure grows with them.

    `device` is the title of the legend, see `DeviceNames.heading`; without a legend, it is a note.
    """
    wide = figure.get_size_inches()[0]
    for text in filter(None, (*notes, "" if handles else device)):
        for line in lines_of(text, wide - 0.2):
            grow(figure, 0.16)
            place = 0.12 / wide, 0.09 / figure.get_size_inches()[1]
            figure.text(*place, line, va="center", fontsize=SMALL, color=INK)
    if handles:
        _legend(figure, handles, labels, plain(device))


def entries(panels: Iterable[Axes]) -> tuple[list[Any], list[str]]:
    """Handles and labels of everything that has a label in some panels, each label once, for `ending`."""
    handles: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    return list(handles.values()), list(handles)


def only(shown: int, total: int, what: str = "learners") -> str:
    """Note that a figure shows the first of many; empty if it shows all."""
    return f"the first {shown} of {total} {what}" if shown < total else ""


def _legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], heading: str) -> None:
    wide = figure.get_size_inches()[0] - 0.2
    lines = [fitted(label, wide - 5 * _EM) for label in labels]
    widths = [text_width(line) + 3.4 * _EM for line in lines]
    columns = next(n for n in range(min(5, len(lines)), 0, -1) if n == 1 or _columns_width(widths, n) <= wide)
    rows = -(-len(lines) // columns)
    grow(figure, (rows + bool(heading)) * _LINE + 0.08)
    figure.legend(
        handles,
        lines,
        loc="lower center",
        ncols=columns,
        title=heading or None,
        title_fontsize=SMALL,
        frameon=False,
        borderaxespad=0.3,
        borderpad=0,
    )


def _columns_width(widths: Sequence[float], columns: int) -> float:
    """Width of a legend, which fills its columns from the left; the first ones are a row longer [inch]."""
    rows, longer = divmod(len(widths), columns)
    total, first = (columns - 1) * 1.6 * _EM, 0
    for column in range(columns):
        last = first + rows + (column < longer)
        total += max(widths[first:last], default=0.0)
        first = last
    return total


def grow(figure: Figure, extra: float) -> None:
    """Add room at the bottom [inch]; everything else keeps its size and its distance from the top."""
    wide, tall = figure.get_size_inches()
    for axes in figure.axes:
        x, y, width, height = axes.get_position().bounds
        new = (x, (y * tall + extra) / (tall + extra), width, height * tall / (tall + extra))
        axes.set_position(new)
    for text in figure.texts:
        text.set_y((text.get_position()[1] * tall + extra) / (tall + extra))
    figure.set_size_inches(wide, tall + extra)
