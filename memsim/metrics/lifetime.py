"""How long an accuracy lasts: the time until it has fallen by some amount."""

from __future__ import annotations

import numpy as np

POINT = 0.01
"""Loss of accuracy that ends a lifetime: one percentage point."""


def lifetime(times: np.ndarray, accuracy: np.ndarray, loss: float = POINT) -> np.ndarray:
    """Time until an accuracy has fallen by `loss` from its first value, (...) [s].

    Between two times the accuracy is taken as linear in the logarithm of the time; from a time of 0 on, as linear in
    the time.

    Parameters
    ----------
    times : (time,)
        In ascending order [s].
    accuracy : (..., time)
        Shares in [0, 1].
    loss : float
        Share that must be lost.

    Returns
    -------
    (...)
        Infinite where the accuracy does not fall so far within the times.
    """
    times, accuracy = np.asarray(times, float), np.asarray(accuracy, float)
    fallen = accuracy[..., :1] - accuracy - loss >= -1e-12  # such as 0.9 - 0.89
    first = fallen.argmax(-1)
    last = np.maximum(first - 1, 0)
    before, after = (np.take_along_axis(accuracy, place[..., None], -1)[..., 0] for place in (last, first))
    drop = np.where(before > after, before - after, 1.0)
    share = np.clip((before - accuracy[..., 0] + loss) / drop, 0.0, 1.0)
    start, end = times[last], times[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        within = np.where(start > 0, start * (end / start) ** share, end * share)
    return np.where(fallen.any(-1), within, np.inf)
