"""Read noise of rounded reads, of cells that differ in it, and of a cell whose state changes once."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.errors import DataError
from memsim.fit.reading.table import Table, table_of
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.section import SectionFit


def reads(*cells: np.ndarray) -> Table:
    rows = [f"{c},{k},{g:.5g}" for c, own in enumerate(cells) for k, g in enumerate(own)]
    return table_of("\n".join(["cell,read,G (uS)", *rows]), "reads.csv")


def rounded(sigma: float, step: float, mean: float = 5.0, seed: int = 1) -> SectionFit:
    noise = sigma * np.random.default_rng(seed).standard_normal(200)
    return fit_read_noise(reads(step * np.round((mean + noise) / step)))


@pytest.mark.parametrize(("sigma", "step", "mean"), [(0.02, 0.1, 5.0), (0.04, 0.1, 5.02), (0.02, 0.05, 5.01)])
def test_rounding_is_neither_two_levels_nor_noise(sigma, step, mean):
    fit = rounded(sigma, step, mean)
    number = fit.numbers[0]
    assert number.low < sigma / mean < number.high < 2.5 * sigma / mean
    assert fit.forms[0].name == "level" and "reads are rounded to" in fit.notes[0]


@pytest.mark.slow
def test_intervals_of_rounded_reads_hold_the_truth():
    held = 0
    for seed in range(40):
        number = rounded(0.05, 0.1, 5.0 + 0.1 * np.random.default_rng(seed).random(), seed).numbers[0]
        held += number.low < 0.05 / 5.05 < number.high
    assert held >= 33


@pytest.mark.slow
def test_the_variance_of_fine_rounding_is_no_noise():
    means = [rounded(0.1, step, seed=seed).numbers[0].value for step in (1e-4, 0.04) for seed in range(20)]
    assert np.mean(means[:20]) == pytest.approx(np.mean(means[20:]), rel=0.002)


def test_reads_of_two_values_are_asked_about():
    with pytest.raises(DataError, match=r"reads.csv:2: all reads of device 0 are 5 uS and 5.1 uS: rounding hides"):
        fit_read_noise(reads(np.where(np.arange(60) % 7, 5.0, 5.1)))


@pytest.mark.slow
def test_cells_that_differ_in_their_noise_are_named_and_equal_ones_are_not():
    rng = np.random.default_rng(2)
    cells = [5 * (1 + sigma * rng.standard_normal(60)) for sigma in (0.005, 0.005, 0.05)]
    assert any(
        "the cells differ in their noise relative to the value" in n for n in fit_read_noise(reads(*cells)).notes
    )
    levels = [level + 0.05 * rng.standard_normal(60) for level in (1.0, 5.0, 20.0)]
    (note,) = [n for n in fit_read_noise(reads(*levels)).notes if "Bartlett" in n]
    assert note.endswith("with window=..., one sigma relative to the range is fitted")
    within = fit_read_noise(reads(*levels), window=(1e-6, 21e-6))
    assert within.section["relative_to"] == "range" and not any("Bartlett" in n for n in within.notes)
    for _ in range(20):
        equal = [level * (1 + 0.02 * rng.standard_normal(30)) for level in (1.0, 5.0, 20.0)]
        assert not any("Bartlett" in n for n in fit_read_noise(reads(*equal)).notes)


def test_a_state_that_changes_once_is_no_telegraph_noise():
    rng = np.random.default_rng(3)
    noise = 0.02 * rng.standard_normal(200)
    with pytest.raises(
        DataError, match=r"reads.csv:123: the reads of device 0 change once, from \S+ uS to 6\S* uS here"
    ):
        fit_read_noise(reads(np.where(np.arange(200) > 120, 6.0, 5.0) + noise))
    upper = np.cumsum(rng.random(200) < 0.1) % 2
    assert any("telegraph noise" in note for note in fit_read_noise(reads(5.0 + upper + noise)).notes)
