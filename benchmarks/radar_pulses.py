"""Pulses that algorithms need on the device ``rram-radar2021``, beside the published ones: ``radar_pulses.py [fit]``.

With ``fit``, the spreads of the device are fitted first: to the pulses of FPPV alone (2 bits, chip 1, 300 cycles). The
other rows are predictions. Their settings are those of the authors where they are published. Starts and steps that are
not published are chosen as the authors chose theirs, in a sweep for each level: those with the fewest pulses on
average, here in the model. docs/programming.md has the table.

Published: counts of pulses in the authors' data (github.com/akashlevy/RRAM-RADAR-Tuning), without the level of the
highest resistances; set and reset pulses together, without the first reset.
"""

from __future__ import annotations

import itertools
import sys
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

import memsim as ms
from memsim.arrays.programming.algorithms import Fppv, Ispp, Radar, Ramp, WriteVerify
from memsim.arrays.programming.levels import level_targets
from memsim.profiles.profile import DeviceProfile

MOST = 1000  # pulses after which a cell has failed; the largest numbers of FPPV in the data
BIT_LINE = 2.7 / 6.6  # volts of the gate that do what one volt of the bit line does, at 6 kOhm
CELLS = 8192  # of each level
SWEPT = 1024  # cells of each setting of a sweep
BOUNDS = (50, 100, 200)  # numbers of pulses


class Statistics(NamedTuple):
    """Of the pulses of cells: mean, median, 95th percentile, shares accepted within `BOUNDS`, share accepted."""

    mean: float
    median: float
    most: float
    within: tuple[float, float, float]
    success: float

    def __str__(self) -> str:
        within = "/".join(f"{share:.3f}" for share in self.within)
        return f"{self.mean:6.1f} {self.median:5.0f} {self.most:6.0f}  {within}  {self.success:.4f}"


PUBLISHED = {
    "FPPV 2 bits, chip 1": Statistics(17.0, 8, 50, (0.951, 0.986, 0.995), 0.9986),
    "ISPP 2 bits, chip 2": Statistics(21.8, 11, 70, (0.897, 0.981, 0.997), 0.9978),
    "RADAR 2 bits, chip 1": Statistics(8.7, 6, 25, (0.995, 0.997, 0.998), 0.9979),
    "FPPV 3 bits, chip 1": Statistics(131.5, 43, 513, (0.551, 0.750, 0.877), 0.9751),
}
"""After 300 cycles."""
MEANS = {"ISPP 3 bits": 86.0, "RADAR 3 bits": 36.0}
"""Where the authors' target error rate is reached, not at the limit of pulses."""

FITTED = {
    "variability.c2c.sigma": 0.34,
    "variability.d2d.conductance.max.sigma": 0.052,
    "variability.d2d.update.threshold.set.sigma": 0.055,
    "variability.per_pulse.update.threshold.set.sigma": 0.063,
}
"""Spreads that are fitted, as in the profile: where a search starts."""


