"""Conductance-update models, one a file: scalar functions of (state, pulses, parameters)."""

from memsim.cells.binary import BINARY
from memsim.cells.constant import CONSTANT
from memsim.cells.custom import register_step, registered_step
from memsim.cells.exponential import EXPONENTIAL
from memsim.cells.ion_drift import ION_DRIFT
from memsim.cells.landing import LANDING
from memsim.cells.linear import LINEAR
from memsim.cells.model import CellModel, Surroundings
from memsim.cells.neurosim import NEUROSIM
from memsim.cells.pcm import PCM
from memsim.cells.power import POWER
from memsim.cells.power_law import POWER_LAW
from memsim.cells.soft_bounds import SOFT_BOUNDS
from memsim.cells.table import TABLE
from memsim.cells.vteam import VTEAM
from memsim.cells.yakopcic import YAKOPCIC

MODELS: dict[str, CellModel] = {
    model.name: model
    for model in (
        CONSTANT,
        LINEAR,
        SOFT_BOUNDS,
        EXPONENTIAL,
        POWER,
        NEUROSIM,
        POWER_LAW,
        TABLE,
        BINARY,
        PCM,
        LANDING,
        VTEAM,
        YAKOPCIC,
        ION_DRIFT,
    )
}
"""The models that come with memsim; `custom` ones are registered."""


def model_of(name: str, function: str | None = None) -> CellModel:
    """The update model of a name; for "custom", that of a registered step function.

    Raises
    ------
    InputError
        No function is registered under this name.
    """
    return registered_step(function) if function is not None else MODELS[name]


__all__ = ["MODELS", "CellModel", "Surroundings", "model_of", "register_step", "registered_step"]
