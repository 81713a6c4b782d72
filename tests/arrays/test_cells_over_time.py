"""All that happens to cells besides pulses, together: invariances of its numbers, in every reading and precision."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from memsim import Crossbar, Delta, Hebbian, load_device

CHANGES = {
    "variability.write": {"sigma": "2 %", "relative_to": "range"},
    "variability.d2d": {
        "conductance.max": {"sigma": "5 %", "relative_to": "value"},
        "conductance.min": {"sigma": "5 %", "relative_to": "value"},
        "read.noise.sigma": {"sigma": "20 %", "relative_to": "value"},
        "read.telegraph.amplitude": {"sigma": "20 %", "relative_to": "value"},
        "read.flicker.sigma": {"sigma": "20 %", "relative_to": "value"},
    },
    "read.telegraph": {"amplitude": "5 %", "relative_to": "value", "empty": "20 ns", "filled": "10 ns"},
    "read.flicker": {"sigma": "1 %", "relative_to": "value", "fastest": "5 ns", "slowest": "1 s"},
    "faults": {"stuck_on": "3 %", "stuck_off": "4 %"},
    "conduction": {"model": "sinh", "voltage": "0.4 V"},
}
DRIFT = {"retention": {"model": "drift", "exponent": 0.05, "spread": 0.01, "reference_time": "1 s"}}
RELAXATION = {"retention": {"model": "relaxation", "spread": "0.3 uS", "growth": "0.1 uS", "reference_time": "1 s"}}
ERROR = {"programming": {"model": "polynomial", "coefficients": {"c0": "0.2 uS", "c1": "0.1 uS"}, "scale": "5 uS"}}
ALONE = {"update": None, "variability.write": None, "variability.c2c": None}
DEVICES = {
    "pulses": load_device("taox-hfox-wu2018").replace(CHANGES | RELAXATION | ERROR),
    "only programmed": load_device("taox-hfox-wu2018").replace(CHANGES | DRIFT | ERROR | ALONE),
}
ROWS, COLS, ARRAYS = 70, 3, 4
X = np.random.default_rng(0).random((5, ROWS)).astype(np.float32)
T = np.random.default_rng(1).random((5, COLS))


def lived(device, cols=COLS, arrays=ARRAYS, rows=ROWS, **options):
    array = Crossbar(DEVICES[device], rows=rows, cols=cols, arrays=arrays, seed=9, **options)
    array.train(Hebbian(0.05), X[:, :rows], T[:, :cols], steps=2).train(Delta(0.01), X[:, :rows], T[:, :cols])
    if device == "only programmed":
        array.program()
    return array.wait(30).wait(300)


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("column", ["single", "reference", "pair"])
class TestTogether:
    def test_the_same_seed_gives_the_same_bits_and_the_device_can_be_read(self, device, column):
        one, other = lived(device, column=column), lived(device, column=column)
        assert np.array_equal(one.state.values, other.state.values)
        reads = one.read(X)
        assert np.array_equal(reads, other.read(X))
        assert np.isfinite(reads).all()
        assert reads.shape == (ARRAYS, 5, COLS)
        assert not np.array_equal(one.read(X), reads)

    def test_an_ensemble_in_parts_gives_the_same_bits(self, device, column):
        whole = lived(device, column=column)
        parts = [lived(device, arrays=2, first_array=first, column=column) for first in (0, 2)]
        assert np.array_equal(whole.state.values, np.concatenate([part.state.values for part in parts]))
        assert np.array_equal(whole.read(X), np.concatenate([part.read(X) for part in parts]))

    def test_a_batch_that_is_read_in_parts_gives_the_same_bits(self, device, column):
        whole, parts = lived(device, column=column), lived(device, column=column)
        first, second = parts.read(X[:2], index=7), parts.read(X[2:], first_sample=2, index=7)
        assert np.array_equal(whole.read(X, index=7), np.concatenate([first, second], axis=1))

    def test_the_moments_of_many_reads_are_those_expected(self, device, column):
        array = lived(device, column=column, arrays=1)
        x = X[0]
        # Far apart in time, so that reads are independent but for the slowest processes.
        reads = array.output(np.broadcast_to(x, (3000, ROWS)), interval=1.0)[0]
        sigma = reads.std(0)
        assert np.all(np.abs(reads.mean(0) - array.output(x, noise=False)[0]) < 6 * sigma / np.sqrt(3000))
        difference = (reads[:, 0] - reads[:, 1]).var()
        assert abs(difference / array.difference_variance(x).item() - 1) < 6 * np.sqrt(2 / 3000)


@pytest.mark.slow
@pytest.mark.parametrize("column", ["single", "reference", "pair"])
def test_both_precisions_tell_the_same(column):
    single, double = (lived("only programmed", column=column, dtype=dtype) for dtype in ("float32", "float64"))
    assert np.allclose(single.state.values, double.state.values, atol=1e-5)
    assert np.allclose(single.output(X), double.output(X), atol=1e-4)
    assert np.allclose(single.output(X, noise=False), double.output(X, noise=False), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("device", DEVICES)
def test_no_cell_depends_on_the_size_of_the_array(device):
    rule, x, t = Hebbian(0.05), X[:, :40], T[:, :1]
    arrays = []
    for rows, cols in ((40, 1), (70, 3)):
        array = Crossbar(DEVICES[device], rows=rows, cols=cols, seed=9)
        array.train(rule, np.pad(x, ((0, 0), (0, rows - 40))), np.pad(t, ((0, 0), (0, cols - 1))))
        arrays.append((array.program() if array.planned else array).wait(50))
    small, large = arrays
    assert np.array_equal(small.state.values, large.state.values[:40, :1])
    wide = small.read(x), large.read(np.pad(x, ((0, 0), (0, 30))))
    assert np.allclose(wide[0], wide[1][:, :1], rtol=1e-6)


SCRIPT = """
import hashlib
from tests.arrays.test_cells_over_time import X, lived
for device in ("pulses", "only programmed"):
    xbar = lived(device, column="reference")
    print(hashlib.sha256(xbar.state.values.tobytes() + xbar.read(X).tobytes() + xbar.pulses.set.tobytes()).hexdigest())
"""


def digest(**environment):
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
        cwd=root,
    )
    return run.stdout


@pytest.mark.slow
def test_the_thread_count_changes_no_bit():
    assert digest(NUMBA_NUM_THREADS="1") == digest(NUMBA_NUM_THREADS="2") != ""


@pytest.mark.slow
def test_a_cpu_without_wide_vectors_and_fused_operations_gives_the_same_bits():
    assert digest(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == digest()
