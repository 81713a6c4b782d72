"""The task `regress`: arrays learn a matrix in place from random inputs, vector by vector, by in-situ schemes."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.coordinates import IMAGE_TASK
from memsim.tasks.regress.variables import VARIABLES

_HERE = "memsim.tasks.regress"

TASK = Task(
    name="regress",
    schema=f"{_HERE}.schema:RegressSpec",
    check=f"{_HERE}.run:checked",
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    run=f"{_HERE}.run:regress",
    backends=("cpu",),
    variables=VARIABLES,
    coordinates={
        "learner": IMAGE_TASK["learner"],
        "interval": IMAGE_TASK["interval"],
        "vector": Coordinate("vector", "vectors up to the end of a part of the training", "1"),
        "matrix_row": Coordinate("matrix_row", "number of the input", "1"),
        "matrix_column": Coordinate("matrix_column", "number of the output", "1"),
    },
    figures={
        "errors": Drawing("error of the weights over the training, and at its end", f"{_HERE}.figures.errors:errors"),
        "symmetry": Drawing("references against symmetry points", f"{_HERE}.figures.symmetry:symmetry"),
    },
    default_figure=lambda dataset: "errors",
    print_overview=f"{_HERE}.table:print_metrics",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric("final_matrix_error_mean", "weight error at the end", form=".4f", better="lower"),
        Metric("saturated_trains_mean", "saturated trains", "%", 100.0, ".2f", better="lower"),
        Metric("weight_pulses_mean", "pulses of a weight", form=".4g", better="lower"),
        Metric("fast_pulses_mean", "pulses of a fast cell", form=".4g", better="lower"),
    ),
    panels=(Panel("final_matrix_error_mean", "weight error at the end", 1.0, "ratio"),),
    small={"vectors": 100, "repeats": 1},
)
