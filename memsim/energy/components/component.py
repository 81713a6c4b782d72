"""What a component costs at one technology node: energy, area and time of an event, with their source."""

from __future__ import annotations

from dataclasses import dataclass

from memsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Component:
    """Costs of one component at one node.

    Attributes
    ----------
    energy : float or None
        Energy of one event [J].
    area : float or None
        Area of one component [m^2].
    time : float or None
        Duration of one event [s].
    uncertainty : float or None
        Factor u, at least 1: the true values lie between value/u and value*u. None if the table does not say.
    lower_bound : bool
        Whether the energy is a lower bound, not an estimate.
    source : str or None
        Key in the table's `sources`.
    status : str
        How the values were obtained, such as "measured" or "assumed".
    """

    energy: float | None = None
    area: float | None = None
    time: float | None = None
    uncertainty: float | None = None
    lower_bound: bool = False
    source: str | None = None
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Wire(Component):
    """Word and bit lines; `capacitance` is that of a length [F/m]."""

    capacitance: float | None = None


@dataclass(frozen=True, kw_only=True)
class Cell(Component):
    """A cell of the array.

    Attributes
    ----------
    width, height : float or None
        Length along the word line and along the bit line [m].
    feature : float or None
        Feature size F, the width of a wire [m].
    access : str
        "none", or "transistor" for a cell with an access transistor.
    word_capacitance, bit_capacitance : float or None
        Capacitance that a cell adds to its word line and to its bit line [F].
    gate_capacitance : float or None
        Capacitance that a cell adds to its gate line, coupling to other lines included [F].
    """

    width: float | None = None
    height: float | None = None
    feature: float | None = None
    access: str = "none"
    word_capacitance: float | None = None
    bit_capacitance: float | None = None
    gate_capacitance: float | None = None


@dataclass(frozen=True, kw_only=True)
class GateDriver(Component):
    """Driver of the gate line of a row: the `capacitance` that it adds [F], and the `voltage` of the gates [V]."""

    capacitance: float | None = None
    voltage: float | None = None


@dataclass(frozen=True, kw_only=True)
class Dac(Component):
    """Digital-to-analog converter; its costs hold for up to `bits` bits, or for any number if `bits` is None."""

    bits: int | None = None

    def conversion(self, bits: int) -> Component:
        """Costs of one conversion of some bits; fewer bits cost as much.

        Raises
        ------
        InputError
            The converter does not have this many bits.
        """
        if self.bits is not None and bits > self.bits:
            raise InputError(f"its values hold for up to {self.bits} bits, not for {bits}")
        return self


@dataclass(frozen=True, kw_only=True)
class Powered(Component):
    """A component that may also draw `power` at all times, for each array [W]."""

    power: float | None = None


@dataclass(frozen=True, kw_only=True)
class Control(Powered):
    """Control of an array; `covers` names slots whose costs it contains, such as ("cell", "adc")."""

    covers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Memory(Powered):
    """A register or buffer: `area` is that of a bit, `array_area` that of everything that serves one array [m^2]."""

    array_area: float | None = None


@dataclass(frozen=True, kw_only=True)
class Mac(Component):
    """A digital unit that multiplies numbers of `bits` bits and adds the product."""

    bits: int | None = None
