"""Schema of what happens besides programming pulses: read noise, retention, programming error, faults, conduction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.provenance import Group, Number

if TYPE_CHECKING:
    from memsim.noise.level import Level

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


class Cubic(Group):
    """A polynomial in G/scale, from one value of it on."""

    start: Annotated[float, Number("1", above=0.0, high=1e3)] = Field(
        examples=["0.0945"], description="value of G/scale from which the polynomial holds in place of the line"
    )
    c0: Plain = Field(examples=["0.0736"], description="constant term")
    c1: Plain = Field(default=0.0, examples=["-0.0126"], description="linear term")
    c2: Plain = Field(default=0.0, examples=["-0.0436"], description="quadratic term")
    c3: Plain = Field(default=0.0, description="cubic term")


class Line(Group):
    """A straight line in ln(G/scale), between two limits, and a polynomial above it if there is one."""

    slope: Plain = Field(examples=["-0.0155"], description="slope in ln(G/scale)")
    offset: Plain = Field(examples=["0.0244"], description="value at G = scale")
    min: Plain = Field(examples=["0.049"], description="lower limit of the line")
    max: Plain = Field(examples=["0.1"], description="upper limit of the line")
    scale: Annotated[float, Number("S", above=0.0, high=1.0)] | None = Field(
        default=None, examples=["25 uS"], description="conductance that G is divided by; G_max if not given"
    )
    above: Cubic | None = Field(default=None, description="what holds in place of the line for larger G/scale")

    def level(self, g_max: float, window: float) -> Level:
        """The same for kernels, whose conductances are in units of the window [S]; `g_max` [S]."""
        from memsim.noise.level import Level  # here: profiles are read without Numba

        scale = (g_max if self.scale is None else self.scale) / window
        cubic = self.above
        c = (0.0, 0.0, 0.0, 0.0) if cubic is None else (cubic.c0, cubic.c1, cubic.c2, cubic.c3)
        start = math.inf if cubic is None else cubic.start
        return Level(scale, self.slope, self.offset, self.min, self.max, start, c)

    def value(self, conductance: float, g_max: float) -> float:
        """The value at a conductance [S]."""
        x, cubic = conductance / (g_max if self.scale is None else self.scale), self.above
        if cubic is not None and x >= cubic.start:
            return cubic.c0 + x * (cubic.c1 + x * (cubic.c2 + x * cubic.c3))
        return min(max(self.slope * math.log(max(x, 1e-30)) + self.offset, self.min), self.max)

    @model_validator(mode="after")
    def _ordered(self) -> Line:
        if self.min > self.max:
            raise problem("'max' must not be below 'min'", "max")
        return self


# Two processes a decade at least, as many as fit into a cell's word.
_MOST_DECADES = 15


class Flicker(Group):
    """1/f noise: a sum of relaxation processes whose time constants are spread evenly over a logarithmic axis.

    The variance is sigma^2 for each factor e between the fastest and the slowest time constant. With an onset at
    programming, processes slower than the time t since programming take no part, and the variance is sigma^2 ln((t +
    fastest/2)/fastest) until t reaches the slowest time constant: the published form ln((t + t_r)/(2 t_r)) with fastest
    = 2 t_r. Sigma depends on the conductance that was programmed; what it is relative to may change with time. Reads
    are short against t: it is the time at which a read call starts.
    """

    sigma: Sigma = Field(examples=["0.88 %"], description="standard deviation per square root of a factor e in time")
    relative_to: Literal["value", "range", "scale"] = Field(
        description="the cell's present conductance, the window, or the scale of `curve`"
    )
    exponent: Exponent = Field(
        default=0.0, description="sigma goes as (G/G_max) to minus this power, G as it was programmed"
    )
    curve: Line | None = Field(
        default=None, description="what sigma is multiplied by in place of a power of G, G as it was programmed"
    )
    limit: Sigma | None = Field(default=None, description="largest sigma")
    fastest: Time = Field(examples=["250 ns"], description="shortest time constant")
    slowest: Time = Field(examples=["1000 s"], description="longest time constant")
    onset: Literal["none", "programming"] = Field(
        default="none",
        description="whether all processes take part at any time, or only those faster than the time since programming",
    )
    reference_time: Annotated[float, Number("s", low=0.0, high=1e12)] = Field(
        default=0.0,
        description="time after programming at which the clock of a cell starts, as that of its drift; for an onset at "
        "programming",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Flicker:
        if self.fastest >= self.slowest:
            raise problem("'slowest' must be longer than 'fastest'", "slowest")
        if self.slowest > 10 ** (_MOST_DECADES + 1e-9) * self.fastest:
            raise problem(f"'slowest' may be at most {_MOST_DECADES} decades longer than 'fastest'", "slowest")
        return self

    @model_validator(mode="after")
    def _shaped(self) -> Flicker:
        if self.curve is not None and self.exponent > 0:
            raise problem("'curve' stands in place of 'exponent'; leave one of them out", "curve")
        if self.relative_to == "scale" and (self.curve is None or self.curve.scale is None):
            raise problem("'scale' is that of 'curve': write 'curve: {scale: 1 uS, ...}'", "relative_to")
        if self.reference_time > 0 and self.onset == "none":
            raise problem("'reference_time' needs 'onset: programming'", "reference_time")
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

    energy: Energy = Field(examples=["1.12 eV"], description="activation energy")
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


class RelaxationRow(Group):
    """Mean and standard deviation of the change of cells of one level at one time after programming."""

    conductance: Conductance = Field(examples=["20 uS"], description="level: conductance that programming aimed at")
    time: Time = Field(examples=["1 s"], description="time after programming")
    shift: SignedConductance = Field(default=0.0, examples=["-0.5 uS"], description="mean change since programming")
    sigma: Conductance = Field(examples=["2.4 uS"], description="standard deviation of the change since programming")


_MOST_TIMES = 256  # knots of a path that random addresses can tell apart


class RelaxationTable(AnyRetention):
    """Random relaxation after programming, from a table by level and time.

    Mean and variance are linear in the logarithm of time between tabulated times and linear in the conductance between
    tabulated levels. Before the first time both grow in proportion to time; after the last they stay. Below the lowest
    and above the highest level those of the nearest hold.
    """

    model: Literal["relaxation-table"]
    rows: Annotated[tuple[RelaxationRow, ...], Field(min_length=1, max_length=4096)] = Field(
        examples=[
            "[{conductance: 1 uS, time: 1 s, sigma: 1 uS}, {conductance: 1 uS, time: 1e5 s, shift: 0.4 uS, "
            "sigma: 1.1 uS}, {conductance: 9 uS, time: 1 s, sigma: 2 uS}, {conductance: 9 uS, time: 1e5 s, "
            "shift: -1 uS, sigma: 3.8 uS}]"
        ],
        description="rows {conductance, time, shift, sigma}; every level has the same times",
    )

    @property
    def levels(self) -> list[float]:
        """Tabulated conductances [S], ascending."""
        return sorted({row.conductance for row in self.rows})

    @property
    def times(self) -> list[float]:
        """Tabulated times [s], ascending."""
        return sorted({row.time for row in self.rows})

    @model_validator(mode="after")
    def _whole(self) -> RelaxationTable:
        places: set[tuple[float, float]] = set()
        for number, row in enumerate(self.rows):
            if (row.conductance, row.time) in places:
                raise problem("level and time of an earlier row", "rows", number)
            places.add((row.conductance, row.time))
        if len(self.times) > _MOST_TIMES:
            raise problem(f"{len(self.times)} times; at most {_MOST_TIMES} are allowed", "rows")
        for level in self.levels:
            for time in self.times:
                if (level, time) not in places:
                    lacks = f"level {level:g} S has no row for the time {time:g} s, which another level has"
                    raise problem(lacks, "rows")
        return self


RETENTIONS: tuple[type[AnyRetention], ...] = (Drift, StateDrift, Leak, Relaxation, RelaxationTable)
Retention = Annotated[Drift | StateDrift | Leak | Relaxation | RelaxationTable, Field(discriminator="model")]


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


class StuckAt(Group):
    """Cells stuck at states that are uniform around one state, but inside the window of each cell."""

    share: Share = Field(examples=["10 %"], description="share of cells stuck there")
    state: Share = Field(examples=["50 %"], description="middle of their states, in the nominal window")
    half_width: Share = Field(default=0.0, examples=["0.5 %"], description="largest distance of a state from it")


class Faults(Group):
    """Cells that never change, drawn at random."""

    stuck_on: Share = Field(default=0.0, examples=["1 %"], description="share of cells stuck at G_max")
    stuck_off: Share = Field(default=0.0, examples=["5 %"], description="share of cells stuck at G_min")
    stuck_at: StuckAt | None = Field(default=None, description="cells stuck at a state inside the window")

    @property
    def share(self) -> float:
        """Share of all cells that are stuck."""
        return self.stuck_on + self.stuck_off + (self.stuck_at.share if self.stuck_at else 0.0)

    @model_validator(mode="after")
    def _shares(self) -> Faults:
        if self.share > 1:
            raise problem("more than all cells are stuck", "stuck_at" if self.stuck_at else "stuck_off")
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
