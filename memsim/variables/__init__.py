"""Registry of result variables: the one place that says what each is called, its dimensions, unit and meaning."""

from __future__ import annotations

import math
from collections.abc import Callable

from memsim.variables import bench, classify, memorise, select
from memsim.variables.variable import INTERVAL, SUMMARY, Variable

SCHEMA_VERSION = 1


def _with_summaries(declared: tuple[Variable, ...], methods: Callable[[Variable], str]) -> dict[str, Variable]:
    """The variables, each followed by its mean and the interval of that if they are wanted."""
    variables = {}
    for v in declared:
        variables[v.name] = v
        if v.summary:
            over = "images, noise types and levels" if v.dims == memorise.READ else f"{v.dims[1]}s"
            mean = Variable(f"{v.name}_mean", SUMMARY, v.units, f"mean {v.long_name}", f"mean of {v.name} over {over}")
            variables[mean.name] = mean
            name = f"{v.name}_interval"
            long_name, meaning = f"95 % interval of the mean {v.long_name}", f"interval of {mean.name}"
            variables[name] = Variable(name, INTERVAL, v.units, long_name, meaning, interval=f"95 %, {methods(v)}")
    return variables


def _over_images(variable: Variable) -> str:
    if variable.flags:
        return "Clopper-Pearson over images, with the number of images that has the variance of the values"
    return f"bootstrap-t over images, {_CORRECTED} for fewer than 10{_cut(variable)}"


def _over_seeds(variable: Variable) -> str:
    return f"{_CORRECTED} over seeds{_cut(variable)}"


def _cut(variable: Variable) -> str:
    low, high = variable.bounds
    return "" if low == -high == -math.inf else f", cut to {low:g} to {high:g}"


_CORRECTED = "Student's t corrected for skewness"

BY_TASK: dict[str, dict[str, Variable]] = {
    "memorise": _with_summaries(memorise.DECLARED, _over_images),
    "classify": _with_summaries(classify.DECLARED, _over_seeds),
    "select": {v.name: v for v in select.DECLARED},
    "bench": {v.name: v for v in bench.DECLARED},
}
"""Variables of the results of each task, and of benchmarks; no two share a name."""
VARIABLES: dict[str, Variable] = {name: v for declared in BY_TASK.values() for name, v in declared.items()}
SUMMARISED: tuple[str, ...] = tuple(v.name for v in memorise.DECLARED if v.summary)
"""Variables of the task `memorise` whose mean over images is stored."""
SUMMARISED_CLASSES: tuple[str, ...] = tuple(v.name for v in classify.DECLARED if v.summary)
"""Variables of the task `classify` whose mean over seeds is stored."""
