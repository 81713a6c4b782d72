"""One claim of a study with what was measured, as numbers and text."""

from __future__ import annotations

import math
from dataclasses import dataclass

from memsim.studies.claims import ClaimSpec
from memsim.studies.rules import RULES
from memsim.studies.text import number
from memsim.studies.verdict import ONLY_GIVEN, Measured, Spread

_SIGNS = {"equal": "", "above": "> ", "below": "< "}
_MARKS = {"percentile": "*", "extreme": "**"}
"""Marks of intervals that the footnotes of a report explain."""


@dataclass(frozen=True)
class Finding:
    """A claim with what was measured and the verdict that follows."""

    claim: ClaimSpec
    measured: Measured
    verdict: str
    cause: str
    spread: Spread | None = None
    elsewhere: float | None = None
    without: Measured | None = None

    @property
    def unit(self) -> str:
        """What follows the numbers."""
        unit = self.claim.unit
        return unit if unit in ("", "x") else f" {unit}"

    @property
    def published(self) -> str:
        """The published number, or the range, as text."""
        ends = (self.claim.published, self.claim.up_to)
        text = " to ".join(number(end, 6) for end in ends if end is not None)
        return _SIGNS[RULES[self.claim.rule].relation] + text + self.unit

    @property
    def value(self) -> str:
        """The measured number as text."""
        return number(self.measured.value) + self.unit

    @property
    def interval(self) -> str:
        """Its 95 % interval as text; one number where it has no width, nothing where there is none."""
        if math.isnan(self.measured.low) or math.isnan(self.measured.high):
            return ""
        low, high = number(self.measured.low), number(self.measured.high)
        return low if low == high else f"{low} to {high}{_MARKS.get(self.measured.method, '')}"

    @property
    def verdict_text(self) -> str:
        """The verdict, with its condition."""
        condition = self.condition
        return f"{self.verdict} {condition}" if condition else self.verdict

    @property
    def condition(self) -> str:
        """What the verdict depends on; empty for other verdicts than "only given"."""
        return self.claim.condition.text if self.verdict == ONLY_GIVEN and self.claim.condition else ""

    @property
    def sentence(self) -> str:
        """The cause with a capital and a full stop."""
        return self.cause[:1].upper() + self.cause[1:] + "."

    @property
    def explanation(self) -> str:
        """The basis of the claim, if it says one, the condition of the verdict, and the cause."""
        text = f"Only given {self.condition}: {self.cause}." if self.condition else self.sentence
        return f"{self.claim.basis.capitalize()}. {text}" if self.claim.basis else text

    @property
    def spread_text(self) -> str:
        """The spread over seeds as text; empty where the claim asks for none."""
        if self.spread is None:
            return ""
        mean, sd, low, high = (number(value) for value in vars(self.spread).values())
        return f"mean {mean}{self.unit}, standard deviation {sd}{self.unit}, {low} to {high}{self.unit}"
