"""Schemas of update models told by a differential equation, which pulses of a voltage and a width drive."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from memsim.document.fields import problem
from memsim.profiles.provenance import Group, Number, Whole
from memsim.profiles.pulses import AnyUpdate, Pulse, PulseCount
from memsim.units import format_quantity

Resistance = Annotated[float, Number("Ohm", above=0.0, high=1e18)]
Mobility = Annotated[float, Number("m^2/Vs", above=0.0, high=1.0)]
Thickness = Annotated[float, Number("m", above=0.0, high=1.0)]
Position = Annotated[float, Number("m", low=0.0, high=1.0)]
Rise = Annotated[float, Number("m/s", above=0.0, high=1e6)]
Fall = Annotated[float, Number("m/s", low=-1e6, high=-1e-18)]
Above = Annotated[float, Number("V", above=0.0, high=100.0)]
Below = Annotated[float, Number("V", low=-100.0, high=-1e-6)]
Current = Annotated[float, Number("A", above=0.0, high=1.0)]
Threshold = Annotated[float, Number("V", low=0.0, high=50.0)]
Positive = Annotated[float, Number("1", above=0.0, high=1e9)]
WindowPower = Annotated[float, Number("1", above=0.0, high=100.0)]
Power = Annotated[float, Number("1", above=0.0, high=30.0)]
Place = Annotated[float, Number("1", low=0.0, high=0.99)]
Decay = Annotated[float, Number("1", low=0.0, high=80.0)]
SubSteps = Annotated[int, Whole(1, 10_000)]


class Resistances(Group):
    """Resistances of the two ends of the internal variable."""

    on: Resistance = Field(examples=["100 Ohm"], description="R_on, the lowest resistance")
    off: Resistance = Field(examples=["16 kOhm"], description="R_off, the highest resistance")

    @model_validator(mode="after")
    def _ordered(self) -> Resistances:
        if self.on >= self.off:
            raise problem("'off' must be larger than 'on'", "off")
        return self


class DriftWindow(Group):
    """How the boundary slows down near the ends of the device."""

    kind: Literal["none", "joglekar", "biolek", "prodromakis"] = Field(
        examples=["joglekar"], description="which window function f(x); `none` is 1 everywhere"
    )
    exponent: WindowPower = Field(default=1.0, description="p of the window")
    scale: Positive = Field(default=1.0, description="j of the Prodromakis window")


class DynamicUpdate(AnyUpdate):
    """Models told by a differential equation."""

    set: Pulse = Field(
        examples=["{voltage: 1 V, width: 1 ms}"], description="the set pulse, which the model integrates"
    )
    reset: Pulse = Field(examples=["{voltage: -1 V, width: 1 ms}"], description="the reset pulse")
    substeps: SubSteps = Field(default=10, description="steps of the Runge-Kutta integration in a pulse")
    pulses: PulseCount | None = Field(
        default=None,
        examples=["100"],
        description="set pulses that span the window; as the model computes if not given",
    )

    @property
    def span(self) -> int | None:
        """Pulses that span the window, if given."""
        return self.pulses

    def _beyond(self, way: str, threshold: float) -> None:
        """Refuse a pulse that does not exceed a threshold, whose sign says which way."""
        voltage = getattr(self, way).voltage
        if (voltage - threshold) * (1 if threshold > 0 else -1) <= 0:
            side = "above" if threshold > 0 else "below"
            raise problem(
                f"{format_quantity(voltage, 'V')} does not {way} the cell; allowed: {side} "
                f"{format_quantity(threshold, 'V')}",
                way,
                "voltage",
            )


class ResistiveUpdate(DynamicUpdate):
    """Dynamic models whose resistance is linear in the internal variable."""

    resistance: Resistances = Field(
        examples=["{on: 100 Ohm, off: 16 kOhm}"], description="resistances of the two ends of the internal variable"
    )
    window: DriftWindow = Field(
        default=DriftWindow(kind="none"),
        examples=["{kind: joglekar, exponent: 1}"],
        description="how the boundary slows down near the ends; not at all if not given",
    )

    @property
    def fixed(self) -> dict[str, Any]:
        """The number of the window function."""
        from memsim.cells.windows import WINDOWS

        return {"window.kind": float(WINDOWS.index(self.window.kind))}

    def fit(self, low: float, high: float, read_voltage: float) -> None:
        """Refuse a window of conductances that the resistances exclude, or at whose ends the cell would be stuck."""
        least, most = 1 / self.resistance.off, 1 / self.resistance.on
        rounding = 1e-6
        if low < least * (1 - rounding):
            raise problem(
                f"must be at least 1/R_off = {format_quantity(least, 'S', 6)} (update.resistance.off)",
                "conductance",
                "min",
            )
        if high > most * (1 + rounding):
            raise problem(
                f"must be at most 1/R_on = {format_quantity(most, 'S', 6)} (update.resistance.on)", "conductance", "max"
            )
        sticky = self.window.kind == "joglekar" or (self.window.kind == "prodromakis" and self.window.scale > 0)
        for key, value, end in (("min", low, least), ("max", high, most)):
            if sticky and abs(value / end - 1) <= rounding:
                raise problem(
                    f"the {self.window.kind} window is 0 at the ends of the device, which no pulse would leave; "
                    f"choose a conductance {'above' if key == 'min' else 'below'} {format_quantity(end, 'S', 6)}",
                    "conductance",
                    key,
                )


class IonDriftUpdate(ResistiveUpdate):
    """Linear drift of the boundary of a doped region, with the current."""

    model: Literal["ion-drift"]
    mobility: Mobility = Field(examples=["1e-14 m^2/Vs"], description="mu, mobility of the ions")
    thickness: Thickness = Field(examples=["10 nm"], description="D, thickness of the film")

    @model_validator(mode="after")
    def _signs(self) -> IonDriftUpdate:
        for way, voltage, sign in (("set", self.set.voltage, 1), ("reset", self.reset.voltage, -1)):
            if voltage * sign < 0:
                side = "above" if sign > 0 else "below"
                raise problem(
                    f"{format_quantity(voltage, 'V')} does not {way} the cell; allowed: {side} 0 V", way, "voltage"
                )
        return self


class Speeds(Group):
    """Speed of the boundary at twice the threshold."""

    off: Rise = Field(examples=["0.5 mm/s"], description="k_off, above 0")
    on: Fall = Field(examples=["-10 m/s"], description="k_on, below 0")


class Thresholds(Group):
    """Voltages beyond which the boundary moves."""

    off: Above = Field(examples=["0.7 V"], description="v_off, above 0")
    on: Below = Field(examples=["-0.5 V"], description="v_on, below 0")


class Powers(Group):
    """How steeply the speed rises beyond the threshold."""

    off: Power = Field(examples=["3"], description="alpha_off")
    on: Power = Field(examples=["3"], description="alpha_on")


class Ends(Group):
    """Ends of the internal variable w."""

    off: Position = Field(examples=["3 nm"], description="w_off, at R_off")
    on: Position = Field(default=0.0, description="w_on, at R_on")

    @model_validator(mode="after")
    def _ordered(self) -> Ends:
        if self.on >= self.off:
            raise problem("'off' must be larger than 'on'", "off")
        return self


class VteamUpdate(ResistiveUpdate):
    """A boundary that moves with a power of the voltage beyond a threshold (VTEAM)."""

    model: Literal["vteam"]
    speed: Speeds = Field(examples=["{off: 0.5 mm/s, on: -10 m/s}"], description="k_off and k_on")
    threshold: Thresholds = Field(examples=["{off: 0.7 V, on: -0.5 V}"], description="v_off and v_on")
    power: Powers = Field(examples=["{off: 3, on: 3}"], description="alpha_off and alpha_on")
    width: Ends = Field(examples=["{off: 3 nm}"], description="w_off and w_on")

    @model_validator(mode="after")
    def _thresholds(self) -> VteamUpdate:
        self._beyond("set", self.threshold.on)
        self._beyond("reset", self.threshold.off)
        return self


class YakopcicUpdate(DynamicUpdate):
    """A hyperbolic sine scaled by a state variable that moves beyond thresholds."""

    model: Literal["yakopcic"]
    a1: Current = Field(examples=["0.37 uA"], description="a_1, current scale of positive voltages")
    a2: Current = Field(examples=["0.435 uA"], description="a_2, current scale of negative voltages")
    b: Positive = Field(examples=["0.7"], description="b of sinh(b V), per volt")
    ap: Positive = Field(examples=["0.005"], description="A_p, speed of positive voltages, per second")
    an: Positive = Field(examples=["0.08"], description="A_n, speed of negative voltages, per second")
    vp: Threshold = Field(examples=["1.5 V"], description="V_p, positive threshold")
    vn: Threshold = Field(examples=["0.5 V"], description="V_n, magnitude of the negative threshold")
    xp: Place = Field(examples=["0.2"], description="x_p, from where on the way up slows down")
    xn: Place = Field(examples=["0.5"], description="x_n: the way down slows down from 1 - x_n on")
    alphap: Decay = Field(examples=["1.2"], description="alpha_p, decay of the speed on the way up")
    alphan: Decay = Field(examples=["3"], description="alpha_n, decay of the speed on the way down")
    direction: Literal[1, -1] = Field(default=1, description="eta: 1 if positive voltages raise the state, else -1")

    @model_validator(mode="after")
    def _thresholds(self) -> YakopcicUpdate:
        up = self.direction > 0
        self._beyond("set", self.vp if up else -self.vn)
        self._beyond("reset", -self.vn if up else self.vp)
        return self

    @property
    def fixed(self) -> dict[str, Any]:
        """The direction."""
        return {"eta": float(self.direction)}

    def fit(self, low: float, high: float, read_voltage: float) -> None:
        """Refuse a window of conductances beyond that of x = 1, or whose lower end no pulse would leave."""
        from memsim.cells.yakopcic import largest_conductance

        most = float(largest_conductance({"a1": self.a1, "b": self.b}, read_voltage))
        if high > most * (1 + 1e-6):
            raise problem(
                f"must be at most that of x = 1 at the read voltage, a_1 sinh(b V)/V = {format_quantity(most, 'S', 6)}",
                "conductance",
                "max",
            )
