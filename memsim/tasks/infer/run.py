"""Computes the experiments of the task `infer`: digital accuracy, and that of each programming on crossbars."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np

from memsim.data.labelled import Labelled
from memsim.errors import MemsimWarning, name_list
from memsim.exchange import Graph, NetworkFile
from memsim.exchange.programmed import samples_at_once
from memsim.experiments.experiment import Experiment
from memsim.experiments.labelled import labelled_images
from memsim.metrics.classes import predicted
from memsim.metrics.intervals import seed_interval
from memsim.results.settings import NETWORK_HASHES, NETWORKS
from memsim.tasks.compared import Entry, device_notes, time_notes
from memsim.tasks.energy_costs import LearnerEvents, ResultCosts
from memsim.tasks.infer.measured import OF_LAYER, Values, measured
from memsim.tasks.infer.networks import Files, graph_of, inputs_of, network_of
from memsim.tasks.infer.schema import InferSpec
from memsim.tasks.infer.variables import SUMMARISED, VARIABLES
from memsim.tasks.job import Computed, Job, spec_of

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
    costs, events = ResultCosts(job.experiment), dict[str, LearnerEvents | None]()
    parts = []
    for entry, graph in zip(job.entries, graphs, strict=True):

        def report(share: float, label: str = entry.label) -> None:
            if job.progress is not None:
                job.progress(label, int(100 * share), 100)

        result = measured(entry, graph, job.images[entry.data], digital[entry.label], job.backend, report)
        numbers: dict[str, float] = {
            "parameters": graph.parameters,
            "operations": graph.operations,
            "digital_accuracy": digital[entry.label],
            "chance_accuracy": _chance(job.images[entry.data]),
        }
        parts.append(result.values | {name: np.asarray(float(number)) for name, number in numbers.items()})
        events[entry.label] = result.events
    variables = _stacked(parts)
    of_costs, cost_labels = costs.variables(events, spec.repeats)
    variables |= of_costs
    for name in SUMMARISED:
        if name in variables:
            mean, low, high = seed_interval(variables[name], axis=1, bounds=VARIABLES[name].bounds)
            variables[f"{name}_mean"], variables[f"{name}_interval"] = mean, np.stack([low, high], axis=-1)
    coordinates: dict[str, Any] = {
        "repeat": np.arange(spec.repeats),
        "interval": ["low", "high"],
        "layer": _layer_names(graphs),
        **cost_labels,
    }
    if spec.times:
        coordinates["time"] = np.array(spec.times)
    named = {entry.label: file for entry, file in zip(job.entries, files, strict=True)}
    attributes = {
        NETWORKS: json.dumps({label: file.path.name for label, file in named.items()}),
        NETWORK_HASHES: json.dumps({label: file.sha256 for label, file in named.items()}),
        **costs.attributes,
    }
    notes += [note for entry, graph in zip(job.entries, graphs, strict=True) for note in _digital_layers(entry, graph)]
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


def _digital_layers(entry: Entry, graph: Graph) -> list[str]:
    """What a reader must know of layers that stay digital."""
    labels = [node.label for node, _ in graph.weighted if node.name in graph.digital]
    return (
        [f"{entry.label}: digital layers {name_list(labels)}; energy, time and area leave them out"] if labels else []
    )


def _stacked(parts: list[Values]) -> Values:
    """Variables of all learners; layers that a network does not have are NaN."""
    most = max(part["layer_snr"].shape[-1] for part in parts)
    for part in parts:
        for name in OF_LAYER:
            missing = most - part[name].shape[-1]
            part[name] = np.pad(part[name], ((0, 0), (0, missing)), constant_values=np.nan)
    return {name: np.stack([np.asarray(part[name], float) for part in parts]) for name in parts[0]}


def _layer_names(graphs: list[Graph]) -> list[Any]:
    """Labels of layers: their names where all networks have the same, else their numbers from 1."""
    names = [[node.label for node, _ in graph.weighted] for graph in graphs]
    first = names[0]
    if all(labels == first for labels in names) and len(set(first)) == len(first):
        return list(first)
    return list(range(1, max(map(len, names)) + 1))
