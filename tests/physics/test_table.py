"""The measured table: interpolation, its own noise, and the provenance of numbers in lists."""

from __future__ import annotations

import math

import numpy as np
import pytest
from device_texts import device_text

import memsim as ms
from memsim.cells.table import noise, step
from memsim.errors import InputError
from memsim.profiles import device_from_text
from memsim.profiles.nominal import nominal_cell

SET = [(1.0, 200.0, 50.0), (10.0, 20.0, 20.0)]  # uS, nS, nS, as in `device_texts`
RESET = [(1.0, -20.0, 0.0), (4.0, -50.0, 30.0), (10.0, -100.0, 0.0)]


@pytest.fixture(scope="module")
def p():
    return nominal_cell(device_from_text(device_text("table")).spec)[1]


def column(rows, place, conductance):
    """A column of the table at a conductance [uS], of the window of 9 uS."""
    rows = np.array(rows)
    return np.interp(conductance, rows[:, 0], rows[:, place]) * 1e-3 / 9


@pytest.mark.parametrize(("rows", "direction"), [(SET, 1.0), (RESET, -1.0)])
def test_steps_and_their_spread_are_interpolated_between_the_rows(p, rows, direction):
    # The nodes divide the window by 32: a row between two of them is rounded off there.
    for x in (0.0, 0.1, 0.25, 0.6, 0.9, 1.0):
        conductance = 1 + 9 * x
        assert step(x, direction, p) == pytest.approx(column(rows, 1, conductance), rel=1e-12)
        assert noise(4 * direction, 0.0, 1.5, x, p) == pytest.approx(
            column(rows, 2, conductance) * 2 * 1.5, rel=1e-12, abs=1e-12
        )


def test_beyond_the_table_steps_stay_as_they_are_at_its_ends(p):
    assert step(1.2, 1.0, p) == step(1.0, 1.0, p)
    assert step(-0.3, -1.0, p) == step(0.0, -1.0, p)


def test_a_scale_that_varies_from_cell_to_cell_scales_steps_and_spread(p):
    double = p._replace(scale=2.0)
    assert step(0.3, 1.0, double) == pytest.approx(2 * step(0.3, 1.0, p))
    assert noise(1.0, 0.0, 1.0, 0.3, double) == pytest.approx(2 * noise(1.0, 0.0, 1.0, 0.3, p))


@pytest.mark.slow
def test_a_million_noisy_steps_have_the_mean_and_spread_of_the_table(p):
    cells = 1 << 20
    array = ms.Crossbar(device_from_text(device_text("table")), cells, 1, seed=5, initial=(0.5, 0.5 + 1e-6))
    before = array.state.values.astype(float)
    array.train(ms.Hebbian(rate=1.0), np.ones(cells), np.ones(1), encoding="sign")
    moved = array.state.values - before
    sigma = column(SET, 2, 5.5)
    assert abs(moved.mean() - column(SET, 1, 5.5)) < 4 * sigma / math.sqrt(cells)
    assert abs(moved.var() / sigma**2 - 1) < 4 * math.sqrt(2 / cells)


def test_numbers_in_rows_carry_the_provenance_of_their_section():
    text = device_text("table").replace("status: assumed", "status: measured\nsource: lab\nsources: {lab: {cite: c}}")
    device = device_from_text(text)
    where = device.provenance("update.table.reset.1.step")
    assert (where.status, where.source) == ("measured", "lab")
    rows = {row.field: row for row in device.rows()}
    assert rows["update.table.set.0.sigma"].value == "50 nS"
    changed = device.replace({"update.table.set.1.step": "30 nS"})
    assert changed.provenance("update.table.set.1.step").status == "assumed"
    with pytest.raises(InputError, match=r"update\.table\.set\.0\.conductance does not say where it comes from"):
        device_from_text(
            device_text("table").replace("status: assumed\n", "").replace("min: 1 uS", "status: assumed, min: 1 uS")
        )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "conductance: 4 uS",
            "conductance: 11 uS",
            r"reset\.2\.conductance: must be larger than that of the row above",
        ),
        ("step: -", "step: ", r"update\.table\.reset: no row has a step that would lower the conductance; write falls"),
        ("step: 200 nS", "step: 200 nV", r"set\.0\.step: '200 nV' is a voltage"),
        (
            "{conductance: 1 uS, step: 200 nS, sigma: 50 nS}, ",
            "",
            r"update\.table\.set has 1 entry; allowed: at least 2",
        ),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(old, new, said):
    with pytest.raises(InputError, match=said):
        device_from_text(device_text("table").replace(old, new))


def test_cycle_to_cycle_noise_on_top_of_the_tables_own_is_refused():
    more = "variability: {c2c: {sigma: 5 %, relative_to: range}}"
    with pytest.raises(InputError, match=r"variability\.c2c: has no effect: the rows of 'update\.table' have a sigma"):
        device_from_text(device_text("table", more))
