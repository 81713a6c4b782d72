"""Crossbar arrays: cells, programming, reads."""

from memsim.arrays.checks import check_bounds
from memsim.arrays.converters import ADC, DAC
from memsim.arrays.crossbar import Crossbar
from memsim.arrays.crossbar_description import PulseCounts
from memsim.arrays.events import Events
from memsim.arrays.layer import CrossbarLayer
from memsim.arrays.mapping import Mapping
from memsim.arrays.patches import Patches
from memsim.arrays.programmed_layer import ProgrammedLayer
from memsim.arrays.wires.line_resistances import Wires

__all__ = [
    "ADC",
    "DAC",
    "Crossbar",
    "CrossbarLayer",
    "Events",
    "Mapping",
    "Patches",
    "ProgrammedLayer",
    "PulseCounts",
    "Wires",
    "check_bounds",
]
