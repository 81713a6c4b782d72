"""Result variables of the task `regress`."""

from __future__ import annotations

from memsim.tasks.variable import CORRECTED, POSITIVE, SHARE, Variable, cut, with_summaries

_ONE = ("learner", "repeat")
_MAP = ("learner", "matrix_row", "matrix_column")
_FIRST = "of the first repeat"
_UNKNOWN = "NaN for schemes without fast cells"

_DECLARED = (
    Variable(
        "matrix_error",
        (*_ONE, "vector"),
        "1",
        "error of the weights",
        "root of the mean square of weight - target over all weights and the vectors of a part of the training, each "
        "taken before its vector",
        bounds=POSITIVE,
    ),
    Variable(
        "final_matrix_error",
        _ONE,
        "1",
        "error of the weights at the end",
        "the same over the last tenth of the training",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "saturated_trains",
        _ONE,
        "1",
        "share of saturated trains",
        "trains whose largest pair of an input and an error wants more pulses than slots, over all trains",
        summary=True,
        bounds=SHARE,
    ),
    Variable("weight_pulses", _ONE, "1", "pulses of a weight", "mean over all weights", summary=True, bounds=POSITIVE),
    Variable(
        "fast_pulses",
        _ONE,
        "1",
        "pulses of a fast cell",
        f"mean over all fast cells, without those that look for symmetry points; {_UNKNOWN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable("target_weight", _MAP, "1", "target", f"matrix that is learned, {_FIRST}"),
    Variable("learned_weight", _MAP, "1", "weight at the end", f"weights after the last vector, {_FIRST}"),
    Variable(
        "symmetry_point",
        _MAP,
        "1",
        "symmetry point of a fast cell",
        f"weight at which a set and a reset pulse without noise move the cell equally far, {_FIRST}; {_UNKNOWN}",
    ),
    Variable(
        "reference_value",
        _MAP,
        "1",
        "reference of a fast cell",
        f"what the scheme takes for the symmetry point, with its error, {_FIRST}; {_UNKNOWN}",
    ),
)


def _method(variable: Variable) -> str:
    return f"{CORRECTED}, over the repeats{cut(variable)}"


VARIABLES = with_summaries(_DECLARED, lambda variable: "the repeats", _method)
"""All variables by name."""
