"""Relaxation of the filamentary RRAM "technology C" against its measured table, level by level and over time."""

from __future__ import annotations

import numpy as np
import pytest
from reference.relaxation_reference import CELLS, LEVELS, MEAN, SIGMA, TIMES, VARIANCE

import memsim as ms

PROFILE = "rram-technology-c-levy2021"
SIMULATED = 20_000
ERRORS = 3.5
"""Standard errors of the measured 500 cells: there are 30 means and 30 standard deviations."""


def programmed(level: float | np.ndarray, *, cells: int = SIMULATED, seed: int = 5) -> ms.Crossbar:
    """Cells at one level, or each at its own (row, 1) [uS]."""
    xbar = ms.Crossbar(PROFILE, rows=cells, cols=1, seed=seed, column="single")
    low, high = (end * 1e6 for end in xbar.window)
    return xbar.program((level - low) / (high - low))


def conductance(xbar: ms.Crossbar) -> np.ndarray:
    """Conductances [uS]."""
    return 1e6 * xbar.conductance.values.ravel().astype(float)


def test_the_table_agrees_with_the_published_mean_over_all_levels():
    levels = np.array(LEVELS)
    mean = np.trapezoid(SIGMA**2, levels, axis=0) / np.ptp(levels)  # six of the 32 levels, evenly spread between
    slope, offset = np.polyfit(np.log10(TIMES), mean, 1)
    assert (offset, slope) == pytest.approx(VARIANCE, rel=0.1)


def test_the_mean_variance_over_levels_grows_as_published():
    levels = np.linspace(LEVELS[0], LEVELS[-1], 32)
    xbar = programmed(np.repeat(levels, 1000)[:, None], cells=32_000)
    before, waited, lines = conductance(xbar), 0.0, []
    for time in (1.0, 1e5):
        xbar.wait(time - waited)
        waited = time
        measured = float(np.mean([part.var() for part in np.split(conductance(xbar) - before, len(levels))]))
        published = VARIANCE[0] + VARIANCE[1] * np.log10(time)
        if not abs(measured / published - 1) <= 0.15:
            lines.append(f"variance after {time:g} s, mean over levels: published {published:.2f}, {measured:.2f} uS^2")
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("level", LEVELS)
def test_cells_relax_as_measured(level):
    row = LEVELS.index(level)
    xbar = programmed(level)
    before, waited, lines = conductance(xbar), 0.0, []
    for column, time in enumerate(TIMES):
        xbar.wait(time - waited)
        waited = time
        change = conductance(xbar) - before
        mean, sigma = MEAN[row, column], SIGMA[row, column]
        # The measured cells are few, the simulated ones many: their own error is small beside it.
        share = np.sqrt(1 + CELLS / SIMULATED)
        if not abs(change.mean() - mean) <= ERRORS * share * sigma / np.sqrt(CELLS):
            lines.append(
                f"{level:g} uS after {time:g} s: mean change published {mean:.3f}, measured {change.mean():.3f} uS"
            )
        if not abs(change.std() / sigma - 1) <= ERRORS * share / np.sqrt(2 * CELLS):
            lines.append(
                f"{level:g} uS after {time:g} s: standard deviation published {sigma:.3f}, "
                f"measured {change.std():.3f} uS ({100 * (change.std() / sigma - 1):+.0f} %)"
            )
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("steps", [(1.0, 3599.0), (0.01, 9.99, 90.0, 3500.0)])
def test_the_state_at_one_time_does_not_depend_on_the_times_before(steps):
    at_once = conductance(programmed(20.6, cells=2000).wait(3600.0))
    xbar = programmed(20.6, cells=2000)
    for seconds in steps:
        xbar.wait(seconds)
    difference = np.abs(conductance(xbar) - at_once).max()
    assert difference <= 1e-3, f"wait(3600) and wait{steps} differ by up to {difference:.3f} uS"
