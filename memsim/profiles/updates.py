"""Schema of each conductance-update model, one class a model, chosen by ``update.model``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from memsim.profiles.provenance import Group, Number, Whole

Encoding = Literal["exact", "counted", "sign"]

PulseCount = Annotated[int, Whole(1, 1_000_000)]
PulseVoltage = Annotated[float, Number("V", low=-100.0, high=100.0, nonzero=True)]
PulseWidth = Annotated[float, Number("s", above=0.0, high=1e4)]
# NL = 10.1015 max_x [f(x) - x] cannot exceed 10.1; from 9 on the curve is a single step.
Label = Annotated[float, Number("1", low=-9.0, high=9.0)]


class Pulse(Group):
    """One programming pulse: voltage (V), width (s)."""

    voltage: PulseVoltage = Field(examples=["1.6 V"])
    width: PulseWidth = Field(examples=["50 ns"])


class Nonlinearity(Group):
    """Published NeuroSim labels of the two branches, dimensionless; 0 is linear.

    The sign only says which curve bends which way. Both branches start fast and slow down; magnitudes are used.
    """

    set: Label = Field(examples=["2.4"])
    reset: Label = Field(examples=["-4.88"])


class _Update(Group):
    """What every update model has: pulses that span the window, how changes become pulses, the two pulses."""

    pulses: PulseCount = Field(examples=["128"])
    encoding: Encoding | None = None
    set: Pulse | None = None
    reset: Pulse | None = None


class ConstantUpdate(_Update):
    """Every pulse moves the state by 1/pulses of the window."""

    model: Literal["constant"]


class NeurosimUpdate(_Update):
    """Exponential approach to the window's ends, one curvature a direction."""

    model: Literal["neurosim"]
    nonlinearity: Nonlinearity = Field(examples=["{set: 2.4, reset: -4.88}"])


Update = Annotated[ConstantUpdate | NeurosimUpdate, Field(discriminator="model")]
