"""Schema of what happens besides programming pulses: read noise, retention, programming error, faults, conduction."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.provenance import Group, Number

Conductance = Annotated[float, Number("S", low=0.0, high=1.0)]
SignedConductance = Annotated[float, Number("S", low=-1.0, high=1.0)]
PositiveConductance = Annotated[float, Number("S", above=1e-30, high=1.0)]
ConductancePerVolt = Annotated[float, Number("S/V", low=-1.0, high=1.0)]
ConductancePerSquare = Annotated[float, Number("S/V^2", low=-1.0, high=1.0)]
Current = Annotated[float, Number("A", above=0.0, high=1.0)]
Voltage = Annotated[float, Number("V", above=0.0, high=100.0)]
Energy = Annotated[float, Number("J", above=0.0, high=1e-17)]
Temperature = Annotated[float, Number("K", above=0.0, high=2000.0)]
Duration = Annotated[float, Number("s", above=0.0, high=1e4)]
Time = Annotated[float, Number("s", above=0.0, high=1e12)]
# Ten times the base is beyond any published spread; a bare 3.7 is refused as ambiguous.
Sigma = Annotated[float, Number("%", low=0.0, high=10.0)]
# Write noise is told in steps of one pulse, of which it can be dozens.
WideSigma = Annotated[float, Number("%", low=0.0, high=1000.0)]
Share = Annotated[float, Number("%", low=0.0, high=1.0)]
Plain = Annotated[float, Number("1", low=-100.0, high=100.0)]
Exponent = Annotated[float, Number("1", low=0.0, high=10.0)]


class ReadNoise(Group):
    """Gaussian noise of a cell's conductance, new at every read."""

    sigma: Sigma = Field(examples=["1 %"], description="standard deviation")
    relative_to: Literal["value", "range"] = Field(description="the cell's present conductance, or the window")


class Telegraph(Group):
    """Random telegraph noise: a trap in each cell that lowers its conductance while it is filled."""

    amplitude: Share = Field(examples=["5 %"], description="fall of the conductance while the trap is filled")
    relative_to: Literal["value", "range"] = Field(description="the cell's present conductance, or the window")
    empty: Time = Field(examples=["1 ms"], description="mean time that the trap stays empty")
    filled: Time = Field(examples=["1 ms"], description="mean time that the trap stays filled")


# Two processes a decade, as many as fit into a cell's word.
_MOST_DECADES = 15


class Flicker(Group):
    """1/f noise: a sum of relaxation processes whose time constants are spread evenly over a logarithmic axis.

    The variance is sigma^2 for each factor e between the fastest and the slowest time constant.
    """

    sigma: Sigma = Field(examples=["0.88 %"], description="standard deviation per square root of a factor e in time")
    relative_to: Literal["value", "range"] = Field(description="the cell's present conductance, or the window")
    exponent: Exponent = Field(default=0.0, description="sigma goes as (G/G_max) to minus this power")
    limit: Sigma | None = Field(default=None, description="largest sigma")
    fastest: Time = Field(examples=["250 ns"], description="shortest time constant")
    slowest: Time = Field(examples=["1000 s"], description="longest time constant")

    @model_validator(mode="after")
    def _ordered(self) -> Flicker:
        if self.fastest >= self.slowest:
            raise problem("'slowest' must be longer than 'fastest'", "slowest")
        if self.slowest > 10**_MOST_DECADES * self.fastest:
            raise problem(f"'slowest' may be at most {_MOST_DECADES} decades longer than 'fastest'", "slowest")
        return self


class Read(Group):
    """How cells are read."""

    voltage: Voltage = Field(examples=["0.5 V"], description="read voltage")
    duration: Duration = Field(examples=["5 ns"], description="time that one read takes")
    column: Literal["single", "reference"] = Field(
        default="single", description="a column's current alone, or minus that of a reference column at G_min"
    )
    noise: ReadNoise | None = Field(default=None, description="white read noise")
    telegraph: Telegraph | None = Field(default=None, description="random telegraph noise")
    flicker: Flicker | None = Field(default=None, description="1/f noise")


