"""Words the same everywhere, states and narrow reads bit by bit, wide reads to a tolerance; populations alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from noisy_devices import (
    ARRAYS,
    CASES,
    OWN_NOISE,
    QUIET,
    ROWS,
    SURROUNDINGS,
    bits,
    digest,
    inputs,
    noisy,
    surrounded,
    trained,
)
from populations import alike
from threadpoolctl import threadpool_limits
from waiting import let_pass

from memsim import ADC, DAC, Crossbar, Hebbian
from memsim.arrays import cell_numbers
from memsim.arrays.place import Place
from memsim.arrays.site import Site
from memsim.arrays.update_parameters import UpdateParameters
from memsim.backends import CpuBackend, resolve
from memsim.cells import MODELS
from memsim.kernels import compile as kernels
from memsim.kernels.fill import fill
from memsim.learning import RULES
from memsim.philox import Stream

# The others are slow: each compiles a kernel of its own.
QUICK = ("soft-bounds-counted",)
SURROUNDED = ("white noise that differs", "state-drift")
READ_NOISE = [name for name, (changes, _) in SURROUNDINGS.items() if any(key.startswith("read.") for key in changes)]
THREADS = (1, 3, 7)


def marked(names, quick):
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in names]


def with_threads(monkeypatch, count):
    """Kernels split their units for that many threads, and share them out among these and the pool's own."""
    monkeypatch.setattr(kernels, "threads", lambda: count)


def same(one, other):
    """Assert that all arrays are the same bits."""
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].dtype == other[name].dtype
        assert np.array_equal(one[name], other[name]), name


def joined(parts):
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def test_the_table_has_every_model():
    assert {case.model for case in CASES.values()} == set(MODELS)


# (i) words


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_words_are_the_same_for_any_chunks_and_threads(kind, monkeypatch):
    at = {"seed": (7 << 33) + 1, "stream": Stream.C2C, "step": 4, "first_array": 9}
    whole = fill(kind, (5, 7, 1100), **at)
    for threads in THREADS:
        with_threads(monkeypatch, threads)
        at["first_array"] = 9
        assert np.array_equal(fill(kind, (5, 7, 1100), **at), whole)
        for array, column, rows in ((0, 0, 64), (2, 3, 1100), (4, 6, 1)):
            at["first_array"] = 9 + array
            part = fill(kind, (5 - array, 7 - column, rows), first_column=column, **at)
            assert np.array_equal(part, whole[array:, column:, :rows])


@pytest.mark.parametrize("stream", [Stream.ROW_TRAIN, Stream.COLUMN_TRAIN])
def test_pulse_trains_are_the_same_for_any_chunks_and_threads(stream, monkeypatch):
    chances = np.random.default_rng(1).uniform(-1, 1, (4, 6, 100)).astype(np.float32)
    backend, at = resolve("cpu"), {"stream": stream, "seed": 3}
    whole = backend.trains(chances, 31, first_step=10, first_array=2, **at)
    assert len(np.unique(whole)) > 2000
    for threads in THREADS:
        with_threads(monkeypatch, threads)
        part = np.ascontiguousarray(chances[1:, 2:, :70])
        found = backend.trains(part, 31, first_step=12, first_array=3, **at)
        assert np.array_equal(found, whole[1:, 2:, :70])


@pytest.mark.parametrize("model", MODELS)
def test_cells_of_a_population_are_the_same_for_any_block_and_threads(model, monkeypatch):
    device = noisy(model, "own" if model in OWN_NOISE else "normal", spread=True)
    site = Site(resolve("cpu"), 21, first_array=6)
    stuck = np.random.default_rng(2).integers(-1, 2, (3, 5, 128)).astype(np.int8)
    kept = UpdateParameters(Place(device.spec, site, (3, 5, 100)), np.float32, stuck=stuck)
    whole = kept.varying()
    assert {"low", "high"} <= set(kept.names) and sum(np.ptp(values) > 0 for values in whole) > 1
    monkeypatch.setattr(CpuBackend, "kept", 0)
    for threads, block in ((1, 1), (3, 2 * 128 * 4 * len(kept.names)), (7, 1 << 30)):
        with_threads(monkeypatch, threads)
        monkeypatch.setattr(cell_numbers, "_BLOCK", block)
        drawn = UpdateParameters(Place(device.spec, site, (3, 5, 100)), np.float32, stuck=stuck)
        places = list(drawn.blocks(slice(1, 5)))
        assert len(places) == {1: 3 * 4, 3: 3 * 2, 7: 1}[threads]
        for arrays, lines in places:
            assert np.array_equal(drawn.varying(arrays, lines), whole[:, arrays, lines])
        place = Place(device.spec, Site(resolve("cpu"), 21, first_array=7), (2, 5, 60))
        later = UpdateParameters(place, np.float32, stuck=stuck[1:, :, :64])
        assert np.array_equal(later.varying(), whole[:, 1:, :, :64])


