"""What a learner decides about images, how sure it is, and what a monitor of its decisions makes of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from memsim.metrics import monitor
from memsim.metrics.binning import shares
from memsim.metrics.classes import calibration_error, confidence, lead, margin, predicted, reliability, top_ratio
from memsim.metrics.severities import is_noise

SCORES = ("confidence", "scaled confidence", "lead")
"""What a monitor may judge decisions by, in the order of the dimension `score`."""
_SIDE = 10.0 ** (np.arange(-8, 17) / 4)
MARGIN_EDGES = np.array([-np.inf, *-_SIDE[::-1], *_SIDE, np.inf])
"""Ends of the bins of the margin: four a decade on both sides, from 0.01 to 10,000, a bin around 0, and the rest."""
_MEANS = {
    "accuracy": "right",
    "margin": "margin",
    "lead": "lead",
    "confidence": "confidence",
    "scaled_confidence": "scaled_confidence",
}
"""Fields of `Decisions` whose means are stored, by the ends of the names of their variables."""


@dataclass(frozen=True)
class Decisions:
    """Decisions about images, (..., image) each.

    Attributes
    ----------
    right : bool
        Whether the largest output is the right one.
    margin, lead, ratio : float
        See `margin`, `lead` and `top_ratio` in `metrics.classes`.
    confidence, scaled_confidence : float
        Largest softmax output, and that of outputs over the temperature.
    """

    right: np.ndarray
    margin: np.ndarray
    lead: np.ndarray
    ratio: np.ndarray
    confidence: np.ndarray
    scaled_confidence: np.ndarray

    @property
    def scores(self) -> tuple[np.ndarray, ...]:
        """The scores in the order of `SCORES`."""
        return self.confidence, self.scaled_confidence, self.lead


def decisions(outputs: np.ndarray, labels: np.ndarray, temperature: np.ndarray) -> Decisions:
    """Decisions by outputs (seed, ..., image, class) and a temperature for each seed."""
    by_seed = temperature.reshape(-1, *(1,) * (outputs.ndim - 3))
    return Decisions(
        predicted(outputs) == labels,
        margin(outputs, labels),
        lead(outputs),
        top_ratio(outputs),
        confidence(outputs),
        confidence(outputs, by_seed),
    )


def joined(parts: Sequence[Decisions]) -> Decisions:
    """Decisions about the images of several parts, in their order."""
    return Decisions(*(np.concatenate([getattr(part, f.name) for part in parts], axis=-1) for f in fields(Decisions)))


def measure_decisions(found: Decisions, unsafe_below: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Measures over the images, by the ends of the names of their variables, such as ``accuracy`` and ``unsafe``.

    Parameters
    ----------
    found : Decisions
        Decisions (..., image).
    unsafe_below : mapping of str to float
        Threshold of each of `SCORES`, under which a decision is unsafe.
    """
    values: dict[str, np.ndarray] = {
        name: getattr(found, field).mean(-1, dtype=float) for name, field in _MEANS.items()
    }
    values["snr"] = np.median(found.ratio, axis=-1)
    values["margin_share"] = shares(found.margin, MARGIN_EDGES)
    for prefix, sure in (("", found.confidence), ("scaled_", found.scaled_confidence)):
        bins = reliability(sure, found.right)
        values[f"{prefix}confidence_share"] = bins.share
        values[f"{prefix}calibration_error"] = calibration_error(bins)
    thresholds = [unsafe_below[name] for name in SCORES]
    by_score = [_monitored(found.right, *each) for each in zip(found.scores, thresholds, strict=True)]
    axis = found.right.ndim - 1
    return values | {name: np.stack([own[name] for own in by_score], axis=axis) for name in by_score[0]}


def _monitored(right: np.ndarray, score: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    """What a monitor makes of one score."""
    flagged = monitor.unsafe(score, threshold)
    return {
        "unsafe": flagged.mean(-1),
        "safe_accuracy": monitor.safe_accuracy(right, flagged),
        "risk": monitor.risk(score, right),
        "risk_area": monitor.risk_area(score, right),
    }


def over_noise(variables: Mapping[str, np.ndarray], levels: Sequence[float]) -> dict[str, np.ndarray]:
    """Means over noise types and severities above 0, (learner, seed, ...), from (learner, seed, type, level, ...).

    The accuracy of the decisions that are not flagged is that of all of them together.
    """
    means = ("confidence", "scaled_confidence", "unsafe", "risk_area")
    noisy = {name: variables[f"noisy_{name}"][:, :, :, is_noise(levels)] for name in (*means, "safe_accuracy")}
    if not is_noise(levels).any():
        nothing = {name: np.full((*values.shape[:2], *values.shape[4:]), np.nan) for name, values in noisy.items()}
        return {f"noise_mean_{name}": values for name, values in nothing.items()}
    values = {f"noise_mean_{name}": noisy[name].mean((2, 3)) for name in means}
    safe = 1 - noisy["unsafe"]
    right = np.where(safe > 0, safe * noisy["safe_accuracy"], 0.0).sum((2, 3))
    total = safe.sum((2, 3))
    accuracy = np.divide(right, total, out=np.full(total.shape, np.nan), where=total > 0)
    return values | {"noise_mean_safe_accuracy": accuracy}
