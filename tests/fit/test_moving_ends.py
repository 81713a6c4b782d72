"""The report says where the ends of a window move from cycle to cycle, and nothing of a device that does not change."""

import numpy as np
import pytest
from pulse_trains import soft, sweep

from memsim.fit.pulses.data import PulseData, Sweep
from memsim.fit.pulses.models import MODELS
from memsim.fit.pulses.moving_ends import MovingEnds, moving_ends
from memsim.fit.pulses.search import Noise, finished, problem_of, rough

LENGTHS = ((2, 40), (3, 20), (8, 20), (10, 12))
"""Cycles and reads of a sweep."""


def ends(seed: int, cycles: int, reads: int, change=lambda cycle, state: state) -> MovingEnds | None:
    rng = np.random.default_rng(seed)
    sweeps = []
    for i in range(2 * cycles):
        state = sweep(rng, soft, (0.1, 0.1), i % 2, reads, write=0.01, read=0.02)
        sweeps.append(Sweep("1", str(i // 2), i % 2, 2e-6 + 8e-6 * change(i // 2, state)))
    data = PulseData.checked("made.csv", sweeps, "S")
    guess = finished(rough(problem_of(MODELS["soft-bounds"], Noise("range"), data), data))
    return moving_ends(data, guess.problem, guess.theta)


def test_a_window_that_shrinks_is_named_with_its_size():
    found = ends(0, 8, 20, lambda cycle, state: 0.5 + (state - 0.5) * (1 - 0.03 * cycle))
    assert found is not None and found.steady
    assert 0.3e-6 < found.low < 1.3e-6 and -1.3e-6 < found.high < -0.3e-6  # truth: 0.84 uS


def test_a_window_that_differs_from_cycle_to_cycle_is_named_without_a_trend():
    found = ends(1, 8, 20, lambda cycle, state: 0.5 + (state - 0.5) * (0.8 if cycle in (1, 2, 5, 6) else 1.0))
    assert found is not None and not found.steady


@pytest.mark.parametrize("seed", range(4))
def test_a_window_that_stays_is_not_named(seed):
    assert ends(seed, *LENGTHS[seed % len(LENGTHS)]) is None
