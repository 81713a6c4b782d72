"""Some of the shipped devices that between them have every model and every section that any of them has."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from memsim import device_names, load_device


@functools.cache
def representative() -> tuple[str, ...]:
    """Names of few devices, in the order of all: each has something that those before it have not."""
    seen: set[str] = set()
    chosen = []
    for name in device_names():
        features = set(_features("", load_device(name).spec.model_dump(exclude_none=True, exclude={"sources"})))
        if features - seen:
            seen |= features
            chosen.append(name)
    return tuple(chosen)


def _features(path: str, given: Any) -> Iterator[str]:
    """Sections, and names of models, by their paths."""
    if not isinstance(given, dict):
        return
    for key, value in given.items():
        at = f"{path}.{key}"
        if key in ("model", "column", "encoding"):
            yield f"{at} {value}"
        elif isinstance(value, dict):
            yield at
            if key not in ("d2d", "per_pulse"):  # which of the numbers differ makes no other device
                inside = value if key != "update" else {"model": value["model"]}
                yield from _features(at, inside)
