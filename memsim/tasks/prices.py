"""Components and settings that the section `energy` of an experiment names."""

from __future__ import annotations

from typing import NamedTuple

from memsim.energy.architecture import Architecture
from memsim.energy.components import ComponentTable
from memsim.energy.cost import Prices
from memsim.errors import InputError
from memsim.experiments.energy import EnergySpec
from memsim.experiments.experiment import Experiment


class Priced(NamedTuple):
    """A component table, what an experiment calls it, and what it says at the node of the experiment."""

    name: str
    table: ComponentTable
    prices: Prices


def priced(experiment: Experiment) -> Priced | None:
    """The components of an experiment that no sweep changes; None where it has no section `energy`.

    Raises
    ------
    InputError
        If the component table cannot be read, or does not hold at the node.
    """
    energy: EnergySpec | None = getattr(experiment.spec, "energy", None)
    if energy is None:
        return None
    table = experiment.component_table(energy.components)
    path = experiment.document.find("energy.node") or experiment.document.find("energy") or ()
    try:
        return Priced(energy.components, table, Prices(table.at(energy.node), Architecture(**energy.settings)))
    except InputError as error:
        raise InputError(f"{experiment.document.where(path)}: energy: {error}") from None
