"""Schema of what happens to cells after their programming: times, temperature, compensation and refresh."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from memsim.arrays.compensation import COMPENSATIONS, REFERENCES
from memsim.document.fields import NONE_WORD, Quantity, Section, problem
from memsim.philox import MAX_TIMES
from memsim.units import moment

MAX_REFRESHES = 1000
CENTURY = 100 * 365.25 * 86400.0


def _ascending(times: list[float]) -> list[float]:
    for earlier, later in itertools.pairwise(times):
        if not earlier < later:
            raise problem(f"{moment(later)} follows {moment(earlier)}; they must ascend")
    return times


Time = Annotated[float, Quantity("s", low=0.0, high=CENTURY)]
Times = Annotated[
    list[Time],
    Field(max_length=MAX_TIMES - 1, examples=["[0 s, 1 h, 1 day, 1 y]"]),
    AfterValidator(_ascending),
]


Temperature = Annotated[float, Quantity("K", above=0.0, high=2000.0)] | None


class RefreshSpec(Section):
    """When cells are programmed again: each time that some time has passed, or that the accuracy has fallen."""

    after: Annotated[float, Quantity("s", above=0.0, high=CENTURY)] | None = None
    budget: Annotated[float, Quantity("%", above=0.0, high=1.0)] | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> RefreshSpec:
        if (self.after is None) == (self.budget is None):
            raise problem("one rule is needed; allowed: 'after', a time, or 'budget', a loss of validation accuracy")
        return self


class AgingSpec(Section):
    """What happens to the cells of a learner between the end of its programming and the times of the experiment."""

    temperature: Temperature = None
    compensation: Literal[COMPENSATIONS] = "none"  # type: ignore[valid-type]
    reference: Literal[REFERENCES] = "noisy"  # type: ignore[valid-type]
    refresh: Annotated[RefreshSpec | None, NONE_WORD] = None


def check_times(times: list[float], spec: Any, *at: str | int) -> None:
    """Refuse settings of aging of what is compared, at a place of the document, where no time passes or too much.

    Raises
    ------
    PydanticCustomError
        If there is such a setting.
    """
    aging = getattr(spec, "aging", None)
    if aging is not None and not times:
        for name in aging.model_fields_set:
            text = "no time passes; set 'times' of the experiment, for example times: [0 s, 1 h, 1 day, 1 y]"
            raise problem(text, *at, "aging", name)
    refresh = getattr(aging, "refresh", None)
    if refresh is not None and refresh.after is not None and times:
        count = math.ceil(times[-1] / refresh.after) - 1
        if count > MAX_REFRESHES:
            text = f"{count} refreshes within {moment(times[-1])}; allowed: at most {MAX_REFRESHES}"
            raise problem(text, *at, "aging", "refresh", "after")