class Activation(Group):
    """How retention speeds up with temperature: times shrink by exp(E/k (1/T_ref - 1/T)) (Arrhenius)."""

    energy: Energy = Field(examples=["1.8e-19 J"], description="activation energy")
    reference: Temperature = Field(examples=["300 K"], description="temperature at which the other numbers hold")


class AnyRetention(Group):
    """What every retention model has."""

    activation: Activation | None = Field(default=None, description="temperature dependence")


class Drift(AnyRetention):
    """Power law G(t) = G (1 + t/t_ref)^-nu, with an exponent of its own for each cell."""

    model: Literal["drift"]
    exponent: Plain = Field(examples=["0.05"], description="mean nu")
    spread: Exponent = Field(default=0.0, examples=["0.02"], description="standard deviation of nu over cells")
    reference_time: Time = Field(examples=["20 s"], description="time after programming at which G is told")


class Line(Group):
    """A straight line in ln(G/G_max), between two limits."""

    slope: Plain = Field(examples=["-0.0155"], description="slope in ln(G/G_max)")
    offset: Plain = Field(examples=["0.0244"], description="value at G_max")
    min: Plain = Field(examples=["0.049"], description="lower limit")
    max: Plain = Field(examples=["0.1"], description="upper limit")


class StateDrift(AnyRetention):
    """Power-law drift whose exponent depends on the conductance that was programmed (phase-change memory)."""

    model: Literal["state-drift"]
    exponent: Line = Field(examples=["{slope: -0.0155, offset: 0.0244, min: 0.049, max: 0.1}"], description="mean nu")
    spread: Line = Field(
        examples=["{slope: -0.0125, offset: -0.0059, min: 0.008, max: 0.045}"],
        description="standard deviation of nu over cells",
    )
    reference_time: Time = Field(examples=["20 s"], description="time after programming at which G is told")


class Leak(AnyRetention):
    """Exponential decay towards a state of rest, as of a capacitor."""

    model: Literal["leak"]
    lifetime: Time = Field(examples=["1 s"], description="time constant")
    rest: Share = Field(examples=["50 %"], description="state of rest, in the window")


class Relaxation(AnyRetention):
    """Random relaxation after programming: a shift and a spread that grow with the logarithm of time."""

    model: Literal["relaxation"]
    shift: SignedConductance = Field(
        default=0.0, examples=["-40 nS"], description="mean change per unit of ln(t/t_ref)"
    )
    spread: Conductance = Field(examples=["0.4 uS"], description="standard deviation of the change at t_ref")
    growth: Conductance = Field(
        default=0.0, examples=["40 nS"], description="growth of that standard deviation per unit of ln(t/t_ref)"
    )
    reference_time: Time = Field(examples=["1 s"], description="t_ref after programming")


RETENTIONS: tuple[type[AnyRetention], ...] = (Drift, StateDrift, Leak, Relaxation)
Retention = Annotated[Drift | StateDrift | Leak | Relaxation, Field(discriminator="model")]


class Coefficients(Group):
    """Coefficients of a polynomial in G/scale."""

    c0: SignedConductance = Field(examples=["0.26 uS"], description="constant term")
    c1: SignedConductance = Field(default=0.0, description="linear term")
    c2: SignedConductance = Field(default=0.0, description="quadratic term")
    c3: SignedConductance = Field(default=0.0, description="cubic term")
    c4: SignedConductance = Field(default=0.0, description="quartic term")


class PolynomialError(Group):
    """Gaussian programming error whose standard deviation is a polynomial in the conductance, never below 0."""

    model: Literal["polynomial"]
    coefficients: Coefficients = Field(
        examples=["{c0: 0.26 uS, c1: 1.97 uS, c2: -1.17 uS}"], description="of sigma, in powers of G/scale"
    )
    scale: Conductance = Field(examples=["25 uS"], description="conductance that the polynomial is written in")


class SaturatingError(Group):
    """Gaussian programming error of the read current: sigma = A (1 - exp(-I/B))."""

    model: Literal["saturating"]
    sigma: Current = Field(examples=["19.9 nA"], description="A")
    scale: Current = Field(examples=["176 nA"], description="B")


