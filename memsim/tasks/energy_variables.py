"""Result variables and labels of what crossbars cost."""

from __future__ import annotations

from memsim.tasks.base import Coordinate
from memsim.tasks.variable import POSITIVE, Variable

_LAYERS = ("learner", "repeat", "cost_layer", "phase")
_TABLE = "by the component table of the result, see its attribute `components`"
_IMAGE = "inference: of one test image; training and programming: in all; NaN for a phase without events"

ENERGY_COORDINATES = {
    "phase": Coordinate("phase", "what the arrays do: inference, training or programming, each with its reads"),
    "part": Coordinate("part", "part of the hardware that costs energy or area"),
    "cost_layer": Coordinate("cost_layer", "number of a layer on crossbars"),
    "counted": Coordinate("counted", "event that is counted, see memsim.energy.counts.Counts"),
    "summed": Coordinate("summed", "sum over events, see memsim.energy.counts.Counts"),
    "circuits": Coordinate("learner", "JSON of what the crossbars of each layer consist of"),
}
"""Labels of these variables."""

ENERGY_VARIABLES = (
    Variable(
        "event_count",
        (*_LAYERS, "counted", "tile"),
        "1",
        "events",
        "events of the crossbars of a layer by tile of rows or lines, all test images together; from them and "
        "event_sum, memsim cost computes costs",
        bounds=POSITIVE,
    ),
    Variable(
        "event_sum",
        (*_LAYERS, "summed", "tile"),
        "1",
        "sums over events",
        "energies in J of cells in reads (V I t), of pulses with verify reads, and of half-selected cells; and squares "
        "of levels, in units of the read voltage",
        bounds=POSITIVE,
    ),
    Variable("inference_images", ("learner",), "1", "test images", "images whose inference events are counted"),
    Variable("phase_energy", ("learner", "repeat", "phase"), "J", "energy", f"of all parts, {_TABLE}; {_IMAGE}"),
    Variable(
        "inference_energy",
        ("learner", "repeat"),
        "J",
        "energy of an inference",
        f"of all parts, for one test image, {_TABLE}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "phase_energy_part",
        ("learner", "phase", "part"),
        "J",
        "energy of a part",
        f"mean over repeats of the energy of a part of the hardware, {_TABLE}; {_IMAGE}",
    ),
    Variable(
        "phase_energy_range",
        ("learner", "phase", "interval"),
        "J",
        "range of the energy",
        "of the mean over repeats: ends by the uncertainty of the components, whose errors are independent; no "
        "interval over repeats",
    ),
    Variable(
        "layer_energy",
        ("learner", "phase", "cost_layer"),
        "J",
        "energy of a layer",
        f"mean over repeats, all parts, {_TABLE}; {_IMAGE}",
    ),
    Variable("phase_time", ("learner", "repeat", "phase"), "s", "time", f"{_TABLE}; {_IMAGE}"),
    Variable("array_area_part", ("learner", "part"), "m2", "area of a part", f"of one repeat, {_TABLE}"),
    Variable("array_area", ("learner",), "m2", "area", f"of all parts, of one repeat, {_TABLE}"),
    Variable(
        "operations_per_joule",
        ("learner", "repeat"),
        "J-1",
        "operations per joule",
        "two operations for each multiply-accumulate of an input and a weight, over the energy of an inference",
    ),
)
"""Variables that a task with costs declares."""
