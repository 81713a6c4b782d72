"""Schema of each conductance-update model, one class a model, chosen by ``update.model``.

The first line of a class and the descriptions of its fields are what `memsim device models`, the JSON Schema and the
pages of the models say; equations and sources stand with the physics in `memsim.cells`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.dynamics import IonDriftUpdate, VteamUpdate, YakopcicUpdate
from memsim.profiles.provenance import Group, Number
from memsim.profiles.pulses import (
    MAX_SLOW_LABEL,
    AnyUpdate,
    Asymmetry,
    Exponent,
    Label,
    Plain,
    Pulse,
    PulseCount,
    PulsedUpdate,
    Resistance,
    Share,
    Step,
    VoltageScale,
    Weight,
)
from memsim.units import format_quantity

FallingExponent = Annotated[float, Number("1", low=-10.0, high=-0.01)]
Conductance = Annotated[float, Number("S", low=0.0, high=1.0)]
ConductanceStep = Annotated[float, Number("S", low=-1.0, high=1.0)]
Scale = Annotated[float, Number("1", above=0.0, high=100.0)]
Threshold = Annotated[float, Number("V", low=0.0, high=100.0)]
Probability = Annotated[float, Number("%", low=0.0, high=1.0)]
FunctionName = Annotated[str, Field(min_length=1, max_length=64)]
ParameterName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=32, description="lower-case letters, digits and '_', at most 32"),
]
Parameters = Annotated[dict[ParameterName, Annotated[float, Number("1", low=-1e9, high=1e9)]], Field(max_length=16)]


class Nonlinearity(Group):
    """Published NeuroSim labels of the two branches; their signs tell the shapes."""

    set: Label = Field(
        examples=["2.4"],
        description="label NL of potentiation: positive is fast first, negative (from -6 on) slow first, 0 linear",
    )
    reset: Label = Field(
        examples=["-4.88"],
        description="label NL of depression: negative is fast first, positive (up to 6) slow first, 0 linear",
    )

    @model_validator(mode="after")
    def _resolved(self) -> Nonlinearity:
        for name, slow in (("set", -self.set), ("reset", self.reset)):
            if slow > MAX_SLOW_LABEL:
                raise problem(
                    f"a branch that is slow first has a label of at most {MAX_SLOW_LABEL:g} in magnitude, as its first "
                    "steps are too small otherwise; check the sign",
                    name,
                )
        return self


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
    """How much smaller a step is at the end that `slope_reference` names than at w = 0, for each direction."""

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
    asymmetry: Asymmetry = Field(
        default=0.0,
        description="beta: set steps are s (1 + min(beta, 0)), reset steps s (1 - max(beta, 0)); its spread over cells "
        "adds to set and takes from reset, in nominal steps",
    )
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
    def numbers(self) -> dict[str, float]:
        """The model's numbers by dotted path, with the step."""
        return {**super().numbers, "step": self.nominal_step}

    @property
    def fixed(self) -> dict[str, Any]:
        """What steps refer to in all cells: the nominal step and asymmetry."""
        return {**super().fixed, "step.nominal": self.nominal_step, "asymmetry.nominal": self.asymmetry}

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


class SymmetryReference(Group):
    """A reference at the symmetry point of each cell, from which its state counts."""

    point: Literal["symmetry"] = Field(description="where set and reset pulses move the cell by the same amount")
    offset: Plain = Field(
        default=0.0,
        description="distance of the reference from that point, in w; its spread over cells is the error of references",
    )


class ReferencedUpdate(FallingUpdate):
    """Step models whose cells have one symmetry point."""

    reference: SymmetryReference | None = Field(
        default=None, description="reference that is subtracted from each cell; none if not given"
    )


class LinearUpdate(ReferencedUpdate):
    """Steps that fall linearly with the state."""

    model: Literal["linear"]
    slope: Slopes = Field(examples=["{set: 0.12, reset: 0.5}"], description="relative fall of the step")
    slope_reference: Literal["cell", "nominal"] = Field(
        default="cell",
        description="ends at which the slopes are told: the cell's own, or the nominal ones of all cells",
    )

    @model_validator(mode="after")
    def _symmetric_somewhere(self) -> LinearUpdate:
        if self.reference is not None and self.slope.set + self.slope.reset == 0:
            raise problem("steps without a slope have no symmetry point; give 'slope' or leave it out", "reference")
        return self

    @property
    def fixed(self) -> dict[str, Any]:
        """What steps refer to in all cells, and the ends at which slopes are told."""
        return {**super().fixed, "slope.reference": self.slope_reference}


