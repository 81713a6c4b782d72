"""Result variables and labels of what a network of PyTorch costs on hardware, and in a digital processor."""

from __future__ import annotations

from memsim.tasks.base import Coordinate
from memsim.tasks.energy_variables import ENERGY_COORDINATES
from memsim.tasks.variable import POSITIVE, SHARE, Variable

_OVER_TIME = ("repeat", "time")
_OF_LAYERS = ("repeat", "time", "layer")
_TABLE = "by the component table in the attribute `components`"
_RANGE = "ends by the uncertainties of the components, whose errors are independent"
_MEAN = "of one inference, mean over the samples"
_PULSES = "set and reset pulses of the programming; NaN where an error model programs, whose pulses are not known"
_DIGITAL = "in a digital processor with the settings in `component_settings`, see memsim.energy.digital; a lower bound"

NETWORK_COST_COORDINATES = {
    **{name: ENERGY_COORDINATES[name] for name in ("phase", "part", "limit", "counted", "summed")},
    "digital_part": Coordinate("digital_part", "part of a digital processor"),
}
"""Labels of these variables."""

COUNT_VARIABLES = (
    Variable(
        "layer_event_count",
        (*_OF_LAYERS, "phase", "counted", "tile"),
        "1",
        "events",
        "events of the crossbars of a layer by tile of rows or lines, all samples together; from them and "
        "layer_event_sum, memsim.cost computes costs",
        bounds=POSITIVE,
    ),
    Variable(
        "layer_event_sum",
        (*_OF_LAYERS, "phase", "summed", "tile"),
        "1",
        "sums over events",
        "energies in J of cells in reads (V I t), of pulses with verify reads, and of half-selected cells; and squares "
        "of levels, in units of the read voltage",
        bounds=POSITIVE,
    ),
    Variable(
        "layer_reads",
        ("layer",),
        "1",
        "reads of a layer",
        f"input vectors on the word lines, twice where each sign has a phase of its own; {_MEAN}",
        bounds=POSITIVE,
    ),
    Variable("dac_conversions", ("layer",), "1", "conversions of inputs", f"of all tiles; {_MEAN}", bounds=POSITIVE),
    Variable("adc_conversions", ("layer",), "1", "conversions of outputs", f"of all tiles; {_MEAN}", bounds=POSITIVE),
    Variable(
        "driven_inputs",
        _OF_LAYERS,
        "1",
        "driven inputs",
        "share of the word lines and input pulses whose level is not 0",
        bounds=SHARE,
    ),
    Variable(
        "layer_read_energy",
        _OF_LAYERS,
        "J",
        "energy of the cells of a layer in reads",
        f"V I t of every cell with its conductance and the real inputs, reference columns included; {_MEAN}",
        bounds=POSITIVE,
    ),
    Variable(
        "tile_read_energy",
        (*_OF_LAYERS, "tile"),
        "J",
        "energy of the cells of a tile in reads",
        f"as layer_read_energy, tiles from top to bottom and in each row of them from left to right; {_MEAN}",
        bounds=POSITIVE,
    ),
    Variable(
        "layer_write_energy",
        ("repeat", "layer"),
        "J",
        "energy of the cells of a layer in its programming",
        f"V I t of {_PULSES}; with verify reads",
        bounds=POSITIVE,
    ),
    Variable(
        "layer_pulses_mean", ("repeat", "layer"), "1", "mean of the pulses of a cell", f"{_PULSES}", bounds=POSITIVE
    ),
    Variable(
        "layer_pulses_max",
        ("repeat", "layer"),
        "1",
        "largest number of pulses of a cell",
        f"{_PULSES}; NaN where they are not counted cell by cell",
        bounds=POSITIVE,
    ),
    Variable(
        "multiply_accumulates",
        ("layer",),
        "1",
        "multiply-accumulates",
        f"one for each product of an input and a weight, without biases; {_MEAN}",
        bounds=POSITIVE,
    ),
    Variable("layer_weights", ("layer",), "1", "weights of a layer", "without biases", bounds=POSITIVE),
    Variable("layer_inputs", ("layer",), "1", "inputs of a layer", f"each pixel once; {_MEAN}", bounds=POSITIVE),
    Variable("layer_outputs", ("layer",), "1", "outputs of a layer", f"{_MEAN}", bounds=POSITIVE),
)
"""Variables that no component table is needed for."""

