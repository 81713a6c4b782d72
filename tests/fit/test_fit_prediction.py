"""Fits predict devices that they have not seen, and their intervals contain the truth; short runs of two benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch):
    """The two scripts, whose simulations share no code with memsim."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import fit_coverage
    import fit_prediction

    return fit_coverage, fit_prediction


@pytest.mark.slow
@pytest.mark.parametrize("model", ["soft-bounds", "neurosim"])
def test_bands_of_a_fit_contain_the_devices_and_the_noise_that_it_has_not_seen(benchmarks, model):
    _, script = benchmarks
    results = [script.predicted((model, seed)) for seed in range(100, 103)]
    assert all(results)
    for name in ("lower end", "upper end", "step"):
        # Thirty devices: 95 % within four standard errors of a binomial share.
        assert np.mean([result[name] for result in results]) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 30), name
    for name in ("noise of a pulse", "noise of a read"):
        assert 0.93 < np.mean([result[name] for result in results]) < 0.97, name


@pytest.mark.slow
@pytest.mark.parametrize("model", ["power", "neurosim", "power-law", "table"])
def test_intervals_of_models_with_bent_steps_contain_the_truth(benchmarks, model):
    script, _ = benchmarks
    results = [script.covered((model, seed)) for seed in range(1000, 1005)]
    assert all(results)
    hits = [hit for result in results for hit in result.values()]
    assert np.mean(hits) > 0.85
    for name in results[0]:
        assert sum(result.get(name, True) for result in results) >= 3, name
