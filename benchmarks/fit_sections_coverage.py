"""How often fitted sections predict other cells, and their intervals hold the truth.

``python benchmarks/fit_sections_coverage.py [REPETITIONS]``: 200 repetitions by default, about nine minutes of one
core. Cells are drawn by NumPy's generator from laws that are written out here. docs/measurement.md has the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy.stats import binomtest

from memsim.fit.reading.table import Table, table_of
from memsim.fit.sections.iv import fit_iv
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.retention import fit_retention
from memsim.fit.sections.section import SectionFit

TIMES = np.array([0.0, 1.0, 30.0, 1000.0, 1e5])
LEVEL, SPREAD, GROWTH, SHIFT, NOISE = 50.0, 0.4, 0.05, -0.09, 0.1  # [uS]
HALVES = 20
Sample = Callable[[np.random.Generator], tuple[SectionFit, dict[str, float]]]


def table(heading: str, rows: Iterable[tuple[object, ...]]) -> Table:
    """Table as a user's file would hold it."""
    return table_of("\n".join([heading, *(",".join(map(str, row)) for row in rows)]), "simulated.csv")


def relaxed(draw: np.random.Generator, cells: int, reads: int) -> np.ndarray:
    """Reads of cells that relax (cell, time, read) [uS]."""
    sigma = np.where(TIMES > 0, SPREAD + GROWTH * np.log(np.maximum(TIMES, 1.0)), 0.0)
    steps = np.sqrt(np.diff(sigma**2, prepend=0.0)) * draw.standard_normal((cells, len(TIMES)))
    start = LEVEL + draw.standard_normal((cells, 1))
    mean = start + SHIFT * np.log(np.maximum(TIMES, 1.0)) + np.cumsum(steps, axis=1)
    return mean[:, :, None] + NOISE * draw.standard_normal((cells, len(TIMES), reads))


def relaxation_fit(reads: np.ndarray) -> SectionFit:
    """Fit of a table of these reads."""
    rows = [(c, t, y) for c, trace in enumerate(reads) for t, values in zip(TIMES, trace, strict=True) for y in values]
    return fit_retention(table("cell,time (s),G (uS)", rows))


def predicted_relaxation(repetitions: int) -> np.ndarray:
    """Share of the other 100 cells whose change lies in the predictive band of the fit to 100, at each time (time,)."""
    held = np.zeros(len(TIMES) - 1)
    for seed in range(repetitions):
        reads = relaxed(np.random.default_rng((1, seed)), 200, 2)
        numbers = {n.name: n.value * 1e6 for n in relaxation_fit(reads[:100]).numbers}
        x = np.log(TIMES[1:])
        noise = numbers["read.noise.sigma"] / 1e6 * LEVEL
        # The change between two single reads: relaxation and the noise of both.
        sigma = np.hypot(numbers["retention.spread"] + numbers["retention.growth"] * x, noise * np.sqrt(2))
        change = reads[100:, 1:, 0] - reads[100:, :1, 0]
        held += (np.abs(change - numbers["retention.shift"] * x) < 1.96 * sigma).mean(0)
    return held / repetitions


def predicted_read_noise(repetitions: int, sigma: float) -> float:
    """Share of single reads of 10 other cells in the band that the fit to 10 cells predicts around their levels."""
    held = 0.0
    for seed in range(repetitions):
        draw = np.random.default_rng((2, seed))
        level = draw.uniform(5, 50, 20)
        reads = level[:, None] * (1 + sigma * draw.standard_normal((20, 50)))
        rows = [(c, k, y) for c, trace in enumerate(reads[:10]) for k, y in enumerate(trace)]
        value = fit_read_noise(table("cell,read,G (uS)", rows)).numbers[0].value
        held += float((np.abs(reads[10:] / level[10:, None] - 1) < 1.96 * value).mean())
    return held / repetitions


def sampled_relaxation(draw: np.random.Generator) -> tuple[SectionFit, dict[str, float]]:
    """A fit of relaxation to 40 cells with two reads at each time."""
    names = "shift", "spread", "growth"
    truth = {f"retention.{n}": v * 1e-6 for n, v in zip(names, (SHIFT, SPREAD, GROWTH), strict=True)}
    return relaxation_fit(relaxed(draw, 40, 2)), truth | {"read.noise.sigma": NOISE / LEVEL}


