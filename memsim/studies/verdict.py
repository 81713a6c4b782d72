"""Verdicts from measured numbers by stated rules; the first that applies counts.

1. contradicts itself: the published number differs from what the study's other published numbers give.
2. undetermined: the claim is about another task than the one measured, or no number comes out, or one draw of it can
   be neither reproduced nor refuted: its standard deviation over seeds exceeds half of |mean|, or its standard error
   over images exceeds half of |measured|.
3. only given CONDITION: rule 4 holds, but not for a second measurement in which that condition is changed.
4. reproduces: the measured number is within 5 % of the published one, or the published one lies in the 95 % interval
   over images; an inequality holds.
5. refuted: otherwise.

Numbers differ by more than 5 % of the published one, numbers in percent by more than 1 percentage point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

TOLERANCE = 0.05
POINTS = 1.0
SPREAD = 0.5
"""Relative tolerance, tolerance of percentages [percentage point], and largest standard deviation over |mean|."""

CONTRADICTS, UNDETERMINED, REPRODUCES = "contradicts itself", "undetermined", "reproduces"
ONLY_GIVEN, REFUTED = "only given", "refuted"
VERDICTS = (CONTRADICTS, UNDETERMINED, REPRODUCES, ONLY_GIVEN, REFUTED)

RULES = (
    f"{CONTRADICTS}: the published number differs from what the study's other published numbers give (converted by a "
    "measured ratio where they are about another noise level).",
    f"{UNDETERMINED}: the claim is about another task than the one measured, or no number comes out, or one draw of it "
    "can be neither reproduced nor refuted: its standard deviation over seeds exceeds half of |mean|, or its standard "
    "error over images exceeds half of |measured|.",
    f"{ONLY_GIVEN} CONDITION: rule 4 holds, but not for a second measurement in which that condition is changed.",
    f"{REPRODUCES}: the measured number is within 5 % of the published one, or the published one lies in the 95 % "
    "interval over images; an inequality holds.",
    f"{REFUTED}: otherwise.",
)
TOLERANCES = (
    "The first rule that applies counts. Numbers differ by more than 5 % of the published one, numbers in percent by "
    "more than 1 percentage point. Intervals of shares of reads are Clopper-Pearson, of other means bootstrap-t with "
    "2,000 resamples of the images (fewer than 10: Student's t corrected for skewness)."
)


@dataclass(frozen=True)
class Measured:
    """A number, its 95 % interval and its standard error over images.

    Attributes
    ----------
    method : {"", "share", "mean", "percentile", "extreme"}
        What the interval is: none or of no width, that of a share, that of means, percentiles of resamples, or the same
        of a smallest or largest value.
    images : int
        How many images it is over; 0 for plain arithmetic.
    """

    value: float
    low: float
    high: float
    error: float = 0.0
    method: str = ""
    images: int = 0

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
        The printed number.
    measured : Measured
        The same, measured under the study's protocol.
    relation : {"equal", "above", "below"}
        How the measured number should compare with the published one.
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
    given : Measured, optional
        The second measurement.
    """

    published: float
    measured: Measured
    relation: Literal["equal", "above", "below"] = "equal"
    percent: bool = False
    elsewhere: float | None = None
    elsewhere_relation: Literal["equal", "at least", "at most"] = "equal"
    same_task: bool = True
    spread: Spread | None = None
    given: Measured | None = None


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
    if case.given is not None and not agrees(case, case.given):
        return ONLY_GIVEN
    return REPRODUCES


def contradicted(case: Case) -> bool:
    """Whether the study's other numbers give another one than that published."""
    if case.elsewhere is None or not math.isfinite(case.elsewhere):
        return False
    excess = case.published - case.elsewhere
    if abs(excess) <= _allowed(case.published, case.percent):
        return False
    return {"equal": True, "at least": excess < 0, "at most": excess > 0}[case.elsewhere_relation]


def agrees(case: Case, measured: Measured) -> bool:
    """Whether a measurement agrees with the published number."""
    if case.relation == "above":
        return measured.value > case.published
    if case.relation == "below":
        return measured.value < case.published
    return near(case, measured) or measured.low <= case.published <= measured.high


def near(case: Case, measured: Measured) -> bool:
    """Whether a measurement is within the tolerance of the published number."""
    return abs(measured.value - case.published) <= _allowed(case.published, case.percent)


def _allowed(published: float, percent: bool) -> float:
    return POINTS if percent else TOLERANCE * abs(published)
