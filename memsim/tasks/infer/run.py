"""Computes the experiments of the task `infer`: digital accuracy, and that of each programming on crossbars."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from memsim.data.labelled import Labelled
from memsim.errors import MemsimWarning
from memsim.exchange import Graph, NetworkFile
from memsim.exchange.programmed import Hardware, ProgrammedNetwork, calibrated, samples_at_once
from memsim.experiments.experiment import Experiment
from memsim.experiments.labelled import labelled_images
from memsim.metrics.classes import predicted
from memsim.metrics.intervals import seed_interval
from memsim.metrics.lifetime import lifetime
from memsim.metrics.weight_error import weight_error
from memsim.philox import Occasion, Purpose
from memsim.results.settings import NETWORK_HASHES, NETWORKS
from memsim.tasks.aged_layers import AgedLayers
from memsim.tasks.compared import Entry, device_notes, time_notes
from memsim.tasks.infer.networks import Files, graph_of, inputs_of, network_of
from memsim.tasks.infer.schema import InferSpec
from memsim.tasks.infer.variables import SUMMARISED, VARIABLES
from memsim.tasks.job import Computed, Job, spec_of

Values = dict[str, np.ndarray]

SNR_IMAGES = 200
"""Test images from which the signal-to-noise ratio of products is measured."""
_NEAR = 0.25
"""Share of the way from a guess to no errors below which a digital accuracy is near that of a guess; assumed."""


def load_images(experiment: Experiment) -> Labelled:
    """The images of an experiment."""
    return labelled_images(spec_of(experiment, InferSpec).data, experiment.data_path())


def infer(job: Job) -> Computed:
    """Variables of a result on the dimensions learner, repeat and others."""
    spec = spec_of(job.experiment, InferSpec)
    known: Files = {}
    files = [network_of(entry, known) for entry in job.entries]
    graphs = [graph_of(entry, file, job.images[entry.data]) for entry, file in zip(job.entries, files, strict=True)]
    notes, digital, computed = list[str](), dict[str, float](), dict[Any, float]()
    for entry, graph, file in zip(job.entries, graphs, files, strict=True):
        same = file.path, entry.spec.network, entry.data  # learners that differ in their arrays alone
        if same not in computed:
            computed[same] = _digital_accuracy(entry, graph, job.images[entry.data])
        digital[entry.label] = computed[same]
        notes += _near_chance(file, digital[entry.label], _chance(job.images[entry.data]))
    notes = list(dict.fromkeys(notes))
    for note in notes:
        warnings.warn(note, MemsimWarning, stacklevel=2)
    parts = []
    for entry, graph in zip(job.entries, graphs, strict=True):

        def report(share: float, label: str = entry.label) -> None:
            if job.progress is not None:
                job.progress(label, int(100 * share), 100)

        parts.append(_measured(entry, graph, job.images[entry.data], digital[entry.label], job.backend, report))
    variables = _stacked(parts)
    for name in SUMMARISED:
        if name in variables:
            mean, low, high = seed_interval(variables[name], axis=1, bounds=VARIABLES[name].bounds)
            variables[f"{name}_mean"], variables[f"{name}_interval"] = mean, np.stack([low, high], axis=-1)
    coordinates: dict[str, Any] = {
        "repeat": np.arange(spec.repeats),
        "interval": ["low", "high"],
        "layer": _layer_names(graphs),
    }
    if spec.times:
        coordinates["time"] = np.array(spec.times)
    named = {entry.label: file for entry, file in zip(job.entries, files, strict=True)}
    attributes = {
        NETWORKS: json.dumps({label: file.path.name for label, file in named.items()}),
        NETWORK_HASHES: json.dumps({label: file.sha256 for label, file in named.items()}),
    }
    notes += device_notes(job.entries) + time_notes(job.entries)
    return Computed(variables, coordinates, notes, attributes=attributes)


def _digital_accuracy(entry: Entry, graph: Graph, data: Labelled) -> float:
    """Share of the test images that the network recognises in floating point."""
    at_once = samples_at_once(graph)
    parts = [
        graph.outputs(inputs_of(entry, data.test.pixels[first : first + at_once]))
        for first in range(0, len(data.test), at_once)
    ]
    return float((predicted(np.concatenate(parts)) == data.test.labels).mean())


def _chance(data: Labelled) -> float:
    return float(np.bincount(data.test.labels).max() / len(data.test))


def _near_chance(file: NetworkFile, accuracy: float, chance: float) -> list[str]:
    """What a reader must know where the network hardly recognises the images even in floating point."""
    if accuracy > chance + _NEAR * (1 - chance):
        return []
    shares = f"{100 * accuracy:.1f} %, near the {100 * chance:.1f} % of a guess"
    return [
        f"the digital accuracy of {file.path.name} is {shares}; its preprocessing or the order of its classes may "
        "differ from those of the training"
    ]


def _measured(
    entry: Entry, graph: Graph, data: Labelled, digital: float, backend: str, report: Callable[[float], None]
) -> Values:
    """Variables of one learner, without its dimension."""
    spec = spec_of(entry.experiment, InferSpec)
    hardware = hardware_of(entry, backend)
    ranges = calibrated(graph, hardware, inputs_of(entry, data.train.pixels[: spec.calibration]))
    x, labels = inputs_of(entry, data.test.pixels), data.test.labels
    repeats: list[Values] = []
    network = None
    for repeat in range(spec.repeats):
        network = ProgrammedNetwork(graph, hardware, ranges=ranges, repeat=repeat)
        accuracy = _accuracy(network, x, labels, 0)
        snr = network.layer_snr(x[:SNR_IMAGES], Occasion(Purpose.PRODUCTS))
        values: Values = {
            "test_accuracy": np.asarray(accuracy),
            "accuracy_loss": np.asarray(digital - accuracy),
            "weight_error": weight_error(*network.weights()).whole,
            "layer_snr": snr,
            "product_snr": np.min(snr),
        }
        if spec.times:
            values |= _over_time(entry, network, x, labels)
        repeats.append(values)
        report((repeat + 1) / spec.repeats)
    assert network is not None
    variables = {name: np.stack([part[name] for part in repeats]) for name in repeats[0]}
    if spec.times:
        for name in ("refreshes", "compensation_reads"):
            variables[name] = variables[name][0]
        variables["refresh_pulses"] = variables["refresh_pulses"].sum()
    counts = {"cells": network.cells, "parameters": graph.parameters, "operations": graph.operations}
    variables |= {name: np.asarray(float(count)) for name, count in counts.items()}
    return variables | {"digital_accuracy": np.asarray(digital), "chance_accuracy": np.asarray(_chance(data))}


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


def _accuracy(network: ProgrammedNetwork, x: np.ndarray, labels: np.ndarray, time: int) -> float:
    """Share of images that are recognised by reads at an evaluation time."""
    outputs = network.outputs(x, Occasion(Purpose.TEST, time=time))
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


def _stacked(parts: list[Values]) -> Values:
    """Variables of all learners; layers that a network does not have are NaN."""
    most = max(part["layer_snr"].shape[-1] for part in parts)
    for part in parts:
        missing = most - part["layer_snr"].shape[-1]
        part["layer_snr"] = np.pad(part["layer_snr"], ((0, 0), (0, missing)), constant_values=np.nan)
    return {name: np.stack([np.asarray(part[name], float) for part in parts]) for name in parts[0]}


def _layer_names(graphs: list[Graph]) -> list[Any]:
    """Labels of layers: their names where all networks have the same, else their numbers from 1."""
    names = [[node.label for node, _ in graph.weighted] for graph in graphs]
    first = names[0]
    if all(labels == first for labels in names) and len(set(first)) == len(first):
        return list(first)
    return list(range(1, max(map(len, names)) + 1))
