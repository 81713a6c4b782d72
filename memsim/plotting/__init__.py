"""Figures of results, made from a Dataset alone."""

from memsim.plotting.overview import overview
from memsim.plotting.save import FORMATS, check_format, render

__all__ = ["FORMATS", "check_format", "overview", "render"]
