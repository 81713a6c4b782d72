"""What the schemas of all conductance-update models share: pulses, kinds of numbers, the base class."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from memsim.profiles.provenance import Group, Number, Whole, flat

Encoding = Literal["exact", "counted", "sign", "stochastic"]

MAX_PULSES = 1_000_000
PulseCount = Annotated[int, Whole(1, MAX_PULSES)]
PulseVoltage = Annotated[float, Number("V", low=-100.0, high=100.0, nonzero=True)]
VoltageScale = Annotated[float, Number("V", above=0.0, high=100.0)]
PulseWidth = Annotated[float, Number("s", above=0.0, high=1e4)]
# NL = 10.1015 max_x [f(x) - x] cannot exceed 10.1; from 9 on the curve is a single step.
MAX_SLOW_LABEL = 6.0
"""Largest magnitude of the label of a branch that is slow first, as `memsim.cells.neurosim` resolves it."""
Label = Annotated[float, Number("1", low=-9.0, high=9.0)]
Step = Annotated[float, Number("1", above=0.0, high=100.0)]
Asymmetry = Annotated[float, Number("1", low=-1.0, high=1.0)]
Weight = Annotated[float, Number("1", low=-1000.0, high=1000.0)]
Share = Annotated[float, Number("1", low=0.0, high=1.0)]
Plain = Annotated[float, Number("1", low=-1000.0, high=1000.0)]
Resistance = Annotated[float, Number("Ohm", low=0.0, high=1e18)]
Exponent = Annotated[float, Number("1", low=0.0, high=100.0)]


class Pulse(Group):
    """One programming pulse."""

    voltage: PulseVoltage = Field(examples=["1.6 V"], description="amplitude")
    width: PulseWidth = Field(examples=["50 ns"], description="duration")
    voltage_scale: VoltageScale | None = Field(
        default=None,
        examples=["0.25 V"],
        description="rise of the amplitude for e times the step; not given, steps are known at this amplitude only",
    )


class AnyUpdate(Group):
    """What every update model has."""

    own_noise: ClassVar[str | None] = None
    """Why cycle-to-cycle noise cannot be added to the model, if so."""
    single_reset: ClassVar[bool] = False
    """Whether one reset pulse takes a cell to the low end of its window, wherever it stands."""

    encoding: Encoding | None = Field(
        default=None, description="how changes become pulses; default `exact` for a nominal window, else `counted`"
    )
    one_sided: bool = Field(default=False, description="whether only set pulses are given while the array learns")
    set: Pulse | None = Field(default=None, description="the set pulse")
    reset: Pulse | None = Field(default=None, description="the reset pulse")

    @property
    def span(self) -> int | None:
        """Pulses that span the window, by which a wanted change is turned into pulses; None: as the model computes."""
        raise NotImplementedError

    @property
    def numbers(self) -> dict[str, float]:
        """The model's numbers by dotted path, defaults too; SI. Each may spread over cells."""
        return flat(self)

    @property
    def fixed(self) -> dict[str, Any]:
        """What else the model is told, the same for all cells: lists of numbers, choices."""
        return {}

    def fit(self, low: float, high: float, read_voltage: float) -> None:
        """Refuse a conductance window [S] that the model cannot have; paths of problems start at the profile's top."""


class PulsedUpdate(AnyUpdate):
    """Models told by the number of pulses that span the window."""

    pulses: PulseCount = Field(examples=["128"], description="identical pulses that span the window")

    @property
    def span(self) -> int:
        """Pulses that span the window."""
        return self.pulses
