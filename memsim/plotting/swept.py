"""Values of swept settings on an axis: words for the setting, and places and labels of its values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from memsim.document.writer import show
from memsim.experiments.devices import value_key
from memsim.plotting.style import plain

_QUANTITY = re.compile(r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*([^\W\d_]+|%)")
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
    "array.prior_cycles": "cycles before the programming",
    "network.hidden": "hidden units",
    "programmed.error": "error of a cell, share of the window",
    "training.weight_noise": "weight noise of the training",
}
"""Words for settings on an axis; the key itself for others."""


def axis_name(key: str, unit: str = "") -> str:
    """Words for a setting, with the unit of its values."""
    name = NAMES.get(key) or plain(value_key(key) or key, 40)
    return f"{name} [{unit}]" if unit else name


def places_of(values: Sequence[Any]) -> tuple[Mapping[str, float], list[str] | None, str]:
    """Where each value lies on the horizontal axis, tick labels if it is not a numeric one, and the unit of numbers."""
    read = [_number(value) for value in values]
    units = {unit for _, unit in read}
    if len(units) == 1 and None not in units:
        return {show(value): number for value, (number, _) in zip(values, read, strict=True)}, None, str(units.pop())
    texts = list(dict.fromkeys(map(show, values)))
    square = [re.fullmatch(r"\[(\d+), \1\]", text) for text in texts]
    words = [match[1] if match else text for match, text in zip(square, texts, strict=True)]
    return {text: float(i) for i, text in enumerate(texts)}, [plain(word, 24) for word in words], ""


def _number(value: Any) -> tuple[float, str | None]:
    """Number and unit of a value such as 3 or "3 %"; the unit is None where it is something else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value), ""
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return (float(match[1]), match[2]) if match else (0.0, None)
