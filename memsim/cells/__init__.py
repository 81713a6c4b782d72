"""Conductance-update models, one a file: scalar functions of (state, pulses, parameters)."""

from memsim.cells.constant import CONSTANT
from memsim.cells.model import CellModel
from memsim.cells.neurosim import NEUROSIM

MODELS: dict[str, CellModel] = {model.name: model for model in (CONSTANT, NEUROSIM)}

__all__ = ["MODELS", "CellModel"]
