"""Values of swept settings on an axis: words for the setting, and places and labels of its values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from memsim.document.writer import show
from memsim.plotting.style import plain

NAMES = {
    "training.lambda": r"margin weight $\lambda$",
    "training.rate": "learning rate",
    "learning.rate": "learning rate",
    "training.steps": "training steps",
    "learning.steps": "training steps",
    "training.loss": "loss",
    "data.shape": "pixels a side",
    "array.bounds": "bounds of w",
    "array.device": "device",
    "array.tile": "rows and columns of a tile",
    "array.wires.node": "node",
    "array.dac.bits": "DAC bits",
    "array.adc.bits": "ADC bits",
    "array.adc.range": "ADC range",
    "network.hidden": "hidden units",
}
"""Words for settings on an axis; the key itself for others."""


def is_number(value: Any) -> bool:
    """Whether a swept value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def places_of(values: Sequence[Any]) -> tuple[Mapping[str, float], list[str] | None]:
    """Where each value lies on the horizontal axis, and the tick labels if it is not a numeric one."""
    if all(map(is_number, values)):
        return {show(value): float(value) for value in values}, None
    texts = list(dict.fromkeys(map(show, values)))
    square = [re.fullmatch(r"\[(\d+), \1\]", text) for text in texts]
    words = [match[1] if match else text for match, text in zip(square, texts, strict=True)]
    return {text: float(i) for i, text in enumerate(texts)}, [plain(word, 24) for word in words]
