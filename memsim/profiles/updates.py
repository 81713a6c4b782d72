"""Schema of each conductance-update model, one class a model, chosen by ``update.model``.

The first line of a class and the descriptions of its fields are what `memsim device models`, the JSON Schema and the
pages of the models say; equations and sources stand with the physics in `memsim.cells`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.provenance import Group, Number, Whole

Encoding = Literal["exact", "counted", "sign", "stochastic"]

PulseCount = Annotated[int, Whole(1, 1_000_000)]
PulseVoltage = Annotated[float, Number("V", low=-100.0, high=100.0, nonzero=True)]
PulseWidth = Annotated[float, Number("s", above=0.0, high=1e4)]
# NL = 10.1015 max_x [f(x) - x] cannot exceed 10.1; from 9 on the curve is a single step.
Label = Annotated[float, Number("1", low=-9.0, high=9.0)]
Step = Annotated[float, Number("1", above=0.0, high=100.0)]
Asymmetry = Annotated[float, Number("1", low=-1.0, high=1.0)]
Weight = Annotated[float, Number("1", low=-1000.0, high=1000.0)]
Share = Annotated[float, Number("1", low=0.0, high=1.0)]
Plain = Annotated[float, Number("1", low=-1000.0, high=1000.0)]
Exponent = Annotated[float, Number("1", low=0.0, high=100.0)]


class Pulse(Group):
    """One programming pulse."""

    voltage: PulseVoltage = Field(examples=["1.6 V"], description="amplitude")
    width: PulseWidth = Field(examples=["50 ns"], description="duration")


class Nonlinearity(Group):
    """Published NeuroSim labels of the two branches; the sign only says which curve bends which way."""

    set: Label = Field(examples=["2.4"], description="label NL of potentiation; 0 is linear")
    reset: Label = Field(examples=["-4.88"], description="label NL of depression; 0 is linear")


class Weights(Group):
    """The range of the model's own state w, whose ends are the ends of the conductance window."""

    min: Weight = Field(examples=["-1"], description="w at G_min")
    max: Weight = Field(examples=["1"], description="w at G_max")

    @model_validator(mode="after")
    def _ordered(self) -> Weights:
        if self.min >= self.max:
            raise problem("'max' must be larger than 'min'", "max")
        return self


class Slopes(Group):
    """How much smaller a step is at the end of the window than at w = 0, for each direction."""

    set: Share = Field(examples=["0.12"], description="gamma of set, at w_max")
    reset: Share = Field(examples=["0.5"], description="gamma of reset, at w_min")


class Plains(Group):
    """A plain number for each direction."""

    set: Plain = Field(examples=["-1.18"], description="of set")
    reset: Plain = Field(examples=["-0.08"], description="of reset")


class Exponents(Group):
    """An exponent for each direction."""

    set: Exponent = Field(examples=["1.2"], description="of set")
    reset: Exponent = Field(examples=["0.8"], description="of reset")


class AnyUpdate(Group):
    """What every update model has."""

    encoding: Encoding | None = Field(
        default=None, description="how changes become pulses; default `exact` for a nominal window, else `counted`"
    )
    one_sided: bool = Field(default=False, description="whether only set pulses are given while the array learns")
    set: Pulse | None = Field(default=None, description="the set pulse")
    reset: Pulse | None = Field(default=None, description="the reset pulse")

    @property
    def span(self) -> int:
        """Pulses that span the window, by which a wanted change is turned into pulses."""
        raise NotImplementedError


class PulsedUpdate(AnyUpdate):
    """Models told by the number of pulses that span the window."""

    pulses: PulseCount = Field(examples=["128"], description="identical pulses that span the window")

    @property
    def span(self) -> int:
        """Pulses that span the window."""
        return self.pulses


class StepUpdate(AnyUpdate):
    """Models told by the size of a step."""

    pulses: PulseCount | None = Field(
        default=None,
        examples=["128"],
        description="pulses that would span the window with the nominal step; or give `step`",
    )
    step: Step | None = Field(
        default=None, examples=["0.002"], description="nominal step s of a pulse, in w; or give `pulses`"
    )
    asymmetry: Asymmetry = Field(default=0.0, description="beta: set steps are s (1 + beta), reset steps s (1 - beta)")
    weights: Weights = Field(
        default=Weights(min=-1.0, max=1.0), description="the range of w that spans the window; -1 to 1 if not given"
    )

    @model_validator(mode="after")
    def _one_size(self) -> StepUpdate:
        if (self.pulses is None) == (self.step is None):
            raise problem("give either 'pulses' or 'step', not both" if self.step else "give 'pulses' or 'step'")
        return self

    @property
    def nominal_step(self) -> float:
        """The nominal step s in w."""
        width = self.weights.max - self.weights.min
        return self.step if self.step is not None else width / (self.pulses or 1)

    @property
    def span(self) -> int:
        """Pulses that span the window at the nominal step."""
        return max(1, round((self.weights.max - self.weights.min) / self.nominal_step))


class FallingUpdate(StepUpdate):
    """Step models whose steps are told at w = 0."""

    @model_validator(mode="after")
    def _zero_inside(self) -> FallingUpdate:
        if not self.weights.min < 0 < self.weights.max:
            raise problem("w = 0, where the step is told, must lie inside: 'min' below 0 and 'max' above", "weights")
        return self


class ConstantUpdate(StepUpdate):
    """Equal steps wherever the cell stands."""

    model: Literal["constant"]


class LinearUpdate(FallingUpdate):
    """Steps that fall linearly with the state."""

    model: Literal["linear"]
    slope: Slopes = Field(examples=["{set: 0.12, reset: 0.5}"], description="relative fall of the step")


class SoftBoundsUpdate(FallingUpdate):
    """Steps in proportion to what is left of the window."""

    model: Literal["soft-bounds"]


class ExponentialUpdate(StepUpdate):
    """A constant step plus one that changes exponentially with the state."""

    model: Literal["exponential"]
    amplitude: Plains = Field(examples=["{set: -1.18, reset: -0.08}"], description="A of each direction")
    gamma: Plains = Field(examples=["{set: 5, reset: 5}"], description="gamma of each direction")
    a: Plain = Field(default=1.0, description="a in z = 2 a w/(w_max - w_min) + b")
    b: Plain = Field(default=0.0, description="b in z = 2 a w/(w_max - w_min) + b")


class PowerUpdate(StepUpdate):
    """Steps that go as a power of what is left of the window."""

    model: Literal["power"]
    exponent: Exponents = Field(examples=["{set: 1.2, reset: 0.8}"], description="gamma of each direction")


class NeurosimUpdate(PulsedUpdate):
    """Exponential approach to limits beyond the window's ends, one curvature a direction."""

    model: Literal["neurosim"]
    nonlinearity: Nonlinearity = Field(examples=["{set: 2.4, reset: -4.88}"], description="labels of the two branches")


UPDATES: tuple[type[AnyUpdate], ...] = (
    ConstantUpdate,
    LinearUpdate,
    SoftBoundsUpdate,
    ExponentialUpdate,
    PowerUpdate,
    NeurosimUpdate,
)

Update = Annotated[
    ConstantUpdate | LinearUpdate | SoftBoundsUpdate | ExponentialUpdate | PowerUpdate | NeurosimUpdate,
    Field(discriminator="model"),
]
