"""Single reads and points that failed are refused in one line; cells that change, relax or scatter are not."""

from __future__ import annotations

import numpy as np
import pytest

from memsim.errors import DataError, InputError
from memsim.fit import extended
from memsim.fit.pulses.quantities import Number
from memsim.fit.reading.table import Table, table_of
from memsim.fit.sections.compliance import at_compliance
from memsim.fit.sections.failed_reads import far_off
from memsim.fit.sections.iv import fit_iv
from memsim.fit.sections.programmed import programmed_cells
from memsim.fit.sections.read_noise import fit_read_noise
from memsim.fit.sections.section import Form, SectionFit
from memsim.fit.sections.sweep import signed_sweeps
from memsim.profiles import load_device

TIMES = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0])


def drifting(cells: int, noise: float = 0.01, seed: int = 1) -> np.ndarray:
    """Conductances [uS] of cells that drift (cell, time)."""
    rng = np.random.default_rng(seed)
    level, exponent = rng.uniform(3, 9, (cells, 1)), 0.05 + 0.01 * rng.standard_normal((cells, 1))
    return level * TIMES**-exponent * (1 + noise * rng.standard_normal((cells, len(TIMES))))


def retention(reads: np.ndarray) -> Table:
    rows = [f"{c},{t:g},{g:.4f}" for c, own in enumerate(reads) for t, g in zip(TIMES, own, strict=True)]
    return table_of("\n".join(["cell,time (s),G (uS)", *rows]), "retention.csv")


@pytest.mark.parametrize("cells", [1, 6])
@pytest.mark.parametrize("factor", [0.0, 0.002, 10.0])
def test_one_failed_read_of_a_retention_is_refused_by_its_row(cells, factor):
    reads = drifting(cells)
    reads[-1, 4] *= factor
    with pytest.raises(DataError, match=rf"retention.csv:{2 + 7 * (cells - 1) + 4}: a read of device {cells - 1} is"):
        programmed_cells(retention(reads))


def test_cells_that_change_relax_or_scatter_have_no_failed_reads():
    changed = drifting(6)
    changed[2, 4:] *= 0.2
    steep = drifting(6) * np.geomspace(1, 1e-3, len(TIMES))
    apart = drifting(6)
    apart[:3] *= 1 + 0.3 * np.random.default_rng(2).standard_normal((3, len(TIMES)))
    last = drifting(6)
    last[0, -1] = 0.01
    for reads in (drifting(6), changed, steep, apart, last, drifting(6, noise=0.3)):
        assert programmed_cells(retention(np.abs(reads))).count == 6


def test_few_zeros_are_failed_reads_and_many_jumps_are_telegraph_noise():
    rng = np.random.default_rng(3)
    reads = 5 + 0.05 * rng.standard_normal(200)
    zeros = np.where(np.arange(200) % 60 == 30, 0.0, reads)
    with pytest.raises(DataError, match=r"is 0 S and lies \d+ times their scatter off .*, one of 3 such reads"):
        fit_read_noise(table_of("\n".join(["read,G (uS)", *(f"{k},{g}" for k, g in enumerate(zeros))]), "reads.csv"))
    assert not far_off([reads], ends=True)
    assert not far_off([np.where(np.arange(200) % 30 == 15, 4.0, reads)], ends=True)


def sweep(change=lambda i: i, noise: float = 0.002) -> Table:
    v = np.linspace(-0.5, 0.5, 41)
    i = change(3 * np.sinh(v / 0.3) * (1 + noise * np.random.default_rng(4).standard_normal(41)))
    return table_of("\n".join(["V (V),I (uA)", *(f"{a:.4f},{b:.6g}" for a, b in zip(v, i, strict=True))]), "iv.csv")


@pytest.mark.parametrize("factor", [0.0, 10.0, -1.0])
def test_one_glitch_of_a_current_is_refused_by_its_row(factor):
    with pytest.raises(DataError, match=r"iv.csv:36: the current of device 1 at 350 mV is .* lies far off those at"):
        signed_sweeps(sweep(lambda i: np.where(np.arange(41) == 34, factor * i, i)))


def test_currents_at_a_compliance_limit_are_left_out_with_a_note():
    rows, voltage, _, notes = signed_sweeps(sweep(lambda i: np.clip(i, -4, 4)))
    assert np.abs(voltage[rows["1"]]).max() == pytest.approx(0.325, abs=0.03)
    assert notes[-1].startswith("16 points of device 1 are left out: at all voltages from 325 mV on, their currents")


def test_a_compliance_limit_shows_through_noise_and_smooth_curves_have_none():
    rng, v = np.random.default_rng(5), np.linspace(0, 0.5, 21)
    cut, limit = at_compliance(v, np.clip(np.sinh(v / 0.2), 0, 5) + 0.005 * rng.standard_normal(21))
    assert cut.sum() == 2 and limit == pytest.approx(5, abs=0.02)
    for curve in (np.sinh(v / 0.1), v, v * np.exp(v / 0.2), np.round(5 * v, 1)):
        for noise in (0.0, 0.01, 0.1, 0.3):
            assert not at_compliance(v, curve * (1 + noise * rng.standard_normal(21)))[0].any()


def test_currents_far_off_the_best_form_are_refused_although_they_do_not_correlate():
    rng = np.random.default_rng(6)
    with pytest.raises(DataError, match=r"the currents lie \d+ % of their size off the best, \w+; up to 20 % are"):
        fit_iv(sweep(lambda i: np.sign(i) * 4 * rng.uniform(0, 2, 41)))


def test_the_last_point_off_the_form_is_refused_by_its_row():
    with pytest.raises(DataError, match=r"iv.csv:42: the current of device 1 at 500 mV lies \d+ % of the largest"):
        fit_iv(sweep(lambda i: np.where(np.arange(41) == 40, 0.0, i)))


def test_numbers_without_a_limit_are_not_written_to_a_profile():
    def fit(high: float) -> SectionFit:
        number = Number("conduction.voltage", 0.3, 0.1, high, "V", "voltage V_0 of the form")
        section = {"model": "sinh", "voltage": "300 mV"}
        return SectionFit("iv", "iv.csv", "conduction", section, (number,), (Form("sinh", 1.0, 4, 41),), (), ())

    device = load_device("cmo-hfox-falcone2025")
    assert extended(device, fit(0.9)).spec.conduction is not None
    with pytest.raises(InputError, match=r"iv.csv: the data set no limit to conduction.voltage: such numbers are not"):
        extended(device, fit(np.inf))