COST_VARIABLES = (
    Variable("energy", (*_OF_LAYERS, "part"), "J", "energy of a part in an inference", f"{_TABLE}; {_MEAN}"),
    Variable("energy_range", (*_OF_LAYERS, "limit"), "J", "range of the energy of a layer", f"of all parts; {_RANGE}"),
    Variable("total_energy", _OVER_TIME, "J", "energy of an inference", f"of all layers and parts, {_TABLE}; {_MEAN}"),
    Variable("total_energy_range", (*_OVER_TIME, "limit"), "J", "range of the energy of an inference", _RANGE),
    Variable("inference_time", ("layer",), "s", "time of a layer in an inference", f"all reads of a sample, {_TABLE}"),
    Variable(
        "total_inference_time",
        (),
        "s",
        "time of an inference",
        "layers one after the other; of a pipeline, the time between two samples, that of the slowest layer",
    ),
    Variable("layer_power", _OF_LAYERS, "W", "power of a layer", "its energy over its time, while it works"),
    Variable("total_power", _OVER_TIME, "W", "power", "total_energy over total_inference_time"),
    Variable(
        "efficiency",
        _OF_LAYERS,
        "J-1",
        "operations of a layer per joule",
        "two operations for each multiply-accumulate, over the energy of all parts; 1e12 J-1 are 1 TOPS/W; the "
        "attributes `bits` and `included` say of what",
    ),
    Variable("total_efficiency", _OVER_TIME, "J-1", "operations per joule", "as efficiency, all layers together"),
    Variable("area", ("layer", "part"), "m2", "area of a part", f"{_TABLE}; NaN where it has no area"),
    Variable("total_area", (), "m2", "area", "of all layers and parts"),
    Variable("total_area_range", ("limit",), "m2", "range of the area", _RANGE),
    Variable(
        "layer_programming_energy",
        ("repeat", "layer"),
        "J",
        "energy of the programming of a layer",
        f"of all parts, {_TABLE}; {_PULSES}",
    ),
    Variable("total_programming_energy", ("repeat",), "J", "energy of the programming", "of all layers"),
    Variable(
        "layer_programming_time",
        ("repeat", "layer"),
        "s",
        "time of the programming of a layer",
        "cells one after the other in each tile of lines, tiles at once; NaN where pulses are not known",
    ),
    Variable("total_programming_time", ("repeat",), "s", "time of the programming", "layers one after the other"),
)
"""Variables that a component table adds."""

DIGITAL_VARIABLES = (
    Variable("digital_energy", ("layer", "digital_part"), "J", "energy of a part in a digital inference", _DIGITAL),
    Variable("total_digital_energy", (), "J", "energy of a digital inference", f"of all layers and parts, {_DIGITAL}"),
    Variable("total_digital_energy_range", ("limit",), "J", "range of the energy of a digital inference", _RANGE),
    Variable("digital_time", ("layer",), "s", "time of a layer in a digital inference", _DIGITAL),
    Variable("total_digital_time", (), "s", "time of a digital inference", "layers one after the other"),
    Variable("digital_area", ("digital_part",), "m2", "area of a part of the processor", f"{_TABLE}"),
)
"""Variables that a component table with a digital processor adds."""

NETWORK_COST_VARIABLES = {v.name: v for v in (*COUNT_VARIABLES, *COST_VARIABLES, *DIGITAL_VARIABLES)}
"""All of these by name."""