# (ii) states and narrow reads


@pytest.mark.parametrize("case", marked(CASES, QUICK))
def test_states_and_reads_are_the_same_bits_for_any_threads_parts_and_blocks(case, monkeypatch):
    whole = bits(trained(case))
    assert np.ptp(whole["weights"]) > 0 and (whole["set"].sum() > 0 and whole["reset"].sum() >= 0)
    parts = [bits(trained(case, arrays, first), arrays, first) for first, arrays in ((0, 1), (1, 3))]
    same(joined(parts), whole)
    same(bits(trained(case, steps=(1, 2))), whole)
    for threads in THREADS:
        with_threads(monkeypatch, threads)
        same(bits(trained(case)), whole)
    monkeypatch.setattr(CpuBackend, "kept", 0)
    monkeypatch.setattr(cell_numbers, "_BLOCK", 1)
    same(bits(trained(case)), whole)


@pytest.mark.parametrize("name", marked(SURROUNDINGS, SURROUNDED))
def test_what_surrounds_pulses_is_the_same_bits_for_any_threads_and_parts(name, monkeypatch):
    whole = bits(surrounded(name))
    steady = name not in READ_NOISE
    assert np.array_equal(whole["read"], whole["again"]) == steady
    parts = [bits(surrounded(name, arrays, first), arrays, first) for first, arrays in ((0, 1), (1, 3))]
    same(joined(parts), whole)
    for threads in THREADS:
        with_threads(monkeypatch, threads)
        same(bits(surrounded(name)), whole)


@pytest.mark.parametrize("name", marked(SURROUNDINGS, SURROUNDED))
def test_samples_read_in_parts_are_the_same_bits(name):
    whole, parts, x = surrounded(name), surrounded(name), inputs(samples=6)
    expected = whole.read(x, index=4)
    found = [parts.read(x[:, at], first_sample=at.start, index=4) for at in (slice(0, 1), slice(1, 4), slice(4, 6))]
    assert np.array_equal(np.concatenate(found, axis=1), expected)


@pytest.mark.parametrize("rule", marked(RULES, ("delta",)))
def test_rules_that_read_may_be_taught_in_parts(rule, monkeypatch):
    def taught(steps, arrays=ARRAYS, first=0):
        device = noisy("soft-bounds", "normal", spread=False).replace(
            {"read.noise": {"sigma": "3 %", "relative_to": "value"}}
        )
        array = Crossbar(device, ROWS, 3, arrays=arrays, first_array=first, seed=5, column="pair")
        for count in steps:
            array.train(RULES[rule](0.1), inputs(arrays, first), np.eye(3)[:2], steps=count, batch=2)
        return bits(array, arrays, first)

    whole = taught((4,))
    same(taught((1, 3)), whole)
    same(joined([taught((4,), 1, 0), taught((4,), 3, 1)]), whole)
    with_threads(monkeypatch, 7)
    same(taught((4,)), whole)


