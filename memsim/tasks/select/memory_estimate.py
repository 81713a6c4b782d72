"""Memory that a run of the task `select` takes, estimated from its settings."""

from __future__ import annotations

from memsim.tasks.capacity import COPIES
from memsim.tasks.select.schema import SelectSpec

_NODE = 400  # bytes a cell of an array takes while its circuit is solved; up to 190 measured


def memory_estimate(spec: SelectSpec, data: None, loaded: None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large; the task has no images."""
    results = len(spec.labels) * len(spec.schemes) * 8 * COPIES
    return {
        "lines": spec.lines[-1] ** 2 * (_NODE + 8 * len(spec.backgrounds)),
        "arrays, schemes and map_lines": results * spec.map_lines**2,
        "arrays, lines and random_backgrounds": results * len(spec.lines) * spec.reads * (1 + len(spec.times)) * 8,
    }
