"""Events of the layers of a network during an evaluation."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from memsim.arrays import Crossbar
from memsim.arrays.events import Events
from memsim.energy.digital import Products
from memsim.energy.report import LayerEvents
from memsim.errors import InputError
from memsim.results.network_counts import CountVariables, NetworkCounts, count_variables
from memsim.torch.analog_layer import AnalogLayer


class EventCounting:
    """Events of layers by repeat and time.

    Parameters
    ----------
    layers : mapping of str to AnalogLayer
        The layers by name.
    """

    def __init__(self, layers: Mapping[str, AnalogLayer]) -> None:
        self._layers = layers
        self._events: list[list[dict[str, LayerEvents]]] = []
        self._pulses: list[list[float]] = []
        self._known: dict[str, tuple[Crossbar, Events, LayerEvents]] = {}

    @contextmanager
    def on(self) -> Iterator[None]:
        """Let cells that are made meanwhile count their events."""
        try:
            for layer in self._layers.values():
                layer.counts_events = True
            yield
        finally:
            self._known.clear()
            for layer in self._layers.values():
                layer.counts_events = False

    def programmed(self) -> dict[str, LayerEvents]:
        """Take note of a new programming, and return what it took."""
        events = self._now()
        self._events.append([])
        pairs = zip(self._layers.values(), events.values(), strict=True)
        self._pulses.append([_most_pulses(layer, own) for layer, own in pairs])
        return events

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Count the reads of one evaluation, and no others."""
        before = self._now()
        yield
        self._events[-1].append({name: own.since(before[name], "inference") for name, own in self._now().items()})

    def variables(self, samples: int, products: list[Products]) -> CountVariables:
        """Variables of a result.

        Parameters
        ----------
        samples : int
            Number of samples of each evaluation.
        products : list of Products
            Of each layer for one sample.
        """
        named = dict(zip(self._events[0][0], products, strict=True))
        return count_variables(NetworkCounts(self._events, samples, named), np.array(self._pulses, float))

    def _now(self) -> dict[str, LayerEvents]:
        """Events of each layer so far; those of before where a layer has not been read since."""
        for name, layer in self._layers.items():
            crossbar = layer.cells.crossbar
            known = self._known.get(name)
            if known is not None and known[0] is crossbar and known[1] == crossbar.events:
                continue
            events = crossbar.event_counts
            circuit = dataclasses.replace(events.circuit, slices=layer.plan.slices)
            self._known[name] = crossbar, crossbar.events, LayerEvents(circuit, events.counts)
        return {name or layer.label: self._known[name][2] for name, layer in self._layers.items()}


def _most_pulses(layer: AnalogLayer, events: LayerEvents) -> float:
    """Largest number of pulses of a cell in its programming; NaN where it is not known."""
    if events.counts["programming"].unknown_writes:
        return math.nan
    try:
        return float(layer.cells.crossbar.cell_pulses.sum("direction").max())
    except InputError:  # a device whose cells get no pulses
        return math.nan