@pytest.mark.slow
def test_a_worker_process_with_another_number_of_threads_makes_the_same_bits():
    run = subprocess.run(
        [sys.executable, "-c", "from noisy_devices import digest; print(digest())"],
        cwd=Path(__file__).parent,
        env={**os.environ, "NUMBA_NUM_THREADS": "3", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == digest()


# (iii) wide reads


WIDE = 40


def wide(**options):
    device = QUIET.replace({"read.noise": {"sigma": "3 %", "relative_to": "value"}})
    return Crossbar(device, 700, WIDE, arrays=2, seed=4, initial=(0.0, 1.0), **options)


def test_wide_reads_agree_to_a_hundred_thousandth_for_any_batches_and_threads(monkeypatch):
    x = np.random.default_rng(3).uniform(-1, 1, (2, 24, 700)).astype(np.float32)
    array = wide()
    g = np.abs(array.conductance.values.astype(float))
    scale = 1e-5 * array.device.spec.read.voltage * np.abs(x.astype(float)) @ g
    whole = array.read(x, index=1)
    for threads in (1, 2, 3):
        with_threads(monkeypatch, threads)
        with threadpool_limits(threads):
            for size in (1, 5, 24):
                parts = [array.read(x[:, at : at + size], first_sample=at, index=1) for at in range(0, 24, size)]
                assert (np.abs(np.concatenate(parts, axis=1) - whole) <= scale).all()


@pytest.mark.slow
def test_codes_of_wide_reads_agree_to_one_step_for_any_batches_and_threads(monkeypatch):
    x = np.random.default_rng(3).uniform(-1, 1, (2, 24, 700)).astype(np.float32)
    adc = ADC(10, 60.0, gain=0.02, offset=0.4, dnl=0.1)
    array = wide(dac=DAC(6), adc=adc)
    step = 60.0 / (2**9 - 1)
    whole = array.output(x, index=1)
    codes = whole / step
    assert len(np.unique(codes.round())) > 300 and np.abs(codes - codes.round()).max() < 1e-3
    for threads in (1, 2, 3):
        with_threads(monkeypatch, threads)
        with threadpool_limits(threads):
            for size in (1, 5, 24):
                parts = [array.output(x[:, at : at + size], first_sample=at, index=1) for at in range(0, 24, size)]
                assert np.abs(np.concatenate(parts, axis=1) / step - codes).max() < 1 + 1e-3


# (iv) populations


def test_populations_of_one_kind_are_alike_and_a_sigma_five_percent_off_is_noticed():
    z = fill("normal", (3, 1, 1 << 16), seed=8, stream=Stream.C2C).astype(float)
    assert alike(z[0], z[1])
    assert alike(np.clip(z[0], 0, None), np.clip(z[1], 0, None))
    assert not alike(z[0], 1.05 * z[1]) and not alike(z[0], z[1] / 1.05)
    assert not alike(z[0], z[1] + 0.05)
    skewed = np.exp(0.3 * z[1])
    assert not alike(z[0], (skewed - skewed.mean()) / skewed.std())
    assert alike(np.ones(9), np.ones(9)) and not alike(np.ones(9), np.full(9, 1 + 1e-9))
    with pytest.raises(ValueError, match="finite"):
        alike(z[0], [np.nan])


def test_populations_of_one_kind_are_told_apart_no_more_often_than_stated(monkeypatch):
    import populations

    rate, trials = 0.05, 400
    monkeypatch.setattr(populations, "FALSE_ALARM", rate)
    monkeypatch.setattr(populations, "STANDARD_ERRORS", float(populations.norm.isf(rate / 6)))
    z = fill("normal", (2 * trials, 1, 1000), seed=9, stream=Stream.C2C)
    alarms = sum(not alike(z[k], z[trials + k]) for k in range(trials))
    assert 0 < alarms <= rate * trials + 4 * np.sqrt(rate * trials)


def population_of(device, encoding, seed, arrays=4):
    """States of cells that started at the same one and were asked for the same changes."""
    rows = 8192
    array = Crossbar(device, rows, 1, arrays=arrays, seed=seed, initial=(0.3, 0.3 + 1e-6))
    for wish in (1.0, -0.5):
        array.train(Hebbian(0.05), np.ones(rows), [wish], steps=2, encoding=encoding)
    return array.state.values[:, :, 0]


# One of every model, and those with cells that differ; trains of pulses on a line are common to its cells.
POPULATIONS = [
    name
    for name, case in CASES.items()
    if case.encoding == "counted" or (case.spread and case.encoding != "stochastic")
]


@pytest.mark.parametrize("case", marked(POPULATIONS, QUICK))
def test_populations_under_two_seeds_and_of_two_halves_are_alike(case):
    model, noise, spread, encoding = CASES[case]
    a, b = (population_of(noisy(model, noise, spread), encoding, seed) for seed in (1, 2))
    assert a.std() > 0 and not np.array_equal(a, b)
    assert alike(a, b)
    assert alike(a[:2], a[2:])


@pytest.mark.parametrize("case", marked(("soft-bounds-counted", "linear-counted", "uniform-sign-spread"), QUICK))
def test_populations_whose_noise_is_a_twentieth_off_are_told_apart(case):
    model, noise, spread, encoding = CASES[case]
    right, other = (population_of(noisy(model, noise, spread), encoding, seed, arrays=16) for seed in (1, 2))
    assert alike(right, other)
    assert not alike(right, population_of(noisy(model, noise, spread, 1.05), encoding, 2, arrays=16))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SURROUNDINGS if name != "wires"])
def test_reads_of_many_arrays_under_two_seeds_are_alike(name):
    one, other = (reads(name, seed) for seed in (1, 2))
    assert one.std() > 0 and alike(one, other)


def reads(name, seed, arrays=4096):
    changes, options = SURROUNDINGS[name]
    options = {**options, "seed": seed}
    options.pop("tile", None)
    array = Crossbar(QUIET.replace(changes), 8, 1, arrays=arrays, initial=(0.2, 0.8), **options)
    array.train(Hebbian(0.05), np.ones(8), [1.0], steps=2)
    if array.planned:
        array.program()
    return let_pass(array, 30.0).output(np.ones(8))
