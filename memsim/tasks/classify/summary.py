"""What classifiers gave, as registered variables: metrics on clean and on corrupted test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memsim.data.corruptions import CORRUPTIONS
from memsim.data.labelled import Labelled, Split
from memsim.metrics.classes import (
    confusion,
    fit_temperature,
    ill_conditioned,
    normalised_margin,
    predicted,
    recall,
    reliability,
)
from memsim.metrics.intervals import seed_interval
from memsim.metrics.lifetime import lifetime
from memsim.philox import Occasion, Purpose, corrupted_read
from memsim.tasks.classify.classifiers.classifier import CellClassifier, Classifier
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.corruption import corruption_variables
from memsim.tasks.classify.decisions import Decisions, decisions, measure_decisions, over_noise
from memsim.tasks.classify.variables import SUMMARISED, VARIABLES

Values = dict[str, np.ndarray]
_MAP = 1 << 18
"""Cells of the largest tile whose maps are stored."""


def clean_outputs(classifier: Classifier, data: Labelled) -> np.ndarray:
    """Outputs (seed, image, class) for the test images themselves."""
    return classifier.outputs(data.test.pixels, occasion=Occasion(Purpose.CLEAN))


def measure_clean(
    classifier: Classifier, data: Labelled, outputs: np.ndarray, unsafe_below: Mapping[str, float]
) -> Values:
    """Registered variables of a classifier on the images themselves, without the learner dimension.

    `outputs` are those of `clean_outputs`, `unsafe_below` the threshold of each score.
    """
    test, classes = data.test, len(data.classes)
    held_out = classifier.outputs(data.validation.pixels, occasion=Occasion(Purpose.HELD_OUT))
    train = classifier.outputs(data.train.pixels, occasion=Occasion(Purpose.TRAINED))
    guess = predicted(outputs)
    temperature = fit_temperature(held_out, data.validation.labels)
    decided = decisions(outputs, test.labels, temperature)
    bins = reliability(decided.scaled_confidence, decided.right)
    measured = measure_decisions(decided, unsafe_below)
    values = {f"test_{name}": own for name, own in measured.items() if f"test_{name}" in VARIABLES}
    values |= {
        "train_accuracy": (predicted(train) == data.train.labels).mean(-1),
        "validation_accuracy": (predicted(held_out) == data.validation.labels).mean(-1),
        "test_normalised_margin": normalised_margin(outputs, test.labels).mean(-1, dtype=float),
        "snr_ill_conditioned": ill_conditioned(outputs).mean(-1),
        "calibration_error": measured["calibration_error"],
        "scaled_calibration_error": measured["scaled_calibration_error"],
        "temperature": temperature,
        "bin_share": bins.share,
        "bin_confidence": bins.confidence,
        "bin_accuracy": bins.accuracy,
        "recall": recall(guess, test.labels, classes),
        "confusion": confusion(guess, test.labels, classes),
    }
    history, account = classifier.history, classifier.account()
    values |= {
        "epoch_loss": history.loss,
        "epoch_accuracy": history.accuracy,
        "epoch_validation_accuracy": history.validation_accuracy,
        "epoch_lead": history.lead,
        "epochs": account.epochs,
        "best_epoch": account.best_epoch,
        "parameters": np.asarray(account.parameters),
        "cells": np.asarray(account.cells),
        "operations": np.asarray(account.operations),
        "training_operations": account.training_operations,
        "training_pulses_set": account.pulses_set,
        "training_pulses_reset": account.pulses_reset,
        "weight_error": account.weight_error,
    }
    return values


def noisy_decisions(
    classifier: Classifier,
    kind: str,
    copies: np.ndarray,
    labels: np.ndarray,
    temperature: np.ndarray,
    first: int,
    time: int = 0,
) -> Decisions:
    """Decisions (seed, noise_level, image) about corrupted copies (image, level, y, x) of images from `first` on.

    `temperature` (seed,) is that of the clean validation images, `time` the number of the evaluation time, from 1 on; 0
    is before them.
    """
    levels = copies.shape[1]
    outputs = []
    for level in range(levels):
        occasion = Occasion(Purpose.TEST, corrupted_read(CORRUPTIONS[kind], level), time=time)
        outputs.append(classifier.outputs(np.ascontiguousarray(copies[:, level]), occasion=occasion, first=first))
    return decisions(np.stack(outputs, axis=1), labels, temperature)


def measure_products(classifier: Classifier, test: Split) -> Values:
    """Registered variables of the analog products of a network on crossbars, and of its wires; none for others."""
    if not isinstance(classifier, OnCrossbars):
        return {}
    snr = classifier.product_snr(test.pixels)
    values = {"layer_snr": snr, "product_snr": snr.min(-1)}
    maps = classifier.tile_maps()
    if maps is not None and maps.voltage.size <= _MAP:
        values |= {"example_tile_voltage": maps.voltage, "example_tile_error": maps.error}
    return values


_COSTS = {
    "pulses_mean": "network_pulses_mean",
    "pulses_95": "network_pulses_95",
    "verify_reads_mean": "network_verify_reads",
    "array_programming_time": "network_programming_time",
    "array_programming_energy": "network_programming_energy",
    "success": "network_success",
}
"""Registered variables of networks by the names of `programming_costs`."""


def measure_programming(classifier: OnCrossbars) -> tuple[Values, np.ndarray]:
    """Registered variables of what write and verify took of networks, and the pulses of all cells."""
    costs = classifier.programming()
    values = {name: np.stack([cost.values[key] for cost in costs]) for key, name in _COSTS.items()}
    pulses = np.concatenate([cost.pulses for cost in costs if cost.pulses is not None])
    return values | {"network_state_error": classifier.state_error}, pulses


def measure_wear(classifier: CellClassifier) -> Values:
    """Registered variables of the pulses that cells have seen in the whole run, refreshes included."""
    pulses = classifier.cell_pulses
    return {
        "wear_pulses_mean": pulses.mean(1),
        "wear_pulses_95": np.percentile(pulses, 95, axis=1),
        "wear_pulses_max": pulses.max(1).astype(float),
    }


def stack(parts: Sequence[Mapping[str, np.ndarray]]) -> Values:
    """All variables with the learner as first dimension; NaN where one has none, or smaller ones end."""
    stacked = {}
    for name in VARIABLES:
        found = [np.asarray(part[name]) if name in part else None for part in parts]
        shapes = [values.shape for values in found if values is not None]
        if not shapes:
            continue
        whole = tuple(map(max, zip(*shapes, strict=True)))
        stacked[name] = np.stack([_filled(values, whole) for values in found])
    return stacked


def _filled(values: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Values with NaN behind their ends up to a shape."""
    if values is not None and values.shape == shape:
        return values
    found = np.full(shape, np.nan)
    if values is not None:
        found[tuple(slice(0, length) for length in values.shape)] = values
    return found


