"""Pulses of a fitted model drawn anew: for bands in figures, and to test the fit itself."""

from __future__ import annotations

import numpy as np


def draw(
    step: np.ndarray,
    start: np.ndarray,
    pulses: int,
    *,
    low: float,
    high: float,
    write: float,
    relative_to: str,
    rng: np.random.Generator,
    clipped: tuple[bool, bool] = (True, True),
) -> np.ndarray:
    """States after 0 to `pulses` pulses (pulse, walk) from the states `start` (walk,), without read noise.

    Parameters
    ----------
    step : ndarray
        Signed mean step of the window (node,) at equally spaced states.
    low, high : float
        Window; `clipped` says which ends bound the state.
    write : float
        Sigma of a pulse: in the units of the state for "range", of the step for "step".
    """
    nodes = np.linspace(0.0, 1.0, len(step))
    states = np.empty((pulses + 1, len(start)))
    states[0] = start
    for k in range(pulses):
        moved = (high - low) * np.interp((states[k] - low) / (high - low), nodes, step)
        noise = write * (np.abs(moved) if relative_to == "step" else 1.0)
        states[k + 1] = np.clip(
            states[k] + moved + noise * rng.standard_normal(len(start)),
            low if clipped[0] else -np.inf,
            high if clipped[1] else np.inf,
        )
    return states
