"""The task `macro`: energy, time and area of arrays with their converters, from numbers of events alone."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.energy_variables import ENERGY_COORDINATES
from memsim.tasks.macro.variables import VARIABLES

_HERE = "memsim.tasks.macro"

TASK = Task(
    name="macro",
    schema=f"{_HERE}.schema:MacroExperimentSpec",
    check=f"{_HERE}.run:checked",
    run=f"{_HERE}.run:macro",
    backends=("cpu",),
    variables=VARIABLES,
    coordinates={
        "macro": Coordinate("macro", "name of the macro"),
        "part": ENERGY_COORDINATES["part"],
        "limit": ENERGY_COORDINATES["limit"],
        "event": Coordinate("event", "event that costs energy or time"),
        "input_bits": Coordinate("macro", "bits of an input, its sign included", "1"),
        "weight_bits": Coordinate("macro", "bits of a weight, its sign included", "1"),
        "output_bits": Coordinate("macro", "bits of a conversion", "1"),
        "components": Coordinate("macro", "component table"),
        "node": Coordinate("macro", "technology node; NaN for a table without nodes", "m"),
    },
    figures={
        "macros": Drawing("energy and area by part, and operations per joule", f"{_HERE}.figures.macros:macros"),
    },
    default_figure=lambda dataset: "macros",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric("macro_operation_energy", "energy of an operation", "fJ", 1e15, better="lower"),
        Metric("macro_energy", "energy of a product", "nJ", 1e9, better="lower"),
        Metric("macro_efficiency", "efficiency", "TOPS/W", 1e-12),
        Metric("macro_rate", "throughput", "TOPS", 1e-12),
        Metric("macro_area", "area", "mm2", 1e6, better="lower"),
        Metric("macro_density", "throughput of an area", "TOPS/mm2", 1e-18),
    ),
    panels=(
        Panel("macro_efficiency", "TOPS/W", 1e-12, "ratio"),
        Panel("macro_density", "TOPS/mm²", 1e-18, "ratio"),
    ),
)
