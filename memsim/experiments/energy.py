"""Schema of the costs of an experiment: the component table and the settings that no simulated number depends on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from memsim.document.fields import Count, Place, Quantity, Section
from memsim.experiments.circuits import Node

Share = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1)]
Settle = Annotated[float, Quantity("s", low=0.0, high=1.0)]


class EnergySpec(Section):
    """Which components arrays consist of, and how layers work together; see `memsim.energy.architecture`."""

    components: Place = Field(default="generic", description="a shipped component table, or the path of a YAML file")
    node: Node | None = Field(default=None, description="technology node, for a table of several nodes")
    pipelined: bool = Field(default=False, description="whether layers work on different inputs at the same time")
    selection: Literal["V/2", "V/3"] = Field(
        default="V/2", description="voltage on half-selected cells of arrays without transistors"
    )
    bits: Annotated[int, Count(1, 32)] = Field(
        default=8, description="bits of an activation where no converter says it"
    )
    settle: Settle = Field(default=0.0, description="time until lines have settled before each input step")

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of `memsim.energy.architecture.Architecture` by name."""
        return {"pipelined": self.pipelined, "selection": self.selection, "bits": self.bits, "settle": self.settle}


class TrainingEnergySpec(EnergySpec):
    """The same of learners that are validated after each epoch."""

    accuracy: Share | None = Field(
        default=None, description="validation accuracy up to which the energy of a training is reported"
    )
