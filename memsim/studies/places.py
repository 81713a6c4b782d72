"""Changes of experiments that a study may make. It may come from anyone, so it must not make memsim read files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from memsim.errors import InputError, nearest
from memsim.experiments.devices import whole_key
from memsim.experiments.experiment import Experiment
from memsim.experiments.keys import names_device
from memsim.storage.library import library


def check_places(experiment: Experiment, changes: dict[str, Any]) -> None:
    """Refuse changes that name images, devices or component tables that do not come with memsim.

    Raises
    ------
    InputError
        For the first of them.
    """
    embedded = getattr(getattr(experiment.spec, "data", None), "EMBEDDED", ())
    devices, tables = library("devices"), library("components")
    for key, text in _texts(changes, ""):
        if f".{key}".endswith(".energy.components") and text not in tables:
            raise InputError(
                f"component table '{text}' is not allowed here; allowed are those of memsim{nearest(text, tables)}"
            )
        if names_device(key) and text not in devices:
            raise InputError(
                f"device '{text}' is not allowed here; allowed are those of memsim{nearest(text, devices)}"
            )
        if f".{key}".endswith(".data.source") and text not in embedded:
            allowed = f"{' and '.join(embedded)}; use --data" if embedded else "none"
            raise InputError(f"source '{text}' is not allowed here; allowed: {allowed}")


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every text of a change with the dotted keys that lead to it; items of lists have the key of the list."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _texts(item, f"{key}.{inner}" if key else whole_key(str(inner)))
