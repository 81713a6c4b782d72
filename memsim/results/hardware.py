"""The hardware that the evaluation of a network states, layer by layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from memsim.document.writer import show
from memsim.errors import OutputError
from memsim.results.dataset import source, stored
from memsim.results.differences import differing

if TYPE_CHECKING:
    import xarray as xr


def hardware_of(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Settings of the hardware by the name of the layer.

    Raises
    ------
    OutputError
        If the result states none, or they are damaged.
    """
    try:
        settings = json.loads(stored(dataset, "hardware"))
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict) or not all(isinstance(own, dict) for own in settings.values()):
        raise OutputError(f"{source(dataset)}: its attribute 'hardware' is damaged")
    return settings


def setting_text(value: Any) -> str:
    """A setting as text; of a section, what differs from none and 0."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {show(own)}" for key, own in value.items() if own not in (None, 0))
    return show(value)


def differing_hardware(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Settings of two pieces of hardware that differ, with both values as text; "-" where one has none."""
    rows: list[tuple[str, str, str]] = []
    for key in dict.fromkeys([*first, *second]):
        one, other = first.get(key), second.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            rows += [(f"{key}.{inner}", *values) for inner, *values in differing(one, other)]  # type: ignore[misc]
        elif one != other:
            texts = ["-" if key not in own else setting_text(own[key]) for own in (first, second)]
            rows.append((key, texts[0], texts[1]))
    return rows
