"""Conductance-update models, one a file: scalar functions of (state, pulses, parameters)."""

from memsim.cells.constant import CONSTANT
from memsim.cells.exponential import EXPONENTIAL
from memsim.cells.linear import LINEAR
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.neurosim import NEUROSIM
from memsim.cells.power import POWER
from memsim.cells.soft_bounds import SOFT_BOUNDS

MODELS: dict[str, CellModel] = {
    model.name: model for model in (CONSTANT, LINEAR, SOFT_BOUNDS, EXPONENTIAL, POWER, NEUROSIM)
}

__all__ = ["MODELS", "CellModel", "Surroundings"]
