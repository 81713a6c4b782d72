"""Phase-change memory that is programmed once, against the published equations written again.

Time is counted from the end of programming: `wait(25)` is 25 s, at which the equations stand at t = t_c + 25 s.
"""

from __future__ import annotations

import numpy as np
import pytest
from reference.pcm_reference import HERMES, JOSHI, PAIRS, Pcm, compensated_error

import memsim as ms
from memsim.profiles.idealised import idealised

CELLS = 60_000
ERRORS = 4.5
DAY, MONTH = 86400.0, 30 * 86400.0
TIMES = {25.0: "25 s", 3600.0: "1 hour", DAY: "1 day", MONTH: "1 month"}
TARGETS = {"pcm-joshi2020": (1.0, 3.0, 8.0, 15.0, 22.0), "pcm-legallo2023": (0.5, 1.2, 3.0, 6.0, 9.5)}
"""uS"""
MODELS = {"pcm-joshi2020": JOSHI, "pcm-legallo2023": HERMES}
PAIR_COUNT = 100_000


class Cells:
    """Single cells, each in a column of its own, programmed to one target."""

    def __init__(self, device, target: float, cells: int = CELLS, seed: int = 3) -> None:
        self.xbar = ms.Crossbar(device, rows=1, cols=cells, seed=seed, column="single")
        low, high = (end * 1e6 for end in self.xbar.window)
        self.xbar.program((target - low) / (high - low), algorithm="model")
        self.elapsed = 0.0

    def at(self, elapsed: float) -> Cells:
        """Wait until some time after programming."""
        self.xbar.wait(elapsed - self.elapsed)
        self.elapsed = elapsed
        return self

    def conductance(self) -> np.ndarray:
        """Conductances without read noise [uS]."""
        return 1e6 * self.xbar.conductance.values.ravel().astype(float)

    def read(self, interval: float | None = None) -> np.ndarray:
        """One noisy read of every cell [uS]."""
        current = self.xbar.read(np.ones((1, 1)), interval=interval)
        return 1e6 * np.asarray(current).ravel().astype(float) / self.xbar.device.spec.read.voltage


