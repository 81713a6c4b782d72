"""What learners gave, as registered variables: metrics of every read and model, and their summaries over images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memsim.metrics.intervals import over_images
from memsim.metrics.monitor import unsafe
from memsim.metrics.severities import reads_under_noise
from memsim.metrics.two_columns import (
    area,
    confidence,
    degradation,
    geometric_margin,
    negative_denominator,
    normalised_difference,
    snr,
)
from memsim.tasks.memorise.learners import Memory
from memsim.tasks.memorise.learners.block import join
from memsim.tasks.memorise.schema import MemoriseSpec
from memsim.tasks.memorise.variables import COSTS, OVER_TIME, READ, SUMMARISED, VARIABLES


def measure(parts: Sequence[Memory], pixels: np.ndarray, unsafe_below: float) -> dict[str, np.ndarray]:
    """Registered variables of one learner, without the learner dimension.

    Parameters
    ----------
    parts : sequence of Memory
        What the learner gave for the blocks of images, in order.
    pixels : (image, y, x)
        The images.
    unsafe_below : float
        SNR under which a read counts as unsafe.
    """
    memory = join(parts)
    clean, target, control = memory.clean, memory.outputs[..., 0], memory.outputs[..., 1]
    length = np.linalg.norm(pixels.reshape(len(pixels), -1).astype(float), axis=1)
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged network has infinite outputs
        ratio = snr(target, control)
        values = {
            "output_target": target,
            "output_control": control,
            "output_difference": target - control,
            "snr": ratio,
            "correct": target > control,
            "confidence": confidence(target, control),
            "normalised_difference": normalised_difference(target, control),
            "negative_denominator": negative_denominator(control),
            "unsafe": unsafe(ratio, unsafe_below),
            "clean_target": clean[:, 0],
            "clean_control": clean[:, 1],
            "clean_snr": snr(clean[:, 0], clean[:, 1]),
            "geometric_margin": geometric_margin(clean[:, 0], clean[:, 1], memory.steepness, length),
        }
    values |= memory.models
    for name, example in memory.examples.items():
        values[name] = example.reshape(pixels.shape[1:]) if VARIABLES[name].dims[-1] == "x" else example
    return values


def stack(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """All variables with the learner as first dimension; NaN where a learner has none, or a map of another size."""
    shapes = {VARIABLES[name].dims: values.shape for part in reversed(parts) for name, values in part.items()}
    stacked = {}
    for name, variable in VARIABLES.items():
        shape = shapes.get(variable.dims)
        if shape is not None and name not in COSTS:
            blank = np.full(shape, np.nan)
            found = (part.get(name, blank) for part in parts)
            stacked[name] = np.stack([values if values.shape == shape else blank for values in found])
    return stacked


def summarise(variables: Mapping[str, np.ndarray], spec: MemoriseSpec) -> dict[str, np.ndarray]:
    """Registered summaries of the variables of a run, whose first dimension is the learner.

    Parameters
    ----------
    variables : mapping of str to (learner, image, ...)
        Registered variables.
    spec : MemoriseSpec
        The settings: noise levels, seed and number of resamples.
    """
    # A diverged network makes infinite outputs, and their means are infinite or undefined.
    with np.errstate(over="ignore", invalid="ignore"):
        reads = {name: reads_under_noise(variables[name], spec.levels) for name in ("snr", "normalised_difference")}
        return {**_means(variables, spec), **_medians(reads["snr"]), **_curves(variables, spec), **_worst(**reads)}


def _means(variables: Mapping[str, np.ndarray], spec: MemoriseSpec) -> dict[str, np.ndarray]:
    names = [name for name in SUMMARISED if name in variables]
    over_time = [name for name in names if VARIABLES[name].dims == OVER_TIME]
    once = [name for name in names if name not in over_time]
    return {**_means_of(once, variables, spec), **_means_of(over_time, variables, spec)}


def _means_of(names: Sequence[str], variables: Mapping[str, np.ndarray], spec: MemoriseSpec) -> dict[str, np.ndarray]:
    """Means and intervals of variables whose values over images have the same axes."""
    if not names:
        return {}
    columns = []
    for name in names:
        values = variables[name].astype(float)
        if VARIABLES[name].dims == READ:
            values = reads_under_noise(values, spec.levels).mean(axis=(2, 3))
        columns.append(np.moveaxis(values, 1, 0))
    declared = [VARIABLES[name] for name in names]
    mean, low, high = over_images(np.stack(columns, axis=1), declared, spec.seed, spec.resamples)
    summaries = {}
    for i, name in enumerate(names):
        summaries[f"{name}_mean"] = mean[i]
        summaries[f"{name}_interval"] = np.stack([low[i], high[i]], axis=-1)
    return summaries


def _medians(ratio: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "snr_median": np.median(ratio, axis=(1, 2, 3)),
        "snr_magnitude_median": np.median(np.abs(ratio), axis=(1, 2, 3)),
    }


def _curves(variables: Mapping[str, np.ndarray], spec: MemoriseSpec) -> dict[str, np.ndarray]:
    """How accuracy and SNR fall with noise from their value on the clean image, and the areas under both curves."""
    target, control = variables["clean_target"], variables["clean_control"]
    clean = {"accuracy": target > control, "snr": variables["clean_snr"]}
    curves = {}
    for name, noisy in (("accuracy", variables["correct"]), ("snr", variables["snr"])):
        start, curve = clean[name].mean(axis=1), noisy.mean(axis=1)
        points, relative = degradation(start, curve)
        curves[f"{name}_degradation"] = points
        curves[f"{name}_degradation_relative"] = relative
        curves[f"{name}_area"] = area(start, curve, spec.levels)
    return curves


def _worst(snr: np.ndarray, normalised_difference: np.ndarray) -> dict[str, np.ndarray]:
    """The read with the smallest normalised difference; one that is not a number counts as the worst."""
    learners = np.arange(len(snr))
    flat = normalised_difference.reshape(len(snr), -1)
    worst = flat.argmin(axis=1)
    return {
        "worst_normalised_difference": flat[learners, worst],
        "worst_snr": snr.reshape(len(snr), -1)[learners, worst],
        "worst_image": worst // snr[0, 0].size,
    }
