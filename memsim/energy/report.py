"""Costs of layers as labelled data: energy by part, time, area, power and operations per joule."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.energy.cost import PARTS, LayerCost, Prices, layer_cost
from memsim.energy.counts import PHASES, Circuit, Counts
from memsim.energy.uncertainty import LIMITS
from memsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr


UNKNOWN = "the energy and time of the programming are not known: an error model programs the cells of layers {}"
"""Why costs are NaN."""


@dataclass(frozen=True)
class LayerEvents:
    """A layer: what it consists of, and its events by phase."""

    circuit: Circuit
    counts: Mapping[str, Counts]

    def of_array(self, number: int) -> LayerEvents:
        """The same of one array of the stack."""
        circuit = dataclasses.replace(self.circuit, arrays=1)
        return LayerEvents(circuit, {phase: counts.of_array(number) for phase, counts in self.counts.items()})

    def since(self, earlier: LayerEvents, phase: str) -> LayerEvents:
        """Events of a phase since an earlier time; of the other phases, those until then."""
        counts = {**earlier.counts, phase: self.counts[phase] - earlier.counts[phase]}
        return LayerEvents(self.circuit, counts)


def ratio(above: Any, below: Any) -> np.ndarray:
    """A quotient, NaN where the divisor is not above 0."""
    with np.errstate(all="ignore"):
        quotient = np.asarray(above, float) / np.asarray(below, float)
    return np.where(np.asarray(below) > 0, quotient, np.nan)


class Costs:
    """Costs of layers, which follow each other in a network.

    Parameters
    ----------
    layers : mapping of str to LayerEvents
        The layers by name.
    prices : Prices
        Components and settings.

    Raises
    ------
    InputError
        If the table lacks an energy or time that is needed.
    """

    def __init__(self, layers: Mapping[str, LayerEvents], prices: Prices) -> None:
        self.layers, self.prices = dict(layers), prices
        self.by_layer: dict[str, dict[str, LayerCost]] = {
            phase: {name: layer_cost(prices, layer.circuit, layer.counts[phase]) for name, layer in layers.items()}
            for phase in PHASES
        }

    def energies(self, phase: str) -> dict[str, float]:
        """Energy of each part in a phase, all layers together [J]."""
        sums: dict[str, float] = {}
        for cost in self.by_layer[phase].values():
            for part, energy in cost.energies.items():
                sums[part] = sums.get(part, 0.0) + energy
        return sums

    def energy(self, phase: str) -> float:
        """Energy of a phase [J]."""
        return math.fsum(self.energies(phase).values())

    def seconds(self, phase: str) -> float:
        """Time of a phase [s]: layers one after the other, or the slowest one where they work at the same time."""
        times = [cost.seconds for cost in self.by_layer[phase].values()]
        if phase == "inference" and self.prices.architecture.pipelined:
            return max(times, default=0.0)
        return math.fsum(times)

    def areas(self) -> dict[str, float]:
        """Area of each part, all layers together [m^2]."""
        sums: dict[str, float] = {}
        for layer in self.layers.values():
            for part, area in self.prices.areas(layer.circuit).items():
                sums[part] = sums.get(part, 0.0) + area
        return sums

    def operations(self) -> float:
        """Operations of all reads of inference, two for each multiply-accumulate."""
        return math.fsum(
            layer.circuit.operations * layer.counts["inference"].reads / layer.circuit.input_phases
            for layer in self.layers.values()
        )

    def included(self) -> tuple[str, ...]:
        """Parts whose energy counts."""
        counted = {part for costs in self.by_layer.values() for cost in costs.values() for part in cost.energies}
        return tuple(part for part in PARTS if part in counted)

    def left_out(self) -> tuple[str, ...]:
        """Parts that the table does not know the energy of."""
        return self.prices.without(self.included())

    def dataset(self) -> xr.Dataset:
        """Labelled costs, with the dimensions phase, layer and part."""
        import xarray as xr

        names, parts = list(self.layers), list(PARTS)
        energy = np.zeros((len(PHASES), len(names), len(parts)))
        time = np.zeros((len(PHASES), len(names)))
        for i, phase in enumerate(PHASES):
            for j, cost in enumerate(self.by_layer[phase].values()):
                time[i, j] = cost.seconds
                for part, value in cost.energies.items():
                    energy[i, j, parts.index(part)] = value
        area = np.zeros((len(names), len(parts)))
        for j, layer in enumerate(self.layers.values()):
            for part, value in self.prices.areas(layer.circuit).items():
                area[j, parts.index(part)] = value
        totals = np.array([self.energy(phase) for phase in PHASES])
        seconds = np.array([self.seconds(phase) for phase in PHASES])
        ranges = np.array([self.prices.interval(self.energies(phase)) for phase in PHASES])
        area_total = math.fsum(self.areas().values())
        inference, operations = PHASES.index("inference"), self.operations()
        components, settings = self.prices.components, self.prices.architecture
        tiles = max((layer.circuit.tiles for layer in self.layers.values()), default=0)
        by_tile = np.full((len(PHASES), len(names), tiles), np.nan)
        for i, phase in enumerate(PHASES):
            for j, layer in enumerate(self.layers.values()):
                cells = layer.counts[phase].read_energy.sum(axis=0).ravel()
                by_tile[i, j, : cells.size] = cells
        pulses = np.array(
            [
                [
                    float(layer.counts[phase].set_pulses.sum() + layer.counts[phase].reset_pulses.sum())
                    / layer.circuit.cells
                    for layer in self.layers.values()
                ]
                for phase in PHASES
            ]
        )
        declared: dict[str, tuple[tuple[str, ...], Any, str, str]] = {
            "energy": (("phase", "layer", "part"), energy, "J", "energy"),
            "total_energy": (("phase",), totals, "J", "energy of all layers"),
            "total_energy_range": (("phase", "limit"), ranges, "J", "range of the energy of all layers"),
            "time": (("phase", "layer"), time, "s", "time"),
            "total_time": (("phase",), seconds, "s", "time of all layers"),
            "power": (("phase",), ratio(totals, seconds), "W", "power"),
            "area": (("layer", "part"), area, "m2", "area"),
            "total_area": ((), area_total, "m2", "area of all layers"),
            "tile_read_energy": (("phase", "layer", "tile"), by_tile, "J", "energy of reads in the cells of a tile"),
            "cell_pulses": (("phase", "layer"), pulses, "1", "pulses of a cell, mean over all cells"),
            "operations": ((), operations, "1", "operations, two for each multiply-accumulate"),
            "total_efficiency": ((), ratio(operations, totals[inference]), "J-1", "operations per joule"),
            "operations_per_second": ((), ratio(operations, seconds[inference]), "s-1", "operations per second"),
        }
        data = {
            name: (dims, values, {"units": units, "long_name": text})
            for name, (dims, values, units, text) in declared.items()
        }
        bits = [f"{layer.circuit.dac_bits}/{layer.circuit.adc_bits}" for layer in self.layers.values()]
        attrs = {
            "components": components.table,
            "node": "any" if components.node is None else format_quantity(components.node, "m"),
            "included": ", ".join(self.included()),
            "left_out": ", ".join(self.left_out()),
            "bits": "; ".join(f"{name}: {both} (input/output)" for name, both in zip(names, bits, strict=True)),
            "pipelined": int(settings.pipelined),
        }
        unsure = self.prices.unsure(self.included())
        if unsure:
            attrs["without_uncertainty"] = ", ".join(unsure)
        unknown = [
            name for name, layer in self.layers.items() if any(own.unknown_writes for own in layer.counts.values())
        ]
        if unknown:
            attrs["cost_notes"] = UNKNOWN.format(", ".join(unknown))
        coords = {"phase": list(PHASES), "layer": names, "part": parts, "limit": list(LIMITS)}
        return xr.Dataset(data, coords, attrs)
