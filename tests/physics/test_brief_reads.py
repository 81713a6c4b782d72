"""Reads that all take place within some time: slow correlated noise stays, fast noise is drawn anew for each read."""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms

SIGMA, FASTEST, SLOWEST = 0.01, 1e-6, 1e6
CELLS = 4000


def cells(seed=1, **read):
    """Cells of one row at w = 1/2, each a column, with 1/f noise."""
    flicker = {"sigma": "1 %", "relative_to": "range", "fastest": "1 us", "slowest": "1e6 s", "status": "assumed"}
    device = ms.load_device("ideal").replace({"read.flicker": flicker} | read)
    return ms.Crossbar(device, 1, CELLS, seed=seed, initial=(0.5, 0.5 + 1e-9), column="single")


@pytest.mark.parametrize("within", [1e-3, 1.0, 1e3])
def test_the_variance_of_1_f_noise_is_divided_by_the_time_constants(within):
    """S(f) = sigma^2/f: each factor e of time has the variance sigma^2 (the closed form of the integral of S)."""
    array = cells()
    reads = np.stack([array.output([1.0], within=within) for _ in range(60)])
    fast, slow = reads.var(axis=0, ddof=1).mean(), reads.mean(axis=0).var()
    slow -= fast / len(reads)
    # The time constants are discrete, three a decade, so that the border moves by up to a third of a decade.
    assert fast == pytest.approx(SIGMA**2 * math.log(within / FASTEST), rel=0.08)
    assert slow == pytest.approx(SIGMA**2 * math.log(SLOWEST / within), rel=0.08)


def test_both_parts_together_are_the_variance_at_any_time():
    fresh = np.stack([cells(seed).output([1.0], within=1.0) for seed in range(2, 6)])
    assert fresh.var() == pytest.approx(SIGMA**2 * math.log(SLOWEST / FASTEST), rel=0.05)


def test_a_slow_trap_keeps_its_level_and_a_fast_one_is_averaged():
    """A trap filled for a share p of the time takes the amplitude a: variance p (1 - p) a^2, mean -p a."""
    for seconds, slow in (("1e-5 s", False), ("1e3 s", True)):
        trap = {"amplitude": "10 %", "relative_to": "range", "filled": seconds, "empty": seconds, "status": "assumed"}
        array = cells(**{"read.flicker": None, "read.telegraph": trap})
        reads = np.stack([array.output([1.0], within=1.0) for _ in range(40)])
        if slow:
            levels = np.unique(np.round(reads, 6))
            np.testing.assert_allclose(levels, [0.4, 0.5], atol=1e-5)
            assert (reads == reads[0]).all()
        else:
            assert reads.mean() == pytest.approx(0.45, abs=1e-3)
            assert reads.std(axis=0, ddof=1).mean() == pytest.approx(0.05, rel=0.03)


def test_time_that_passes_moves_the_slow_part():
    array = cells()
    before = np.mean([array.output([1.0], within=1e-3) for _ in range(30)], axis=0)
    same = np.mean([array.output([1.0], within=1e-3) for _ in range(30)], axis=0)
    with pytest.warns(ms.RetentionWarning):
        array.wait(1e5)
    after = np.mean([array.output([1.0], within=1e-3) for _ in range(30)], axis=0)
    assert np.corrcoef(before, same)[0, 1] > 0.9
    assert np.corrcoef(before, after)[0, 1] < 0.5


def test_devices_without_correlated_noise_read_as_always():
    array = ms.Crossbar("taox-hfox-wu2018", 8, 4, seed=3)
    x = np.linspace(0, 1, 8)
    assert (array.output(x, index=5, within=1.0) == array.output(x, index=5)).all()
