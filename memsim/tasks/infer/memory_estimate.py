"""Memory that a run of the task `infer` takes, estimated from its settings."""

from __future__ import annotations

from memsim.data.labelled import Labelled
from memsim.experiments.labelled import LabelledSpec
from memsim.tasks.infer.schema import InferSpec

_COPIES = 4
"""Copies of all images that exist at once, and their inputs."""
_BLOCKS = 1 << 30
"""What a block of inputs, its patches and outputs take [byte]; assumed."""


def memory_estimate(spec: InferSpec, data: LabelledSpec, loaded: Labelled | None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large.

    Networks are bounded by the sizes of their files.
    """
    pixels = 0.0
    if loaded is not None:
        pixels = float(sum(split.pixels.size for split in (loaded.train, loaded.validation, loaded.test)))
    elif data.samples is not None and data.shape is not None:
        pixels = float(data.samples * data.shape[0] * data.shape[1])
    results = 8.0 * len(spec.labels) * spec.repeats * (3 + len(spec.times))
    return {"data.samples and data.shape": 4 * _COPIES * pixels, "learners and repeats": results, "inputs": _BLOCKS}
