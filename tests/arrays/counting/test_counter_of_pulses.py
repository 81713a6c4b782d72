"""Counts of pulses: their energy against V^2 t times the mean conductance, half-selected cells, and verify reads."""

from __future__ import annotations

import math

import numpy as np
import pytest

import memsim as ms
from memsim.arrays import cell_numbers
from memsim.arrays.programming.algorithms import Ramp
from memsim.backends import CpuBackend
from memsim.learning import Encoding

pytestmark = pytest.mark.slow  # each kernel is compiled once more to count


LOUD = ms.load_device("taox-hfox-wu2018")  # pulses of 1.6 V for 50 ns either way; 1 uS to 10 uS
QUIET = LOUD.replace({"variability": None, "read.noise": None})
SET = RESET = 1.6**2 * 50e-9  # V^2 t
READ = 0.5**2 * 5e-9
ROWS, COLS = 6, 4
ALGORITHMS = ("ispp", "fppv", "radar", "neurram", "hadamard", "selective")
TILES = {"one tile": None, "tiles": (4, 3)}


def crossbar(device=LOUD, cols=COLS, **options):
    settings = {"seed": 7, "dtype": "float64", "initial": (0.0, 1.0), "count": True, "count_cell_pulses": True}
    return ms.Crossbar(device, ROWS, cols, **(settings | options))


def slow(*names):
    """Cases that compile a kernel of their own."""
    return [pytest.param(name, marks=pytest.mark.slow) for name in names]


def counted(xbar, phase):
    return xbar.event_counts.counts[phase]


def inputs(samples, signed=True):
    return np.random.default_rng(1).uniform(-1 if signed else 0, 1, (samples, ROWS))


def close(actual, expected, rtol=1e-10):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=0)


