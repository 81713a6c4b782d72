"""Currents of crossbars with the resistance of their wires."""

from memsim.arrays.wires.solver import WireSolution, effective_conductance, solve_wires
from memsim.arrays.wires.tiles import TileSolution, solve_tiles

__all__ = ["TileSolution", "WireSolution", "effective_conductance", "solve_tiles", "solve_wires"]
