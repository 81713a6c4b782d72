"""Accuracy under noise, and errors relative to those of a reference learner, without severity 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memsim.metrics.classes import corruption_error, relative_corruption_error
from memsim.metrics.severities import is_noise, mean_under_noise, under_noise

_ERRORS = {
    "corruption_error": "makes no error",
    "relative_corruption_error": "makes no more errors than on clean images",
}
"""Variables, and what a reference does that leaves them without a value."""


def corruption_variables(
    variables: Mapping[str, np.ndarray], levels: Sequence[float], reference: int
) -> dict[str, np.ndarray]:
    """Registered variables of all learners from their accuracies on clean and on corrupted images.

    Parameters
    ----------
    variables : mapping of str to (learner, ...)
        With ``test_accuracy`` and ``noisy_accuracy``.
    levels : sequence of float
        Severities of the experiment.
    reference : int
        Number of the learner to whose errors those of all are relative.
    """
    clean = 1.0 - variables["test_accuracy"]
    error = 1.0 - under_noise(variables["noisy_accuracy"], levels)
    values = {
        "noise_mean_accuracy": mean_under_noise(variables["noisy_accuracy"], levels),
        "corruption_error": corruption_error(error, error[reference]),
        "relative_corruption_error": relative_corruption_error(error, clean, error[reference], clean[reference]),
    }
    return values | {f"mean_{name}": values[name].mean(-1) for name in _ERRORS}


def corruption_notes(
    variables: Mapping[str, np.ndarray], levels: Sequence[float], reference: str, kinds: Sequence[str]
) -> list[str]:
    """Why errors relative to a reference have no value, in one note; none where all have one.

    Parameters
    ----------
    variables : mapping of str to (learner, ...)
        With those of `corruption_variables`.
    levels : sequence of float
        Severities of the experiment.
    reference : str
        Label of the reference.
    kinds : sequence of str
        Corruptions.
    """
    if not is_noise(levels).any():
        return ["corruptions: severity 0 is no noise and there is no other, so nothing is measured under noise"]
    reasons = []
    for name, what in _ERRORS.items():
        missing = np.isnan(variables[name]).all(0)  # (repeat, noise_type): of every learner, so by the denominator
        where = [
            f"{kind} (repeat {', '.join(map(str, np.flatnonzero(gone)))})"
            for kind, gone in zip(kinds, missing.T, strict=True)
            if gone.any()
        ]
        if where:
            reasons.append(f"{name} has no value where '{reference}' {what}: {', '.join(where)}")
    return ["; ".join([*reasons, "another reference or larger severities give one"])] if reasons else []
