"""The task `select`: single cells of passive arrays are read through their sneak paths."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.coordinates import ARRAY, TIME
from memsim.tasks.select.variables import VARIABLES

_HERE = "memsim.tasks.select"

TASK = Task(
    name="select",
    schema=f"{_HERE}.schema:SelectSpec",
    check=f"{_HERE}.run:checked",
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    run=f"{_HERE}.run:select",
    backends=("cpu",),
    variables=VARIABLES,
    coordinates={
        "array": ARRAY,
        "scheme": Coordinate("scheme", "what the lines do that are not selected"),
        "lines": Coordinate("lines", "number of word lines, and of bit lines", "1"),
        "position": Coordinate("position", "place of the selected cell, seen from driver and sense amplifier"),
        "background": Coordinate("background", "what the other cells hold"),
        "state": Coordinate("state", "what the selected cell holds"),
        "time": TIME,
    },
    figures={
        "sneak": Drawing("read margin and power of passive arrays against size", f"{_HERE}.figures.sneak:sneak"),
        "aging": Drawing("read margin of passive arrays over time", f"{_HERE}.figures.aging:aging"),
        "voltages": Drawing("voltages of all cells while one is read", f"{_HERE}.figures.sneak:voltages"),
    },
    default_figure=lambda dataset: "sneak",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric("least_margin", "least margin", "%", 100.0, ".2f", defined_by=("lines.-1",)),
        Metric("largest_lines", "largest size", form=".0f", defined_by=("lines", "threshold")),
        Metric("most_power", "power", "uW", 1e6, defined_by=("lines.-1",), better="lower"),
    ),
    panels=(
        Panel("least_margin", "margin of the largest size [%]", 100.0),
        Panel("most_power", "its read power [µW]", 1e6, "ratio"),
    ),
    small={"lines": [4, 16], "map_lines": 4},
)
