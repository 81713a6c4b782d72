"""Synthetic measurements whose truth is known, made without the code that fits them."""

from __future__ import annotations

import math

import numpy as np


def soft(state: float, branch: int, steps: tuple[float, float]) -> float:
    """Signed mean step of soft bounds in a window from 0 to 1; the sizes are those in the middle."""
    return 2 * steps[0] * (1 - state) if branch == 0 else -2 * steps[1] * state


def level(state: float, branch: int, steps: tuple[float, float]) -> float:
    """Signed constant step."""
    return steps[0] if branch == 0 else -steps[1]


def falling(state: float, branch: int, theta: tuple[float, ...]) -> float:
    """Signed mean step that falls linearly on the way: sizes in the middle, then slopes."""
    way = state if branch == 0 else 1 - state
    return (1 - 2 * branch) * theta[branch] * (1 - theta[2 + branch] * (2 * way - 1))


def saturating(state: float, branch: int, theta: tuple[float, ...]) -> float:
    """Signed mean step that falls exponentially on the way: full sizes, shares lost at the end, steepness."""
    way = state if branch == 0 else 1 - state
    return (1 - 2 * branch) * theta[branch] * (1 - theta[2 + branch] * math.exp(theta[4 + branch] * (way - 1)))


def sweep(
    rng: np.random.Generator,
    step,
    steps: tuple[float, ...],
    branch: int,
    reads: int,
    *,
    write: float,
    read: float,
    relative: bool = False,
    slow: float = 0.0,
    memory: float = 8.0,
) -> np.ndarray:
    """Reads of one sweep from the end of a window of 0 to 1."""
    state, trap, keep = float(branch), slow * rng.standard_normal(), math.exp(-1 / memory)
    values = []
    for k in range(reads):
        if k:
            moved = step(state, branch, steps)
            noise = write * (abs(moved) if relative else 1.0)
            state = min(max(state + moved + noise * rng.standard_normal(), 0.0), 1.0)
            trap = keep * trap + math.sqrt(1 - keep**2) * slow * rng.standard_normal()
        values.append(state + trap + read * rng.standard_normal())
    return np.array(values)


def long_table(rows: list[tuple], heading: str = "device,cycle,pulse,direction,conductance (uS)") -> str:
    """Text of a long table."""
    return "\n".join([heading, *(",".join(map(str, row)) for row in rows)]) + "\n"
