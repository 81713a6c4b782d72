"""Registry of result variables: the one place that says what each is called, its dimensions, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 1

READ = ("learner", "image", "noise_type", "noise_level")
MODEL = ("learner", "image")
CURVE = ("learner", "noise_type", "noise_level")
AREA = ("learner", "noise_type")
SUMMARY = ("learner",)
INTERVAL = ("learner", "interval")


@dataclass(frozen=True)
class Variable:
    """One result variable.

    Attributes
    ----------
    name : str
        Name in the Dataset.
    dims : tuple of str
        Dimensions, in order.
    units : str
        SI unit; "1" for dimensionless numbers.
    long_name : str
        What it is, for axis labels.
    meaning : str
        Definition, with its limits.
    summary : bool
        Whether a run adds ``NAME_mean`` and ``NAME_interval``.
    flags : tuple of str
        Meanings of the values 0, 1, ... where the variable is an enumeration.
    """

    name: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    meaning: str
    summary: bool = False
    flags: tuple[str, ...] = ()


_DECLARED = (
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
        flags=("wrong", "correct"),
    ),
    Variable(
        "confidence",
        READ,
        "1",
        "confidence",
        "larger of the two softmax probabilities of the outputs, in [0.5, 1]; says nothing about being right",
        summary=True,
    ),
    Variable(
        "normalised_difference",
        READ,
        "1",
        "normalised difference",
        "(output_target - output_control) / (|output_target| + |output_control|)",
        summary=True,
    ),
    Variable(
        "negative_denominator",
        READ,
        "1",
        "negative denominator of the ratio",
        "whether output_control + 1e-9 is negative, so that snr changes its sign",
        summary=True,
        flags=("positive", "negative"),
    ),
    Variable(
        "unsafe",
        READ,
        "1",
        "unsafe read",
        "whether snr is under the experiment's unsafe_below, which the study's confidence monitor flags",
        summary=True,
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
    Variable("weight_std", MODEL, "1", "weight spread", "standard deviation over the same", summary=True),
    Variable("weight_min", MODEL, "1", "smallest weight", "smallest of the same", summary=True),
    Variable("weight_max", MODEL, "1", "largest weight", "largest of the same", summary=True),
    Variable(
        "saturated_share",
        MODEL,
        "1",
        "saturated share",
        "share of the target column's cells at a bound of w; 0 without bounds",
        summary=True,
    ),
    Variable(
        "pulses_set", MODEL, "1", "set pulses", "programming pulses that raise w, all cells of the array", summary=True
    ),
    Variable(
        "pulses_reset",
        MODEL,
        "1",
        "reset pulses",
        "programming pulses that lower w, all cells of the array",
        summary=True,
    ),
    Variable(
        "half_selects",
        MODEL,
        "1",
        "half-selected cells",
        "cells at half the programming voltage, summed over all pulses, when one cell is programmed at a time",
        summary=True,
    ),
    Variable(
        "step_size",
        MODEL,
        "1",
        "step size",
        "rate |x|^2 of a linear network on the squared error (twice that for the exact gradient); it diverges past 2",
        summary=True,
    ),
    Variable("snr_median", SUMMARY, "1", "median signal-to-noise ratio", "median of snr over images and noise"),
    Variable("snr_magnitude_median", SUMMARY, "1", "median |SNR|", "median of |snr| over images and noise"),
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
        "smallest normalised_difference over images and noise",
    ),
    Variable("worst_snr", SUMMARY, "1", "SNR of the worst read", "snr of the read with worst_normalised_difference"),
    Variable("worst_image", SUMMARY, "1", "worst image", "number of the image of the worst read"),
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
)


def _with_summaries() -> dict[str, Variable]:
    variables = {v.name: v for v in _DECLARED}
    for v in _DECLARED:
        if v.summary:
            over = "images, noise types and levels" if v.dims == READ else "images"
            mean = Variable(f"{v.name}_mean", SUMMARY, v.units, f"mean {v.long_name}", f"mean of {v.name} over {over}")
            variables[mean.name] = mean
            variables[f"{v.name}_interval"] = Variable(
                f"{v.name}_interval",
                INTERVAL,
                v.units,
                f"95 % interval of the mean {v.long_name}",
                f"bootstrap over images of {mean.name} (percentiles 2.5 and 97.5)",
            )
    return variables


VARIABLES: dict[str, Variable] = _with_summaries()
SUMMARISED: tuple[str, ...] = tuple(v.name for v in _DECLARED if v.summary)
