"""Memory that a run of the task `classify` takes, estimated from its settings and images."""

from __future__ import annotations

import numpy as np

from memsim.data.labelled import Labelled
from memsim.errors import InputError
from memsim.experiments.labelled import LabelledSpec
from memsim.philox import padded
from memsim.tasks.capacity import COPIES, SOLVER, WIRED
from memsim.tasks.classify.classifiers.gradient import architecture_of
from memsim.tasks.classify.classifiers.weighted import weighted_layers
from memsim.tasks.classify.schema import ArchitectureSpec, ClassifierSpec, ClassifySpec
from memsim.tasks.kept import NUMBER, NUMBERS_OF_A_CELL, WEIGHTS

_KEPT = 12  # bytes a cell of a trained classifier keeps; up to 11 measured with 8.4 million cells of float32
_DECISION = 32  # bytes that a decision about a corrupted image takes until its images are all read
_JUDGED = 300  # bytes that it takes while it is measured; up to 250 by its arrays
_COPIES_OF_A_NETWORK = 6
"""Arrays like its parameters while a network is trained: gradients, means of Adam, mean and best weights."""
_TAUGHT = 40  # bytes more that a cell of a classifier takes while it learns or is measured; up to 23 measured


def memory_estimate(spec: ClassifySpec, data: LabelledSpec, loaded: Labelled | None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large; none before images are loaded.

    Parameters
    ----------
    spec : ClassifySpec
        The settings.
    data : LabelledSpec
        The images of one run of the sweep.
    loaded : Labelled or None
        These images; None before they are loaded.
    """
    if loaded is None:
        return {}
    count, pixels = len(loaded.train), loaded.train.pixels[0].size
    classes, tested = len(loaded.classes), len(loaded.test)
    learners = [spec.learners[run.place] for run in spec.runs.values()]
    columns = [max(classes, learner.features.units if learner.features else 0) for learner in learners]
    cells = [spec.seeds * pixels * 2 * count for count in columns]
    decisions = spec.seeds * len(spec.levels) * tested
    needs: dict[str, float] = {
        "data.samples and data.shape": count * pixels * 4 * COPIES,
        "data.shape, features.units, seeds and learners": sum(cells) * _KEPT + max(cells) * _TAUGHT,
        "seeds, data.samples and noise levels": decisions
        * (classes * 4 * COPIES + len(learners) * _DECISION + _JUDGED),
    }
    networks = [spec.seeds * _bytes_of(learner.network, loaded) for learner in learners if learner.network is not None]
    if networks:
        needs["network.channels, network.hidden, data.shape, seeds and learners"] = (
            sum(networks) + _COPIES_OF_A_NETWORK * max(networks) / spec.seeds
        )
    if any(learner.array.wires for learner in learners):
        needs["array.wires with seeds and data.shape"] = max(cells) * WIRED + SOLVER
    if WEIGHTS in spec.keep:
        numbers = sum(_numbers(learner, pixels, loaded) for learner in learners)
        needs["keep: [weights] with data.shape, seeds and learners"] = spec.seeds * numbers * NUMBER * COPIES
    return needs


def _parameters(network: ArchitectureSpec, data: Labelled) -> int:
    """Numbers of a network."""
    try:
        architecture = architecture_of(network, data.train.pixels.shape[1:], len(data.classes))
    except InputError:  # the run refuses it, and says where it stands
        return 0
    return sum(own.parameters for own in weighted_layers(architecture.layers, architecture.shape))


def _bytes_of(network: ArchitectureSpec, data: Labelled) -> int:
    """Memory of the parameters of one seed of a network [byte]."""
    return _parameters(network, data) * np.dtype(network.dtype).itemsize


def _numbers(learner: ClassifierSpec, pixels: int, data: Labelled) -> int:
    """Numbers that are kept of one seed of a learner; those of what is programmed belong to its network."""
    classes = len(data.classes)
    if learner.programmed is not None:
        return 0
    if learner.network is not None:
        return _parameters(learner.network, data)
    features = learner.features.units if learner.features else 0
    rows = [(pixels, features), (features or pixels, classes)]
    return sum(2 * padded(1 + inputs) * outputs for inputs, outputs in rows) * NUMBERS_OF_A_CELL
