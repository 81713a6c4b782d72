"""Crossbar arrays: cells, programming, reads."""

from memsim.arrays.checks import check_bounds
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.crossbar import Crossbar
from memsim.arrays.description import PulseCounts
from memsim.arrays.line_resistances import Wires
from memsim.arrays.mapping import Mapping

__all__ = ["ADC", "DAC", "Crossbar", "Mapping", "PulseCounts", "Wires", "check_bounds"]
