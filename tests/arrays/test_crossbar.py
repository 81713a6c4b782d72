"""Crossbar arrays: invariances of the numbers, shapes, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from memsim import BackendError, Crossbar, Encoding, Hebbian, InputError, load_device

DEVICE = "agsi-jo2010"


def trained(rows=150, cols=3, arrays=4, first_array=0, device=DEVICE, x=None, **options):
    rng = np.random.default_rng(0)
    inputs = rng.random((6, 2, 200)).astype(np.float32)[first_array : first_array + arrays, :, :rows]
    crossbar = Crossbar(device, rows=rows, cols=cols, arrays=arrays, seed=7, first_array=first_array, **options)
    targets = np.broadcast_to(np.linspace(1, -1, cols), (2, cols))
    return crossbar.train(Hebbian(0.05), inputs, targets, steps=4), inputs


def test_the_same_seed_gives_the_same_bits():
    (a, x), (b, _) = trained(), trained()
    assert np.array_equal(a.state.values, b.state.values)
    assert np.array_equal(a.read(x), b.read(x))


def test_another_seed_gives_other_cells():
    a = Crossbar(DEVICE, rows=64, cols=1, seed=1).state.values
    b = Crossbar(DEVICE, rows=64, cols=1, seed=2).state.values
    assert (a != b).all()


@pytest.mark.parametrize("column", ["single", "reference"])
def test_an_ensemble_computed_in_parts_gives_the_same_bits(column):
    whole, x = trained(arrays=6, column=column)
    parts = [trained(arrays=2, first_array=first, column=column) for first in (0, 2, 4)]
    assert np.array_equal(whole.state.values, np.concatenate([p.state.values for p, _ in parts]))
    assert np.array_equal(whole.read(x, index=3), np.concatenate([p.read(y, index=3) for p, y in parts]))


def test_a_batch_read_in_parts_gives_the_same_bits():
    crossbar, x = trained()
    whole = crossbar.read(x, index=5)
    parts = [crossbar.read(x[:, s : s + 1], first_sample=s, index=5) for s in (0, 1)]
    assert np.array_equal(whole, np.concatenate(parts, axis=1))


def test_steps_in_two_calls_equal_the_steps_in_one():
    rng = np.random.default_rng(0)
    x = rng.random((1, 1, 100)).astype(np.float32)
    once = Crossbar(DEVICE, rows=100, cols=1, seed=7).train(Hebbian(0.05), x, [1.0], steps=6)
    twice = Crossbar(DEVICE, rows=100, cols=1, seed=7)
    twice.train(Hebbian(0.05), x, [1.0], steps=2).train(Hebbian(0.05), x, [1.0], steps=4)
    assert np.array_equal(once.state.values, twice.state.values)
    assert np.array_equal(once.pulses.set, twice.pulses.set)


def test_no_cell_depends_on_the_size_of_the_array():
    wide, _ = trained(rows=150, cols=3)
    narrow, _ = trained(rows=100, cols=3)
    assert np.array_equal(wide.state.values[:, :100], narrow.state.values)
    one, _ = trained(cols=1)
    assert np.array_equal(wide.state.values[:, :, :1], one.state.values)


def test_reads_of_the_same_index_repeat_and_of_the_next_differ():
    crossbar, x = trained()
    first, second = crossbar.read(x), crossbar.read(x)
    assert (first != second).all()
    assert np.array_equal(crossbar.read(x, index=0), first)
    assert np.array_equal(crossbar.read(x, index=1), second)


def test_wide_reads_agree_with_narrow_ones_to_the_stated_tolerance():
    crossbar, x = trained(cols=40, device=load_device(DEVICE).replace({"variability": None}))
    siemens = crossbar.conductance
    exact = np.einsum("asr,arc->asc", 0.5 * x.astype(float), siemens.astype(float))
    scale = np.einsum("asr,arc->asc", 0.5 * np.abs(x.astype(float)), np.abs(siemens.astype(float)))
    wide = crossbar.output(x, noise=False) * crossbar.full_scale
    assert (np.abs(wide - exact) <= 1e-5 * scale).all()


SCRIPT = """
import hashlib, sys
import numpy as np
from memsim import Crossbar, Hebbian
x = np.random.default_rng(0).random((3, 2, 1000)).astype(np.float32)
xbar = Crossbar("agsi-jo2010", rows=1000, cols=4, arrays=3, seed=9, column="reference")
xbar.train(Hebbian(0.03), x, [[1, 0, -1, .5], [0, 1, 1, -.5]], steps=5)
print(hashlib.sha256(xbar.state.values.tobytes() + xbar.read(x).tobytes() + xbar.pulses.set.tobytes()).hexdigest())
"""


def digest(**environment):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return run.stdout.strip()


@pytest.mark.slow
def test_the_thread_count_changes_no_bit_of_states_reads_and_pulses():
    assert digest(NUMBA_NUM_THREADS="1") == digest(NUMBA_NUM_THREADS="2")


@pytest.mark.slow
def test_a_cpu_without_wide_vectors_and_fused_operations_gives_the_same_bits():
    assert digest(NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == digest()


def test_inputs_and_targets_may_leave_out_leading_dimensions():
    crossbar = Crossbar("ideal", rows=5, cols=2, arrays=3)
    crossbar.train(Hebbian(0.1), np.ones(5), [1, 0], steps=1)
    assert crossbar.read(np.ones(5)).shape == (3, 2)
    assert crossbar.read(np.ones((7, 5))).shape == (3, 7, 2)
    assert crossbar.state.values.shape == crossbar.conductance.shape == (3, 5, 2)


def test_weights_are_copies():
    crossbar = Crossbar("ideal", rows=5, cols=2)
    crossbar.state.values[:] = 9
    assert crossbar.state.values.max() < 0.02


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": 0}, "rows: 0 is not a whole number of at least 1"),
        ({"cols": 2.5}, "cols: 2.5 is not a whole number"),
        ({"rows": 1 << 20, "cols": 1 << 20}, "cells; allowed are"),
        ({"bounds": (1.0, 0.0)}, r"bounds: \[1, 0\] is not allowed"),
        ({"bounds": (0.0, 2.0)}, "leave the window of device 'agsi-jo2010'; allowed within"),
        ({"bounds": None}, "bounds: none leave the window"),
        ({"bounds": (0.0, float("nan"))}, "bounds"),
        ({"initial": (0.2, 0.1)}, "initial"),
        ({"column": "referenc"}, "did you mean 'reference'"),
        ({"dtype": "float16"}, "dtype"),
        ({"seed": -1}, "seed: -1 is not a whole number"),
        ({"count_cell_pulses": "no"}, "count_cell_pulses: 'no' is not allowed; true or false"),
        ({"count_cell_pulses": 3}, "count_cell_pulses: 3 is not allowed; true or false"),
        ({"device": "agsi"}, "unknown device 'agsi'; did you mean 'agsi-jo2010'"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_reason(options, message):
    arguments = {"device": DEVICE, "rows": 4, "cols": 2, **options}
    with pytest.raises(InputError, match=message):
        Crossbar(**arguments)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (np.ones(3), [1, 0], r"inputs: shape \(3,\) does not fit"),
        (np.full(4, np.nan), [1, 0], "inputs: contains NaN"),
        (np.ones(4), [1, 0, 0], "targets: shape"),
        (np.ones((2, 4)), np.ones((3, 2)), "targets: 3 samples, but inputs have 2"),
        ("a", [1, 0], "inputs: not an array of numbers"),
    ],
)
def test_signals_that_do_not_fit_are_refused(inputs, targets, message):
    with pytest.raises(InputError, match=message):
        Crossbar("ideal", rows=4, cols=2).train(Hebbian(0.1), inputs, targets)


def test_unknown_encodings_and_numbers_out_of_range_are_refused():
    for options, message in (
        ({"name": "exakt"}, "did you mean 'exact'"),
        ({"rounding": "down"}, "unknown rounding"),
        ({"max_pulses": 0}, "max_pulses"),
        ({"threshold": float("nan")}, "threshold"),
        ({"name": "sign", "slots": 5}, "slots: encoding 'sign' does not use it; 'stochastic' does"),
        ({"name": "exact", "rounding": "nearest"}, "rounding: encoding 'exact' does not use it; 'counted' does"),
    ):
        with pytest.raises(InputError, match=message):
            Encoding(**options)
    with pytest.raises(InputError, match="rate"):
        Hebbian(float("inf"))
    with pytest.raises(InputError, match="steps"):
        Crossbar("ideal", rows=4, cols=2).train(Hebbian(0.1), np.ones(4), [1, 0], steps=-1)


def test_backends_are_resolved_by_name():
    assert Crossbar("ideal", rows=4, cols=2, backend="auto").backend == "cpu"
    with pytest.raises(BackendError, match="did you mean 'cuda'"):
        Crossbar("ideal", rows=4, cols=2, backend="cude")


@pytest.mark.slow
@pytest.mark.parametrize("column", ["pair", "reference"])
def test_cells_whose_parameters_are_drawn_anew_for_every_block_are_the_same(column, monkeypatch):
    from memsim.arrays import cell_numbers
    from memsim.backends import CpuBackend

    spread = {"sigma": "5 %", "relative_to": "value", "status": "assumed"}
    device = load_device("taox-hfox-wu2018").replace(
        {
            "variability.d2d": {"conductance.max": spread, "update.nonlinearity.set": spread},
            "faults": {"stuck_on": "5 %", "stuck_off": "5 %", "status": "assumed"},
        }
    )
    x, t = np.random.default_rng(0).random((2, 3, 40)), np.ones((2, 3, 5))

    def used():
        made = Crossbar(device, 40, 5, arrays=2, column=column, seed=3)
        made.train(Hebbian(0.3), x, t, steps=2).program(0.4, cycles=2, error=0.01).train(Hebbian(-0.1), x, t)
        return made

    kept = used()
    monkeypatch.setattr(CpuBackend, "kept", 0)
    monkeypatch.setattr(cell_numbers, "_BLOCK", 3 * 64 * 5 * 4)
    drawn = used()
    assert np.array_equal(drawn.state.values, kept.state.values)
    assert all(np.array_equal(one, other) for one, other in zip(drawn.pulses, kept.pulses, strict=True))
    assert len(list(drawn._array.cells.lines.cells.blocks())) > 2 and drawn._array.cells.lines.cells._kept is None


def test_a_device_is_a_name_a_path_or_a_profile(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(load_device("ideal").to_yaml())
    for device in ("ideal", path, load_device("ideal")):
        assert Crossbar(device, rows=2, cols=2).device.name == "ideal"
    with pytest.raises(InputError, match="device: int; allowed: a name, a path or a DeviceProfile"):
        Crossbar(3, rows=2, cols=2)


def test_a_rule_may_be_a_name_with_its_settings():
    x, t = np.random.default_rng(0).random((3, 4)), np.ones((3, 2))
    named, made = (Crossbar("ideal", rows=4, cols=2, seed=1) for _ in range(2))
    named.train("hebbian", x, t, steps=2, rate=0.03)
    assert np.array_equal(named.state.values, made.train(Hebbian(0.03), x, t, steps=2).state.values)
    for rule, settings, message in (
        ("hebbain", {}, r"rule: unknown rule 'hebbain'; did you mean 'hebbian'"),
        ("hebbian", {"margin": 1}, r"margin: rule 'hebbian' has rate"),
        (Hebbian(0.1), {"rate": 0.2}, r"rate: allowed with the name of a rule only"),
    ):
        with pytest.raises(InputError, match=message):
            made.train(rule, x, t, **settings)