class SoftBoundsUpdate(ReferencedUpdate):
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
    """Branches that are exponential in the number of pulses, fast first or slow first, one curvature a direction."""

    model: Literal["neurosim"]
    nonlinearity: Nonlinearity = Field(examples=["{set: 2.4, reset: -4.88}"], description="labels of the two branches")
    reset_pulses: PulseCount | None = Field(
        default=None,
        examples=["100"],
        description="identical reset pulses that span the window; as many as set pulses if not given",
    )


class PowerLawUpdate(AnyUpdate):
    """A resistance that falls as a power of the pulse number."""

    model: Literal["power-law"]
    limit: Resistance = Field(examples=["200 Ohm"], description="R_0, which the resistance approaches")
    amplitude: Resistance = Field(examples=["230 MOhm"], description="R_1, the fall from the first pulse to the limit")
    exponent: FallingExponent = Field(examples=["-0.146"], description="a, the power of the pulse number")
    pulses: PulseCount | None = Field(
        default=None,
        examples=["100"],
        description="set pulses that span the window; as the model computes if not given",
    )

    @property
    def span(self) -> int | None:
        """Pulses that span the window, if given."""
        return self.pulses

    def fit(self, low: float, high: float, read_voltage: float) -> None:
        """Refuse a window that the resistance never reaches."""
        if low == 0:
            raise problem(
                "must be above 0: at 0 S, the pulse number of a power law is not defined", "conductance", "min"
            )
        if high * self.limit >= 1:
            raise problem(
                f"a resistance that stays above {format_quantity(self.limit, 'Ohm')} never reaches a conductance of "
                f"{format_quantity(high, 'S')} ('conductance.max')",
                "update",
                "limit",
            )


class TableRow(Group):
    """Step of a pulse at one conductance."""

    conductance: Conductance = Field(examples=["1 uS"], description="conductance before the pulse")
    step: ConductanceStep = Field(examples=["90 nS"], description="mean change, negative where the conductance falls")
    sigma: Conductance = Field(default=0.0, description="standard deviation of the change, from pulse to pulse")


Rows = Annotated[tuple[TableRow, ...], Field(min_length=2, max_length=256)]


class Steps(Group):
    """Measured steps of both directions, in rows of rising conductance."""

    set: Rows = Field(
        examples=["[{conductance: 1 uS, step: 90 nS, sigma: 30 nS}, {conductance: 9 uS, step: 50 nS, sigma: 30 nS}]"],
        description="rows {conductance, step, sigma} of set pulses",
    )
    reset: Rows = Field(
        examples=["[{conductance: 1 uS, step: -40 nS}, {conductance: 9 uS, step: -90 nS}]"],
        description="rows {conductance, step, sigma} of reset pulses; their steps are negative",
    )

    @model_validator(mode="after")
    def _usable(self) -> Steps:
        for name, rows, sign in (("set", self.set, 1), ("reset", self.reset, -1)):
            for number, (row, following) in enumerate(pairwise(rows)):
                if row.conductance >= following.conductance:
                    raise problem("must be larger than that of the row above", name, number + 1, "conductance")
            if not any(row.step * sign > 0 for row in rows):
                way = "raise" if sign > 0 else "lower"
                hint = "" if sign > 0 else "; write falls as negative steps"
                raise problem(f"no row has a step that would {way} the conductance{hint}", name)
        return self


class TableUpdate(AnyUpdate):
    """Measured steps and their spread, interpolated over the conductance."""

    own_noise: ClassVar[str | None] = "the rows of 'update.table' have a sigma of their own"
    model: Literal["table"]
    table: Steps = Field(description="rows of conductance, mean step and spread, for set and reset")
    scale: Scale = Field(default=1.0, description="factor on all steps and spreads; may vary from cell to cell")
    pulses: PulseCount | None = Field(
        default=None, examples=["100"], description="set pulses that span the window; as the table says if not given"
    )

    @property
    def span(self) -> int | None:
        """Pulses that span the window, if given."""
        return self.pulses

    @property
    def fixed(self) -> dict[str, Any]:
        """The columns of the table."""
        columns = ((way, getattr(self.table, way)) for way in ("set", "reset"))
        return {
            f"table.{way}": tuple(zip(*((r.conductance, r.step, r.sigma) for r in rows), strict=True))
            for way, rows in columns
        }


