"""Variables of the task `memorise`: reads and models of single images."""

from __future__ import annotations

from memsim.tasks.energy_variables import IMAGES, energy_variables
from memsim.tasks.kept import KEPT_VARIABLES
from memsim.tasks.variable import CORRECTED, POSITIVE, SHARE, SUMMARY, Variable, cut, with_summaries

READ = ("learner", "image", "noise_type", "noise_level")
MODEL = ("learner", "image")
CURVE = ("learner", "noise_type", "noise_level")
_NOISE = "noise types and levels above 0 (level 0, the image itself, counts where it is the only one)"
AREA = ("learner", "noise_type")
OVER_TIME = ("learner", "image", "time")

DECLARED = (
    Variable(
        "output_target",
        READ,
        "1",
        "target output",
        "output that learns, for the corrupted image; of a crossbar, column current over V_read (G_max - G_min)",
    ),
    Variable(
        "output_control",
        READ,
        "1",
        "control output",
        "output that should stay 0, for the corrupted image; of a crossbar, in the unit of output_target",
    ),
    Variable(
        "output_difference",
        READ,
        "1",
        "output difference",
        "output_target - output_control: the logit difference of a network",
        summary=True,
    ),
    Variable(
        "snr",
        READ,
        "1",
        "signal-to-noise ratio",
        "output_target / (output_control + 1e-9); ill-conditioned where the control output is near 0",
        summary=True,
    ),
    Variable(
        "correct",
        READ,
        "1",
        "correct decision",
        "whether output_target exceeds output_control",
        summary=True,
        bounds=SHARE,
        flags=("wrong", "correct"),
    ),
    Variable(
        "confidence",
        READ,
        "1",
        "confidence",
        "larger of the two softmax probabilities of the outputs, in [0.5, 1]; says nothing about being right",
        summary=True,
        bounds=(0.5, 1.0),
    ),
    Variable(
        "normalised_difference",
        READ,
        "1",
        "normalised difference",
        "(output_target - output_control) / (|output_target| + |output_control|)",
        summary=True,
        bounds=(-1.0, 1.0),
    ),
    Variable(
        "negative_denominator",
        READ,
        "1",
        "negative denominator of the ratio",
        "whether output_control + 1e-9 is negative, so that snr changes its sign",
        summary=True,
        bounds=SHARE,
        flags=("positive", "negative"),
    ),
    Variable(
        "unsafe",
        READ,
        "1",
        "unsafe read",
        "whether snr is under the experiment's unsafe_below, which the study's confidence monitor flags",
        summary=True,
        bounds=SHARE,
        flags=("safe", "unsafe"),
    ),
    Variable("clean_target", MODEL, "1", "target output, clean", "expected target output for the image itself"),
    Variable("clean_control", MODEL, "1", "control output, clean", "expected control output for the image itself"),
    Variable(
        "clean_snr",
        MODEL,
        "1",
        "signal-to-noise ratio, clean",
        "clean_target / (clean_control + 1e-9)",
        summary=True,
    ),
    Variable(
        "geometric_margin",
        MODEL,
        "1",
        "geometric margin",
        "(o_t - o_c) / (|grad_x (o_t - o_c)| |x|) on the clean image and expected conductances; at most 1 if linear",
        summary=True,
    ),
    Variable(
        "read_margin",
        MODEL,
        "1",
        "margin over read noise",
        "(o_t - o_c) / sqrt(read variance of the difference) on the clean image; NaN without read noise",
        summary=True,
    ),
    Variable(
        "weight_mean",
        MODEL,
        "1",
        "mean weight",
        "mean over all cells of the array, or all weights of the network",
        summary=True,
    ),
    Variable(
        "weight_std", MODEL, "1", "weight spread", "standard deviation over the same", summary=True, bounds=POSITIVE
    ),
    Variable("weight_min", MODEL, "1", "smallest weight", "smallest of the same", summary=True),
    Variable("weight_max", MODEL, "1", "largest weight", "largest of the same", summary=True),
    Variable(
        "saturated_share",
        MODEL,
        "1",
        "saturated share",
        "share of the target column's cells at an end of their own window or at a compliance limit; 0 without either",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "pulses_set",
        MODEL,
        "1",
        "set pulses",
        "programming pulses that raise w, all cells of the array",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "pulses_reset",
        MODEL,
        "1",
        "reset pulses",
        "programming pulses that lower w, all cells of the array",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "half_selects",
        MODEL,
        "1",
        "half-selected cells",
        "cells at half the programming voltage, summed over all pulses, when one cell is programmed at a time",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "step_size",
        MODEL,
        "1",
        "step size",
        "rate |x|^2 of a linear network on the squared error (twice that for the exact gradient); it diverges past 2",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable("snr_median", SUMMARY, "1", "median signal-to-noise ratio", f"median of snr over images and {_NOISE}"),
    Variable("snr_magnitude_median", SUMMARY, "1", "median |SNR|", f"median of |snr| over images and {_NOISE}"),
    Variable(
        "accuracy_degradation",
        CURVE,
        "1",
        "fall of accuracy",
        "share of correct decisions on clean images minus that at the noise level; times 100, percentage points",
    ),
    Variable(
        "accuracy_degradation_relative",
        CURVE,
        "1",
        "relative fall of accuracy",
        "accuracy_degradation over the accuracy on clean images; NaN where that is 0",
    ),
    Variable(
        "snr_degradation", CURVE, "1", "fall of the mean SNR", "mean clean_snr minus the mean snr at the noise level"
    ),
    Variable(
        "snr_degradation_relative",
        CURVE,
        "1",
        "relative fall of the mean SNR",
        "snr_degradation over the mean clean_snr",
    ),
    Variable(
        "accuracy_area",
        AREA,
        "1",
        "area under accuracy",
        "area under the share of correct decisions against noise from level 0 (clean), over the largest level",
    ),
    Variable(
        "snr_area",
        AREA,
        "1",
        "area under the mean SNR",
        "area under the mean snr against noise from level 0 (clean), over the largest level",
    ),
    Variable(
        "worst_normalised_difference",
        SUMMARY,
        "1",
        "worst normalised difference",
        f"smallest normalised_difference over images and {_NOISE}",
    ),
    Variable("worst_snr", SUMMARY, "1", "SNR of the worst read", "snr of the read with worst_normalised_difference"),
    Variable("worst_image", SUMMARY, "1", "worst image", "number of the image of the worst read"),
    Variable(
        "aged_snr",
        OVER_TIME,
        "1",
        "SNR over time",
        f"of crossbars: mean over {_NOISE} of the ratio in snr, read at a time after the training",
        summary=True,
    ),
    Variable(
        "aged_clean_snr",
        OVER_TIME,
        "1",
        "SNR of clean images over time",
        "of crossbars: the ratio in clean_snr of the expected outputs at a time after the training",
        summary=True,
    ),
    Variable(
        "aged_correct",
        OVER_TIME,
        "1",
        "accuracy over time",
        "of crossbars: share of reads with output_target above output_control at a time after the training, over "
        f"{_NOISE}",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "conductance",
        ("learner", "image", "row", "column"),
        "S",
        "learned conductance",
        "conductance of every cell after training; kept on request",
    ),
    Variable("example_image", ("y", "x"), "1", "first image", "grey levels of the first image, in [0, 1]"),
    Variable(
        "example_noisy",
        ("noise_type", "noise_level", "y", "x"),
        "1",
        "first image, corrupted",
        "the corrupted copies of the first image, grey levels in [0, 1]",
    ),
    Variable(
        "example_conductance",
        ("learner", "y", "x"),
        "S",
        "learned conductance",
        "target column of the first image's array after training, in the image's shape; NaN for networks",
    ),
    Variable(
        "example_sensitivity",
        ("learner", "y", "x"),
        "1",
        "sensitivity",
        "gradient of output_target - output_control by the pixels of the first image, at that image",
    ),
    Variable(
        "weight_share",
        ("learner", "weight_bin"),
        "1",
        "share of the weights",
        "share of the weights of the first image's model in each of equal bins between the smallest and the largest",
    ),
    Variable("weight_edge", ("learner", "weight_end"), "1", "weight", "edges of the bins of weight_share"),
    *energy_variables(IMAGES),
    *KEPT_VARIABLES,
)


def _over(variable: Variable) -> str:
    return f"images, {_NOISE}" if variable.dims == READ else "images"


def _method(variable: Variable) -> str:
    if variable.flags:
        return "Clopper-Pearson over images, with the number of images that has the variance of the values"
    return f"bootstrap-t over images, {CORRECTED} for fewer than 10{cut(variable)}"


VARIABLES = with_summaries(DECLARED, _over, _method)
"""All variables by name, means over images and their intervals included."""
COSTS: frozenset[str] = frozenset(v.name for v in energy_variables(IMAGES))
"""Variables of events and costs, which learners do not give themselves."""
SUMMARISED: tuple[str, ...] = tuple(v.name for v in DECLARED if v.summary)
"""Variables whose mean over images is stored."""
