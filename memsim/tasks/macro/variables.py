"""Variables of the task `macro`: costs of one product of a vector and the matrix of a macro."""

from __future__ import annotations

from memsim.tasks.variable import POSITIVE, Variable

MACRO = ("macro",)
PART = ("macro", "part")
RANGE = ("macro", "limit")
_INCLUDED = "all parts that the component table has; the attribute `left_out` names the others"
_BITS = "for the bits of inputs, weights and outputs in input_bits, weight_bits and output_bits"
_RANGE = "limits by the uncertainty of the components, whose errors are independent; not an interval over samples"

_DECLARED = (
    Variable(
        "macro_energy",
        MACRO,
        "J",
        "energy of a product of a vector and a matrix, parts of the table",
        f"of all reads of one vector, {_INCLUDED}; {_BITS}",
        bounds=POSITIVE,
    ),
    Variable("macro_energy_range", RANGE, "J", "range of the energy of a product", f"of macro_energy: {_RANGE}"),
    Variable(
        "macro_energy_part",
        PART,
        "J",
        "energy of a part for a product of a vector and a matrix",
        "NaN for a part that the table leaves out, or that control contains",
    ),
    Variable(
        "macro_operation_energy",
        MACRO,
        "J",
        "energy of an operation, parts of the table",
        f"macro_energy over the operations of a product; {_BITS}",
        bounds=POSITIVE,
    ),
    Variable(
        "macro_operation_energy_range", RANGE, "J", "range of the energy of an operation", f"of macro_energy: {_RANGE}"
    ),
    Variable(
        "macro_operation_energy_part",
        PART,
        "J",
        "energy of a part for an operation",
        "macro_energy_part over the operations of a product",
    ),
    Variable("macro_operations", MACRO, "1", "operations of a product", "as the setting operations counts them"),
    Variable(
        "macro_time",
        MACRO,
        "s",
        "time of a product of a vector and a matrix",
        "all reads of one vector; with overlap, the time between two vectors",
    ),
    Variable(
        "macro_rate",
        MACRO,
        "s-1",
        "operations per second",
        f"of all cores together; {_BITS}; NaN where no component has a time",
    ),
    Variable(
        "macro_efficiency",
        MACRO,
        "J-1",
        "operations per joule (1e12 are 1 TOPS/W), parts of the table",
        f"operations over macro_energy, {_INCLUDED}; {_BITS}",
    ),
    Variable(
        "macro_efficiency_range",
        RANGE,
        "J-1",
        "range of the operations per joule",
        f"from macro_energy_range: {_RANGE}",
    ),
    Variable("macro_power", MACRO, "W", "power, parts of the table", "macro_energy over macro_time"),
    Variable("macro_power_part", PART, "W", "power of a part", "macro_energy_part over macro_time"),
    Variable(
        "macro_area",
        MACRO,
        "m2",
        "area of all cores, parts of the table",
        "all parts whose area the table has, see the attribute `left_out`",
    ),
    Variable("macro_area_range", RANGE, "m2", "range of the area", f"of macro_area: {_RANGE}"),
    Variable("macro_area_part", PART, "m2", "area of a part", "NaN for a part whose area the table does not have"),
    Variable(
        "macro_density",
        MACRO,
        "s-1 m-2",
        "operations per second and area (1e18 are 1 TOPS/mm2), parts of the table",
        f"macro_rate over macro_area; {_BITS}",
    ),
    Variable(
        "macro_density_range",
        RANGE,
        "s-1 m-2",
        "range of the operations per second and area",
        f"from macro_area_range: {_RANGE}",
    ),
    Variable(
        "macro_event_count", ("macro", "event"), "1", "events of a product", "expected number; all cores together"
    ),
)

VARIABLES = {v.name: v for v in _DECLARED}
"""All variables by name."""
