"""Which settings of two experiments differ, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memsim.document.writer import show

WORDS = ("name", "title", "notes", "published")
"""Keys of an experiment that change no number."""


def flat(values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Dotted key -> value of nested settings; a section that extends a device says its name, too."""
    settings: dict[str, Any] = {path[:-1]: values["extends"]} if path and "extends" in values else {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            settings |= flat(value, f"{path}{key}.")
        elif key != "extends" or not path:
            settings[f"{path}{key}"] = value
    return settings


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Keys whose values differ, with both values as text; "-" where one has none."""
    keys = dict.fromkeys([*first, *second])
    texts = {key: [show(values[key]) if key in values else "-" for values in (first, second)] for key in keys}
    return [(key, one, other) for key, (one, other) in texts.items() if one != other]
