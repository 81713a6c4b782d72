"""Energy, time and area of a layer from what its arrays did and a component table.

Nothing counts twice: the energy of the cells follows from their conductances, and converters have none of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from memsim.energy.activity import Activity, read_activity, write_activity
from memsim.energy.architecture import Architecture
from memsim.energy.components import Component, Components
from memsim.energy.components.adc import Step
from memsim.energy.components.component import Cell, GateDriver
from memsim.energy.counts import Circuit, Counts
from memsim.energy.uncertainty import range_of_sum

PARTS = {
    "cells": "cell",
    "half-selected cells": "cell",
    "word lines": "wire",
    "bit lines": "bit_driver",
    "gate lines": "gate_driver",
    "DAC": "dac",
    "integrator": "integrator",
    "sample-hold": "sample_hold",
    "ADC": "adc",
    "shift-add": "shift_add",
    "register": "register",
    "buffer": "buffer",
    "link": "link",
    "control": "control",
    "other": "other",
}
"""Parts that cost energy or area, and the slot of a component table that gives each its uncertainty."""
EXACT = ("cells", "half-selected cells")
"""Parts whose energies follow from conductances, not from the table."""
_DRIVERS = {"word lines": "word_driver"}
"""Further slots of parts; the larger uncertainty holds for the part."""


@dataclass(frozen=True)
class Prices:
    """Components and settings with which activities become costs."""

    components: Components
    architecture: Architecture

    def energies(self, circuit: Circuit, activity: Activity, seconds: float) -> dict[str, float]:
        """Energy of each part [J]; parts whose energy the table does not have are left out.

        A part whose slot `control` covers has no energy of its own.

        Parameters
        ----------
        circuit : Circuit
            The arrays.
        activity : Activity
            What they did.
        seconds : float
            How long, for powers [s].

        Raises
        ------
        InputError
            If the table has no energy for a converter of the arrays.
        """
        c, energies, covered = self.components, dict[str, float](), self.components.covered
        cell = c.cell if c.cell is not None and c.cell.access == "transistor" else None
        if "cell" not in covered:
            energies["cells"] = activity.cells
            if cell is None:
                energies["half-selected cells"] = activity.half_selected
        if self._word_capacitance:
            energies["word lines"] = activity.line_cells * self._word_capacitance
        for name, driver, toggles in (
            ("word lines", c.word_driver, activity.line_drives),
            ("bit lines", c.bit_driver, activity.bit_line_drives),
        ):
            if driver is not None and driver.energy is not None:
                energies[name] = energies.get(name, 0.0) + toggles * driver.energy
        if cell is not None and c.gate_driver is not None:
            energies["gate lines"] = self._gates(activity, cell, c.gate_driver)
        if activity.dac_conversions and "dac" not in covered:
            bits = 1 if circuit.coding == "serial" else circuit.dac_bits
            energies["DAC"] = activity.dac_conversions * c.need("dac", "energy", bits)
        # A converter that resolves bit after bit costs as much as it resolves, any other always all of its bits.
        shifts, bits = activity.adc_conversions, circuit.adc_bits
        if self._stepwise:
            shifts, bits = activity.resolved_bits, 1
        if shifts and "adc" not in covered:
            energies["ADC"] = shifts * c.need("adc", "energy", bits)
        for name, events in (
            ("integrator", activity.integration_steps),
            ("sample-hold", activity.samples),
            ("shift-add", shifts),
            ("register", activity.register_bits),
            ("buffer", activity.buffer_bits),
            ("link", activity.link_bits),
            ("control", activity.array_steps),
            ("other", 0.0),
        ):
            part = getattr(c, PARTS[name])
            if part is None:
                continue
            power = getattr(part, "power", None)
            if part.energy is not None or power is not None:
                always = (power or 0.0) * seconds * circuit.arrays * circuit.tiles
                energies[name] = events * (part.energy or 0.0) + always
        return energies

    def read_time(self, circuit: Circuit) -> float:
        """Time of one read of all tiles at once [s]: input steps, and conversions one after the other.

        An input step lasts as long as its pulse, or as the conversion of a DAC where that is longer, after settling.
        Conversions that overlap with input steps take only the time by which they are longer.
        """
        c, steps = self.components, circuit.planes
        pulse = circuit.read_duration
        if circuit.dac_bits is not None:
            pulse = max(pulse, _time(c.dac))
        inputs = steps * (self.architecture.settle + pulse + _time(c.sample_hold) + _time(c.control))
        inputs += circuit.unit_steps * _time(c.integrator)
        conversions = math.fsum(self._conversion_time(circuit, bits) for bits in circuit.conversions)
        return max(inputs, conversions) if circuit.overlapped else inputs + conversions

    def write_time(self, circuit: Circuit, counts: Counts) -> float:
        """Time of pulses and verify reads [s]: cells one after the other in each tile of lines, tiles at once.

        A verify read is one pulse of the read voltage and one conversion.
        """
        pulses = counts.set_pulses * circuit.set_width + counts.reset_pulses * circuit.reset_width
        single = dataclasses.replace(circuit, coding="voltage", share=1)
        reads = counts.verify_reads * (self.read_time(single) if counts.verify_reads.any() else 0.0)
        return float((pulses + reads).max(initial=0.0)) / len(circuit.row_tiles)

    def areas(self, circuit: Circuit) -> dict[str, float]:
        """Area of each part [m^2]; parts without an entry, or without an area, are left out."""
        c, copies = self.components, circuit.arrays
        rows, lines = circuit.rows * len(circuit.line_tiles) * copies, circuit.lines * len(circuit.row_tiles) * copies
        outputs = circuit.outputs * len(circuit.row_tiles) * copies
        tiles = circuit.tiles * copies
        converters = circuit.converters
        numbers: dict[str, tuple[Component | None, float]] = {
            "cells": (c.cell, circuit.cells),
            "word lines": (c.word_driver, rows),
            "bit lines": (c.bit_driver, lines),
            "gate lines": (c.gate_driver, rows),
            "DAC": (c.dac, rows if circuit.dac_bits is not None else 0),
            "integrator": (c.integrator, outputs),
            "sample-hold": (c.sample_hold, outputs),
            "shift-add": (c.shift_add, converters),
            "register": (c.register, rows * (circuit.dac_bits or 0)),
            "link": (c.link, tiles),
            "control": (c.control, tiles),
            "other": (c.other, tiles),
        }
        areas = {
            name: number * component.area
            for name, (component, number) in numbers.items()
            if component is not None and component.area is not None
        }
        if converters and c.adc is not None:
            area = c.adc.conversion(circuit.adc_bits or 1).area
            if area is not None:
                areas["ADC"] = converters * area
        for name in ("register", "buffer"):
            memory = getattr(c, name)
            if memory is not None and memory.array_area is not None:
                areas[name] = areas.get(name, 0.0) + tiles * memory.array_area
        return areas

    def interval(self, energies: Mapping[str, float], exact: Collection[str] = EXACT) -> tuple[float, float]:
        """Ends of the sum of the energies, or areas, of parts [J], see `range_of_sum`.

        Parameters
        ----------
        energies : mapping of str to float
            Of each part.
        exact : collection of str
            Parts whose values do not follow from the table.
        """
        known = math.fsum(value for name, value in energies.items() if name in exact)
        return range_of_sum(self.uncertain(energies, exact), known)

    def uncertain(
        self, energies: Mapping[str, float], exact: Collection[str] = EXACT
    ) -> list[tuple[float, float | None]]:
        """Energy of the parts of each component, which are wrong together, and its uncertainty; see `interval`."""
        by_slot: dict[str, float] = {}
        for name, value in energies.items():
            if name not in exact:
                slot = self._least_certain(PARTS[name], _DRIVERS.get(name))
                by_slot[slot] = by_slot.get(slot, 0.0) + value
        return [(value, self._uncertainty(slot)) for slot, value in by_slot.items()]

    def without(self, parts: Collection[str]) -> tuple[str, ...]:
        """Parts that are left out where these are counted; cells with a transistor are never half-selected."""
        cell = self.components.cell
        absent = {"half-selected cells"} if cell is not None and cell.access == "transistor" else set()
        return tuple(part for part in PARTS if part not in absent and part not in parts)

    def unsure(self, parts: Iterable[str]) -> list[str]:
        """Parts whose uncertainty the table does not say; ranges take them as exact."""
        of_parts = {part: (PARTS[part], _DRIVERS.get(part, PARTS[part])) for part in parts if part not in EXACT}
        return [part for part, slots in of_parts.items() if any(map(self._states_no_uncertainty, slots))]

    def _states_no_uncertainty(self, slot: str) -> bool:
        """Whether the table has a component and does not say how uncertain it is."""
        return getattr(self.components, slot) is not None and self._uncertainty(slot) is None

    def _uncertainty(self, slot: str) -> float | None:
        """Uncertainty of a component; None where the table does not say it."""
        component = getattr(self.components, slot)
        return None if component is None else component.uncertainty

    def _least_certain(self, slot: str, other: str | None) -> str:
        """Of two slots the one of the larger uncertainty."""
        return slot if other is None else max(slot, other, key=lambda name: self._uncertainty(name) or 1.0)

    @property
    def _stepwise(self) -> bool:
        """Whether converters resolve one bit after the other, each with a shift-add."""
        return self.components.adc is not None and isinstance(self.components.adc.model, Step)

    def _conversion_time(self, circuit: Circuit, bits: int) -> float:
        """Time of one conversion of all outputs that share a converter [s]."""
        c = self.components
        if "adc" in c.covered:
            return 0.0
        resolved = bits if self._stepwise else circuit.adc_bits
        return circuit.share * c.need("adc", "time", resolved) + _time(c.shift_add)

    @property
    def _wire_capacitance(self) -> float:
        """Capacitance of the wire of a word or gate line for each of its cells [F]."""
        c = self.components
        return 0.0 if c.wire is None or c.cell is None else (c.wire.capacitance or 0.0) * (c.cell.width or 0.0)

    @property
    def _word_capacitance(self) -> float:
        """Capacitance of a word line for each of its cells [F]."""
        cell = self.components.cell
        return 0.0 if cell is None else self._wire_capacitance + (cell.word_capacitance or 0.0)

    def _gates(self, activity: Activity, cell: Cell, driver: GateDriver) -> float:
        """C V^2 of gate lines, and the energy of their drivers [J]."""
        each = (cell.gate_capacitance or 0.0) + self._wire_capacitance
        charge = activity.gate_cells * each + activity.gate_toggles * (driver.capacitance or 0.0)
        return charge * (driver.voltage or 0.0) ** 2 + activity.gate_toggles * (driver.energy or 0.0)


def _time(part: Component | None) -> float:
    """Time of an event of a part, 0 where the table does not have it [s]."""
    return 0.0 if part is None else part.time or 0.0


@dataclass(frozen=True)
class LayerCost:
    """Costs of one layer in one phase.

    Attributes
    ----------
    energies : dict of str to float
        Of each part [J].
    seconds : float
        Time that the layer takes [s].
    reads : int
        Input vectors, counted once in each phase of signs.
    """

    energies: dict[str, float]
    seconds: float
    reads: int


def layer_cost(prices: Prices, circuit: Circuit, counts: Counts) -> LayerCost:
    """Costs of a layer in one phase.

    The energy is NaN where an error model programmed the cells, whose pulses are not known.

    Raises
    ------
    InputError
        If the table lacks an energy or time that is needed.
    """
    seconds = counts.reads * prices.read_time(circuit) if counts.reads else 0.0
    seconds += prices.write_time(circuit, counts)
    activity = read_activity(circuit, counts, prices.architecture) + write_activity(
        circuit, counts, prices.architecture
    )
    energies = prices.energies(circuit, activity, seconds)
    if counts.unknown_writes:
        energies["cells"], seconds = math.nan, math.nan
    return LayerCost(energies, seconds, counts.reads)
