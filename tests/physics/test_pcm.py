"""One-sided phase-change cells: small set steps, a melt in one pulse, and the refresh of full pairs."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import device_text

import memsim as ms
from memsim.cells.pcm import step
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

ROWS = 64


@pytest.fixture(scope="module")
def device():
    return device_from_text(device_text("pcm"))


def test_set_follows_the_exponential_step_and_one_reset_melts_everything(device):
    _, p = nominal_cell(device.spec)
    for x in np.linspace(0, 1, 5):
        w = 2 * x  # of a range from 0 to 2
        y = 1 + 27.235 * np.exp(2.5 * (2 * -1.0 * w / 2))
        assert step(x, 1.0, p) == pytest.approx(0.01 * y / 2, rel=1e-12)
        assert x + step(x, -1.0, p) == pytest.approx(0, abs=1e-15)
    steps = [step(x, 1.0, p) for x in np.linspace(0, 1, 9)]
    assert (np.diff(steps) < 0).all() and steps[-1] > 0


@pytest.mark.slow
def test_learning_gives_set_pulses_alone(device):
    assert device.spec.update.one_sided
    array = ms.Crossbar(device, ROWS, 1, column="pair", seed=1)
    array.train(ms.Hebbian(rate=1.0), np.ones(ROWS), np.array([-0.05]))
    assert (array.weights.values < 0).all() and not array.pulses.reset.any()


@pytest.mark.slow
def test_refresh_empties_full_pairs_and_keeps_their_difference(device):
    array = ms.Crossbar(device, ROWS, 2, column="pair", seed=1)
    targets = np.zeros((ROWS, 4))
    targets[:, 0], targets[:, 2] = 0.97, 0.60  # the first output: full pairs
    targets[:, 1], targets[:, 3] = 0.30, 0.50
    array.program(targets, cycles=100, encoding="sign")
    before, pulses = array.weights.values, array.pulses.reset.copy()
    full = array.refresh(0.9)
    assert full[:, 0].all() and not full[:, 1].any()
    assert array.pulses.reset.tolist() == [ROWS, 0, ROWS, 0] and not pulses.any()
    assert array.state.values[:, 2].max() < 0.02
    # Written back to within the step at the target of 0.37, 0.005 (1 + 27.235 e^(-5 0.37)).
    assert np.abs(array.weights.values - before)[:, 0].max() < 0.027
    assert np.array_equal(array.weights.values[:, 1], before[:, 1])
    assert not array.refresh(0.9).any()


def test_only_pairs_can_be_refreshed(device):
    with pytest.raises(InputError, match="refresh: columns are 'single'; only pairs"):
        ms.Crossbar(device, 2, 1).refresh()
    with pytest.raises(InputError, match=r"threshold: 1\.5 is not a number above 0"):
        ms.Crossbar(device, 2, 1, column="pair").refresh(1.5)
