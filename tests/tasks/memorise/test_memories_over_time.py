"""Crossbars of the task `memorise` over time: drift that all cells share, refresh, compensation."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import draw, render

pytestmark = pytest.mark.slow

TEXT = """
name: aged
task: memorise
data: {samples: 3, shape: [8, 8]}
times: [0 s, 100 s, 1 day]
learners:
  - {name: Net, network: {}, training: {steps: 2}}
  - name: Cells
    array: {device: {extends: ideal, RETENTION}, column: pair}
    aging: {compensation: none}
corruptions: {gaussian: [0.1, 0.3]}
resamples: 100
"""
SHARED = "retention: {model: drift, exponent: 0.05, spread: 0, reference_time: 1 s, status: assumed}"
SPREAD = SHARED.replace("spread: 0", "spread: 0.02")


def run(retention: str, aging: str = "compensation: none"):
    text = TEXT.replace("RETENTION", retention).replace("compensation: none", aging)
    return ms.run(experiment_from_text(text, "aged"))


def test_a_factor_that_all_cells_share_keeps_ratios_and_decisions():
    result = run(SHARED)
    cells = result.sel(learner="Cells")
    for time in range(3):
        np.testing.assert_allclose(cells.aged_clean_snr[:, time], cells.clean_snr, rtol=1e-4)
    np.testing.assert_array_equal(cells.aged_correct[:, -1], cells.correct.mean(("noise_type", "noise_level")))
    assert np.isnan(result.aged_snr.sel(learner="Net")).all()
    np.testing.assert_allclose(cells.aged_snr_mean, cells.aged_snr.mean("image"))
    assert len(render(draw(result, "aging"), "figure.png")) > 5000


def test_refresh_undoes_what_cells_do_not_share():
    """A refresh each 1000 s: the last one is 400 s before the end of the day."""
    errors = []
    for aging in ("compensation: none", "refresh: {after: 1000 s}"):
        cells = run(SPREAD, aging).sel(learner="Cells")
        errors.append(float(abs(cells.aged_clean_snr[:, -1] / cells.clean_snr - 1).mean()))
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize(
    ("aging", "message"),
    [
        ("refresh: {budget: 1 %}", "there are no validation images to decide; allowed: 'after', a time"),
        ("compensation: batch-norm", "there is no batch normalisation; allowed: none, global, column, affine"),
    ],
)
def test_mistakes_name_the_key(aging, message):
    with pytest.raises(ms.InputError) as problem:
        run(SHARED, aging)
    assert message in str(problem.value)
