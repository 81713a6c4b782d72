"""Rules by which a measured number agrees with a published one. Each states its tolerance once; a claim names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple


class Published(NamedTuple):
    """A published number, or a range of numbers: its ends, and whether they are in percent."""

    low: float
    high: float
    percent: bool = False


@dataclass(frozen=True)
class Rule:
    """How a measured number compares with the published one.

    Attributes
    ----------
    relation : {"equal", "above", "below"}
        Whether it should be the published number, or lie on one side of it.
    tolerance : float
        Largest deviation of an equal number, over the published one.
    points : float, optional
        The same of numbers in percent [percentage point]; the tolerance applies to them where there is none.
    """

    relation: Literal["equal", "above", "below"] = "equal"
    tolerance: float = 0.0
    points: float | None = None

    def allowed(self, published: float, percent: bool) -> float:
        """Largest deviation from a published number."""
        return self.points if percent and self.points is not None else self.tolerance * abs(published)

    def agrees(self, published: Published, value: float) -> bool:
        """Whether a measured number agrees with the published one."""
        if self.relation == "above":
            return value > published.high
        if self.relation == "below":
            return value < published.low
        low, high, percent = published
        return (value >= low or low - value <= self.allowed(low, percent)) and (
            value <= high or value - high <= self.allowed(high, percent)
        )

    @property
    def meaning(self) -> str:
        """The rule in words."""
        if self.relation != "equal":
            return f"{self.relation} the published number"
        text = f"within {100 * self.tolerance:g} % of the published number"
        if self.points is None:
            return text
        return f"{text}, or {self.points:g} percentage point{'s' * (self.points != 1)} of numbers in percent"


CLOSE = "close"
RULES = {
    CLOSE: Rule(tolerance=0.05, points=1.0),
    "tight": Rule(tolerance=0.03, points=0.5),
    "strict": Rule(tolerance=0.01, points=0.5),
    "loose": Rule(tolerance=0.25),
    "above": Rule("above"),
    "below": Rule("below"),
}
"""Name -> rule."""
