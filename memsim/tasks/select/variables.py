"""Variables of the task `select`: reads of single cells of passive arrays."""

from __future__ import annotations

from memsim.tasks.variable import Variable

READ = ("array", "scheme", "lines", "position", "background")
STATE = (*READ, "state")
SIZE = ("array", "scheme", "lines")
ARRAY = ("array", "scheme")

_DECLARED = (
    Variable("read_current", STATE, "A", "read current", "current out of the selected bit line"),
    Variable("cell_current", STATE, "A", "current of the selected cell", "current through the selected cell alone"),
    Variable("cell_voltage", STATE, "V", "voltage of the selected cell", "word minus bit line at the selected cell"),
    Variable(
        "sneak_share",
        STATE,
        "1",
        "sneak share",
        "share of read_current that did not flow through the selected cell; negative where current leaves the bit line "
        "through other cells",
    ),
    Variable("power", STATE, "W", "static read power", "power that all lines together take from their sources"),
    Variable(
        "current_margin",
        READ,
        "1",
        "read margin",
        "(I_on - I_off)/I_on of read_current, with the same background",
    ),
    Variable(
        "common_margin",
        ("array", "scheme", "lines", "position"),
        "1",
        "read margin over backgrounds",
        "(I_on - I_off)/I_on with the smallest I_on and the largest I_off of all backgrounds; where not positive, no "
        "one reference current tells on from off",
    ),
    Variable("worst_margin", SIZE, "1", "worst read margin", "smallest current_margin over positions and backgrounds"),
    Variable(
        "worst_power", SIZE, "W", "largest static read power", "largest power over positions, backgrounds, states"
    ),
    Variable("residual", SIZE, "1", "Kirchhoff residual", "largest residual of all solutions, see `solve_wires`"),
    Variable(
        "largest_lines",
        ARRAY,
        "1",
        "largest array",
        "largest of the sizes up to which worst_margin stays at the threshold or above; 0 where there is none",
    ),
    Variable("least_margin", ARRAY, "1", "margin of the largest size", "worst_margin of the largest size"),
    Variable("most_power", ARRAY, "W", "power of the largest size", "worst_power of the largest size"),
    Variable(
        "aged_worst_margin",
        (*SIZE, "time"),
        "1",
        "worst read margin over time",
        "worst_margin at a time after all cells were programmed; each read has cells of its own",
    ),
    Variable(
        "aged_largest_lines",
        (*ARRAY, "time"),
        "1",
        "largest array over time",
        "largest of the sizes up to which aged_worst_margin stays at the threshold or above; 0 where there is none",
    ),
    Variable(
        "example_cell_voltage",
        ("array", "scheme", "row", "col"),
        "V",
        "voltage of the cells",
        "word minus bit line at every cell of an array with all cells on, while its middle one is read",
    ),
)

VARIABLES = {v.name: v for v in _DECLARED}
"""All variables by name."""
