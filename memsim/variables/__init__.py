"""Registry of result variables: the one place that says what each is called, its dimensions, unit and meaning."""

from __future__ import annotations

from memsim.variables import bench, classify, memorise, select
from memsim.variables.variable import INTERVAL, SUMMARY, Variable

SCHEMA_VERSION = 1


def _with_summaries(declared: tuple[Variable, ...], interval: str) -> dict[str, Variable]:
    """The variables, each followed by its mean and the interval of that if they are wanted."""
    variables = {}
    for v in declared:
        variables[v.name] = v
        if v.summary:
            over = "images, noise types and levels" if v.dims == memorise.READ else f"{v.dims[1]}s"
            mean = Variable(f"{v.name}_mean", SUMMARY, v.units, f"mean {v.long_name}", f"mean of {v.name} over {over}")
            variables[mean.name] = mean
            name = f"{v.name}_interval"
            meaning = f"{interval} of {mean.name}"
            variables[name] = Variable(name, INTERVAL, v.units, f"95 % interval of the mean {v.long_name}", meaning)
    return variables


_BOOTSTRAP = "bootstrap over images (percentiles 2.5 and 97.5)"
_STUDENT = "Student's t interval over seeds"

BY_TASK: dict[str, dict[str, Variable]] = {
    "memorise": _with_summaries(memorise.DECLARED, _BOOTSTRAP),
    "classify": _with_summaries(classify.DECLARED, _STUDENT),
    "select": {v.name: v for v in select.DECLARED},
    "bench": {v.name: v for v in bench.DECLARED},
}
"""Variables of the results of each task, and of benchmarks; no two share a name."""
VARIABLES: dict[str, Variable] = {name: v for declared in BY_TASK.values() for name, v in declared.items()}
SUMMARISED: tuple[str, ...] = tuple(v.name for v in memorise.DECLARED if v.summary)
"""Variables of the task `memorise` whose mean over images is stored."""
SUMMARISED_CLASSES: tuple[str, ...] = tuple(v.name for v in classify.DECLARED if v.summary)
"""Variables of the task `classify` whose mean over seeds is stored."""
