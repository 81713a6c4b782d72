"""What is measured of the network of one learner: each programming is read for the test images, now and over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from memsim.data.labelled import Labelled
from memsim.energy.report import LayerEvents
from memsim.exchange import Graph
from memsim.exchange.converter_counts import ConverterCounts
from memsim.exchange.programmed import Hardware, ProgrammedNetwork, calibrated
from memsim.metrics.classes import predicted
from memsim.metrics.lifetime import lifetime
from memsim.metrics.weight_error import weight_error
from memsim.philox import Occasion, Purpose
from memsim.tasks.aged_layers import AgedLayers
from memsim.tasks.compared import Entry
from memsim.tasks.energy_costs import LearnerEvents, since
from memsim.tasks.infer.networks import inputs_of
from memsim.tasks.infer.schema import InferSpec
from memsim.tasks.job import spec_of

Values = dict[str, np.ndarray]

SNR_IMAGES = 200
"""Test images from which the signal-to-noise ratio of products is measured."""
OF_LAYER = ("layer_snr", "layer_clipped_inputs", "layer_saturated_outputs")
"""Variables whose last axis is the layer with weights."""


class Measured(NamedTuple):
    """Variables of one learner without its dimension, and the events of its crossbars."""

    values: Values
    events: LearnerEvents


def measured(
    entry: Entry, graph: Graph, data: Labelled, digital: float, backend: str, report: Callable[[float], None]
) -> Measured:
    """Program the network of a learner several times, and read each programming.

    Parameters
    ----------
    entry : Entry
        The learner.
    graph : Graph
        Its network.
    data : Labelled
        Training images calibrate the converters, test images are read.
    digital : float
        Accuracy of the network in floating point.
    backend : str
        Where to compute.
    report : callable
        Called with the share of the work that is done, in [0, 1].
    """
    spec = spec_of(entry.experiment, InferSpec)
    hardware = hardware_of(entry, backend)
    ranges = calibrated(graph, hardware, inputs_of(entry, data.train.pixels[: spec.calibration]))
    x, labels = inputs_of(entry, data.test.pixels), data.test.labels
    repeats: list[Values] = []
    events: list[dict[str, LayerEvents]] = []
    cells = 0
    for repeat in range(spec.repeats):
        network = ProgrammedNetwork(graph, hardware, ranges=ranges, repeat=repeat)
        cells = network.cells
        before = network.event_counts
        converters = {name: ConverterCounts() for name in network.layers}
        accuracy = _accuracy(network, x, labels, 0, converters)
        events += since([network.event_counts], [before])
        snr = dict(zip(network.layers, network.layer_snr(x[:SNR_IMAGES], Occasion(Purpose.PRODUCTS)), strict=True))
        values: Values = {
            "test_accuracy": np.asarray(accuracy),
            "accuracy_loss": np.asarray(digital - accuracy),
            "weight_error": weight_error(*network.weights()).whole,
            "layer_snr": _by_layer(graph, snr),
            "layer_clipped_inputs": _by_layer(graph, {name: own.clipped_share for name, own in converters.items()}),
            "layer_saturated_outputs": _by_layer(
                graph, {name: own.saturated_share for name, own in converters.items()}
            ),
            "product_snr": np.min(list(snr.values())),
        }
        if spec.times:
            values |= _over_time(entry, network, x, labels)
        repeats.append(values)
        report((repeat + 1) / spec.repeats)
    variables = {name: np.stack([part[name] for part in repeats]) for name in repeats[0]}
    if spec.times:
        for name in ("refreshes", "compensation_reads"):
            variables[name] = variables[name][0]
        variables["refresh_pulses"] = variables["refresh_pulses"].sum()
    variables["cells"] = np.asarray(float(cells))
    return Measured(variables, LearnerEvents(events, len(x)))


def hardware_of(entry: Entry, backend: str) -> Hardware:
    """What the layers of a learner's network run on."""
    array = entry.spec.array
    assert entry.device is not None
    return Hardware(
        device=entry.device,
        seed=entry.seed,
        bounds=array.bounds,
        initial=array.initial,
        mapping=array.mapping.mapping,
        scales=array.scales,
        bias=array.bias,
        cycles=array.cycles,
        error=array.error,
        algorithm=None if array.programming is None else array.programming.chosen,
        dtype=array.dtype,
        backend=backend,
        **array.circuit,
    )


def _by_layer(graph: Graph, values: Mapping[str, float]) -> np.ndarray:
    """Numbers of layers by the names of their nodes as an array of all layers with weights; NaN without a number."""
    return np.array([values.get(node.name, np.nan) for node, _ in graph.weighted], float)


def _accuracy(
    network: ProgrammedNetwork,
    x: np.ndarray,
    labels: np.ndarray,
    time: int,
    converters: Mapping[str, ConverterCounts] | None = None,
) -> float:
    """Share of images that are recognised by reads at an evaluation time."""
    outputs = network.outputs(x, Occasion(Purpose.TEST, time=time), counts=converters)
    return float((predicted(outputs) == labels).mean())


def _over_time(entry: Entry, network: ProgrammedNetwork, x: np.ndarray, labels: np.ndarray) -> Values:
    """Variables of one programming at the times of an experiment, (time,) and ()."""
    times = spec_of(entry.experiment, InferSpec).times
    layers = AgedLayers(network.layers, entry.spec.aging, network.program)
    accuracy, errors = [], []
    for number, time in enumerate(times, 1):
        layers.advance(time, number)
        accuracy.append(_accuracy(network, x, labels, number))
        errors.append(float(weight_error(*network.weights()).whole))
    return {
        "aged_accuracy": np.array(accuracy),
        "aged_weight_error": np.array(errors),
        "lifetime": lifetime(np.array(times), np.array(accuracy)),
        "refreshes": np.asarray(float(layers.refreshes)),
        "refresh_pulses": np.asarray(layers.refresh_pulses),
        "compensation_reads": np.asarray(float(layers.compensation_reads)),
    }
