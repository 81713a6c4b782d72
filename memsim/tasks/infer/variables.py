"""Variables of the task `infer`: trained networks on crossbars, programmed several times."""

from __future__ import annotations

from memsim.tasks.energy_variables import ENERGY_VARIABLES
from memsim.tasks.on_cells_variables import ON_CELLS, REPEAT, over_repeats
from memsim.tasks.variable import SHARE, SUMMARY, Variable

OF_LAYERS = ("learner", "repeat", "layer")

DECLARED = (
    Variable(
        "digital_accuracy",
        SUMMARY,
        "1",
        "digital accuracy",
        "share of test images whose largest output is right where all products are computed in floating point",
        bounds=SHARE,
    ),
    Variable(
        "chance_accuracy",
        SUMMARY,
        "1",
        "accuracy of a guess",
        "share of the test images that are of the most frequent class",
        bounds=SHARE,
    ),
    *(ON_CELLS[name] for name in ("test_accuracy", "parameters", "cells", "operations")),
    Variable(
        "accuracy_loss",
        REPEAT,
        "1",
        "loss of accuracy by the hardware",
        "digital_accuracy minus test_accuracy; negative where the hardware is right more often",
        summary=True,
        bounds=(-1.0, 1.0),
    ),
    *(ON_CELLS[name] for name in ("weight_error", "layer_snr", "product_snr")),
    Variable(
        "layer_clipped_inputs",
        OF_LAYERS,
        "1",
        "clipped inputs of a layer",
        "share of the inputs of a layer that exceed the range of its DACs, for the test images before the first time; "
        "NaN without DACs, and for layers that stay digital",
        bounds=SHARE,
    ),
    Variable(
        "layer_saturated_outputs",
        OF_LAYERS,
        "1",
        "saturated outputs of a layer",
        "share of the outputs of the tiles of a layer that exceed the range of their ADCs, for the test images before "
        "the first time; NaN without ADCs, and for layers that stay digital",
        bounds=SHARE,
    ),
    *(ON_CELLS[name] for name in ("aged_accuracy", "aged_weight_error", "lifetime")),
    *(ON_CELLS[name] for name in ("refreshes", "refresh_pulses", "compensation_reads")),
    *ENERGY_VARIABLES,
)

VARIABLES = over_repeats(DECLARED)
"""All variables by name, means over programmings and their intervals included."""
SUMMARISED: tuple[str, ...] = tuple(v.name for v in DECLARED if v.summary)
"""Variables whose mean over programmings is stored."""
