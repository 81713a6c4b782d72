"""Figures of results, made from a Dataset alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.lazy_names import lazy_names

if TYPE_CHECKING:
    from memsim.plotting.catalog import FIGURES, default_figure, draw, overview
    from memsim.plotting.figures.comparison import compare_figure
    from memsim.plotting.members import LacksError
    from memsim.plotting.save import FORMATS, check_format, render

# Imported at first use: `memsim plot --help` lists the figures and must not wait for Numba.
_MODULES = {
    "FIGURES": ".catalog",
    "FORMATS": ".save",
    "LacksError": ".members",
    "check_format": ".save",
    "compare_figure": ".figures.comparison",
    "default_figure": ".catalog",
    "draw": ".catalog",
    "overview": ".catalog",
    "render": ".save",
}

__all__ = [
    "FIGURES",
    "FORMATS",
    "LacksError",
    "check_format",
    "compare_figure",
    "default_figure",
    "draw",
    "overview",
    "render",
]

__getattr__ = lazy_names("memsim.plotting", _MODULES)
