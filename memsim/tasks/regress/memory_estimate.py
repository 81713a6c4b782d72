"""Memory that a run of the task `regress` takes, estimated from its settings."""

from __future__ import annotations

from memsim.philox import padded
from memsim.tasks.capacity import COPIES
from memsim.tasks.regress.run import PARTS
from memsim.tasks.regress.schema import RegressSpec

_CELL = 200
"""Bytes for each weight: states, parameters that spread over cells, and digital numbers of two roles; assumed."""


def memory_estimate(spec: RegressSpec, data: None, loaded: None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large; the task has no images."""
    matrix, learners = spec.matrix, len(spec.labels)
    return {
        "rows and columns": float(padded(matrix.rows)) * matrix.columns * spec.repeats * _CELL,
        "vectors": 8.0 * spec.vectors,
        "learners and repeats": float(learners) * spec.repeats * PARTS * 8 * COPIES,
        "learners": float(learners) * matrix.rows * matrix.columns * 4 * 8 * COPIES,
    }