def source_cells(model: Pcm, target: float, elapsed: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Programmed and drifted conductances of as many cells from the equations."""
    targets = np.full(CELLS, target)
    programmed = model.program(targets, rng)
    return programmed, model.drifted(programmed, model.exponents(targets, rng), elapsed)


def compared(what: str, expected: np.ndarray, measured: np.ndarray, tolerance: float) -> list[str]:
    """Lines about mean and standard deviation where two samples differ."""
    lines = []
    error = np.sqrt(expected.var() / expected.size + measured.var() / measured.size)
    if not abs(measured.mean() - expected.mean()) <= ERRORS * error + 1e-5 * abs(expected.mean()):
        lines.append(
            f"{what}: mean expected {expected.mean():.5g}, measured {measured.mean():.5g} "
            f"({(measured.mean() - expected.mean()) / error:+.1f} standard errors)"
        )
    ratio = measured.std() / expected.std()
    if not abs(ratio - 1) <= tolerance:
        lines.append(
            f"{what}: standard deviation expected {expected.std():.5g}, measured {measured.std():.5g} "
            f"({100 * (ratio - 1):+.1f} %)"
        )
    return lines


CASES = [(name, target) for name, targets in TARGETS.items() for target in targets]


def test_the_transcription_gives_the_published_monte_carlo_numbers():
    rng = np.random.default_rng(4)
    weights = rng.uniform(-1, 1, PAIR_COUNT)
    targets = JOSHI.g_max * np.stack([np.maximum(weights, 0), np.maximum(-weights, 0)])
    programmed, exponents = JOSHI.program(targets, rng), JOSHI.exponents(targets, rng)
    for row in PAIRS:
        drifted = JOSHI.drifted(programmed, exponents, row.elapsed)
        read = np.maximum(JOSHI.read(programmed, drifted, row.elapsed, rng), 0)  # aihwkit cuts reads off at 0
        for conductances, published in ((read, row.compensated), (drifted, row.without_flicker)):
            estimate = (conductances[0] - conductances[1]) / JOSHI.g_max
            ratio = np.abs(estimate).mean() / np.abs(programmed[0] - programmed[1]).mean() * JOSHI.g_max
            assert ratio == pytest.approx(row.ratio, abs=0.003)
            assert compensated_error(estimate, weights, 1 / ratio) == pytest.approx(published, abs=0.0015)
        raw = compensated_error((read[0] - read[1]) / JOSHI.g_max, weights)
        assert raw == pytest.approx(row.raw, abs=0.0015)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), CASES)
def test_cells_are_programmed_with_the_published_error(name, target):
    model = MODELS[name]
    measured = Cells(name, target).conductance()
    expected = model.program(np.full(CELLS, target), np.random.default_rng(5))
    lines = compared(f"{name}, programmed to {target:g} uS", expected, measured, 0.02)
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), CASES)
def test_drift_exponents_follow_the_target_and_not_the_programmed_value(name, target):
    model = MODELS[name]
    cells = Cells(name, target)
    programmed = cells.conductance()
    ratio = cells.at(DAY).conductance() / np.where(programmed > 0, programmed, np.nan)
    valid = np.isfinite(ratio) & (programmed > 0.02 * target)
    measured = -np.log(ratio[valid]) / np.log((model.t_c + DAY) / model.t_c)
    expected = model.exponents(np.full(CELLS, target), np.random.default_rng(6))
    lines = compared(f"{name}, drift exponents of {target:g} uS", expected, measured, 0.02)
    correlation = np.corrcoef(measured, programmed[valid])[0, 1]
    if not abs(correlation) <= ERRORS / np.sqrt(valid.sum()):
        lines.append(
            f"{name}, {target:g} uS: drift exponent and programmed value are correlated ({correlation:.3f}), "
            "expected 0: the exponent follows the target"
        )
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), CASES)
def test_a_read_has_the_published_noise_at_every_time(name, target):
    model, lines = MODELS[name], list[str]()
    cells = Cells(name, target)
    programmed = cells.conductance()
    third = np.quantile(programmed, [1 / 3, 2 / 3])
    parts = {
        "all cells": programmed > 0,
        "the lowest third as programmed": (programmed > 0) & (programmed < third[0]),
        "the highest third as programmed": programmed > third[1],
    }
    for elapsed, words in TIMES.items():
        drifted = cells.at(elapsed).conductance()
        deviation = cells.read() - drifted
        sigma = model.read_sigma(programmed, drifted, elapsed)
        for part, chosen in parts.items():
            ratio = np.sqrt(np.mean((deviation[chosen] / sigma[chosen]) ** 2))
            if not abs(ratio - 1) <= 0.03:
                lines.append(
                    f"{name}, read noise of {target:g} uS after {words}, {part}: expected "
                    f"{sigma[chosen].mean():.4g} uS on average, measured {100 * (ratio - 1):+.1f} %"
                )
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), CASES)
def test_reads_of_many_cells_have_the_published_mean_and_spread(name, target):
    model, lines = MODELS[name], list[str]()
    cells, rng = Cells(name, target), np.random.default_rng(8)
    for elapsed, words in TIMES.items():
        measured = cells.at(elapsed).read()
        programmed, drifted = source_cells(model, target, elapsed, rng)
        expected = model.read(programmed, drifted, elapsed, rng)
        lines += compared(f"{name}, reads of {target:g} uS after {words}", expected, measured, 0.03)
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_reads_in_quick_succession_stay_correlated(name):
    cells = Cells(name, TARGETS[name][2]).at(3600.0)
    drifted = cells.conductance()
    first, second = (cells.read(interval=1e-6) - drifted for _ in range(2))
    correlation = np.corrcoef(first, second)[0, 1]
    assert correlation > 0.5, f"{name}: two reads 1 us apart share {correlation:.2f} of their 1/f noise"


@pytest.mark.slow
def test_differential_pairs_reproduce_the_published_monte_carlo_numbers():
    """aihwkit's window starts at 0 S; the profile's, at 0.25 uS, would add an offset that the numbers do not have."""
    device = ms.load_device("pcm-joshi2020").replace({"conductance.min": "0 S"})
    weights = np.random.default_rng(9).uniform(-1, 1, (1, PAIR_COUNT))
    weights[0, 0] = 1.0  # the largest weight is the scale
    lines, one = [], np.ones(1)
    noisy = ms.Crossbar.from_weights(weights, device, mapping="pair", seed=10)
    silent = ms.Crossbar.from_weights(weights, idealised(device, ["read"]).device, mapping="pair", seed=10)
    start, waited = None, 0.0
    for row in PAIRS:
        if row.elapsed > waited:
            noisy.wait(row.elapsed - waited)
            silent.wait(row.elapsed - waited)
            waited = row.elapsed
        estimate, quiet = (np.asarray(one @ xbar).astype(float) for xbar in (noisy, silent))
        start = np.abs(quiet).mean() if start is None else start
        ratio = np.abs(quiet).mean() / start
        moments = {
            "ratio of mean abs(w)": (ratio, row.ratio, 0.004),
            "relative error, raw": (compensated_error(estimate, weights[0]), row.raw, 0.003),
            "relative error, compensated": (compensated_error(estimate, weights[0], 1 / ratio), row.compensated, 0.003),
            "relative error without 1/f": (compensated_error(quiet, weights[0], 1 / ratio), row.without_flicker, 0.003),
        }
        lines += [
            f"pcm-joshi2020, pairs after {row.elapsed:g} s, {what}: published {published:.3f}, measured {measured:.4f}"
            for what, (measured, published, tolerance) in moments.items()
            if not abs(measured - published) <= tolerance
        ]
    assert not lines, "\n".join(lines)
