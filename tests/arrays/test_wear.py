"""Pulses of each cell, cycles that are added, and programming again."""

from __future__ import annotations

import numpy as np
import pytest
from device_texts import device_text

import memsim as ms
from memsim.profiles import device_from_text

pytestmark = pytest.mark.slow

ROWS, COLS = 70, 3
RNG = np.random.default_rng(0)
X, T = RNG.random((3, ROWS)), RNG.choice([-1.0, 0.0, 1.0], (3, COLS))
CELL = device_from_text(device_text("constant", "variability: {c2c: {sigma: 2 %, relative_to: range}}"))
STUCK = CELL.replace({"endurance": {"model": "stuck-cells", "rows": [{"cycles": 10, "stuck_on": 0.2}]}})


def crossbar(device=CELL, count=True, **options):
    return ms.Crossbar(device, ROWS, COLS, **({"seed": 3, "count_cell_pulses": count} | options))


def trained(**options):
    return crossbar(**options).train(ms.Hebbian(0.2), X, T, steps=2, encoding="counted")


def check_sums(made):
    """The pulses of the cells of each line are those of the line."""
    cells = made.cell_pulses
    assert cells.dtype == np.int64 and cells.dims[-1] == "direction"
    assert cells.shape == (*made.state.shape, 2)
    sums = cells.sum("row").transpose(..., "direction").values
    for place in range(2):
        assert np.array_equal(sums[..., place], made.pulses[place])
    return cells.values


@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_pulses_of_cells_add_up_to_those_of_lines(column):
    made = trained(column=column)
    first = check_sums(made)
    assert (first > 0).any(axis=(0, 1)).all() and np.unique(first).size > 5
    made.program(0.4, cycles=2)
    assert (check_sums(made) >= first).all() and check_sums(made).sum() > first.sum()


def test_pulses_of_write_and_verify_and_of_programming_again():
    made = crossbar()
    made.program(0.4, "ispp", window=0.05)
    parts = made.programming
    assert np.array_equal(made.cell_pulses.sel(direction="set"), parts.set_pulses)
    assert np.array_equal(made.cell_pulses.sel(direction="reset"), parts.reset_pulses)
    made.program(0.8, "ispp", window=0.05)
    made.reprogram()
    assert np.array_equal(made.cell_pulses.sel(direction="set").sum("row"), made.pulses.set)
    check_sums(made)


def test_refresh_of_full_pairs_counts():
    made = trained(column="pair")
    before = check_sums(made)
    assert made.refresh(0.3).any()
    assert check_sums(made).sum() > before.sum()


def test_counting_changes_nothing_else():
    ours, theirs = (trained(count=count).program(0.4, "ispp", window=0.05).program(0.6) for count in (True, False))
    assert np.array_equal(ours.state, theirs.state)
    assert all(np.array_equal(a, b) for a, b in zip(ours.pulses, theirs.pulses, strict=True))
    assert np.array_equal(ours.read(X), theirs.read(X))


def test_counts_are_the_same_for_parts_of_an_ensemble_and_any_number_of_threads():
    from numba import get_num_threads, set_num_threads

    whole = trained(arrays=3)
    threads = get_num_threads()
    try:
        set_num_threads(1)
        parts = [trained(arrays=count, first_array=first) for first, count in ((0, 1), (1, 2))]
    finally:
        set_num_threads(threads)
    assert np.array_equal(np.concatenate([part.cell_pulses for part in parts]), whole.cell_pulses)


def test_a_summary_over_cells():
    made = trained(arrays=2)
    summary, pulses = made.wear_summary([50, 99]), made.cell_pulses.values
    both = pulses.sum(-1)
    assert np.array_equal(summary.pulses_max.sel(direction="both"), both.max((1, 2)))
    assert np.array_equal(summary.pulses_max.sel(direction="set"), pulses[..., 0].max((1, 2)))
    assert np.allclose(summary.pulses_mean.sel(direction="reset"), pulses[..., 1].mean((1, 2)))
    assert np.allclose(
        summary.pulses_percentile.sel(percent=99, direction="both"), np.percentile(both.reshape(2, -1), 99, axis=1)
    )
    assert np.allclose(summary.cycles_max, both.max((1, 2)) / 2) and (summary.stuck == 0).all()


def test_added_cycles_and_half_of_the_pulses_are_the_cycles():
    made = trained(device=STUCK, count=None)
    pulses = made.cell_pulses.sum("direction").values
    made.wear(np.arange(ROWS * COLS).reshape(ROWS, COLS)).wear(2)
    cycles = pulses / 2 + np.arange(ROWS * COLS).reshape(ROWS, COLS) + 2
    summary = made.wear_summary([90])
    assert float(summary.cycles_max) == cycles.max()
    assert float(summary.cycles_percentile.item()) == pytest.approx(np.percentile(cycles, 90))


