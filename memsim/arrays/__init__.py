"""Crossbar arrays: cells, programming, reads."""

from memsim.arrays.crossbar import Crossbar, PulseCounts, check_bounds

__all__ = ["Crossbar", "PulseCounts", "check_bounds"]