def sampled_drift(draw: np.random.Generator) -> tuple[SectionFit, dict[str, float]]:
    """A fit of drift to 12 devices."""
    times = np.geomspace(20.0, 2e5, 6)
    nu = 0.06 + 0.02 * draw.standard_normal(12)
    reads = 20 * (times / 20.0) ** -nu[:, None] * (1 + 0.01 * draw.standard_normal((12, 6)))
    rows = [(d, t, y) for d, trace in enumerate(reads) for t, y in zip(times, trace, strict=True)]
    truth = {"retention.exponent": 0.06, "retention.spread": 0.02, "read.noise.sigma": 0.01}
    return fit_retention(table("device,time (s),G (uS)", rows)), truth


def sampled_read_noise(trend: float, memory: float) -> Sample:
    """Fits of 200 reads of one cell with 1 % of read noise, with a linear trend or with correlated noise."""

    def sample(draw: np.random.Generator) -> tuple[SectionFit, dict[str, float]]:
        x = draw.standard_normal(200)
        for k in range(1, 200):
            x[k] = memory * x[k - 1] + np.sqrt(1 - memory**2) * x[k]
        reads = 10 * (1 + trend * np.linspace(0, 1, 200)) * (1 + 0.01 * x)
        return fit_read_noise(table("read,G (uS)", enumerate(reads))), {"read.noise.sigma": 0.01}

    return sample


def sampled_sinh(draw: np.random.Generator) -> tuple[SectionFit, dict[str, float]]:
    """A fit of a sinh with V_0 = 0.3 V to 40 points."""
    v = np.linspace(-1, 1, 40)
    i = np.sinh(v / 0.3) * (1 + 0.01 * draw.standard_normal(40)) + 0.01 * draw.standard_normal(40)
    return fit_iv(table("V (V),I (uA)", zip(v, i, strict=True))), {"conduction.voltage": 0.3}


CASES: dict[str, Sample] = {
    "relaxation": sampled_relaxation,
    "drift": sampled_drift,
    "read noise": sampled_read_noise(0.0, 0.0),
    "read noise on a trend of 26 %": sampled_read_noise(0.26, 0.0),
    "correlated read noise": sampled_read_noise(0.0, 0.7),
    "I-V, sinh": sampled_sinh,
}


def intervals(repetitions: int) -> Iterator[tuple[str, str, int, int, float]]:
    """Case, number, intervals that hold the truth, repetitions with this form, and p of 95 % of every number."""
    for case, (name, sample) in enumerate(CASES.items()):
        hits: dict[str, list[bool]] = {}
        for seed in range(repetitions):
            fit, truth = sample(np.random.default_rng((3, case, seed)))
            for number in fit.numbers:
                if number.name in truth:
                    hits.setdefault(number.name, []).append(number.low <= truth[number.name] <= number.high)
        for key, held in hits.items():
            yield name, key, sum(held), len(held), float(binomtest(sum(held), len(held), 0.95).pvalue)


def main() -> None:
    """Print both tables."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    halves = min(HALVES, repetitions)
    print(f"| prediction for the other half, {halves} repetitions | inside the 95 % band |\n|---|---|")
    for time, share in zip(TIMES[1:], predicted_relaxation(halves), strict=True):
        print(f"| change {time:g} s after programming | {100 * share:.1f} % |", flush=True)
    for sigma in (0.005, 0.05):
        print(f"| single reads, noise of {100 * sigma:g} % | {100 * predicted_read_noise(halves, sigma):.1f} % |")
    print(f"\n| interval of, {repetitions} repetitions | number | holds the truth | p |\n|---|---|---|---|")
    least, tests = 1.0, 0
    for name, key, held, count, p in intervals(repetitions):
        print(f"| {name} | `{key}` | {100 * held / count:.1f} % of {count} | {p:.2g} |", flush=True)
        least, tests = min(least, p), tests + 1
    # Holm, Scand. J. Stat. 6, 65 (1979): the smallest p times the number of tests decides whether any is rejected.
    print(f"\nsmallest p after Holm's correction: {min(1.0, least * tests):.2g}")


if __name__ == "__main__":
    main()
