"""Networks of experiments that an algorithm of write and verify programs onto crossbars."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.experiments.loading import experiment_from_text
from memsim.plotting import default_figure, draw, render

TEXT = """
name: verified
title: Programming by write and verify
task: classify
data: {source: digits, samples: 60}
seeds: 1
learners:
  - {name: Net, network: {architecture: linear}, training: {epochs: 2}}
  - name: Cells
    array: {device: epiram-choi2018, programming: {algorithm: radar, window: WINDOW, max_pulses: 300, delay: 1 us}}
    programmed: {learner: Net}
corruptions: {gaussian: [0.1]}
"""


def test_a_narrower_window_brings_products_closer_to_the_exact_ones():
    snr = []
    for window in ("0.1", "0.02"):
        result = ms.run(experiment_from_text(TEXT.replace("WINDOW", window), "verified"))
        snr.append(float(result.product_snr.sel(learner="Cells").mean()))
    assert snr[1] > snr[0] + 6


WHOLE = "algorithm: radar, window: WINDOW, max_pulses: 300, delay: 1 us"


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        "algorithm: pulses, cycles: 3",
        "algorithm: hadamard, block: 16, window: 0.02",
        "algorithm: gradient-descent, inputs: random, tolerance: 0.02, max_batches: 200",
    ],
)
def test_every_algorithm_that_has_a_name_programs_a_network(settings):
    result = ms.run(experiment_from_text(TEXT.replace(WHOLE, settings), "verified"))
    assert float(result.product_snr.sel(learner="Cells").mean()) > 15


def test_the_error_model_is_an_algorithm_by_name():
    text = TEXT.replace("epiram-choi2018", "pcm-joshi2020")
    stated, default = (
        ms.run(experiment_from_text(text.replace(old, new), "verified"))
        for old, new in ((WHOLE, "algorithm: model"), (f", programming: {{{WHOLE}}}", ""))
    )
    assert stated.product_snr.equals(default.product_snr)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("window: WINDOW", "windw: 0.1", "did you mean 'window'?"),
        ("algorithm: radar", "algorithm: rada", "did you mean 'radar'?"),
        ("delay: 1 us", "delay: -1 us", "'-1 us' is out of range"),
        ("delay: 1 us", "set: {start: 2 V, end: 1 V}", "array.programming.set.start: 2 V is above the end of 1 V"),
        ("{learner: Net}", "{learner: Net, cycles: 3}", "algorithm 'radar' has no rounds of this kind"),
        (WHOLE, "algorithm: model, window: 0.1", "unknown key 'window'"),
        (WHOLE, "algorithm: hadamard, block: 48", "array.programming.block: 48 is not allowed; a power of two"),
        (WHOLE, "algorithm: gradient-descent, samples: 8", "inputs 'one-hot' are as many as rows"),
        ("    programmed: {learner: Net}\n", "", "the cells of this learner are not programmed"),
    ],
)
def test_mistakes_name_file_line_and_key(old, new, message):
    text = TEXT.replace(old, new).replace("WINDOW", "0.1")
    with pytest.raises(ms.InputError) as problem:
        experiment_from_text(text, "verified")
    assert message in str(problem.value)


@pytest.fixture(scope="module")
def verified():
    text = TEXT.replace("WINDOW", "0.05").replace("corruptions", "times: [0 s, 1 h]\ncorruptions")
    text = text.replace(
        "    programmed: {learner: Net}", "    programmed: {learner: Net}\n    aging: {refresh: {after: 20 min}}"
    )
    return ms.run(experiment_from_text(text, "verified"))


def test_the_pulses_of_all_cells_are_in_the_histogram(verified):
    cells = verified.sel(learner="Cells")
    assert float(cells.network_pulse_count.sum()) == float(cells.cells)
    low = (verified.pulses * cells.network_pulse_count).sum() / cells.cells
    high = (verified.most_pulses * cells.network_pulse_count).sum() / cells.cells
    assert low <= cells.network_pulses_mean[0] <= high
    pulses = cells.training_pulses_set + cells.training_pulses_reset
    assert float(pulses[0]) == pytest.approx(float(cells.network_pulses_mean[0] * cells.cells))
    assert np.isnan(verified.network_pulses_mean.sel(learner="Net")).all()


def test_refreshes_wear_cells_further(verified):
    """Two refreshes follow within the hour; the pulses of the whole run are those of all three programmings."""
    cells = verified.sel(learner="Cells")
    assert float(cells.refreshes) == 2
    whole = float(cells.wear_pulses_mean[0] * cells.cells)
    first = float(cells.network_pulses_mean[0] * cells.cells)
    assert whole == pytest.approx(first + float(cells.refresh_pulses))
    assert float(cells.wear_pulses_max[0]) >= float(cells.wear_pulses_95[0]) >= float(cells.wear_pulses_mean[0]) > 0


def test_the_figure_and_the_default_figure_draw(verified):
    assert len(render(draw(verified, "programming"), "figure.png")) > 5000
    assert default_figure(verified) == "aging"


WORN = """
array:
      prior_cycles: CYCLES
      device:
        extends: hfalo-lammie2021
        update: {model: constant, step: 2 %, status: assumed}
"""


@pytest.mark.slow
def test_cells_that_have_seen_many_cycles_hold_less():
    errors = []
    for cycles in ("0", "10000000"):
        text = TEXT.replace(TEXT[TEXT.index("array: {") : TEXT.index("    programmed:")], WORN.strip() + "\n")
        text = text.replace("CYCLES", cycles)
        errors.append(float(ms.run(experiment_from_text(text, "worn")).weight_error.sel(learner="Cells")[0]))
    assert errors[1] > 3 * errors[0]


def test_prior_cycles_need_an_endurance():
    text = TEXT.replace("WINDOW", "0.1").replace("array: {device", "array: {prior_cycles: 5, device")
    with pytest.raises(ms.InputError, match="prior_cycles: device 'epiram-choi2018' does not say what cycles do"):
        ms.run(experiment_from_text(text, "verified"))