def lines_of_tiles(xbar, tile):
    """Numbers of the lines of `conductance` in each tile of lines; None stands for the reference column."""
    lines = list(range(xbar.conductance.shape[-1]))
    if xbar.column == "pair":
        lines = [line for pair in zip(lines[: len(lines) // 2], lines[len(lines) // 2 :], strict=True) for line in pair]
    if xbar.column == "reference":
        lines = [*lines, None]
    wide = len(lines) if tile is None else tile[1]
    return [lines[start : start + wide] for start in range(0, len(lines), wide)]


class Ledger:
    """Energies of pulses by hand, from what cells are before and after each step.

    Other cells at V/2 or V/3 have their conductances before the first step.
    """

    def __init__(self, xbar, tile=None, voltages=(SET, RESET)):
        self.xbar, self.charges, self.parts = xbar, np.array(voltages), lines_of_tiles(xbar, tile)
        self.start = xbar.conductance.values.copy()
        self.own, self.half, self.third = np.zeros((3, len(self.parts)))
        high = ROWS if tile is None else tile[0]
        self.rows = [slice(start, start + high) for start in range(0, ROWS, high)]

    def step(self, change):
        """Let `change` give pulses, and note their energy."""
        before, pulses = self.xbar.conductance.values.copy(), self.xbar.cell_pulses.values.copy()
        change()
        charge = ((self.xbar.cell_pulses.values - pulses) * self.charges).sum(-1)
        mean = (before + self.xbar.conductance.values) / 2
        for number, part in enumerate(self.parts):
            lines = [line for line in part if line is not None]
            self.own[number] += (charge * mean)[:, lines].sum()
            beside = 1e-6 if len(lines) < len(part) else 0.0  # of the reference column, which is at 1 uS
            for rows in self.rows:
                g, spent = self.start[rows][:, lines], charge[rows][:, lines]
                others = g.sum(1, keepdims=True) + beside + g.sum(0, keepdims=True) - 2 * g
                self.half[number] += (spent * others).sum() / 4
                rest = g.sum() + beside * len(g) - g
                self.third[number] += (spent * rest).sum() / 9


def assert_pulses(xbar, phase, ledger):
    """Counts of pulses and of the energy in their cells and in half-selected ones are those by hand."""
    counts, pulses = counted(xbar, phase), xbar.pulses
    assert counts.set_pulses.dtype == counts.reset_pulses.dtype == counts.verify_reads.dtype == np.int64
    for own, all_lines in ((counts.set_pulses, pulses.set), (counts.reset_pulses, pulses.reset)):
        for number, part in enumerate(ledger.parts):
            assert own[0, number] == all_lines[[line for line in part if line is not None]].sum()
    close(counts.half_selected_energy[0], ledger.half)
    close(counts.third_selected_energy[0], ledger.third)


# Pulses


@pytest.mark.parametrize(
    ("device", "volts", "seconds", "low", "high", "printed"),
    [
        ("taox-hfox-wu2018", 1.6, 50e-9, 1e-6, 10e-6, 0.70e-12),
        ("agsi-jo2010", 3.2, 300e-6, 3.08e-9, 38.5e-9, 64e-12),
        ("epiram-choi2018", 5.0, 5e-6, 0.246e-6, 12.3e-6, 0.79e-9),
    ],
)
def test_a_set_pulse_in_the_middle_of_the_range_costs_v_squared_g_t(device, volts, seconds, low, high, printed):
    quiet = ms.load_device(device).replace({"variability": None, "read.noise": None})
    xbar = ms.Crossbar.from_conductance([[(low + high) / 2]], quiet, dtype="float64", count=True)
    before = xbar.conductance.item()
    assert before == pytest.approx((low + high) / 2)
    one = Encoding("counted", rounding="nearest", max_pulses=1)
    xbar.train("hebbian", [[1.0]], [[1.0]], rate=1.0, encoding=one)
    after, counts = xbar.conductance.item(), counted(xbar, "training")
    assert after > before and counts.set_pulses.item() == 1
    assert counts.write_energy.item() == pytest.approx(volts**2 * seconds * (before + after) / 2, rel=1e-14)
    assert counts.write_energy.item() == pytest.approx(printed, rel=0.01)
    assert counts.half_selected_energy.item() == pytest.approx(0, abs=1e-6 * printed)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["agsi-jo2010", "epiram-choi2018"])
def test_set_and_reset_pulses_have_their_own_voltages(device):
    set_voltage, reset_voltage, width = {"agsi-jo2010": (3.2, 2.8, 300e-6), "epiram-choi2018": (5.0, 3.0, 5e-6)}[device]
    xbar = crossbar(device)
    ledger = Ledger(xbar, voltages=(set_voltage**2 * width, reset_voltage**2 * width))
    ledger.step(lambda: xbar.train("hebbian", inputs(1), np.array([[1.0, -1.0, 0.5, 1.0]]), rate=0.3))
    counts = counted(xbar, "training")
    assert counts.set_pulses.sum() > 0 and counts.reset_pulses.sum() > 0
    close(counts.write_energy[0], ledger.own)
    close(counts.half_selected_energy[0], ledger.half)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("column", ["single", "reference", "pair"])
@pytest.mark.parametrize("encoding", ["counted", *slow("stochastic", "sign")])
def test_training_costs_the_sum_of_its_pulses(encoding, column, tile):
    x, targets = inputs(3), np.array([[1.0, -1.0, 0.5, 0.0], [0.3, 1.0, -0.2, 0.0], [-0.4, 0.2, 1.0, 0.0]])
    whole, singly = (crossbar(column=column, tile=TILES[tile]) for _ in range(2))
    whole.train("hebbian", x, targets, steps=2, encoding=encoding)
    ledger = Ledger(singly, TILES[tile])
    for _ in range(2):
        for one, target in zip(x, targets, strict=True):
            ledger.step(lambda one=one, target=target: singly.train("hebbian", [one], [target], encoding=encoding))
    assert np.array_equal(whole.state, singly.state)
    close(counted(whole, "training").write_energy[0], ledger.own)
    assert_pulses(whole, "training", ledger)
    assert counted(whole, "training").reads == counted(whole, "training").verify_reads.sum() == 0


@pytest.mark.parametrize("column", ["single", "pair"])
def test_reads_between_pulses_count_to_the_training(column):
    x, targets = inputs(3), np.array([[0.5, -0.5, 0.2, 0.0], [0.3, 0.4, -0.2, 0.1], [0.0, 0.2, -0.5, 0.3]])
    whole, singly = (crossbar(column=column) for _ in range(2))
    whole.train("delta", x, targets, steps=2)
    ledger, joules = Ledger(singly), 0.0
    for _ in range(2):
        for one, target in zip(x, targets, strict=True):
            joules += READ * (one**2 @ singly.conductance.values).sum()
            ledger.step(lambda one=one, target=target: singly.train("delta", [one], [target]))
    assert np.array_equal(whole.state, singly.state)
    counts = counted(whole, "training")
    close(counts.write_energy[0], ledger.own)
    assert_pulses(whole, "training", ledger)
    close(counts.read_energy.sum(), joules)
    assert counts.reads == 6 and not counted(whole, "inference").happened


@pytest.mark.slow
def test_float32_counts_agree_with_float64_to_rounding():
    energies = []
    for dtype in ("float32", "float64"):
        xbar = crossbar(QUIET, dtype=dtype)
        xbar.train("hebbian", inputs(3), np.full((3, COLS), 0.4), steps=3, encoding="sign")
        energies.append(counted(xbar, "training"))
    assert np.array_equal(energies[0].set_pulses, energies[1].set_pulses)
    for name in ("write_energy", "half_selected_energy", "third_selected_energy"):
        close(getattr(energies[0], name), getattr(energies[1], name), 1e-5)


@pytest.mark.slow
def test_each_training_starts_with_its_own_conductances():
    xbar = crossbar(QUIET)
    ledgers = []
    for _ in range(2):
        ledgers.append(Ledger(xbar))
        ledgers[-1].step(lambda: xbar.train("hebbian", inputs(1), np.ones((1, COLS)), rate=0.5))
    close(counted(xbar, "training").half_selected_energy[0], ledgers[0].half + ledgers[1].half)


@pytest.mark.slow
def test_cells_that_are_drawn_in_blocks_count_as_those_that_are_not(monkeypatch):
    def counts():
        xbar = crossbar(arrays=2, column="pair", tile=(4, 3))
        xbar.train("delta", inputs(3), np.full((3, COLS), 0.2), steps=2)
        xbar.program(np.full((2, ROWS, 2 * COLS), 0.5), "ispp", window=0.1)
        return [vars(counted(xbar, phase)) for phase in ("training", "programming")]

    whole = counts()
    monkeypatch.setattr(CpuBackend, "kept", 0)
    monkeypatch.setattr(cell_numbers, "_BLOCK", 1)
    for ours, plain in zip(counts(), whole, strict=True):
        assert all(np.array_equal(ours[name], plain[name]) for name in plain)


@pytest.mark.slow
def test_stuck_cells_take_the_energy_of_their_pulses():
    xbar = crossbar(QUIET, faults=np.eye(ROWS, COLS))  # at the upper end
    xbar.train("hebbian", np.ones((1, ROWS)), np.ones((1, COLS)), rate=0.1)
    pulses = xbar.cell_pulses.values.sum(-1)
    assert (pulses > 0).all() and np.allclose(np.diag(xbar.conductance.values), 10e-6)
    alone = crossbar(QUIET, faults=np.eye(ROWS, COLS))
    ledger = Ledger(alone)
    ledger.step(lambda: alone.train("hebbian", np.ones((1, ROWS)), np.ones((1, COLS)), rate=0.1))
    close(counted(xbar, "training").write_energy[0], ledger.own)


# Programming by pulses


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_programming_by_pulses_reads_each_cell_and_gives_its_pulses(column, tile):
    xbar, targets = crossbar(column=column, tile=TILES[tile]), np.random.default_rng(2).uniform(0, 1, (ROWS, 8))
    targets = targets[:, : xbar.state.shape[1]]
    ledger = Ledger(xbar, TILES[tile])
    ledger.step(lambda: xbar.program(targets, "pulses"))
    counts = counted(xbar, "programming")
    reads = [READ * ledger.start[:, [line for line in part if line is not None]].sum() for part in ledger.parts]
    close(counts.write_energy[0], ledger.own + reads)
    assert_pulses(xbar, "programming", ledger)
    assert counts.verify_reads.sum() == targets.size


@pytest.mark.slow
def test_further_rounds_of_pulses_count_as_if_given_one_by_one():
    targets = np.random.default_rng(2).uniform(0, 1, (ROWS, COLS))
    whole, singly = crossbar(QUIET), crossbar(QUIET)
    whole.program(targets, "pulses", cycles=3)
    ledger = Ledger(singly)
    for _ in range(3):
        ledger.step(lambda: singly.program(targets, "pulses"))
    assert np.array_equal(whole.state, singly.state)
    counts = counted(whole, "programming")
    # Reads before the first round find the states at its start; those of later rounds count with the last states.
    reads = READ * (ledger.start.sum() + 2 * singly.conductance.values.sum())
    close(counts.write_energy[0], ledger.own + reads)
    assert_pulses(whole, "programming", ledger)
    assert counts.verify_reads.sum() == 3 * targets.size


def test_programming_again_costs_its_own_pulses():
    xbar = crossbar()
    xbar.program(np.full((ROWS, COLS), 0.6), "pulses")
    first, ledger = counted(xbar, "programming"), Ledger(xbar)
    ledger.step(xbar.reprogram)
    more = counted(xbar, "programming") - first
    close(more.write_energy[0], ledger.own + READ * ledger.start.sum())
    close(more.half_selected_energy[0], ledger.half)
    assert more.set_pulses.sum() + more.reset_pulses.sum() == xbar.pulses.set.sum() + xbar.pulses.reset.sum() - (
        first.set_pulses.sum() + first.reset_pulses.sum()
    )


@pytest.mark.slow
def test_refresh_counts_to_the_programming():
    xbar = crossbar(QUIET, column="pair", initial=(0.5, 1.0))
    full = xbar.refresh(0.9)
    counts = counted(xbar, "programming")
    assert full.any() and counts.write_energy.sum() > 0 and not counted(xbar, "training").happened
    assert counts.set_pulses.sum() == xbar.pulses.set.sum() > 0
    assert counts.reset_pulses.sum() == xbar.pulses.reset.sum() > 0
    low, high = READ * 1e-6, READ * 10e-6  # of a verify read
    most = counts.set_pulses.sum() + counts.reset_pulses.sum()
    reads = counts.verify_reads.sum()
    assert most * SET * 1e-6 + reads * low < counts.write_energy.sum() < most * SET * 10e-6 + reads * high


# Write and verify


@pytest.mark.parametrize(
    ("algorithm", "device"),
    [
        ("ispp", "taox-hfox-wu2018"),
        *(pytest.param(name, "taox-hfox-wu2018", marks=pytest.mark.slow) for name in ("hadamard", "selective")),
        *(pytest.param(name, "rram-radar2021", marks=pytest.mark.slow) for name in ALGORITHMS),
    ],
)
def test_write_and_verify_costs_what_the_programming_took(algorithm, device):
    xbar, settings = crossbar(device, tile=(4, 3)), {}
    if algorithm == "selective":
        settings = {"sensitivities": np.random.default_rng(5).random((ROWS, COLS)), "share": 0.5}
    xbar.program(np.random.default_rng(4).uniform(0.2, 0.8, (ROWS, COLS)), algorithm, window=0.08, **settings)
    counts, took = counted(xbar, "programming"), xbar.programming
    for number, lines in enumerate((slice(0, 3), slice(3, 4))):
        part = took.isel(col=lines).sum()
        close(counts.write_energy[0, number], part.energy)
        assert counts.set_pulses[0, number] == part.set_pulses == xbar.pulses.set[lines].sum()
        assert counts.reset_pulses[0, number] == part.reset_pulses == xbar.pulses.reset[lines].sum()
        reads = took.verify_reads.isel(col=lines)
        if algorithm == "hadamard":  # all rows are read together, so that each read takes part in all cells of a column
            assert counts.verify_reads[0, number] == reads.isel(row=0).sum() > 0
            assert (reads == reads.isel(row=0)).all()
        else:
            assert counts.verify_reads[0, number] == reads.sum() > 0


@pytest.mark.parametrize("algorithm", ["ispp", *slow("radar", "neurram")])
def test_half_selected_cells_of_write_and_verify_have_their_conductances_before_it(algorithm):
    xbar = crossbar(tile=(4, 3))
    ledger = Ledger(xbar, (4, 3))
    ledger.step(lambda: xbar.program(np.random.default_rng(4).random((ROWS, COLS)), algorithm, window=0.1))
    close(counted(xbar, "programming").half_selected_energy[0], ledger.half)
    close(counted(xbar, "programming").third_selected_energy[0], ledger.third)


@pytest.mark.slow
def test_gradient_descent_costs_its_reads_and_pulses():
    xbar = crossbar(QUIET)
    xbar.program(np.random.default_rng(4).uniform(0.2, 0.8, (ROWS, COLS)), "gradient-descent", max_batches=8)
    counts, took = counted(xbar, "programming"), xbar.programming
    close(counts.write_energy.sum() + counts.read_energy.sum(), took.energy.sum())
    assert counts.reads > 0 and counts.verify_reads.sum() == 0
    assert counts.set_pulses.sum() == took.set_pulses.sum() == xbar.pulses.set.sum()
    assert counts.reset_pulses.sum() == took.reset_pulses.sum() == xbar.pulses.reset.sum()


# The error model


def test_an_error_model_of_programming_has_no_pulses_and_no_known_energy():
    xbar = ms.Crossbar("hfo2-milo2021", ROWS, COLS, count=True)
    xbar.program(np.full((ROWS, COLS), 0.5))
    xbar.read(np.ones(ROWS))
    counts = counted(xbar, "programming")
    assert counts.unknown_writes == ROWS * COLS and counts.set_pulses.sum() == 0 and counts.write_energy.sum() == 0
    costs = xbar.cost("generic-crosspoint", node="22 nm")
    programming, inference = costs.sel(phase="programming"), costs.sel(phase="inference")
    assert math.isnan(programming.total_energy) and math.isnan(programming.total_time)
    assert float(inference.total_energy) > 0
    reason = costs.attrs["cost_notes"]
    assert "programming are not known: an error model programs the cells of layers crossbar" in reason


def test_costs_that_are_known_need_no_note():
    xbar = crossbar(QUIET)
    xbar.program(np.full((ROWS, COLS), 0.5))
    assert "cost_notes" not in xbar.cost("generic-crosspoint", node="22 nm").attrs


@pytest.mark.slow
def test_pulses_of_a_ramp_count_with_their_own_voltages():
    device = ms.load_device("rram-radar2021").replace({"variability": None, "read.noise": None})
    xbar = ms.Crossbar.from_conductance([[1e-6, 101e-6]], device, dtype="float64", count=True)
    beside = xbar.conductance.values[0, 1]
    targets = [[0.5, xbar.state.values[0, 1]]]
    xbar.program(targets, "ispp", window=0.15, set=Ramp(2.1, 0.05, 3.0))
    took, counts = xbar.programming.isel(col=0), counted(xbar, "programming")
    number = int(took.set_pulses.item())
    assert number > 2 and int(took.reset_pulses.item()) == 0 and xbar.programming.set_pulses.sum() == number
    squares = sum((2.1 + 0.05 * step) ** 2 for step in range(number))
    close(counts.write_squares.item(), squares)
    close(counts.half_selected_energy.item(), squares * 200e-9 * beside / 4, 1e-7)
    close(counts.third_selected_energy.item(), squares * 200e-9 * beside / 9, 1e-7)