class Probabilities(Group):
    """A probability for each direction."""

    set: Probability = Field(examples=["50 %"], description="that a set pulse switches the cell to G_max")
    reset: Probability = Field(examples=["50 %"], description="that a reset pulse switches the cell to G_min")


class BinaryUpdate(AnyUpdate):
    """Two states, between which a pulse switches with a probability."""

    own_noise: ClassVar[str | None] = "whether a pulse of a binary cell succeeds is all that is random"
    model: Literal["binary"]
    probability: Probabilities = Field(examples=["{set: 50 %, reset: 50 %}"], description="of success of one pulse")

    @model_validator(mode="after")
    def _whole(self) -> BinaryUpdate:
        if self.encoding == "exact":
            raise problem("a cell with two states takes whole pulses; allowed: counted, sign", "encoding")
        return self

    @property
    def span(self) -> int:
        """One successful pulse spans the window."""
        return 1


class PcmUpdate(StepUpdate):
    """Set pulses as in the exponential step; one reset pulse melts the cell to the low end."""

    single_reset: ClassVar[bool] = True
    model: Literal["pcm"]
    amplitude: Plain = Field(examples=["-27.2"], description="A of set")
    gamma: Plain = Field(examples=["2.5"], description="gamma of set")
    a: Plain = Field(default=1.0, description="a in z = 2 a w/(w_max - w_min) + b")
    b: Plain = Field(default=0.0, description="b in z = 2 a w/(w_max - w_min) + b")
    one_sided: bool = Field(default=True, description="whether only set pulses are given while the array learns")


class LandingThresholds(Group):
    """Voltages from which pulses act, sizes."""

    set: Threshold = Field(examples=["1 V"], description="V_set: smaller set pulses do nothing")
    reset: Threshold = Field(examples=["0.5 V"], description="V_reset: smaller reset pulses do nothing")


class ScaledPulse(Pulse):
    """A pulse with the scale of what its voltage does."""

    voltage_scale: VoltageScale = Field(
        examples=["0.25 V"], description="v: rise of the amplitude for e times the size of the pulse"
    )


class LandingUpdate(AnyUpdate):
    """A pulse takes the cell to a conductance that its voltage sets, from wherever it stands."""

    single_reset: ClassVar[bool] = True
    model: Literal["landing"]
    threshold: LandingThresholds = Field(examples=["{set: 1 V, reset: 0.5 V}"], description="V_set and V_reset")
    set: ScaledPulse = Field(
        examples=["{voltage: 2.5 V, width: 100 ns, voltage_scale: 0.25 V}"], description="the set pulse"
    )
    reset: ScaledPulse = Field(
        examples=["{voltage: -2.5 V, width: 100 ns, voltage_scale: 0.5 V}"], description="the reset pulse"
    )

    @property
    def span(self) -> int:
        """One pulse spans the window."""
        return 1


class CustomUpdate(PulsedUpdate):
    """A step function of your own, registered from a script with `memsim.register_step`."""

    model: Literal["custom"]
    function: FunctionName = Field(examples=["my-step"], description="the name under which the function was registered")
    parameters: Parameters = Field(default_factory=dict, description="its parameters, by name; plain numbers")


UPDATES: tuple[type[AnyUpdate], ...] = (
    ConstantUpdate,
    LinearUpdate,
    SoftBoundsUpdate,
    ExponentialUpdate,
    PowerUpdate,
    NeurosimUpdate,
    PowerLawUpdate,
    TableUpdate,
    BinaryUpdate,
    PcmUpdate,
    LandingUpdate,
    VteamUpdate,
    YakopcicUpdate,
    IonDriftUpdate,
    CustomUpdate,
)

Update = Annotated[
    ConstantUpdate
    | LinearUpdate
    | SoftBoundsUpdate
    | ExponentialUpdate
    | PowerUpdate
    | NeurosimUpdate
    | PowerLawUpdate
    | TableUpdate
    | BinaryUpdate
    | PcmUpdate
    | LandingUpdate
    | VteamUpdate
    | YakopcicUpdate
    | IonDriftUpdate
    | CustomUpdate,
    Field(discriminator="model"),
]
