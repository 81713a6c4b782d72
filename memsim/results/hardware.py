"""The hardware that the evaluation of a network states, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from memsim.document.writer import show
from memsim.results.dataset import stored_mappings
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
    return stored_mappings(dataset, "hardware")


def setting_text(value: Any) -> str:
    """A setting as text; of a section, what differs from none and 0."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {show(own)}" for key, own in value.items() if own not in (None, 0))
    return show(value)


def circuit_texts(dataset: xr.Dataset) -> dict[str, str]:
    """Converters, tiles and wires in words by the name of the setting, without those that no layer has.

    Raises
    ------
    OutputError
        If the result states no hardware, or it is damaged.
    """
    settings = hardware_of(dataset).values()
    texts = {}
    for key in ("dac", "adc", "tile", "wires"):
        words = [_circuit_text(key, layer[key]) for layer in settings if layer.get(key) is not None]
        if words:
            some = " (some layers)" * (len(words) < len(settings))
            texts[key] = " or ".join(dict.fromkeys(words)) + some
    return texts


def _circuit_text(key: str, value: Any) -> str:
    """A converter, the size of tiles or wires in words."""
    if key == "tile" and isinstance(value, list | tuple):
        return f"tiles of {' × '.join(map(str, value))} cells"
    if not isinstance(value, Mapping):
        return f"{key} {show(value)}"
    if key == "wires":
        ends = "_resistance"
        parts = [f"{name.removesuffix(ends)} {r:g} Ω" for name, r in value.items() if name.endswith(ends) and r]
        return f"wires: {', '.join(parts) or 'no resistance'}"
    bits = value.get("bits")
    return f"{key.upper()}s" if bits is None else f"{show(bits)}-bit {key.upper()}s"


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
