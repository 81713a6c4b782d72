"""Pulses of a fitted model drawn anew: for bands in figures, and to see whether the model reproduces the trains."""

from __future__ import annotations

import numpy as np

from memsim.fit.pulses.problem import Problem


def draw(
    step: np.ndarray,
    branch: np.ndarray,
    start: np.ndarray,
    *,
    low: float,
    high: float,
    write: float,
    relative_to: str,
    rng: np.random.Generator,
    clipped: tuple[bool, bool] = (True, True),
) -> np.ndarray:
    """States after 0 to n pulses (pulse + 1, walk) from the states `start` (walk,), without read noise.

    Parameters
    ----------
    step : ndarray
        Signed mean step of the window (branch, node) at equally spaced states.
    branch : ndarray
        Direction of each pulse (pulse,): 0 for set, 1 for reset.
    low, high : float
        Window; `clipped` says which ends bound the state.
    write : float
        Sigma of a pulse: in the units of the state for "range", of the step for "step".
    """
    nodes = np.linspace(0.0, 1.0, step.shape[1])
    states = np.empty((len(branch) + 1, len(start)))
    states[0] = start
    for k, side in enumerate(branch):
        moved = (high - low) * np.interp((states[k] - low) / (high - low), nodes, step[side])
        noise = write * (np.abs(moved) if relative_to == "step" else 1.0)
        states[k + 1] = np.clip(
            states[k] + moved + noise * rng.standard_normal(len(start)),
            low if clipped[0] else -np.inf,
            high if clipped[1] else np.inf,
        )
    return states


def simulated(
    problem: Problem, theta: np.ndarray, train: int, walks: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """States and noisy reads (point, walk), positions on the problem's axis, of a train simulated from its first read.

    Reads have the variance of rounding, too. The first state is the first read with its noise taken back, in the window
    of the train's device.
    """
    series = problem.series
    a, b, device = int(series.start[train]), int(series.stop[train]), int(series.device[train])
    trial = problem.trial(theta[None])
    low, high, factor, at_low, at_high = trial.own[0, device]
    clipped = bool(at_low), bool(at_high)
    sigma = float(np.hypot(trial.read[0], trial.slow[0]))
    first = series.value[a]
    of_first = abs(problem.axis.origin + first) if problem.read == "value" else 1.0
    start = np.clip(
        first + float(np.sqrt((sigma * of_first) ** 2 + problem.floor)) * rng.standard_normal(walks),
        low if clipped[0] else -np.inf,
        high if clipped[1] else np.inf,
    )
    states = draw(
        trial.step[0] * factor,
        series.branch[a + 1 : b],
        start,
        low=low,
        high=high,
        write=float(trial.write[0]),
        relative_to=problem.write,
        rng=rng,
        clipped=clipped,
    )
    noise = sigma * (np.abs(problem.axis.origin + states) if problem.read == "value" else 1.0)
    noise = np.sqrt(noise**2 + problem.floor)
    return states, states + noise * rng.standard_normal(states.shape)
