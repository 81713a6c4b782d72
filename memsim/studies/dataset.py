"""Findings of a report as a labelled Dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.studies.finding import Finding
from memsim.studies.verdict import Measured, Spread

if TYPE_CHECKING:
    import xarray as xr

_METHODS = (
    "method of measured_interval: of a share (Clopper-Pearson), of means (bootstrap-t), registered in the result, "
    "percentiles of resamples, the same of an extreme value"
)


def to_dataset(findings: Sequence[Finding], attributes: Mapping[str, str | int]) -> xr.Dataset:
    """Findings on the dimensions claim and interval, with labelled text and numbers; NaN where there is no number."""
    import xarray as xr

    nothing = math.nan
    blank = Measured(nothing, nothing, nothing)
    claims = [f.claim for f in findings]
    spreads = [f.spread or Spread(nothing, nothing, nothing, nothing) for f in findings]
    without = [f.without or blank for f in findings]
    variables = {
        "published": _column([c.published for c in claims], "published number, or lower end of a published range"),
        "published_up_to": _column([c.up_to for c in claims], "upper end of a published range"),
        "rule": _column([c.rule for c in claims], "rule by which the measured number agrees with the published one"),
        "basis": _column([c.basis for c in claims], "whether parameters were fitted to the published number"),
        "unit": _column([c.unit or "1" for c in claims], "unit of the numbers; x is a factor"),
        "measured": _column([f.measured.value for f in findings], "measured number"),
        "measured_interval": _ends([f.measured for f in findings], "95 % interval over images or repeats"),
        "interval_method": _column([f.measured.method for f in findings], _METHODS),
        "elsewhere": _column([f.elsewhere for f in findings], "what other published numbers give"),
        "without": _column([w.value for w in without], "second measurement, without the condition"),
        "without_interval": _ends(without, "95 % interval of without"),
        "seed_mean": _column([s.mean for s in spreads], "mean over seeds"),
        "seed_sd": _column([s.sd for s in spreads], "standard deviation over seeds"),
        "seed_min": _column([s.smallest for s in spreads], "smallest over seeds"),
        "seed_max": _column([s.largest for s in spreads], "largest over seeds"),
        "verdict": _column([f.verdict for f in findings], "verdict by the rules in the attributes"),
        "condition": _column([f.condition for f in findings], "condition of the verdict 'only given'"),
        "cause": _column([f.cause for f in findings], "cause of the verdict"),
    }
    coordinates = {
        "claim": _column([c.name for c in claims], "name of the claim"),
        "statement": _column([c.text for c in claims], "what is claimed"),
        "where": _column([c.where for c in claims], "where it is printed"),
        "interval": (("interval",), np.array(["low", "high"], dtype=object), {"long_name": "end of the interval"}),
    }
    return xr.Dataset(variables, coordinates, dict(attributes))


def _column(values: Sequence[Any], meaning: str) -> tuple[Any, ...]:
    """Texts, or numbers with NaN for None, one for each claim."""
    if values and isinstance(values[0], str):
        return ("claim",), np.array(values, dtype=object), {"long_name": meaning}
    return ("claim",), np.array(values, dtype=float), {"long_name": meaning, "units": "1"}


def _ends(values: Sequence[Measured], meaning: str) -> tuple[Any, ...]:
    ends = np.array([[value.low, value.high] for value in values])
    return ("claim", "interval"), ends, {"long_name": meaning, "units": "1"}