def pulses(
    device: DeviceProfile, algorithm: WriteVerify, level: int, cells: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Set and reset pulses of erased cells that go to a level, without a first reset, and which were accepted."""
    assert algorithm.levels is not None
    xbar = ms.Crossbar(device, cells, 1, seed=seed, initial=(0.0, 1e-12))
    report = xbar.program(level_targets(device.spec, algorithm.levels)[level], algorithm).programming
    count = (report.set_pulses + report.reset_pulses).values.ravel()
    return count - (1 if isinstance(algorithm, Fppv) else 0), report.accepted.values.ravel()


def statistics(device: DeviceProfile, algorithms: list[WriteVerify], cells: int, seed: int) -> Statistics:
    """Of all levels but the last, with an algorithm for each."""
    parts = [pulses(device, one, level, cells, seed + level) for level, one in enumerate(algorithms)]
    count, accepted = (np.concatenate(part) for part in zip(*parts, strict=True))
    within = tuple(float((accepted & (count <= bound)).mean()) for bound in BOUNDS)
    return Statistics(
        float(count.mean()), float(np.median(count)), float(np.percentile(count, 95)), within, float(accepted.mean())
    )


def count_of(device: DeviceProfile, name: str) -> int:
    """Levels that the statistics are of."""
    return len(device.spec.levels[name].windows) - 1


def fppv(device: DeviceProfile, name: str) -> list[WriteVerify]:
    """FPPV: nothing to choose."""
    return [Fppv(levels=name, max_pulses=MOST)] * count_of(device, name)


def best(device: DeviceProfile, candidates: list[WriteVerify], level: int) -> WriteVerify:
    """The one with the fewest pulses on average."""
    return min(candidates, key=lambda one: pulses(device, one, level, SWEPT, 1000 + level)[0].mean())


def ispp(device: DeviceProfile, name: str) -> list[WriteVerify]:
    """ISPP from the threshold on, by the best step for each level of those that the authors swept (10 to 150 mV)."""
    start = device.spec.update.threshold.set
    steps = np.arange(0.01, 0.151, 0.01)
    candidates: list[WriteVerify] = [
        Ispp(levels=name, max_pulses=MOST, set=Ramp(start, round(float(step), 3))) for step in steps
    ]
    return [best(device, candidates, level) for level in range(count_of(device, name))]


def radar(device: DeviceProfile, name: str) -> list[WriteVerify]:
    """RADAR: gate from the threshold on in coarse steps, then bit line and source line, best starts and steps.

    Coarse steps are those in the names of the authors' files (100 mV for 2 bits, 70 mV for 3); steps of the bit line
    are in the authors' range. A start is where a nominal cell lands in the middle of the level, plus an offset.
    """
    update, window = device.spec.update, device.spec.conductance
    coarse, lines = (0.1, (0.10, 0.18, 0.26, 0.34)) if name == "two-bit" else (0.07, (0.06, 0.10, 0.14))
    found: list[WriteVerify] = []
    for level in range(count_of(device, name)):
        g = window.min + level_targets(device.spec, name)[level] * window.width
        on = update.threshold.set - update.set.voltage_scale * np.log(1 - g / window.max)
        off = update.threshold.reset - update.reset.voltage_scale * np.log(g / window.max)
        candidates: list[WriteVerify] = [
            Radar(
                levels=name,
                max_pulses=MOST,
                coarse_start=update.threshold.set,
                coarse_step=coarse,
                set=Ramp(float(on + shift), line * BIT_LINE),
                reset=Ramp(max(float(off + lift), 0.01), rise),
            )
            for shift, line, lift, rise in itertools.product(
                (-0.2, -0.1, 0.0, 0.1), lines, (-0.3, 0.0, 0.3, 0.6), (0.02, 0.1, 0.2, 0.3)
            )
        ]
        found.append(best(device, candidates, level))
    return found


def fitted(device: DeviceProfile) -> DeviceProfile:
    """The device with the spreads that fit the pulses of FPPV best."""
    goal = PUBLISHED["FPPV 2 bits, chip 1"]

    def changed(logs: np.ndarray) -> DeviceProfile:
        return device.replace({path: f"{100 * value:.8g} %" for path, value in zip(FITTED, np.exp(logs), strict=True)})

    def misfit(logs: np.ndarray) -> float:
        """Squares of logarithms of ratios; of the median, of the share of cells up to it."""
        fitted = changed(logs)
        parts = [pulses(fitted, one, level, 4096, level)[0] for level, one in enumerate(fppv(fitted, "two-bit"))]
        count = np.concatenate(parts)
        late = np.array([(count > bound).mean() for bound in BOUNDS]) / (1 - np.array(goal.within))
        half = (count <= goal.median).mean() - 0.5
        return float(
            4 * np.log(count.mean() / goal.mean) ** 2
            + 4 * np.log(np.percentile(count, 95) / goal.most) ** 2
            + 16 * half**2
            + 0.25 * (np.log(late) ** 2).sum()
        )

    start = np.log(list(FITTED.values()))
    simplex = np.vstack([start, start + 0.3 * np.eye(len(start))])
    options = {"initial_simplex": simplex, "maxfev": 200, "xatol": 0.01, "fatol": 1e-3}
    end = minimize(misfit, start, method="Nelder-Mead", options=options)
    print(f"misfit {end.fun:.4f} after {end.nfev} runs:")
    for path, value in zip(FITTED, np.exp(end.x), strict=True):
        print(f"  {path}: {100 * value:.2f} %")
    return changed(end.x)


def main(fit: bool) -> None:
    """Print all rows."""
    device = ms.load_device("rram-radar2021")
    if fit:
        device = fitted(device)
    print("                       mean median 95 %   within 50/100/200   success")
    choices = {"FPPV": fppv, "ISPP": ispp, "RADAR": radar}
    for row in (*PUBLISHED, *MEANS):
        kind, bits, _ = row.replace(",", "").split(maxsplit=2)
        name = "two-bit" if bits == "2" else "three-bit"
        algorithms = choices[kind](device, name)
        counts = statistics(device, algorithms, CELLS, 7)
        print(f"{row:22} {counts}   beyond 100: {100 * (1 - counts.within[1]):.2f} %")
        print(f"{'  published':22} {PUBLISHED.get(row) or MEANS[row]}", flush=True)
        for level, one in enumerate(algorithms):
            ramps = f"set {one.set}, reset {one.reset}" if kind != "FPPV" else ""
            count, accepted = pulses(device, one, level, CELLS, 7 + level)
            counted = f"mean {count.mean():.1f}, median {np.median(count):.0f}, success {accepted.mean():.4f}"
            print(f"    level {level}: {counted} {ramps}")


if __name__ == "__main__":
    main("fit" in sys.argv[1:])
