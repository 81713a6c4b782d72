"""Variables of the task `program`: what programming takes, and what is left of states and products over time."""

from __future__ import annotations

from memsim.tasks.energy_variables import ARRAYS, energy_variables
from memsim.tasks.variable import CORRECTED, POSITIVE, SHARE, Variable, cut

ARRAY = ("array",)
REPEAT = ("array", "repeat")
OVER_TIME = ("array", "repeat", "time")
LEVEL = ("array", "level", "time")

_CELLS = "NaN unless an algorithm of write and verify programs the cells"
_SIZE = "over the root mean square of the exact weights"

_PROGRAMMING = (
    Variable(
        "pulses_mean",
        REPEAT,
        "1",
        "pulses of a cell",
        "mean number of set and reset pulses of a cell until programming ended; NaN for the device's error model",
        bounds=POSITIVE,
    ),
    Variable("pulses_median", REPEAT, "1", "median pulses of a cell", f"median over cells; {_CELLS}", bounds=POSITIVE),
    Variable(
        "pulses_95",
        REPEAT,
        "1",
        "95th percentile of the pulses of a cell",
        f"percentile 95 over cells; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable(
        "pulses_beyond",
        REPEAT,
        "1",
        "cells with more than 100 pulses",
        f"share of cells that got more than 100 pulses; {_CELLS}",
        bounds=SHARE,
    ),
    Variable(
        "pulse_count",
        ("array", "pulses"),
        "1",
        "cells by pulses",
        f"number of cells whose set and reset pulses lie in a bin, all repeats together; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable("verify_reads_mean", REPEAT, "1", "verify reads of a cell", f"mean over cells; {_CELLS}", bounds=POSITIVE),
    Variable(
        "programming_time",
        REPEAT,
        "s",
        "programming time of a cell",
        f"mean over cells of the time of pulses, delays and verify reads; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable(
        "array_programming_time",
        REPEAT,
        "s",
        "programming time of the array",
        f"sum of the times of all cells, which are programmed one after the other; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable(
        "programming_energy",
        REPEAT,
        "J",
        "programming energy of a cell",
        f"mean over cells of the sum of V I t of pulses and verify reads; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable(
        "array_programming_energy",
        REPEAT,
        "J",
        "programming energy of the array",
        f"sum over all cells; {_CELLS}",
        bounds=POSITIVE,
    ),
    Variable(
        "success",
        REPEAT,
        "1",
        "accepted cells",
        f"share of cells whose last verify reads lay inside the acceptance window; {_CELLS}",
        bounds=SHARE,
    ),
)
_STATES = (
    Variable(
        "state_error",
        OVER_TIME,
        "1",
        "error of the states",
        "root mean square over cells of the state w minus its target, without read noise",
        bounds=POSITIVE,
    ),
    Variable("state_bias", OVER_TIME, "1", "mean error of the states", "mean over cells of state minus target"),
    Variable(
        "state_spread",
        OVER_TIME,
        "1",
        "spread of the states",
        "standard deviation over cells of state minus target",
        bounds=POSITIVE,
    ),
    Variable(
        "level_target",
        ("array", "level"),
        "S",
        "target of a level",
        "conductance that a level aims at; NaN of levels that only other arrays have",
    ),
    Variable("level_mean", LEVEL, "S", "mean of a level", "mean conductance of the cells of a level, all repeats"),
    Variable(
        "level_spread",
        LEVEL,
        "S",
        "spread of a level",
        "standard deviation of the conductances of the cells of a level, all repeats",
        bounds=POSITIVE,
    ),
    Variable(
        "level_count",
        ("array", "level", "end", "conductance_bin"),
        "1",
        "cells by level and conductance",
        "number of cells of a level whose conductance lies in a bin, at the first and the last time, all repeats",
        bounds=POSITIVE,
    ),
    Variable(
        "conductance_bin_middle",
        ("array", "conductance_bin"),
        "S",
        "middle of a bin",
        "middle of a bin of conductance, of which each array has its own",
    ),
)
_PRODUCTS = (
    Variable(
        "product_error",
        OVER_TIME,
        "1",
        "error of the products",
        "Euclidean norm of the products in reads, with the compensation of the array, minus the exact ones, over the "
        "norm of the latter; all inputs and outputs",
        bounds=POSITIVE,
    ),
    Variable(
        "raw_product_error",
        OVER_TIME,
        "1",
        "error of the products, not compensated",
        "the same without compensation",
        bounds=POSITIVE,
    ),
    Variable(
        "product_rmse",
        OVER_TIME,
        "1",
        "root mean square error of the products",
        "root mean square of the products in reads, with compensation, minus the exact ones, in units of weight times "
        "input; inputs are uniform from -1 to 1",
        bounds=POSITIVE,
    ),
    Variable(
        "compensation_factor",
        OVER_TIME,
        "1",
        "factor of the compensation",
        "factor by which the compensation multiplies outputs, mean over outputs; 1 without compensation",
    ),
    Variable(
        "array_compensation_reads",
        ARRAY,
        "1",
        "reads of the compensation",
        "reads of the array that compensation takes in all: at each time, and for a noisy reference after each "
        "programming",
        bounds=POSITIVE,
    ),
    Variable("array_refreshes", ARRAY, "1", "refreshes", "how often the array was programmed again", bounds=POSITIVE),
    Variable(
        "weight_drift",
        OVER_TIME,
        "1",
        "mean drift of the weights",
        "slope of the weights in cells, as outputs see them with their compensation, by the exact ones (least squares "
        "through 0), minus 1",
    ),
    Variable(
        "weight_spread",
        OVER_TIME,
        "1",
        "spread of the weights",
        f"root mean square of what that line leaves, {_SIZE}",
        bounds=POSITIVE,
    ),
    Variable(
        "weight_noise",
        OVER_TIME,
        "1",
        "read noise of the weights",
        f"root mean square of reads of single weights minus their expectation, {_SIZE}; slow noise included, which has "
        "grown since the programming. Of up to 256 rows",
        bounds=POSITIVE,
    ),
)

PER_REPEAT = (*_PROGRAMMING, *_STATES, *_PRODUCTS, *energy_variables(ARRAYS))


def _named(name: str) -> Variable:
    return next(variable for variable in PER_REPEAT if variable.name == name)


SUMMARISED = {
    "cell_pulses": _named("pulses_mean"),
    "success": _named("success"),
    "programming_time": _named("programming_time"),
    "programming_energy": _named("programming_energy"),
    "last_state_error": _named("state_error"),
    "last_product_error": _named("product_error"),
    **{variable.name: variable for variable in energy_variables(ARRAYS) if variable.summary},
}
"""What a mean over repeats and its interval are stored of, by the name before ``_mean`` and ``_interval``."""


def _summary(name: str, of: Variable) -> tuple[Variable, Variable]:
    """Mean and interval of a variable over repeats; of those over time, at the last time."""
    when = " at the last time" if "time" in of.dims else ""
    long_name, meaning = f"{of.long_name}{when}, mean over repeats", f"mean of {of.name}{when} over repeats"
    return (
        Variable(f"{name}_mean", ARRAY, of.units, long_name, meaning, bounds=of.bounds),
        Variable(
            f"{name}_interval",
            ("array", "interval"),
            of.units,
            f"95 % interval of {long_name}",
            f"interval of {name}_mean",
            interval=f"95 %, {CORRECTED}{cut(of)}",
        ),
    )


VARIABLES = {
    variable.name: variable
    for variable in (*PER_REPEAT, *(part for name, of in SUMMARISED.items() for part in _summary(name, of)))
}
"""All variables by name."""
