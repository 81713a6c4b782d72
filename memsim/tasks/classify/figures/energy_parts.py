"""What figures of energy share: units, and names of swept settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memsim.document.writer import show
from memsim.plotting.members import Member
from memsim.plotting.rules.limits import finite
from memsim.units import format_quantity

LEAST = 0.05
"""Share of a total from which on a part has a colour of its own."""


def unit_for(values: Any, unit: str = "J") -> tuple[float, str]:
    """Factor and unit in which the largest of some values has one to three digits before the point."""
    largest = float(finite(values).max(initial=0.0)) or 1.0
    number, _, symbol = format_quantity(largest, unit).partition(" ")
    return float(number) / largest, symbol.replace("u", "µ", 1)


def setting_words(key: str) -> str:
    """A swept setting in a few words, such as "ADC bits" or "tile"."""
    last = key.rpartition(".")[2]
    return f"{key.split('.')[-2].upper()} bits" if last == "bits" else last


def value_words(key: str, value: Any) -> str:
    """A swept value in a few words, such as "5 bits" or "tile 64 x 64"."""
    last = key.rpartition(".")[2]
    if last == "bits":
        converter = key.split(".")[-2].upper()
        return f"{converter} {show(value)} bits"
    if isinstance(value, list | tuple):
        return f"{last} {' x '.join(map(show, value))}"
    return f"{last} {show(value)}"


def short_labels(shown: Sequence[Member]) -> list[str]:
    """Labels of learners without the name that all of them share."""
    names = {member.name for member in shown}
    labels = []
    for member in shown:
        words = [value_words(key, value) for key, value in member.values.items() if not key.endswith("array.device")]
        labels.append(", ".join([*([member.name] if len(names) > 1 or not words else []), *words]))
    return labels