PROGRAMMINGS: tuple[type[Group], ...] = (PolynomialError, SaturatingError)
Programming = Annotated[PolynomialError | SaturatingError, Field(discriminator="model")]


class Faults(Group):
    """Cells that never change, drawn at random."""

    stuck_on: Share = Field(default=0.0, examples=["1 %"], description="share of cells stuck at G_max")
    stuck_off: Share = Field(default=0.0, examples=["5 %"], description="share of cells stuck at G_min")

    @model_validator(mode="after")
    def _shares(self) -> Faults:
        if self.stuck_on + self.stuck_off > 1:
            raise problem("more than all cells are stuck", "stuck_off")
        return self


class SinhConduction(Group):
    """I = G V_read sinh(V/V_0)/sinh(V_read/V_0)."""

    model: Literal["sinh"]
    voltage: Voltage = Field(examples=["0.4 V"], description="V_0")


class ExponentialConduction(Group):
    """I = G V exp((|V| - V_read)/V_0)."""

    model: Literal["exponential"]
    voltage: Voltage = Field(examples=["0.4 V"], description="V_0")


class PolynomialConduction(Group):
    """I = G V + k_2 V |V| + k_3 V^3, the last two the same for all states."""

    model: Literal["polynomial"]
    quadratic: SignedConductance = Field(default=0.0, examples=["0.5 uS"], description="k_2 V_read")
    cubic: SignedConductance = Field(default=0.0, examples=["1 uS"], description="k_3 V_read^2")


class QuadraticCoefficients(Group):
    """A polynomial in log10(G/1 S)."""

    c0: ConductancePerVolt = Field(examples=["7.063 mS/V"], description="constant term")
    c1: ConductancePerVolt = Field(default=0.0, description="linear term")
    c2: ConductancePerVolt = Field(default=0.0, description="quadratic term")
    c3: ConductancePerVolt = Field(default=0.0, description="cubic term")


class CubicCoefficients(Group):
    """A polynomial in log10(G/1 S)."""

    c0: ConductancePerSquare = Field(examples=["1.2968 mS/V^2"], description="constant term")
    c1: ConductancePerSquare = Field(default=0.0, description="linear term")
    c2: ConductancePerSquare = Field(default=0.0, description="quadratic term")
    c3: ConductancePerSquare = Field(default=0.0, description="cubic term")


class StatePolynomialConduction(Group):
    """I = G V + k_2 V^2 + k_3 V^3 with k_2 and k_3 that depend on G; the quadratic term keeps its sign at negative V.

    Below `min` and above `max`, k_2 and k_3 go in proportion to G, so that the curve keeps its shape.
    """

    model: Literal["state-polynomial"]
    quadratic: QuadraticCoefficients = Field(
        examples=["{c0: 7.063 mS/V, c1: 5.711 mS/V, c2: 1.541 mS/V, c3: 138.8 uS/V}"],
        description="k_2, a polynomial in log10(G/1 S)",
    )
    cubic: CubicCoefficients = Field(
        examples=["{c0: 1.2968 mS/V^2, c1: 679.19 uS/V^2, c2: 88.71 uS/V^2}"],
        description="k_3, a polynomial in log10(G/1 S)",
    )
    min: PositiveConductance = Field(examples=["50 uS"], description="smallest G for which the polynomials hold")
    max: PositiveConductance = Field(examples=["225 uS"], description="largest G for which the polynomials hold")

    @model_validator(mode="after")
    def _ordered(self) -> StatePolynomialConduction:
        if self.min >= self.max:
            raise problem("'max' must be larger than 'min'", "max")
        return self


CONDUCTIONS: tuple[type[Group], ...] = (
    SinhConduction,
    ExponentialConduction,
    PolynomialConduction,
    StatePolynomialConduction,
)
Conduction = Annotated[
    SinhConduction | ExponentialConduction | PolynomialConduction | StatePolynomialConduction,
    Field(discriminator="model"),
]
