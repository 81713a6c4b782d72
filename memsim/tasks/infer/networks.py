"""The networks that an experiment names, and the inputs that they take for images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from memsim.data.labelled import Labelled
from memsim.errors import InputError
from memsim.exchange import Graph, NetworkFile, read_network
from memsim.exchange.fusion import without_norms
from memsim.exchange.layer_names import matches, unmatched
from memsim.tasks.compared import Entry, refused
from memsim.tasks.infer.schema import InferenceSpec, PreprocessingSpec, TrainedNetworkSpec

Files = dict[tuple[str, Path], NetworkFile]
"""Networks that were read, by the kind and the path of their files."""


def check(entry: Entry) -> None:
    """Refuse an entry whose network cannot be read.

    Raises
    ------
    InputError
        Names the key of the file, and what is wrong with it.
    """
    network_of(entry, {})


def network_of(entry: Entry, files: Files) -> NetworkFile:
    """The file of a learner's network; one that is not among `files` is read and added to them."""
    spec: InferenceSpec = entry.spec
    kind = spec.network.kind
    path = entry.experiment.network_path(spec, kind, spec.network.file)
    try:
        file = files.setdefault((kind, path), files.get((kind, path)) or read_network(kind, path))
    except InputError as error:
        raise refused(entry.experiment, spec, f"network.{kind}", str(error)) from None
    earlier = entry.experiment.networks.get(entry.label, file.sha256)
    if earlier != file.sha256:
        text = (
            f"{path}: is not the network of the earlier run (hash {file.sha256[:12]}, then {earlier[:12]}); name the "
            "same one, or run the experiment anew"
        )
        raise refused(entry.experiment, spec, f"network.{kind}", text)
    return file


def inputs_of(entry: Entry, pixels: np.ndarray) -> np.ndarray:
    """What the network of a learner gets for images, float32.

    Parameters
    ----------
    entry : Entry
        The learner.
    pixels : (image, y, x) or (image, channel, y, x)
        Images, from 0 to 1.

    Raises
    ------
    InputError
        If its preprocessing does not fit to the images.
    """
    spec: PreprocessingSpec = entry.spec.network.preprocessing
    images = pixels if pixels.ndim == 4 else pixels[:, None]
    channels = images.shape[1]
    factors = []
    for key in ("mean", "std"):
        value = np.atleast_1d(np.asarray(getattr(spec, key), np.float32))
        if len(value) not in (1, channels):
            text = f"{len(value)} numbers for images of {channels} channels; allowed: one number, or {channels}"
            raise refused(entry.experiment, entry.spec, f"network.preprocessing.{key}", text)
        factors.append(value[:, None, None])
    mean, std = factors
    x = (images.astype(np.float32) * np.float32(spec.scale) - mean) / std
    if spec.layout == "NHW" and channels != 1:
        text = f"'NHW' has no channels, but the images have {channels}; allowed: NCHW, NHWC, NC, or data.colour: grey"
        raise refused(entry.experiment, entry.spec, "network.preprocessing.layout", text)
    if spec.layout == "NHWC":
        return np.ascontiguousarray(np.moveaxis(x, 1, -1))
    return x[:, 0] if spec.layout == "NHW" else x.reshape(len(x), -1) if spec.layout == "NC" else x


def graph_of(entry: Entry, file: NetworkFile, data: Labelled) -> Graph:
    """The network of a learner for some images.

    Raises
    ------
    InputError
        If it does not take these images, has other than one output for each class, or has none of the layers that are
        excluded.
    """
    spec: TrainedNetworkSpec = entry.spec.network
    shape = inputs_of(entry, data.test.pixels[:1]).shape[1:]
    try:
        graph = file.graph(shape)
    except InputError as error:
        text = f"{error}; images of {list(data.test.pixels.shape[1:])} pixels in the layout {spec.preprocessing.layout}"
        hint = "; data.shape, data.colour and network.preprocessing.layout change them"
        raise refused(entry.experiment, entry.spec, f"network.{spec.kind}", text + hint) from None
    outputs = graph.shapes[graph.output]
    if outputs != (len(data.classes),):
        text = (
            f"{file.path}: gives outputs of shape {list(outputs)}; allowed: [{len(data.classes)}], one for each class"
        )
        raise refused(entry.experiment, entry.spec, f"network.{spec.kind}", text)
    return _with_excluded(entry, without_norms(graph) if spec.batch_norm == "folded" else graph)


def _with_excluded(entry: Entry, graph: Graph) -> Graph:
    """The graph in which the layers that a learner excludes stay digital.

    Raises
    ------
    InputError
        If a name fits no layer, or no layer is left for crossbars.
    """
    patterns = entry.spec.network.exclude
    labels = {node.name: node.label for node, _ in graph.weighted}
    if why := unmatched(patterns, labels.values()):
        raise refused(entry.experiment, entry.spec, "network.exclude", why)
    digital = {name for name, label in labels.items() if any(matches(label, pattern) for pattern in patterns)}
    if labels and len(digital) == len(labels):
        text = f"leaves no layer for crossbars; layers: {', '.join(labels.values())}"
        raise refused(entry.experiment, entry.spec, "network.exclude", text)
    return replace(graph, digital=frozenset(digital))
