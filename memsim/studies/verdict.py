"""Verdicts from measured numbers, by what `MEANINGS` says of each; the first that applies counts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from memsim.studies.rules import CLOSE, RULES, Published, Rule

SPREAD = 0.5
"""Largest standard deviation over |mean| of a number that says something."""

CONTRADICTS, UNDETERMINED, REPRODUCES = "contradicts itself", "undetermined", "reproduces"
ONLY_GIVEN, REFUTED = "only given", "refuted"
VERDICTS = (CONTRADICTS, UNDETERMINED, REPRODUCES, ONLY_GIVEN, REFUTED)

MEANINGS = (
    f"{CONTRADICTS}: the published number is not '{CLOSE}' to what the study's other published numbers give (converted "
    "by a measured ratio where they are about another noise level).",
    f"{UNDETERMINED}: the claim is about another task than the one measured, or no number comes out, or one draw of it "
    "can be neither reproduced nor refuted: its standard deviation over seeds exceeds half of |mean|, or its standard "
    "error over images or repeats exceeds half of |measured|.",
    f"{ONLY_GIVEN} CONDITION: verdict 4 holds, but not for a second measurement in which that condition is changed.",
    f"{REPRODUCES}: the measured number agrees with the published one by the rule of the claim, or the published one "
    "lies in the 95 % interval; an inequality holds.",
    f"{REFUTED}: otherwise.",
)
"""What each verdict means, in order."""
_INTERVALS = (
    "Intervals of shares of reads are Clopper-Pearson, of other means bootstrap-t with 2,000 resamples of the images "
    "or repeats (fewer than 10: Student's t corrected for skewness)."
)


def tolerances(rules: Iterable[str]) -> str:
    """The order of the verdicts, the rules of claims with their tolerances, and the methods of intervals, in words."""
    names = {CLOSE, *rules}
    meanings = "; ".join(f"{name}: {rule.meaning}" for name, rule in RULES.items() if name in names)
    return f"The first that applies counts. Rules of claims: {meanings}. {_INTERVALS}"


@dataclass(frozen=True)
class Measured:
    """A number, its 95 % interval and its standard error over images or repeats.

    Attributes
    ----------
    method : {"", "share", "mean", "registered", "percentile", "extreme"}
        What the interval is: none or of no width, that of a share, that of means, that of the result itself,
        percentiles of resamples, or the same of a smallest or largest value.
    samples : int
        How many images or repeats it is over; 0 for plain arithmetic.
    """

    value: float
    low: float
    high: float
    error: float = 0.0
    method: str = ""
    samples: int = 0

    @property
    def ill_conditioned(self) -> bool:
        """Whether a few images make the number; not known (NaN) counts as no."""
        return self.error > SPREAD * abs(self.value)


@dataclass(frozen=True)
class Spread:
    """The same number over seeds: mean, standard deviation (n - 1), smallest and largest."""

    mean: float
    sd: float
    smallest: float
    largest: float

    @property
    def ill_conditioned(self) -> bool:
        """Whether one draw says nothing."""
        return not self.sd <= SPREAD * abs(self.mean)


@dataclass(frozen=True)
class Case:
    """The numbers that a verdict depends on.

    Attributes
    ----------
    published : float
        The printed number, or the lower end of a printed range.
    measured : Measured
        The same, measured under the study's protocol.
    rule : str
        By which the measured number agrees with the published one, of `memsim.studies.rules.RULES`.
    percent : bool
        Whether the numbers are percentages.
    elsewhere : float, optional
        What other published numbers give.
    elsewhere_relation : {"equal", "at least", "at most"}
        How the published number should compare with that.
    same_task : bool
        Whether the claim is about the task that was measured.
    spread : Spread, optional
        The measured number over seeds.
    without : Measured, optional
        The second measurement, without the condition of the claim.
    up_to : float, optional
        The upper end of a printed range.
    """

    published: float
    measured: Measured
    rule: str = CLOSE
    percent: bool = False
    elsewhere: float | None = None
    elsewhere_relation: Literal["equal", "at least", "at most"] = "equal"
    same_task: bool = True
    spread: Spread | None = None
    without: Measured | None = None
    up_to: float | None = None

    @property
    def range(self) -> Published:
        """The published number as a range."""
        return Published(self.published, self.published if self.up_to is None else self.up_to, self.percent)

    @property
    def by(self) -> Rule:
        """The rule itself."""
        return RULES[self.rule]


def judge(case: Case) -> str:
    """The verdict, one of `VERDICTS`."""
    if contradicted(case):
        return CONTRADICTS
    if not case.same_task or not math.isfinite(case.measured.value):
        return UNDETERMINED
    if case.measured.ill_conditioned or (case.spread is not None and case.spread.ill_conditioned):
        return UNDETERMINED
    if not agrees(case, case.measured):
        return REFUTED
    if case.without is not None and not agrees(case, case.without):
        return ONLY_GIVEN
    return REPRODUCES


def contradicted(case: Case) -> bool:
    """Whether the study's other numbers give another one than that published."""
    if case.elsewhere is None or not math.isfinite(case.elsewhere):
        return False
    low, high, percent = case.range
    below = low - case.elsewhere > RULES[CLOSE].allowed(low, percent)
    above = case.elsewhere - high > RULES[CLOSE].allowed(high, percent)
    return {"equal": below or above, "at least": above, "at most": below}[case.elsewhere_relation]


def agrees(case: Case, measured: Measured) -> bool:
    """Whether a measurement agrees with the published number, by its value or by its interval."""
    if case.by.relation == "equal" and measured.low <= case.range.high and case.range.low <= measured.high:
        return True
    return case.by.agrees(case.range, measured.value)


def near(case: Case, measured: Measured) -> bool:
    """Whether the value alone agrees with the published number."""
    return case.by.agrees(case.range, measured.value)
