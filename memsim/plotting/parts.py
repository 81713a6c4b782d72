"""The look of each part of hardware in stacked bars: the same in all figures, and apart in grey as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from memsim.energy.cost import PARTS
from memsim.energy.digital import DIGITAL_PARTS
from memsim.plotting.style import INK


class _Look(NamedTuple):
    """Colour, hatch, and whether the hatch is dark, as on light colours."""

    colour: str
    hatch: str = ""
    dark: bool = False


# Blues, greens, yellows and greys: the colours of learners beside such bars (`style.LEARNERS`) are reds and purples.
_LOOKS: Mapping[str, _Look] = {
    "cells": _Look("#0b2a4a"),
    "half-selected cells": _Look("#34567c", "\\\\\\\\"),
    "word lines": _Look("#1d6a6a", "...."),
    "bit lines": _Look("#4c9a94", "||||"),
    "gate lines": _Look("#9fd3cb", "----", dark=True),
    "DAC": _Look("#e2c044", "\\\\\\\\", dark=True),
    "integrator": _Look("#3f7d4a", "xxxx"),
    "sample-hold": _Look("#b9da97", "++++", dark=True),
    "ADC": _Look("#87919b"),
    "shift-add": _Look("#e3e6e8", "||||", dark=True),
    "register": _Look("#2a62a8", "////"),
    "buffer": _Look("#a3d0f0", "....", dark=True),
    "link": _Look("#76512d", "----"),
    "control": _Look("#cdb995", "oooo", dark=True),
    "other": _Look("#85863b", "OO"),
    "mac": _Look("#3a3a3a", "xxxx"),
    "weights": _Look("#9b9286", "\\\\\\\\"),
    "activations": _Look("#ded8cc", "////", dark=True),
}
_WORDS = {
    "mac": "digital: multiply-accumulates",
    "weights": "digital: memory of weights",
    "activations": "digital: memory of activations",
}
SMALL_PARTS: dict[str, Any] = {"facecolor": "white", "edgecolor": INK, "linewidth": 0.5}
"""The look of all small parts together."""


def _style(look: _Look) -> dict[str, Any]:
    edge = {"edgecolor": "0.25" if look.dark else "white", "linewidth": 0.5}
    return {"facecolor": look.colour, "hatch": look.hatch, **edge}


PART_STYLES: Mapping[str, dict[str, Any]] = {part: _style(_LOOKS[part]) for part in (*PARTS, *DIGITAL_PARTS)}
"""Colour and hatch of each part of crossbars and of digital processors."""


def part_label(part: str) -> str:
    """How legends name a part."""
    return _WORDS.get(part, part)
