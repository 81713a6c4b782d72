"""Feature layers on crossbars: what they learn, what they cost, and that their random numbers are their own."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.learning import Competitive
from memsim.learning.features import FEATURES
from memsim.tasks.classify.classifiers.features import Features

CENTRES = np.kron(np.eye(4), np.ones((1, 4))).astype(np.float32)


def clusters(count: int = 200) -> np.ndarray:
    """Inputs around four centres of 16 pixels that share none, in turns."""
    draw = np.random.default_rng(3)
    x = CENTRES[np.arange(count) % 4] + draw.normal(0, 0.1, (count, 16))
    return np.clip(x, 0, 1).astype(np.float32)


def layer(kind, units=6, device="ideal", arrays=2, seed=5, rows=16, **settings):
    own = {"epochs": 8, "rate": 0.1, "batch": 8, "temperature": 0.05} if kind == "competitive" else {}
    return Features(
        FEATURES.make(kind, **own), units, device, rows, arrays=arrays, seed=seed, backend="cpu", **settings
    )


def fitted(features: Features, x: np.ndarray) -> Features:
    arrays = features.crossbar.shape[0]
    same = np.broadcast_to(np.random.default_rng(1).permutation(len(x)), (arrays, len(x)))
    features.fit(x, order=lambda epoch: same, report=lambda done: None)
    return features


def test_the_competitive_rule_moves_a_column_to_the_mean_of_its_inputs():
    x = clusters()[::4]
    crossbar = ms.Crossbar("ideal", rows=16, cols=1, seed=1)
    crossbar.train(Competitive(0.05), x, np.ones((len(x), 1)), steps=10)
    assert np.abs(crossbar.state.values[:, 0] - x.mean(0)).max() < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("device", ["ideal", "epiram-choi2018"])
def test_units_find_all_clusters(device):
    features = fitted(layer("competitive", device=device), clusters())
    weights = features.crossbar.state.values  # (array, row, unit)
    similar = np.einsum("ck,aku->acu", CENTRES / 2, weights) / np.linalg.norm(weights, axis=1)[:, None]
    assert (similar.max(-1) > 0.8).all()


def test_no_unit_stays_without_inputs():
    features = fitted(layer("competitive", units=8), clusters())
    found = features(clusters(), index=0, noise=False)
    assert (found.std(1) > 0).all()


def test_random_features_are_rectified_sums_that_cost_no_pulse():
    x = clusters()
    features = fitted(layer("random", arrays=1), x)
    sums = np.maximum(x / x.max() @ features.crossbar.effective_state.values[0], 0)
    centred = sums - sums.mean(0)
    assert np.allclose(features(x, index=0)[0], centred / np.sqrt((centred**2).mean()), atol=1e-4)
    assert features.crossbar.pulses.set.sum() == features.crossbar.pulses.reset.sum() == 0
    weights = features.crossbar.effective_state.values
    assert weights.min() < -0.5 and weights.max() > 0.5


@pytest.mark.parametrize("kind", ["random", "competitive"])
def test_features_have_mean_zero_and_mean_square_one_on_the_training_images(kind):
    found = fitted(layer(kind), clusters())(clusters(), index=0, noise=False)
    assert np.allclose(found.mean(1), 0, atol=1e-3)
    assert np.allclose((found**2).mean((1, 2)), 1, atol=1e-3)


@pytest.mark.parametrize("kind", ["random", "competitive"])
def test_the_slope_is_that_of_the_features(kind):
    features = fitted(layer(kind, dtype="float64"), clusters())
    draw = np.random.default_rng(0)
    x, direction = draw.uniform(0.1, 0.9, (2, 5, 16))
    given = draw.normal(size=(2, 5, 6))
    ends = [(features(x + step * direction, index=0, noise=False) * given).sum(-1) for step in (1e-6, -1e-6)]
    wanted = (ends[0] - ends[1]) / 2e-6
    assert np.allclose((features.slope(x, given) * direction).sum(-1), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["random", "competitive"])
def test_an_array_is_the_same_among_few_and_among_many(kind):
    few, many = (fitted(layer(kind, device="epiram-choi2018", arrays=arrays), clusters()) for arrays in (1, 3))
    assert np.array_equal(few.crossbar.state.values[0], many.crossbar.state.values[0])
    assert np.array_equal(few(clusters(), index=7)[0], many(clusters(), index=7)[0])


def test_the_cells_are_not_those_of_the_crossbar_that_learns():
    features = layer("random", units=4)
    other = ms.Crossbar("ideal", rows=16, cols=4, arrays=2, seed=5, column="pair", initial=(0, 1), backend="cpu")
    assert (features.crossbar.state.values != other.state.values).mean() > 0.99
