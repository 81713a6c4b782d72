"""Figures of results, made from a Dataset alone."""

from memsim.plotting.overview import overview
from memsim.plotting.save import FORMATS, render

__all__ = ["FORMATS", "overview", "render"]
