"""Events of the layers of a network as result variables, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from memsim.energy.activity import read_activity
from memsim.energy.architecture import Architecture
from memsim.energy.counts import PHASES
from memsim.energy.digital import Products
from memsim.energy.report import LayerEvents
from memsim.energy.stored import COUNTED, SUMMED, layers_of, stored_events
from memsim.errors import OutputError
from memsim.results.dataset import require, source, stored
from memsim.results.stored_events import with_checked_events

if TYPE_CHECKING:
    import xarray as xr

Layers = Mapping[str, LayerEvents]
"""Layers by name."""
_SIZES = ("multiply_accumulates", "layer_weights", "layer_inputs", "layer_outputs")
"""Variables of the products of a layer, in the order of `Products`."""


class NetworkCounts(NamedTuple):
    """What the layers of a network did.

    Attributes
    ----------
    layers : sequence of sequence of mapping of str to LayerEvents
        By repeat and time: events of the programming, and those of the inference of all samples at that time.
    samples : int
        Number of samples.
    products : mapping of str to Products
        Products of each layer for one sample.
    """

    layers: Sequence[Sequence[Layers]]
    samples: int
    products: Mapping[str, Products]


class CountVariables(NamedTuple):
    """Variables by name, labels and attributes of a result."""

    variables: dict[str, np.ndarray]
    coordinates: dict[str, Sequence[str]]
    attributes: dict[str, str | int]


def count_variables(counts: NetworkCounts, most_pulses: np.ndarray) -> CountVariables:
    """Variables that no component table is needed for.

    Parameters
    ----------
    counts : NetworkCounts
        What the layers did.
    most_pulses : (repeat, layer)
        Largest number of pulses of a cell; NaN where it is not known.
    """
    events = stored_events([[dict(own) for own in repeat] for repeat in counts.layers], len(counts.layers[0]))
    variables: dict[str, np.ndarray] = {"layer_event_count": events.counts, "layer_event_sum": events.sums}
    for place, name in enumerate(_SIZES):
        sizes = ((one.macs, one.weights, one.inputs, one.outputs)[place] for one in counts.products.values())
        variables[name] = np.array(list(sizes), float)
    first = [list(own.values()) for repeat in counts.layers for own in repeat]
    variables |= _of_reads(first, counts.samples)
    shape = (len(counts.layers), len(counts.layers[0]))
    for name, per_layer in (
        ("driven_inputs", _driven),
        ("layer_read_energy", lambda one: _joules(one, counts.samples)),
    ):
        values = [[per_layer(one) for one in own] for own in first]
        variables[name] = np.array(values, float).reshape(*shape, -1)
    by_tile = np.full((*shape, len(first[0]), events.counts.shape[-1]), np.nan)
    for place, own in enumerate(first):
        for number, one in enumerate(own):
            tiles = one.counts["inference"].read_energy.sum(axis=0).ravel() / counts.samples
            by_tile[(*divmod(place, shape[1]), number, slice(tiles.size))] = tiles
    variables["tile_read_energy"] = by_tile
    programmed = [list(repeat[0].values()) for repeat in counts.layers]
    variables["layer_write_energy"] = np.array([[_written(one)[0] for one in own] for own in programmed])
    variables["layer_pulses_mean"] = np.array([[_written(one)[1] for one in own] for own in programmed])
    variables["layer_pulses_max"] = most_pulses
    labels: dict[str, Sequence[str]] = {"phase": list(PHASES), "counted": list(COUNTED), "summed": list(SUMMED)}
    return CountVariables(variables, labels, {"circuits": events.circuits[0], "samples": counts.samples})


def counts_of(dataset: xr.Dataset) -> NetworkCounts:
    """The counts that a result holds.

    Raises
    ------
    OutputError
        If they are missing or damaged.
    """
    require(dataset, *_SIZES)
    text, where = stored(dataset, "circuits"), source(dataset)
    dataset = with_checked_events(dataset, "layer_event_count", "layer_event_sum")
    counts, sums = dataset["layer_event_count"].values, dataset["layer_event_sum"].values
    layers = [
        [layers_of(counts[repeat, time], sums[repeat, time], text, where) for time in range(counts.shape[1])]
        for repeat in range(counts.shape[0])
    ]
    sizes = np.array([dataset[name].values for name in _SIZES])
    if not (layers and layers[0]) or len(layers[0][0]) != sizes.shape[1]:
        raise OutputError(f"{where}: its description of the arrays is damaged")
    products = {name: Products(*map(float, own)) for name, own in zip(layers[0][0], sizes.T, strict=True)}
    samples = dataset.attrs.get("samples")
    if not isinstance(samples, int | np.integer) or samples < 1:
        raise OutputError(f"{where}: its attribute 'samples' is damaged")
    return NetworkCounts(layers, int(samples), products)


def _of_reads(evaluations: Sequence[Sequence[LayerEvents]], samples: int) -> dict[str, np.ndarray]:
    """Reads and conversions of each layer for one sample, mean over evaluations."""
    values: dict[str, list[list[float]]] = {"layer_reads": [], "dac_conversions": [], "adc_conversions": []}
    for own in evaluations:
        activities = [read_activity(one.circuit, one.counts["inference"], Architecture()) for one in own]
        values["layer_reads"].append([one.counts["inference"].reads / samples for one in own])
        values["dac_conversions"].append([one.dac_conversions / samples for one in activities])
        values["adc_conversions"].append([one.adc_conversions / samples for one in activities])
    return {name: np.array(rows).mean(axis=0) for name, rows in values.items()}


def _driven(layer: LayerEvents) -> float:
    """Share of word lines and input pulses whose level is not 0; NaN without reads."""
    counts, circuit = layer.counts["inference"], layer.circuit
    every = counts.reads * circuit.planes * circuit.arrays * circuit.rows
    return float(counts.drives.sum()) / every if every else math.nan


def _joules(layer: LayerEvents, samples: int) -> float:
    """Energy of the cells in reads of one sample [J]."""
    return float(layer.counts["inference"].read_energy.sum()) / samples


def _written(layer: LayerEvents) -> tuple[float, float]:
    """Energy of the cells in their programming [J], and mean of their pulses; NaN where pulses are not known."""
    counts = layer.counts["programming"]
    if counts.unknown_writes:
        return math.nan, math.nan
    pulses = float(counts.set_pulses.sum() + counts.reset_pulses.sum())
    return float(counts.write_energy.sum()), pulses / layer.circuit.cells