def mean_lifetime(accuracy: np.ndarray, times: Sequence[float]) -> np.ndarray:
    """Time until the mean over seeds falls by one point, (learner,) [s], from (learner, seed, time); NaN for NaN."""
    mean = accuracy.mean(1)
    known = np.isfinite(mean).all(-1)
    lifetimes = np.full(len(mean), np.nan)
    lifetimes[known] = lifetime(np.array(times), mean[known])
    return lifetimes


def compare(variables: Values, levels: Sequence[float], reference: int, times: Sequence[float] = ()) -> Values:
    """Variables that need all learners, and the means over seeds with their intervals.

    Parameters
    ----------
    variables : dict of str to (learner, ...)
        Registered variables.
    levels : sequence of float
        Severities of the corruptions.
    reference : int
        Number of the learner to whose errors those of the others are compared.
    times : sequence of float
        Times of the experiment [s].
    """
    compared = corruption_variables(variables, levels, reference)
    compared |= over_noise(variables, levels)
    if "lifetime" in variables:
        compared["mean_lifetime"] = mean_lifetime(variables["aged_accuracy"], times)
    everything = variables | compared
    for name in SUMMARISED:
        if name in everything:
            bounds = VARIABLES[name].bounds
            mean, low, high = seed_interval(np.asarray(everything[name], float), axis=1, bounds=bounds)
            compared[f"{name}_mean"], compared[f"{name}_interval"] = mean, np.stack([low, high], axis=-1)
    return compared
