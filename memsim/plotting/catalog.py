"""All figures by name, and which one suits a result; each is loaded when it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from memsim.errors import InputError, nearest
from memsim.tasks.base import Drawing
from memsim.tasks.registry import RESULT_KINDS, Merged

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

FIGURES: Mapping[str, Drawing] = Merged("figures", unique=False)
"""Name -> function(dataset) -> Figure, with a description in one line, task by task."""


def default_figure(dataset: xr.Dataset) -> str:
    """Name of the figure that suits a result."""
    from memsim.results.settings import kind_of

    return kind_of(dataset).figure_of(dataset)


def overview(dataset: xr.Dataset) -> Figure:
    """The figure "overview" of a result, see `draw`."""
    return draw(dataset, "overview")


def draw(dataset: xr.Dataset, name: str | None = None) -> Figure:
    """A figure of a result.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result of memsim.
    name : str, optional
        One of `FIGURES`; the one that suits the result by default.

    Raises
    ------
    InputError
        If there is no figure of that name.
    OutputError
        If the result does not hold what the figure shows; names an experiment that makes it.
    """
    from memsim.plotting.members import lacks
    from memsim.results.settings import kind_of

    kind = kind_of(dataset)
    chosen = kind.figure_of(dataset) if name is None else name
    if chosen in kind.figures:
        return kind.figures[chosen](dataset)
    if chosen not in FIGURES:
        raise InputError(f"unknown figure '{chosen}'{nearest(chosen, FIGURES)}")
    owner = next(other.name for other in RESULT_KINDS.values() if chosen in other.figures)
    raise lacks(dataset, chosen, f"a result of the task '{owner}'", f"this is one of '{kind.name}'")


def applicable(dataset: xr.Dataset) -> list[str]:
    """Names of the figures whose content a result holds; each is drawn once."""
    from memsim.errors import OutputError
    from memsim.results.settings import kind_of

    names = []
    for name, figure in kind_of(dataset).figures.items():
        try:
            figure(dataset)
        except OutputError:
            continue
        names.append(name)
    return names
