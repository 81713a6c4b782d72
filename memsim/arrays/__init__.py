"""Crossbar arrays: cells, programming, reads."""

from memsim.arrays.checks import check_bounds
from memsim.arrays.crossbar import Crossbar, PulseCounts

__all__ = ["Crossbar", "PulseCounts", "check_bounds"]
