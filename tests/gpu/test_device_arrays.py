"""Arrays and experiments in arrays that behave like a card's, computed by the kernels of the CPU: the same bits."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from array_lives import CIRCUITS, COLS, ROWS, T, X, life
from line_kernels import strict_card
from shipped import representative
from strict_arrays import StrictArray, StrictBackend

import memsim as ms
from memsim.arrays.programming.algorithms import GradientDescent, Hadamard, Radar, Selective
from memsim.warm.experiments import small


@pytest.fixture(autouse=True)
def card(monkeypatch):
    """Strict arrays where a card is asked for."""
    strict_card(monkeypatch)


def same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    assert all(type(values) is np.ndarray for values in ours)
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert np.array_equal(a, b), number


@pytest.mark.slow
@pytest.mark.parametrize("device", representative())
def test_arrays_with_every_model_and_section_are_the_same(device, tmp_path):
    same(life(device, "cuda", tmp_path), life(device, "cpu", tmp_path))


@pytest.mark.slow
def test_growing_noise_of_cells_that_were_programmed_at_different_times_is_the_same(tmp_path):
    flicker = {"sigma": "3 %", "relative_to": "value", "exponent": 0.5, "fastest": "1 us", "slowest": "1e8 s"}
    drift = {"model": "drift", "exponent": 0.05, "reference_time": "2 s"}
    changes = {"read.flicker": {**flicker, "onset": "programming"}, "retention": drift}
    reads = []
    for backend in ("cuda", "cpu"):
        made = ms.Crossbar(ms.load_device("taox-hfox-wu2018").replace(changes), ROWS, COLS, seed=3, backend=backend)
        made.train(ms.Hebbian(0.2), X, T, steps=2).wait(100.0)
        made.train(ms.Hebbian(0.2), np.where(np.arange(ROWS) < 30, X, 0), T, steps=2).wait(1.0)
        again = ms.Crossbar.from_netcdf(made.to_netcdf(tmp_path / f"{backend}.nc"), backend=backend)
        reads.append([made.read(X), made.difference_variance(X), again.read(X), again.wait(3.0).read(X)])
    same(*reads)


@pytest.mark.slow
@pytest.mark.parametrize("name", CIRCUITS)
def test_circuits_around_arrays_are_the_same(name, tmp_path):
    same(
        life("agsi-jo2010", "cuda", tmp_path, **CIRCUITS[name]), life("agsi-jo2010", "cpu", tmp_path, **CIRCUITS[name])
    )


@pytest.mark.slow
@pytest.mark.parametrize("column", ["pair", "reference"])
def test_wires_around_arrays_are_solved_alike(column, tmp_path):
    options = {"wires": ms.Wires(word_resistance=2.0, bit_resistance=1.0), "tile": (40, 3), "column": column}
    device = "agsi-jo2010"
    for a, b in zip(*(life(device, backend, tmp_path, **options) for backend in ("cuda", "cpu")), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.abs(b).max())


@pytest.mark.slow
def test_wires_around_cells_that_are_not_ohmic_are_solved_alike():
    device = ms.load_device("ideal").replace({"conduction": {"model": "sinh", "voltage": "0.4 V"}})
    wires = {"wires": ms.Wires(word_resistance=200.0, bit_resistance=100.0), "tile": (40, 3)}
    reads = []
    for backend in ("cuda", "cpu"):
        made = ms.Crossbar(device, ROWS, COLS, seed=3, bounds=(0, 1), backend=backend, **wires)
        made.train(ms.Hebbian(0.2), X, T, steps=2)
        reads.append((made.read(X), *made.tile_maps()))
    for a, b in zip(*reads, strict=True):
        assert type(a) is np.ndarray
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.nanmax(np.abs(b)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "encoding"),
    [
        (ms.Delta(0.1), "exact"),
        (ms.MarginDelta(0.1), "counted"),
        (ms.Perceptron(0.1), "sign"),
        (ms.Manhattan(0.1), "counted"),
        (ms.Oja(0.1), "exact"),
    ],
)
def test_rules_and_encodings_ask_for_the_same(rule, encoding):
    ours, theirs = (
        ms.Crossbar("agsi-jo2010", ROWS, COLS, seed=1, backend=name).train(
            rule, X, np.abs(T), encoding=encoding, batch=2
        )
        for name in ("cuda", "cpu")
    )
    assert np.array_equal(ours.state.values, theirs.state.values) and (ours.state.values != 0).any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "column"),
    [
        (Radar(window=0.2, max_pulses=20, delay=1e-3), "single"),
        (Hadamard(window=0.2, max_pulses=20, block=16, rounds=2), "reference"),
        (Selective(window=0.2, max_pulses=20, share=0.3), "pair"),
        (GradientDescent(max_batches=5), "pair"),
        (GradientDescent(max_batches=5, inputs="random"), "reference"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("correlated", [False, True])
def test_programming_of_whole_arrays_is_the_same(algorithm, column, correlated):
    telegraph = {"amplitude": "10 %", "relative_to": "value", "empty": "1 us", "filled": "1 us"}
    flicker = {"sigma": "1 %", "relative_to": "value", "fastest": "1 us", "slowest": "1 s"}
    device = ms.load_device("epiram-choi2018").replace({"read.noise": {"sigma": "1 %", "relative_to": "range"}})
    if correlated:
        device = device.replace({"read.telegraph": telegraph, "read.flicker": flicker})
    sensitivities = np.arange(float(ROWS * COLS)).reshape(ROWS, COLS) if algorithm.name == "selective" else None
    results = []
    for name in ("cuda", "cpu"):
        made = ms.Crossbar(device, ROWS, COLS, arrays=2, seed=1, column=column, backend=name)
        reference = 0.5 if column == "reference" else None
        made.program(0.4, algorithm, sensitivities=sensitivities, reference=reference)
        results.append([made.state.values, *(part.values for part in made.programming.values()), *made.pulses])
    same(*results)


def counts_of(backend, device, tmp_path, rule="delta", **options):
    """All counts of a crossbar that is trained, programmed twice, read, and stored in a file."""
    made = ms.Crossbar(device, ROWS, COLS, arrays=2, seed=3, count=True, backend=backend, **options)
    outputs = made.shape[-1]
    if device != "hfo2-milo2021":
        made.train(rule, X, np.full((len(X), outputs), 0.4), steps=2, encoding="counted")
        made.program(0.6, "ispp", window=0.2, max_pulses=20)
    made.program(0.4)
    made.read(X)
    made.count_reads(0.5 * X)
    again = ms.Crossbar.from_netcdf(made.to_netcdf(tmp_path / f"{backend}.nc", force=True), backend=backend)
    again.read(X)
    counts = [*made.event_counts.counts.values(), *again.event_counts.counts.values()]
    costs = again.cost("generic-crosspoint", node="22 nm")
    return [np.asarray(value) for one in counts for value in vars(one).values()], costs


COUNTED = {
    "voltages": {},
    "serial inputs in tiles of pairs": {
        "dac": ms.DAC(5, coding="serial"),
        "adc": ms.ADC(6, range=9.0, share=2),
        "column": "pair",
        "tile": (30, 4),
    },
    "widths in tiles beside a reference": {"dac": ms.DAC(5, coding="width"), "column": "reference", "tile": (30, 2)},
    "signs in two phases": {"dac": ms.DAC(5, polarity="phases"), "dtype": "float64"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("device", ["taox-hfox-wu2018", "hfo2-milo2021", "sinh", "polynomial"])
def test_events_are_counted_alike(device, name, tmp_path):
    if device in ("sinh", "polynomial"):
        law = {"sinh": {"voltage": "0.4 V"}, "polynomial": {"quadratic": "0.5 uS", "cubic": "0.3 uS"}}[device]
        device = ms.load_device("taox-hfox-wu2018").replace({"conduction": {"model": device, **law}})
    (ours, our_costs), (theirs, their_costs) = (
        counts_of(backend, device, tmp_path, **COUNTED[name]) for backend in ("cuda", "cpu")
    )
    assert sum(values.sum() > 0 for values in theirs) > 8
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert type(a) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape, number
        np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=str(number))  # sums in another order
    xr.testing.assert_allclose(our_costs, their_costs, rtol=1e-6)


@pytest.mark.slow
def test_pulse_trains_are_the_same():
    ours, theirs = (
        ms.Crossbar("resistive-gokmen2016", ROWS, COLS, backend=name).train(
            ms.Hebbian(0.1), X, T, encoding="stochastic"
        )
        for name in ("cuda", "cpu")
    )
    assert np.array_equal(ours.state.values, theirs.state.values) and ours.pulses.set.sum() > 0


def test_arrays_of_the_card_give_arrays_of_the_card():
    made, x = ms.Crossbar("ideal", ROWS, COLS, backend="cuda"), StrictBackend().asarray(X)
    found = made.read(x, index=0)
    assert isinstance(found, StrictArray)
    assert np.array_equal(found.get(), made.read(X, index=0))
    again = ms.Crossbar("ideal", ROWS, COLS, backend="cuda").train(ms.Hebbian(0.2), x, StrictBackend().asarray(T))
    assert np.array_equal(again.state.values, made.train(ms.Hebbian(0.2), X, T).state.values)
    assert isinstance(made.drift_compensation(x, found), float)
    mapped = ms.Crossbar.from_weights(np.eye(4), "ideal", backend="cuda")
    assert np.allclose(StrictBackend().asarray(np.ones(4)) @ mapped, 1, atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["physical-01", "decomposition-01", "digits-01", "layers-01"])
def test_experiments_are_the_same(name):
    experiment = small(ms.load_experiment(name))
    ours, theirs = (ms.run(experiment, backend=backend) for backend in ("cuda", "cpu"))
    assert ours.backend == "cuda"
    # Products by BLAS round as the arrays happen to lie in memory.
    xr.testing.assert_allclose(ours, theirs, rtol=1e-5)
