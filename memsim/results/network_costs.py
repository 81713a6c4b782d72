"""Energy, time and area of a network from the events that its result holds: another table needs no new run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from memsim.energy.architecture import ARCHITECTURE_SETTINGS
from memsim.energy.components import ComponentTable, components_of
from memsim.energy.cost import PARTS, Prices, layer_cost
from memsim.energy.counts import Counts
from memsim.energy.digital import DIGITAL_PARTS, PROCESSOR_SETTINGS, DigitalPrices, Processor, inference_work
from memsim.energy.prices import prices_of
from memsim.energy.report import UNKNOWN, LayerEvents, ratio
from memsim.energy.uncertainty import LIMITS
from memsim.errors import InputError, nearest
from memsim.results.component_tables import COST_SETTINGS, NOTES, SETTINGS, TABLE, held_table, settings_text
from memsim.results.dataset import with_variables
from memsim.results.network_counts import NetworkCounts, counts_of
from memsim.tasks.network_cost_variables import COST_VARIABLES, DIGITAL_VARIABLES

if TYPE_CHECKING:
    import xarray as xr

Values = dict[str, np.ndarray]
_ATTRIBUTES = (TABLE, SETTINGS, "included", "left_out", "without_uncertainty", "bits", "digital", NOTES)


class Table(NamedTuple):
    """A component table at a node, and the settings of crossbars and of a digital processor."""

    table: ComponentTable
    prices: Prices
    processor: Processor

    @classmethod
    def of(
        cls,
        components: ComponentTable | str | PathLike[str],
        node: float | str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Self:
        """The table and settings that a user names.

        Parameters
        ----------
        components : str, path or ComponentTable
            Table of components.
        node : str or float, optional
            Technology node, such as "22 nm", or in metres.
        settings : mapping of str to Any, optional
            Of `Architecture` and `Processor` by name; both have the same `bits`.

        Raises
        ------
        InputError
            If something is not allowed.
        """
        settings = settings or {}
        for name in settings:
            if name not in COST_SETTINGS:
                raise InputError(f"{name}: not a setting of costs{nearest(name, COST_SETTINGS)}")
        table = components_of(components)
        of_arrays, digital = (
            {name: settings[name] for name in names if name in settings}
            for names in (ARCHITECTURE_SETTINGS, PROCESSOR_SETTINGS)
        )
        return cls(table, prices_of(table, node, **of_arrays), Processor(**digital))

    @classmethod
    def in_result(cls, dataset: xr.Dataset, node: float | str | None, settings: Mapping[str, Any]) -> Self:
        """The table that a result holds, with other settings.

        Raises
        ------
        InputError
            If it holds none, or a setting is not allowed.
        OutputError
            If its settings are damaged.
        """
        held = held_table(dataset)
        return cls.of(held.table, held.node if node is None else node, held.settings | dict(settings))

    def check(self, layers: Mapping[str, LayerEvents]) -> None:
        """Refuse a table that lacks what layers need, before anything is read.

        Raises
        ------
        InputError
            If it lacks an energy or a time.
        """
        for layer in layers.values():
            layer_cost(self.prices, layer.circuit, dataclasses.replace(Counts.none(layer.circuit), reads=1))


def with_costs(dataset: xr.Dataset, table: Table) -> xr.Dataset:
    """The result of a network with energy, time and area by a component table.

    Raises
    ------
    InputError
        If the table lacks what is needed.
    OutputError
        If the result holds no events, or they are damaged.
    """
    counts = counts_of(dataset)
    prices = table.prices
    values = _costs(counts, prices)
    attributes: dict[str, str] = {
        TABLE: table.table.to_yaml(),
        SETTINGS: settings_text(prices.components.node, prices.architecture, table.processor),
        "bits": _bits(counts),
    }
    included = [part for place, part in enumerate(PARTS) if np.isfinite(values["energy"][..., place]).any()]
    attributes["included"] = ", ".join(included)
    attributes["left_out"] = ", ".join(prices.without(included))
    try:
        values |= _digital(counts, DigitalPrices(prices.components, table.processor))
        attributes["digital"] = "multiply-accumulates, weights and activations; the least traffic to memory"
    except InputError as error:
        attributes["digital"] = f"not included: {error}"
    if unsure := prices.unsure(included):
        attributes["without_uncertainty"] = ", ".join(unsure)
    unknown = [name for name, layer in counts.layers[0][0].items() if layer.counts["programming"].unknown_writes]
    if unknown:
        attributes[NOTES] = UNKNOWN.format(", ".join(unknown))
    declared = [variable.name for variable in (*COST_VARIABLES, *DIGITAL_VARIABLES)]
    labels = {"part": list(PARTS), "limit": list(LIMITS), "digital_part": list(DIGITAL_PARTS)}
    result = with_variables(dataset, values, labels, declared)
    result.attrs = {name: text for name, text in dataset.attrs.items() if name not in _ATTRIBUTES} | attributes
    return result


def _costs(counts: NetworkCounts, prices: Prices) -> Values:
    """Variables of the crossbars."""
    samples, names = counts.samples, list(counts.layers[0][0])
    shape = (len(counts.layers), len(counts.layers[0]), len(names))
    energy, ranges = np.full((*shape, len(PARTS)), np.nan), np.full((*shape, 2), np.nan)
    seconds = np.full(shape, np.nan)
    total_ranges = np.full((*shape[:2], 2), np.nan)
    for repeat, times in enumerate(counts.layers):
        for time, layers in enumerate(times):
            together: dict[str, float] = {}
            for place, layer in enumerate(layers.values()):
                cost = layer_cost(prices, layer.circuit, layer.counts["inference"])
                energies = {part: joules / samples for part, joules in cost.energies.items()}
                energy[repeat, time, place] = _by_part(energies)
                ranges[repeat, time, place] = prices.interval(energies)
                seconds[repeat, time, place] = cost.seconds / samples
                together = {
                    part: together.get(part, 0.0) + energies.get(part, 0.0) for part in {**together, **energies}
                }
            total_ranges[repeat, time] = prices.interval(together)
    of_layers, total = np.nansum(energy, axis=-1), np.nansum(energy, axis=(-1, -2))
    each = seconds.mean(axis=(0, 1))
    whole = each.max() if prices.architecture.pipelined else each.sum()
    operations = np.array([2 * one.macs for one in counts.products.values()])
    values: Values = {
        "energy": energy,
        "energy_range": ranges,
        "total_energy": total,
        "total_energy_range": total_ranges,
        "inference_time": each,
        "total_inference_time": np.asarray(whole),
        "layer_power": ratio(of_layers, seconds),
        "total_power": ratio(total, whole),
        "efficiency": ratio(operations, of_layers),
        "total_efficiency": ratio(operations.sum(), total),
    }
    areas = [prices.areas(layer.circuit) for layer in counts.layers[0][0].values()]
    sums = {
        part: math.fsum(of_layer.get(part, 0.0) for of_layer in areas)
        for part in PARTS
        if any(part in of_layer for of_layer in areas)
    }
    values["area"] = np.array([_by_part(of_layer) for of_layer in areas])
    values["total_area"] = np.asarray(math.fsum(sums.values()))
    values["total_area_range"] = np.array(prices.interval(sums, exact=()))
    return values | _programming(counts, prices)


def _programming(counts: NetworkCounts, prices: Prices) -> Values:
    """Variables of the programming; NaN where pulses are not known."""
    costs = [
        [layer_cost(prices, layer.circuit, layer.counts["programming"]) for layer in times[0].values()]
        for times in counts.layers
    ]
    joules = np.array([[math.fsum(cost.energies.values()) for cost in own] for own in costs])
    seconds = np.array([[cost.seconds for cost in own] for own in costs])
    return {
        "layer_programming_energy": joules,
        "total_programming_energy": joules.sum(axis=-1),
        "layer_programming_time": seconds,
        "total_programming_time": seconds.sum(axis=-1),
    }


def _digital(counts: NetworkCounts, prices: DigitalPrices) -> Values:
    """Variables of the digital processor."""
    layers = list(counts.products.values())
    works = [inference_work(layer, prices.processor) for layer in layers]
    energies = [prices.energies(work) for work in works]
    together = {part: math.fsum(own[part] for own in energies) for part in DIGITAL_PARTS}
    seconds = np.array([prices.seconds(work) for work in works])
    areas = prices.areas(layers)
    return {
        "digital_energy": np.array([[own[part] for part in DIGITAL_PARTS] for own in energies]),
        "total_digital_energy": np.asarray(math.fsum(together.values())),
        "total_digital_energy_range": np.array(prices.interval(together)),
        "digital_time": seconds,
        "total_digital_time": np.asarray(seconds.sum()),
        "digital_area": np.array([areas.get(part, math.nan) for part in DIGITAL_PARTS]),
    }


def _bits(counts: NetworkCounts) -> str:
    """Bit widths of the converters of each layer, in words."""
    texts = [
        f"{name}: {layer.circuit.dac_bits or 'no'}/{layer.circuit.adc_bits or 'no'}"
        for name, layer in counts.layers[0][0].items()
    ]
    return f"input/output converters: {'; '.join(texts)}"


def _by_part(values: Mapping[str, float]) -> list[float]:
    return [values.get(part, math.nan) for part in PARTS]
