"""How often 95 % intervals hold the true value, by simulation: ``benchmarks/interval_coverage.py [REPETITIONS]``.

Data are drawn by NumPy's generator. A block of repetitions shares the resamples of one seed, as the metrics of a run
do. docs/intervals.md has the table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator

import numpy as np

from memsim.metrics.intervals import (
    bootstrap,
    interval_of_function,
    resampled_images,
    seed_interval,
    share_interval,
)

SIZES = (2, 3, 4, 5, 10, 20, 50)
BLOCK = 2000
READS = 7  # of an image
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
MEANS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda draw, shape: draw.normal(size=shape), 0.0),
    "lognormal, sigma 1": (lambda draw, shape: np.exp(draw.normal(size=shape)), math.exp(0.5)),
    "uniform": (lambda draw, shape: draw.uniform(size=shape), 0.5),
}
SHARES = (0.5, 0.9, 0.98)


def covered(low: np.ndarray, high: np.ndarray, truth: float) -> float:
    """Share of the intervals that hold the truth; beyond rounding."""
    return float(np.mean((low <= truth + 1e-12) & (truth - 1e-12 <= high)))


def blocks(repetitions: int) -> Iterator[tuple[int, np.random.Generator]]:
    """Seed and generator of every block of repetitions."""
    for seed in range(-(-repetitions // BLOCK)):
        yield seed, np.random.default_rng((2026, seed))


def mean_of_blocks(repetitions: int, coverage: Callable[[int, np.random.Generator], float]) -> float:
    """Mean of a coverage over blocks."""
    return float(np.mean([coverage(seed, draw) for seed, draw in blocks(repetitions)]))


def of_bootstrap(law: str, size: int, repetitions: int) -> float:
    """Coverage of the interval of a mean over images."""
    sample, truth = MEANS[law]

    def coverage(seed: int, draw: np.random.Generator) -> float:
        _, low, high = bootstrap(sample(draw, (size, BLOCK)), seed)
        return covered(low, high, truth)

    return mean_of_blocks(repetitions, coverage)


def of_seeds(law: str, size: int, repetitions: int) -> float:
    """Coverage of the interval of a mean over seeds."""
    sample, truth = MEANS[law]

    def coverage(seed: int, draw: np.random.Generator) -> float:
        _, low, high = seed_interval(sample(draw, (size, BLOCK)), axis=0)
        return covered(low, high, truth)

    return mean_of_blocks(repetitions, coverage)


def percentiles(values: np.ndarray, seed: int, statistic: Callable[..., np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles 2.5 and 97.5 of a statistic of resampled images (image, ...)."""
    (drawn,) = resampled_images(len(values), seed)
    parts = [statistic(values[drawn[i : i + 50]], axis=1) for i in range(0, len(drawn), 50)]
    low, high = np.percentile(np.concatenate(parts), [2.5, 97.5], axis=0)
    return low, high


def of_percentiles(law: str, size: int, repetitions: int) -> float:
    """Coverage of percentiles of resampled means, which other programs give."""
    sample, truth = MEANS[law]

    def coverage(seed: int, draw: np.random.Generator) -> float:
        low, high = percentiles(sample(draw, (size, BLOCK)), seed, np.mean)
        return covered(low, high, truth)

    return mean_of_blocks(repetitions, coverage)


def of_medians(law: str, size: int, repetitions: int) -> float:
    """Coverage of percentiles of resampled medians; a quarter of the repetitions."""
    sample, _ = MEANS[law]
    truth = {"normal": 0.0, "lognormal, sigma 1": 1.0, "uniform": 0.5}[law]

    def coverage(seed: int, draw: np.random.Generator) -> float:
        low, high = percentiles(sample(draw, (size, BLOCK // 4)), seed, np.median)
        return covered(low, high, truth)

    return mean_of_blocks(repetitions, coverage)


def of_ratio(law: str, size: int, repetitions: int) -> float:
    """Coverage of a ratio of means of paired values; a tenth of the repetitions.

    Both are 1 + 0.3 z or exp(z) of normal z with a correlation of 0.8.
    """

    def coverage(seed: int, draw: np.random.Generator) -> float:
        both = draw.normal(size=(BLOCK // 10, size, 3))
        z = math.sqrt(0.8) * both[..., :1] + math.sqrt(0.2) * both[..., 1:]
        values = 1 + 0.3 * z if law == "normal" else np.exp(z)
        intervals = [interval_of_function(columns, lambda means: means[0] / means[1], seed) for columns in values]
        low, high = np.array([(one[1], one[2]) for one in intervals if one is not None]).T
        return covered(low, high, 1.0)

    return mean_of_blocks(repetitions, coverage)


def of_shares(chance: float, size: int, repetitions: int, reads: int = 1, correlation: float = 0.0) -> float:
    """Coverage of a share of right reads; the chances of images scatter by a beta law for a correlation above 0."""

    def coverage(seed: int, draw: np.random.Generator) -> float:
        shape, chances = (size, BLOCK), np.full((size, BLOCK), chance)
        if 0 < correlation < 1:
            total = 1 / correlation - 1
            chances = draw.beta(chance * total, (1 - chance) * total, shape)
        elif correlation == 1:
            chances = (draw.uniform(size=shape) < chance).astype(float)
        _, low, high = share_interval(draw.binomial(reads, chances) / reads)
        return covered(low, high, chance)

    return mean_of_blocks(repetitions, coverage)


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rows: list[tuple[str, Callable[[int], float]]] = []
    for law in MEANS:
        rows.append((f"mean over images, {law}", lambda n, law=law: of_bootstrap(law, n, repetitions)))
    for law in MEANS:
        rows.append((f"mean over seeds, {law}", lambda n, law=law: of_seeds(law, n, repetitions)))
    for chance in SHARES:
        rows.append((f"share {chance:g}, a read an image", lambda n, p=chance: of_shares(p, n, repetitions)))
    for correlation in (0.0, 0.3, 1.0):
        for chance in SHARES:
            text = f"share {chance:g}, {READS} reads an image, correlation {correlation:g}"
            rows.append((text, lambda n, p=chance, c=correlation: of_shares(p, n, repetitions, READS, c)))
    for law in ("normal", "lognormal, sigma 1"):
        rows.append((f"ratio of means, {law}", lambda n, law=law: of_ratio(law, n, repetitions)))
    for law in ("normal", "lognormal, sigma 1"):
        rows.append((f"median, percentiles, {law}", lambda n, law=law: of_medians(law, n, repetitions)))
    for law in MEANS:
        rows.append((f"mean, percentiles, {law}", lambda n, law=law: of_percentiles(law, n, repetitions)))
    print(f"| coverage [%], {repetitions:,} repetitions | {' | '.join(f'n = {n}' for n in SIZES)} |")
    print(f"|---|{'---|' * len(SIZES)}")
    for text, coverage in rows:
        print(f"| {text} | {' | '.join(f'{100 * coverage(n):.1f}' for n in SIZES)} |", flush=True)


if __name__ == "__main__":
    main()
