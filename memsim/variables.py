"""Registry of result variables: the one place that says what each is called, its dimensions, unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 1

READ = ("learner", "image", "noise_type", "noise_level")
MODEL = ("learner", "image")
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
        "current of the trained column under the corrupted image, over V_read (G_max - G_min)",
    ),
    Variable(
        "output_control",
        READ,
        "1",
        "control output",
        "current of the control column under the corrupted image, over V_read (G_max - G_min)",
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
        "geometric_margin",
        MODEL,
        "1",
        "geometric margin",
        "(o_t - o_c) / (|grad_x (o_t - o_c)| |x|) on the clean image and expected conductances; at most 1",
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
    Variable("weight_mean", MODEL, "1", "mean weight", "mean of w over all cells of the array", summary=True),
    Variable(
        "weight_std", MODEL, "1", "weight spread", "standard deviation of w over all cells of the array", summary=True
    ),
    Variable("weight_min", MODEL, "1", "smallest weight", "smallest w of the array", summary=True),
    Variable("weight_max", MODEL, "1", "largest weight", "largest w of the array", summary=True),
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
    Variable("snr_median", SUMMARY, "1", "median signal-to-noise ratio", "median of snr over images and noise"),
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
        ("y", "x"),
        "1",
        "first image, corrupted",
        "the first image at the middle level of the first corruption",
    ),
    Variable(
        "example_conductance",
        ("learner", "y", "x"),
        "S",
        "learned conductance",
        "target column of the first image's array after training, in the image's shape",
    ),
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