def test_the_expected_share_of_wrong_bits_follows_the_cycles_of_each_cell():
    rows = [{"cycles": 300, "errors": 0.005}, {"cycles": 3e4, "errors": 0.095}]
    made = crossbar(CELL.replace({"endurance": {"model": "bit-errors", "bits": 3, "rows": rows}}), None)
    cycles = np.full((ROWS, COLS), 1e6)
    cycles[:, 0], cycles[:, 1] = 100, 3e3
    before = made.state.values
    with pytest.warns(ms.EnduranceWarning, match="change no state"):
        made.wear(cycles)
    assert np.array_equal(made.state, before)
    assert float(made.wear_summary().bit_errors) == pytest.approx((0.005 + 0.05 + 0.095) / 3)


def test_a_file_and_a_memory_go_on(tmp_path):
    made = trained(device=STUCK, count=None, column="pair").wear(6.0)
    made.program(0.4, "ispp", window=0.05)
    again = ms.Crossbar.from_netcdf(made.to_netcdf(tmp_path / "array.nc"))
    restored = crossbar(STUCK, None, column="pair").restore(made.memory())
    for other in (again, restored):
        assert np.array_equal(other.state, made.state)
        assert np.array_equal(other.cell_pulses, made.cell_pulses)
        assert other.wear_summary().equals(made.wear_summary())
    for other in (made, again):
        other.reprogram()
        other.wear(2.0).train(ms.Hebbian(0.2), X, T)
    assert np.array_equal(again.state, made.state) and np.array_equal(again.cell_pulses, made.cell_pulses)


def test_programming_again_brings_back_what_time_has_changed():
    device = ms.load_device("pcm-joshi2020")
    targets = np.linspace(0, 1, ROWS * COLS).reshape(ROWS, COLS)
    made = ms.Crossbar(device, ROWS, COLS, seed=1, column="single").program(targets)
    fresh = np.abs(made.state.values - targets).mean()
    aged = np.abs(made.wait(1e6).state.values - targets).mean()
    assert aged > 3 * fresh
    before = made.state.values
    assert np.abs(made.reprogram().state.values - targets).mean() < 1.5 * fresh
    assert not np.array_equal(made.state.values, before)


@pytest.mark.parametrize("algorithm", ["pulses", "ispp"])
def test_programming_again_is_programming_to_the_same_targets(algorithm):
    targets = RNG.random((ROWS, COLS))
    settings = {"window": 0.05} if algorithm == "ispp" else {}
    ours, theirs = (crossbar().program(targets, algorithm, **settings) for _ in range(2))
    ours.reprogram()
    theirs.program(targets, algorithm, **settings)
    assert np.array_equal(ours.state, theirs.state) and np.array_equal(ours.cell_pulses, theirs.cell_pulses)


class TestRefusals:
    def test_pulses_that_are_not_counted(self):
        for ask in (lambda array: array.cell_pulses, lambda array: array.wear_summary()):
            with pytest.raises(ms.InputError, match=r"^cell_pulses: .* count_cell_pulses=True$"):
                ask(crossbar(count=False))

    @pytest.mark.parametrize("cycles", [-1, np.nan, np.inf, 1e19, 10**400, True, "many", None, np.ones((2, 2))])
    def test_cycles(self, cycles):
        with pytest.raises(ms.InputError, match=r"^cycles: [^\n]*(allowed|is not a number from 0 to 1e\+18)[^\n]*$"):
            crossbar(STUCK).wear(cycles)

    @pytest.mark.parametrize("percents", [[101], [-1], [], [np.nan]])
    def test_percentages(self, percents):
        with pytest.raises(ms.InputError, match=r"^percents: .* numbers from 0 to 100$"):
            crossbar().wear_summary(percents)

    @pytest.mark.parametrize("change", ["nothing", "train", "refresh"])
    def test_nothing_to_program_again(self, change):
        made = trained(column="pair")
        if change != "nothing":
            made.program(0.4)
            made.train(ms.Hebbian(0.2), X, T) if change == "train" else made.refresh(0.3)
        with pytest.raises(ms.InputError, match=r"^reprogram: no states to come back to: [^\n]*$"):
            made.reprogram()

    def test_endurance_that_changes_nothing(self):
        with pytest.warns(ms.EnduranceWarning, match="specifies no endurance: cycles are counted and change no cell"):
            made = crossbar().wear(5)
        assert float(made.wear_summary().cycles_max) == 5
        with pytest.warns(ms.EnduranceWarning, match="are not counted"):
            crossbar(count=False).wear(5)
        bits = {
            "model": "bit-errors",
            "bits": 3,
            "rows": [{"cycles": 300, "errors": "0.5 %"}, {"cycles": 3e4, "errors": "9.5 %"}],
        }
        made = crossbar(CELL.replace({"endurance": bits}), None)
        with pytest.warns(ms.EnduranceWarning, match="table of wrong bits"):
            made.wear(150)
        assert float(made.wear_summary().bit_errors) == pytest.approx(0.005)
