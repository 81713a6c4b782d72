"""Means of the SNR without a finite expectation are marked in tables."""

from __future__ import annotations

import pytest

import memsim as ms
from memsim.tasks.memorise import table


@pytest.fixture(scope="module")
def result():
    changes = {"data.samples": 2, "data.shape": [8, 8], "corruptions": {"gaussian": [0.1, 0.3]}}
    return ms.run(ms.load_experiment("physical-01").replace(changes)).load()


@pytest.mark.slow
@pytest.mark.parametrize(("share", "marked"), [(0.0, False), (0.3, True), (1.0, False)])
def test_the_mean_snr_is_marked_where_denominators_have_both_signs(result, capsys, share, marked):
    changed = result.copy(deep=True)
    changed["negative_denominator_mean"].values[:] = share
    table.print_metrics(changed)
    table.print_notes(changed)
    lines = capsys.readouterr().out.splitlines()
    (mean,) = {"*" in line for line in lines if line.strip().startswith("SNR, mean")}
    (median,) = {"*" in line for line in lines if line.strip().startswith("SNR, median")}
    assert (mean, median) == (marked, False)
    assert any(line.startswith("Mean *   has no finite expectation") for line in lines) == marked
