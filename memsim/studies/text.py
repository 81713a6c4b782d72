"""Numbers as a reader sees them, and texts with measured numbers in them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memsim.errors import InputError
from memsim.studies.expression import Expression

_PLACE = re.compile(r"\{([^{}:]*):([^{}:]*)\}")
_FORMAT = re.compile(r"\+?,?\.[0-9][feg]")


def number(value: float, digits: int = 4) -> str:
    """A number with as many significant digits, or "undefined"."""
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-4 <= abs(value) < 1e6:
        return f"{value:.0f}"
    return re.sub(r"e([+-])0?(\d+)", lambda match: f"e{match[1].replace('+', '')}{match[2]}", text)


@dataclass(frozen=True)
class Template:
    """A text with places like ``{100 * (a / b - 1):.1f}``, which are filled with measured numbers."""

    parts: tuple[str | tuple[Expression, str], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """The template of a text.

        Raises
        ------
        InputError
            A place is not ``{EXPRESSION:FORMAT}`` with a format such as .2f, +.1f or .3g.
        """
        parts: list[str | tuple[Expression, str]] = []
        end = 0
        for match in _PLACE.finditer(text):
            parts.append(_literal(text[end : match.start()]))
            if not _FORMAT.fullmatch(match[2]):
                raise InputError(f"'{match[0]}': the format must be one like .2f, +.1f or .3g")
            parts.append((Expression.parse(match[1]), match[2]))
            end = match.end()
        parts.append(_literal(text[end:]))
        return cls(tuple(parts))

    @property
    def names(self) -> frozenset[str]:
        """The names it needs."""
        return frozenset(name for part in self.parts if not isinstance(part, str) for name in part[0].names)

    def fill(self, values: Mapping[str, Any]) -> str:
        """The text with the numbers in their places."""
        return "".join(part if isinstance(part, str) else _shown(part, values) for part in self.parts)


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise InputError("a place in a text is written {EXPRESSION:FORMAT}, for example {measured:.2f}")
    return text


def _shown(part: tuple[Expression, str], values: Mapping[str, Any]) -> str:
    value = float(part[0].evaluate(values))
    if not math.isfinite(value):
        return number(value)
    text = format(value, part[1])
    return number(value) if len(text) > 12 else re.sub(r"e([+-])0?(\d+)", r"e\1\2", text).replace("e+", "e")
