"""Currents of crossbars with the resistance of their wires."""

from memsim.arrays.wires.solver import WireSolution, effective_conductance, solve_wires

__all__ = ["WireSolution", "effective_conductance", "solve_wires"]
