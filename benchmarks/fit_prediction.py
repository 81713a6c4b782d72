"""How well a fit predicts devices that it has not seen: ``fit_prediction.py [REPETITIONS [MODEL ...]]``.

Each repetition simulates twenty devices of one model, whose windows and steps differ, and fits that model to ten of
them. The fit predicts bands in which 95 % should lie: the ends of the window and the size of the steps of the other ten
devices, what a pulse moves them beside its mean step, and what a read shows beside the state. The simulation shares no
code with memsim. docs/measurement.md has the table.
"""

from __future__ import annotations

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from fit_coverage import HIGH, LOW, MANY, TRUTHS, fit_of

from memsim.fit.pulses.data import PulseData, Sweep

DEVICES, CYCLES, READS = 20, 3, 50
END_SPREAD, STEP_SPREAD = 0.05, 0.2  # of the window; of the logarithm of the steps
QUANTITIES = ("lower end", "upper end", "step", "noise of a pulse", "noise of a read")


class Device(NamedTuple):
    """A simulated device: its window [S], the factor of its steps, its sweeps, and its noise [S]."""

    low: float
    high: float
    factor: float
    sweeps: list[Sweep]
    moves: np.ndarray  # of pulses that no bound clipped, beside their mean steps
    misses: np.ndarray  # of reads, beside the states


def device(model: str, name: str, rng: np.random.Generator) -> Device:
    """One device with a window and a step size of its own."""
    width = HIGH - LOW
    low, high = LOW + END_SPREAD * width * rng.standard_normal(), HIGH + END_SPREAD * width * rng.standard_normal()
    factor, truth = math.exp(STEP_SPREAD * rng.standard_normal()), TRUTHS[model]
    sweeps, moves, misses = [], [], []
    for i in range(2 * CYCLES):
        direction = i % 2
        g, reads = (low, high)[direction], []
        for k in range(READS):
            if k:
                u = (g - low) / (high - low) if direction == 0 else (high - g) / (high - low)
                # A step is a share of the device's own window.
                step = factor * truth.step(u, direction) * (1 if direction == 0 else -1) * (high - low)
                noise = MANY.write * width * rng.standard_normal()
                if low < g + step + noise < high:
                    moves.append(noise)
                g = min(max(g + step + noise, low), high)
            misses.append(MANY.read * width * rng.standard_normal())
            reads.append(g + misses[-1])
        sweeps.append(Sweep(name, str(i // 2), direction, np.array(reads)))
    return Device(low, high, factor, sweeps, np.array(moves), np.array(misses))


def predicted(task: tuple[str, int]) -> dict[str, float]:
    """Share of the unseen devices' values in the bands that the fit of the others predicts; empty without a fit."""
    model, seed = task
    rng = np.random.default_rng((2027, seed))
    devices = [device(model, str(i), rng) for i in range(DEVICES)]
    seen, unseen = devices[: DEVICES // 2], devices[DEVICES // 2 :]
    data = PulseData.checked("made", [sweep for each in seen for sweep in each.sweeps], "S")
    whole = fit_of(model, data)
    if whole is None or not {"low", "high", "step"} <= set(whole.fitted.spreads):
        return {}
    fit = whole.fitted
    # The size of the steps: that of the average seen device is 1, as the mean of the logarithm of its factors says.
    size = [math.log(each.factor * (each.high - each.low)) for each in unseen]
    reference = float(np.mean([math.log(each.factor * (each.high - each.low)) for each in seen]))
    width = fit.window[1] - fit.window[0]
    write = 1.96 * fit["variability.c2c.sigma"].value * width
    read = 1.96 * fit["read.noise.sigma"].value * width

    def share(values: list[float], band: tuple[float, float]) -> float:
        return float(np.mean([band[0] <= value <= band[1] for value in values]))

    steps = fit.spreads["step"].another
    return {
        "lower end": share([each.low for each in unseen], fit.spreads["low"].another),
        "upper end": share([each.high for each in unseen], fit.spreads["high"].another),
        "step": share(size, (reference + steps[0], reference + steps[1])),
        "noise of a pulse": float(np.mean([(np.abs(each.moves) <= write).mean() for each in unseen])),
        "noise of a read": float(np.mean([(np.abs(each.misses) <= read).mean() for each in unseen])),
    }


def main(repetitions: int, models: list[str]) -> None:
    """Print the share of unseen values in the predicted bands, for each model and quantity."""
    print(f"{'model':<13}" + "".join(f"{name:>18}" for name in QUANTITIES))
    with ProcessPoolExecutor() as pool:
        for model in models:
            results = list(pool.map(predicted, [(model, seed) for seed in range(repetitions)]))
            good = [result for result in results if result]
            shares = "".join(f"{np.mean([r[name] for r in good]):>18.1%}" for name in QUANTITIES)
            print(f"{model:<13}{shares}  {len(results) - len(good)} without a fit of this noise", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:] or list(TRUTHS))
