"""How often intervals of fitted pulses contain the truth: ``fit_coverage.py [--few | --devices] [TIMES [MODEL ...]]``.

Each repetition simulates a measurement of one model and fits that model to it, beside linear steps. The simulation is
written here from the equations of the models, state by state, and shares no code with memsim. A binomial test compares
the share of intervals that contain the true value with 95 %; Holm's method corrects for all models and parameters.
With ``--few`` a measurement has few reads, and its trains begin one pulse from the end. With ``--devices`` it has four
devices with windows of their own and one short train for each direction of each. docs/measurement.md has the tables.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.fits import PulseFit, fit_pulses
from memsim.fit.pulses.search import Noise, noise_of


class Size(NamedTuple):
    """A measurement: what each device does, and the sigmas of a pulse and of a read, of the window."""

    sweeps: int
    reads: int
    before: int  # pulses between the end of the window and the first read
    devices: int = 1
    write: float = 0.02
    read: float = 0.03


MANY, FEW, DEVICES = Size(8, 100, 0), Size(4, 40, 1), Size(2, 30, 1, devices=4, write=0.01, read=0.02)
LOW, HIGH = 2e-6, 10e-6  # window [S], the average one where devices differ
SPREAD = 0.05  # standard deviation of both ends between devices, of the average window
LEVEL = 0.01
"""Probability of any rejection, over all models and parameters, if all intervals are right."""


class Truth(NamedTuple):
    """A device: the magnitude of its step at the way u travelled (direction 0: set), and its numbers by name."""

    step: Callable[[float, int], float]
    numbers: dict[str, float]


def _label(a: float) -> float:
    """Published label of NeuroSim for the curvature a = 1/A: 10.1015 max_x [f(x) - x], by a fine grid."""
    x = np.linspace(0.0, 1.0, 200_001)
    return float(10.1015 * np.max((1 - np.exp(-a * x)) / (1 - math.exp(-a)) - x))


def _neurosim(u: float, direction: int) -> float:
    a, pulses = (2.0, 5.0)[direction], 60.0
    # x(n) = B (1 - e^(-a n/P)) and n from x, then one pulse more.
    b = 1 / (1 - math.exp(-a))
    n = -pulses / a * math.log(max(1 - u / b, 1e-12))
    return b * (1 - math.exp(-a * (n + 1) / pulses)) - u


def _power_law(u: float, _: int) -> float:
    low = LOW / (HIGH - LOW)
    resistance = 1 / (u + low)
    limit, amplitude, exponent = 0.3 / (1 + low), 4.0, -0.8
    n = ((max(resistance - limit, 1e-9)) / amplitude) ** (1 / exponent)
    return 1 / (limit + amplitude * (n + 1) ** exponent) - 1 / resistance


_TABLE = (np.linspace(0.05, 0.01, 7), np.linspace(0.045, 0.015, 7))

TRUTHS: dict[str, Truth] = {
    "constant": Truth(lambda u, d: (0.02, 0.03)[d], {"step.set": 0.02, "step.reset": 0.03}),
    "linear": Truth(
        lambda u, d: (0.03, 0.04)[d] * (1 - (0.6, 0.3)[d] * (2 * u - 1)),
        {"step.set": 0.03, "step.reset": 0.04, "slope.set": 0.6, "slope.reset": 0.3},
    ),
    "soft-bounds": Truth(lambda u, d: (0.02, 0.03)[d] * 2 * (1 - u), {"step.set": 0.02, "step.reset": 0.03}),
    "exponential": Truth(
        lambda u, d: (0.04, 0.05)[d] * (1 - (0.9, 0.8)[d] * math.exp((5.0, 4.0)[d] * (u - 1))),
        {
            "step.set": 0.04,
            "step.reset": 0.05,
            "fall.set": 0.9,
            "fall.reset": 0.8,
            "gamma.set": 5.0,
            "gamma.reset": 4.0,
        },
    ),
    "power": Truth(
        lambda u, d: (0.05, 0.04)[d] * max(1 - u, 0.0) ** (1.5, 0.7)[d],
        {"step.set": 0.05, "step.reset": 0.04, "exponent.set": 1.5, "exponent.reset": 0.7},
    ),
    "neurosim": Truth(_neurosim, {"pulses": 60.0, "nonlinearity.set": _label(2.0), "nonlinearity.reset": _label(5.0)}),
    "power-law": Truth(_power_law, {"limit": 0.3, "amplitude": 4.0, "exponent": -0.8}),
    "table": Truth(
        lambda u, d: float(np.interp(u, np.linspace(0, 1, 7), _TABLE[d])),
        # A reset step of the table is stored at the state, a set step at the way travelled: the same thing for set.
        {
            f"table.{word}.{i}": float(_TABLE[d][i if d == 0 else 6 - i])
            for d, word in enumerate(("set", "reset"))
            for i in range(7)
        },
    ),
}


def measured(model: str, seed: int, size: Size = MANY) -> PulseData:
    """A measurement: set and reset sweeps of each device in turn, each from its end of the window."""
    rng, sweeps = np.random.default_rng((2026, seed)), []
    for device in range(size.devices):
        shift = SPREAD * (HIGH - LOW) * rng.standard_normal(2) if size.devices > 1 else np.zeros(2)
        low, high = np.array([LOW, HIGH]) + shift
        for i in range(size.sweeps):
            states = _swept(TRUTHS[model], i % 2, size, rng)
            sweeps.append(Sweep(str(device + 1), str(i // 2), i % 2, low + (high - low) * states))
    return PulseData.checked("made", sweeps, "S")


def _swept(truth: Truth, direction: int, size: Size, rng: np.random.Generator) -> np.ndarray:
    """Reads of one sweep, as shares of the window."""
    state, reads = float(direction), []
    for k in range(size.reads):
        for _ in range(1 if k else size.before):
            u = state if direction == 0 else 1 - state
            move = truth.step(u, direction) * (1 if direction == 0 else -1)
            state = min(max(state + move + size.write * rng.standard_normal(), 0.0), 1.0)
        reads.append(state + size.read * rng.standard_normal())
    return np.array(reads)


def fit_of(model: str, data: PulseData) -> PulseFit | None:
    """The fit of one model beside one simpler model; None where its search fails or write noise goes with the step."""
    try:
        fit = fit_pulses(data, model, compared=sorted({model, "linear"}))
    except DataError:
        return None
    return fit if noise_of(fit.chosen.problem) == Noise("range") else None


def covered(task: tuple[str, int], size: Size = MANY) -> dict[str, bool]:
    """Whether each interval of a fit contains the truth, by name; empty where there is no fit of the right noise."""
    model, seed = task
    fit = fit_of(model, measured(model, seed, size))
    if fit is None:
        return {}
    truth = {f"update.{name}": value for name, value in TRUTHS[model].numbers.items()} | {
        "conductance.min": LOW,
        "conductance.max": HIGH,
        "variability.c2c.sigma": size.write,
        "read.noise.sigma": size.read,
    }
    return {n.name: n.low <= truth[n.name] <= n.high for n in fit.fitted.numbers if not math.isnan(n.low)}


def main(repetitions: int, models: list[str], size: Size) -> None:
    """Print the coverage of each parameter, and what Holm's method says of all together."""
    from scipy.stats import binomtest

    rows = []
    with ProcessPoolExecutor() as pool:
        for model in models:
            results = list(pool.map(partial(covered, size=size), [(model, seed) for seed in range(repetitions)]))
            failed = sum(not result for result in results)
            names = list(dict.fromkeys(name for result in results for name in result))
            for name in names:
                hits = [result[name] for result in results if name in result]
                p = float(binomtest(sum(hits), len(hits), 0.95).pvalue)
                rows.append((p, model, name, float(np.mean(hits)), len(hits)))
                print(f"{model:<12}{name:<28}{np.mean(hits):7.1%} of {len(hits)}  p {p:.2g}", flush=True)
            shares = [share for _, m, _, share, _ in rows if m == model]
            print(
                f"{model:<12}{'average':<28}{np.mean(shares):7.1%}; {failed} without a fit of this noise\n", flush=True
            )
    rejected = []
    for rank, (p, model, name, share, _) in enumerate(sorted(rows)):
        if p > LEVEL / (len(rows) - rank):
            break
        rejected.append(f"{model} {name} ({share:.1%}, p {p:.2g})")
    print(f"rejected at {LEVEL:.0%} by Holm's method over {len(rows)} intervals: {', '.join(rejected) or 'none'}")


if __name__ == "__main__":
    sizes = {"--few": FEW, "--devices": DEVICES}
    words = [word for word in sys.argv[1:] if word not in sizes]
    chosen = next((size for option, size in sizes.items() if option in sys.argv), MANY)
    main(int(words[0]) if words else 200, words[1:] or list(TRUTHS), chosen)
