"""Costs of one macro: energy, time and area by part, with their ranges and what the component table leaves out."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass

from memsim.energy.activity import Activity, read_activity
from memsim.energy.architecture import Architecture
from memsim.energy.components import Components
from memsim.energy.cost import PARTS, Prices
from memsim.energy.phases import PhasedCircuit
from memsim.errors import InputError
from memsim.tasks.macro.events import cell_pulse_energy, circuit_of, counts_of
from memsim.tasks.macro.schema import MacroSpec

EVENTS = {
    "word-line toggles": "line_drives",
    "gate-line toggles": "gate_toggles",
    "DAC conversions": "dac_conversions",
    "integration steps": "integration_steps",
    "samples": "samples",
    "ADC conversions": "adc_conversions",
    "resolved bits": "resolved_bits",
    "register bits": "register_bits",
    "buffer bits": "buffer_bits",
    "link bits": "link_bits",
    "input steps of arrays": "array_steps",
}
"""Events by what they are called, and their names in an `Activity`."""
_NEVER = ("half-selected cells", "bit lines")
"""Parts that pulses alone use."""


@dataclass(frozen=True)
class MacroCost:
    """Costs of one macro for one product of a vector and a matrix.

    Attributes
    ----------
    spec : MacroSpec
        Its settings.
    prices : Prices
        Its components.
    """

    spec: MacroSpec
    prices: Prices

    @classmethod
    def of(cls, spec: MacroSpec, components: Components) -> MacroCost:
        """Costs by the components of a table at a node.

        Raises
        ------
        InputError
            If the table lacks an energy or time that is needed, or has none of cells for a macro without `read`.
        """
        if spec.read is not None and "cell" in components.covered:
            raise InputError(f"read: the table '{components.table}' counts cells in 'control'; leave it out")
        cost = cls(spec, Prices(components, Architecture(bits=spec.input.bits, settle=spec.energy.settle)))
        cost.energies, cost.seconds  # noqa: B018  what the table lacks shows now
        return cost

    @functools.cached_property
    def circuit(self) -> PhasedCircuit:
        """What it consists of."""
        return circuit_of(self.spec, self.prices.components)

    @functools.cached_property
    def activity(self) -> Activity:
        """Its events."""
        energy = cell_pulse_energy(self.spec, self.prices.components)
        return read_activity(self.circuit, counts_of(self.spec, self.circuit, energy), self.prices.architecture)

    @functools.cached_property
    def seconds(self) -> float:
        """Time until the next vector [s]."""
        return self.spec.input.reads * self.prices.read_time(self.circuit)

    @functools.cached_property
    def energies(self) -> dict[str, float]:
        """Energy of each part that the table has [J]."""
        energies = self._counted(self.prices.energies(self.circuit, self.activity, self.seconds))
        if self.spec.read is None and not self.activity.line_cells:
            energies.pop("word lines", None)  # without a voltage, C V^2 is not known
        return energies

    @functools.cached_property
    def areas(self) -> dict[str, float]:
        """Area of each part that the table has [m^2]; parts of which there is nothing have none."""
        return {part: area for part, area in self._counted(self.prices.areas(self.circuit)).items() if area}

    @property
    def energy(self) -> float:
        """Energy of all parts [J]."""
        return math.fsum(self.energies.values())

    @property
    def energy_range(self) -> tuple[float, float]:
        """Limits of the energy by the uncertainty of the components [J]."""
        return self.prices.interval(self.energies, exact=() if self.spec.read is None else ("cells",))

    @property
    def area(self) -> float:
        """Area of all parts [m^2]; NaN if the table knows none."""
        return math.fsum(self.areas.values()) if self.areas else math.nan

    @property
    def area_range(self) -> tuple[float, float]:
        """Limits of the area by the uncertainty of the components [m^2]."""
        return self.prices.interval(self.areas, exact=()) if self.areas else (math.nan, math.nan)

    @property
    def rate(self) -> float:
        """Operations per second [1/s]; NaN where no component has a time."""
        return self.spec.operation_count / self.seconds if self.seconds else math.nan

    def events(self) -> dict[str, float]:
        """Number of events of each kind."""
        values = dataclasses.asdict(self.activity)
        return {name: values[key] for name, key in EVENTS.items()}

    def left_out(self) -> tuple[list[str], list[str]]:
        """Parts whose energy, and whose area, neither the table nor `control` has."""
        return self._missing(self.energies), self._missing(self.areas, "word lines", "gate lines")

    def _missing(self, known: dict[str, float], *allowed: str) -> list[str]:
        components = self.prices.components
        never = {*_NEVER, *allowed, *known, *self.spec.energy.without}
        if components.cell is None or components.cell.access != "transistor":
            never.add("gate lines")
        if self.circuit.dac_bits is None:
            never.add("DAC")
        return [part for part, slot in PARTS.items() if part not in never and not self._is_covered(part, slot)]

    def _is_covered(self, part: str, slot: str) -> bool:
        covered = self.prices.components.covered
        return slot in covered or (part == "word lines" and "wire" in covered)

    def _counted(self, values: dict[str, float]) -> dict[str, float]:
        """Values of the parts that count in a read."""
        without = {*_NEVER, *self.spec.energy.without}
        return {part: value for part, value in values.items() if part not in without}
