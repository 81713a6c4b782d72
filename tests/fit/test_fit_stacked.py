"""Trains of two columns without numbers that stand one below the other: they are separated, or asked about."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit import read_measurement
from memsim.fit.reading.layouts import pulse_data
from memsim.fit.reading.table import table_of


def train(rng: np.random.Generator, reads: int, step: float, write: float = 0.02, read: float = 0.02) -> np.ndarray:
    """Reads of one set train from 0 to 1, with the first step `step`."""
    state, result = 0.0, []
    for _ in range(reads):
        state = float(np.clip(state + step * (1 - state) + write * rng.standard_normal(), 0, 1))
        result.append(state + read * rng.standard_normal())
    return np.array(result)


def sheet(up: np.ndarray, down: np.ndarray, heading: str = "LTP (uS),LTD (uS)\n") -> str:
    rows = max(len(up), len(down))
    cells = [[f"{v:.4f}" for v in column] + [""] * (rows - len(column)) for column in (6 + 8 * up, 14 - 8 * down)]
    return heading + "\n".join(map(",".join, zip(*cells, strict=True)))


def stacked(rng, lengths, step=0.08, **noise) -> np.ndarray:
    return np.concatenate([train(rng, length, step, **noise) for length in lengths])


def shape(text: str) -> list[tuple[str, int, int]]:
    return [(s.cycle, s.branch, len(s.value)) for s in pulse_data(table_of(text, "f.csv")).sweeps]


@pytest.mark.parametrize(("cycles", "reads"), [(2, 30), (5, 25), (3, 50)])
@pytest.mark.parametrize("heading", ["LTP (uS),LTD (uS)\n", ""])
def test_trains_that_jump_back_at_equal_distances_are_cycles(cycles, reads, heading):
    rng = np.random.default_rng(1)
    text = sheet(stacked(rng, [reads] * cycles), stacked(rng, [reads] * cycles, 0.1), heading)
    assert shape(text) == [(str(c), b, reads) for c in range(1, cycles + 1) for b in (0, 1)]
    notes = pulse_data(table_of(text, "f.csv")).notes
    assert any(f"jump back every {reads} rows: {cycles} trains of each direction" in note for note in notes)


@pytest.mark.parametrize("seed", range(4))
def test_noise_hides_no_trains(seed):
    rng = np.random.default_rng(seed)
    text = sheet(*(stacked(rng, [40] * 4, write=0.05, read=0.05) for _ in range(2)))
    assert {reads for _, _, reads in shape(text)} == {40}


def test_an_abrupt_direction_has_the_trains_of_the_other():
    rng = np.random.default_rng(2)
    text = sheet(stacked(rng, [40] * 3), stacked(rng, [40] * 3, 0.95, write=0.005, read=0.005))
    assert shape(text) == [(str(c), b, 40) for c in (1, 2, 3) for b in (0, 1)]


def test_directions_may_have_trains_of_different_lengths():
    rng = np.random.default_rng(3)
    text = sheet(stacked(rng, [50] * 3), stacked(rng, [40] * 3))
    assert [reads for _, _, reads in shape(text)] == [50, 40] * 3


def test_trains_below_one_another_in_a_long_table_are_cycles():
    rng = np.random.default_rng(4)
    reads = [("set", 6 + 8 * v) for v in stacked(rng, [30] * 3)] + [
        ("reset", 14 - 8 * v) for v in stacked(rng, [30] * 3)
    ]
    text = "direction,G (uS)\n" + "\n".join(f"{word},{value:.4f}" for word, value in reads)
    assert sorted(shape(text)) == [(str(c), b, 30) for c in (1, 2, 3) for b in (0, 1)]


def test_other_distances_are_asked_about_and_the_options_read_the_file(tmp_path):
    rng = np.random.default_rng(5)
    file = tmp_path / "f.csv"
    file.write_text(sheet(stacked(rng, [30, 45, 25]), stacked(rng, [30, 45, 25])))
    with pytest.raises(ms.DataError, match=r'f\.csv:32: reads of set .* columns="cycle = 100 rows" .* one train$'):
        pulse_data(read_measurement(file))
    assert [len(s.value) for s in pulse_data(read_measurement(file, columns="cycle = 100 rows")).sweeps] == [100, 100]
    by_hand = pulse_data(read_measurement(file, columns="cycle = 25 rows")).sweeps
    assert [(s.cycle, len(s.value)) for s in by_hand[::2]] == [(str(c), 25) for c in (1, 2, 3, 4)]


def outlier(rng, up, down):
    up[17], down[31] = 0.0, 0.9


def telegraph(rng, up, down):
    for reads in (up, down):
        reads += 0.1 * (np.arange(len(reads)) // 7 % 2)


SINGLE = {
    "gradual steps": (0.06, {}, None),
    "an abrupt first pulse": (0.95, {"write": 0.01, "read": 0.01}, None),
    "strong write noise": (0.06, {"write": 0.12}, None),
    "strong read noise": (0.06, {"read": 0.15}, None),
    "telegraph noise": (0.06, {}, telegraph),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("step", "noise", "change"), SINGLE.values(), ids=SINGLE)
def test_a_single_train_stays_one(step, noise, change, seed):
    rng = np.random.default_rng(seed)
    up, down = (train(rng, 60, step, **noise) for _ in range(2))
    if change:
        change(rng, up, down)
    text = sheet(up, down)
    assert shape(text) == [("1", 0, 60), ("1", 1, 60)]


def test_a_failed_read_is_no_train():
    rng = np.random.default_rng(6)
    up, down = (train(rng, 60, 0.06) for _ in range(2))
    outlier(rng, up, down)
    with pytest.raises(ms.DataError, match=r"read 18 of the set pulses .* off the reads beside it"):
        pulse_data(table_of(sheet(up, down), "f.csv"))
