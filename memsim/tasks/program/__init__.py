"""The task `program`: matrices are programmed into arrays, and time passes."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.coordinates import ARRAY, IMAGE_TASK, MOST_PULSES, PULSES, TIME
from memsim.tasks.energy_variables import ARRAYS, energy_coordinates
from memsim.tasks.program.variables import VARIABLES

_HERE = "memsim.tasks.program"
_LAST = ("times.-1",)
"""The setting on which values at the last time depend."""

TASK = Task(
    name="program",
    schema=f"{_HERE}.schema:ProgramSpec",
    check=f"{_HERE}.run:checked",
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    run=f"{_HERE}.run:program",
    variables=VARIABLES,
    coordinates={
        "array": ARRAY,
        "time": TIME,
        "interval": IMAGE_TASK["interval"],
        "pulses": PULSES,
        "most_pulses": MOST_PULSES,
        "level": Coordinate(
            "level",
            "number of the level: of those of a device as in its profile, of others from 0 at the lower bound",
            "1",
        ),
        "end": Coordinate("end", "first or last time"),
        **energy_coordinates(ARRAYS),
    },
    figures={
        "products": Drawing("errors of products and weights over time", f"{_HERE}.figures.products:products"),
        "levels": Drawing("conductances by level, first and last time", f"{_HERE}.figures.levels:levels"),
        "pulses": Drawing("pulses that programming took of each cell", f"{_HERE}.figures.pulses:pulses"),
    },
    default_figure=f"{_HERE}.figures.default:default_figure",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric(
            "last_product_error_mean",
            "product error, last time",
            "%",
            100.0,
            ".2f",
            "product_error",
            None,
            _LAST,
            better="lower",
        ),
        Metric(
            "last_state_error_mean",
            "state error, last time",
            "%",
            100.0,
            ".3f",
            "state_error",
            None,
            _LAST,
            better="lower",
        ),
        Metric("cell_pulses_mean", "pulses of a cell", form=".2f", of="pulses_mean", better="lower"),
        Metric("success_mean", "accepted cells", "%", 100.0, ".2f"),
        Metric("programming_time_mean", "time of a cell", "us", 1e6, better="lower"),
        Metric("programming_energy_mean", "energy of a cell", "pJ", 1e12, better="lower"),
        Metric("programmed_cell_energy_mean", "the same with periphery", "pJ", 1e12, better="lower"),
        Metric("programmed_inference_energy_mean", "energy of a product", "nJ", 1e9, better="lower"),
    ),
    panels=(
        Panel("last_product_error_mean", "product error, last time [%]", 100.0),
        Panel("cell_pulses_mean", "pulses of a cell", axis="ratio"),
    ),
    small={"rows": 4, "columns": 4, "inputs": 3, "repeats": 1},
)
