"""The components of a table at one technology node, by slot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from memsim.energy.components.adc.model import AdcModel
from memsim.energy.components.component import Cell, Component, Control, Dac, GateDriver, Mac, Memory, Powered, Wire
from memsim.errors import InputError, nearest


@dataclass(frozen=True)
class Adc:
    """An analog-to-digital converter: a model, evaluated at one node.

    Attributes
    ----------
    model : AdcModel
        What computes the costs of a conversion.
    node : float or None
        Technology node [m].
    table : str
        Name of the table, for errors.
    uncertainty, source, status
        As those of a `Component`.
    """

    model: AdcModel
    node: float | None
    table: str
    uncertainty: float | None = None
    source: str | None = None
    status: str = ""

    def conversion(self, bits: int) -> Component:
        """Costs of one conversion: energy [J], time [s], and area of the converter [m^2].

        Parameters
        ----------
        bits : int
            Resolution.

        Raises
        ------
        InputError
            The model does not hold for this resolution, or at this node.
        """
        if bits < 1:
            raise InputError(f"component 'adc' of table '{self.table}': {bits} bits; allowed: at least 1")
        try:
            energy, time, area = self.model.conversion(bits, self.node)
        except InputError as error:
            raise InputError(f"component 'adc' of table '{self.table}': {error}") from None
        return Component(
            energy=energy,
            area=area,
            time=time,
            uncertainty=self.uncertainty,
            lower_bound=self.model.lower_bound,
            source=self.source,
            status=self.status,
        )


@dataclass(frozen=True)
class Digital:
    """A digital processor: one multiplication and addition, and one bit moved from or to each memory."""

    mac: Mac | None = None
    weight_memory: Component | None = None
    activation_memory: Component | None = None


@dataclass(frozen=True)
class Components:
    """Components by slot, in SI units; None where the table has none.

    Attributes
    ----------
    table : str
        Name of the table.
    node : float or None
        Technology node [m].
    array : tuple of int or None
        Rows and columns of the array for which costs for each array hold.
    wire, cell, gate_driver, ...
        The slots; `components/README.md` says which event each energy is for.
    """

    table: str
    node: float | None = None
    array: tuple[int, int] | None = None
    wire: Wire | None = None
    cell: Cell | None = None
    gate_driver: GateDriver | None = None
    word_driver: Component | None = None
    bit_driver: Component | None = None
    dac: Dac | None = None
    integrator: Component | None = None
    sample_hold: Component | None = None
    adc: Adc | None = None
    shift_add: Component | None = None
    register: Memory | None = None
    buffer: Memory | None = None
    link: Powered | None = None
    control: Control | None = None
    other: Powered | None = None
    digital: Digital = field(default_factory=Digital)

    @property
    def covered(self) -> frozenset[str]:
        """Slots whose costs `control` contains."""
        return frozenset(() if self.control is None else self.control.covers)

    def given(self) -> Iterator[tuple[str, Component | Adc]]:
        """Slot and component of everything that the table has, such as "adc" or "digital.mac"."""
        for name in SLOTS:
            component = self._component(name)
            if component is not None:
                yield name, component

    def need(self, slot: str, quantity: str, bits: int | None = None) -> float:
        """A value that must be there [SI unit].

        Parameters
        ----------
        slot : str
            Such as "cell", "adc" or "digital.mac".
        quantity : str
            Such as "energy", "area", "time" or "capacitance".
        bits : int, optional
            Resolution of a conversion, for "adc" and "dac".

        Raises
        ------
        InputError
            The table has no such component, or it does not have this value or resolution.
        """
        if slot not in SLOTS:
            raise InputError(f"unknown component '{slot}'{nearest(slot, SLOTS)}")
        component = self._component(slot)
        if component is None:
            has = ", ".join(name for name, _ in self.given()) or "none"
            raise InputError(f"table '{self.table}' has no component '{slot}'; it has: {has}")
        if isinstance(component, Adc):
            if bits is None:
                raise ValueError("a conversion needs its bits")
            component = component.conversion(bits)
        elif isinstance(component, Dac) and bits is not None:
            try:
                component = component.conversion(bits)
            except InputError as error:
                raise InputError(f"component '{slot}' of table '{self.table}': {error}") from None
        value = getattr(component, quantity, None)
        if not isinstance(value, int | float) or isinstance(value, bool):
            has = ", ".join(quantities(component)) or "none"
            raise InputError(f"component '{slot}' of table '{self.table}' has no {quantity}; it has: {has}")
        return float(value)

    def _component(self, slot: str) -> Any:
        part: Any = self
        for name in slot.split("."):
            part = getattr(part, name)
        return part


SLOTS = (
    *(item.name for item in dataclasses.fields(Components) if item.name not in ("table", "node", "array", "digital")),
    *(f"digital.{item.name}" for item in dataclasses.fields(Digital)),
)
"""Names of all slots, in order."""


def quantities(component: Component) -> dict[str, float]:
    """The values that a component has, by name, in SI units."""
    values = {item.name: getattr(component, item.name) for item in dataclasses.fields(component)}
    numbers = {name: value for name, value in values.items() if isinstance(value, float)}
    return {name: value for name, value in numbers.items() if name != "uncertainty"}
