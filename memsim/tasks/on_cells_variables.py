"""Variables of all tasks that judge classifiers on cells: accuracy, errors of weights and products, lifetime."""

from __future__ import annotations

from collections.abc import Iterable

from memsim.tasks.variable import CORRECTED, POSITIVE, SHARE, SUMMARY, Variable, cut, with_summaries

REPEAT = ("learner", "repeat")
OVER_TIME = ("learner", "repeat", "time")

_DECLARED = (
    Variable(
        "test_accuracy",
        REPEAT,
        "1",
        "test accuracy",
        "share of test images whose largest output is right",
        summary=True,
        bounds=SHARE,
    ),
    Variable("parameters", SUMMARY, "1", "parameters", "learned numbers, of one seed"),
    Variable("cells", SUMMARY, "1", "cells", "memristor cells, of one seed; NaN for networks"),
    Variable("operations", SUMMARY, "1", "operations", "multiply-accumulate operations for the outputs of one image"),
    Variable(
        "weight_error",
        REPEAT,
        "1",
        "weight error",
        "of programmed networks: root mean square of programmed minus wished weights, over that of the wished ones; "
        "programmed ones as outputs see them, through wires",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "layer_snr",
        ("learner", "repeat", "layer"),
        "dB",
        "SNR of a layer's products",
        "of networks on crossbars, on test images: 10 log10 of the variance of the exact products of a layer's inputs "
        "and wished weights over the mean square of the read ones minus them; both over images and outputs",
    ),
    Variable(
        "product_snr",
        REPEAT,
        "dB",
        "SNR of the products",
        "layer_snr of the layer where it is smallest",
        summary=True,
    ),
    Variable(
        "aged_accuracy",
        OVER_TIME,
        "1",
        "test accuracy over time",
        "of learners on cells: share of test images whose largest output is right, read at a time after programming",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "aged_weight_error",
        OVER_TIME,
        "1",
        "weight error over time",
        "root mean square of the weights in cells, as outputs see them with their compensation, minus those that were "
        "programmed or learned, over that of the latter; its square is that of drift and spread together",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "lifetime",
        REPEAT,
        "s",
        "time until the accuracy falls by one point",
        "time until aged_accuracy is one percentage point below its first value, linear in the logarithm of the time; "
        "infinite where it does not fall so far within the times",
        bounds=POSITIVE,
    ),
    Variable(
        "mean_lifetime",
        SUMMARY,
        "s",
        "time until the mean accuracy falls by one point",
        "as lifetime, of the mean of aged_accuracy over seeds, which scatters less than that of single seeds",
        bounds=POSITIVE,
    ),
    Variable("refreshes", SUMMARY, "1", "refreshes", "how often all cells were programmed again", bounds=POSITIVE),
    Variable(
        "refresh_pulses",
        SUMMARY,
        "1",
        "pulses of refreshes",
        "set and reset pulses of all refreshes, all cells and seeds together",
        bounds=POSITIVE,
    ),
    Variable(
        "compensation_reads",
        SUMMARY,
        "1",
        "reads of the compensation",
        "reads of each layer that the compensation took: at each time, and after each programming unless the reference "
        "is exact",
        bounds=POSITIVE,
    ),
)

ON_CELLS = {v.name: v for v in _DECLARED}
"""The variables by name, without means."""


def over_repeats(declared: Iterable[Variable]) -> dict[str, Variable]:
    """Variables by name, with the means over repeats and their intervals."""
    return with_summaries(declared, lambda v: "seeds", lambda v: f"{CORRECTED} over seeds{cut(v)}")
