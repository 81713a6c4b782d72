"""Memory that a run of the task `program` takes, estimated from its settings."""

from __future__ import annotations

from memsim.philox import padded
from memsim.tasks.capacity import COPIES
from memsim.tasks.program.histograms import CONDUCTANCE_BINS
from memsim.tasks.program.schema import SINGLE, ProgramSpec
from memsim.tasks.program.targets import MAX_LEVELS

_CELL = 250  # bytes a cell takes while it is programmed and read; up to 240 measured
_LEVEL_CELL = 16  # bytes that stay of a cell whose level is counted
_SAMPLE = 20  # bytes an input or an output of a product takes; up to 12 measured


def memory_estimate(spec: ProgramSpec, data: None, loaded: None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large; the task has no images."""
    lines = max(
        (2 if one.array.mapping.kind not in (SINGLE, "offset") else 1) * one.array.mapping.slices for one in spec.arrays
    )
    count = spec.distribution.level_count
    levels = MAX_LEVELS if count is None else count  # the device is not known here
    results = 20 * spec.repeats * len(spec.moments) + 2 * levels * (len(spec.moments) + CONDUCTANCE_BINS)
    return {
        "rows and columns": float(padded(spec.rows)) * spec.columns * lines * _CELL,
        "inputs": float(spec.inputs) * (spec.rows + spec.columns * lines) * _SAMPLE,
        "arrays, repeats and times": float(len(spec.labels)) * results * 8 * COPIES,
        "repeats": float(spec.repeats) * spec.rows * spec.columns * (_LEVEL_CELL if levels else 8),
    }
