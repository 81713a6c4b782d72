"""Intervals of means over devices whose estimates have very different errors."""

import numpy as np
import pytest

from memsim.fit.pulses.spread import between


@pytest.mark.slow
@pytest.mark.parametrize(("devices", "least"), [(3, 0.88), (6, 0.78)])
def test_the_interval_of_a_mean_is_not_that_of_the_best_known_device(devices, least):
    errors = np.array([0.03] + [0.6] * (devices - 1))
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(300):
        estimates = 0.3 * rng.standard_normal(devices) + errors * rng.standard_normal(devices)
        spread = between(estimates, errors**2)
        inside += spread.mean_low < 0 < spread.mean_high
    # The intervals of Hartung & Knapp alone contain the mean in about 69 % of the cases.
    assert inside / 300 > least


def test_equal_errors_leave_students_interval():
    estimates = np.array([1.0, 2.0, 4.0])
    spread = between(estimates, np.full(3, 1e-6))
    half = 4.302652729911275 * estimates.std(ddof=1) / np.sqrt(3)
    assert spread.mean_low == pytest.approx(estimates.mean() - half, rel=1e-3)
    assert spread.mean_high == pytest.approx(estimates.mean() + half, rel=1e-3)
