"""Programming crossbars, and trained networks on them: what is wished, what the cells hold, and what is read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from memsim import Crossbar, DeviceProfile, Hebbian, InputError, load_device
from memsim.errors import DataError
from memsim.networks import ARCHITECTURES, Architecture, Network
from memsim.philox import MAX_ARRAYS, MAX_SAMPLES, key
from memsim.tasks.classify.classifiers.deployed import Deployed

DEVICE = "taox-hfox-wu2018"
SMALL = {
    "linear": Architecture("linear", (2, 5, 6), 3, dtype="float32"),
    "two-layer": Architecture("two-layer", (2, 5, 6), 3, hidden=4, dtype="float32"),
    "cnn": Architecture("cnn", (2, 5, 6), 3, channels=(3, 4), dtype="float32"),
    "residual": Architecture("residual", (2, 5, 6), 3, channels=(2, 3), dtype="float32"),
}
every_network = pytest.mark.parametrize("name", ARCHITECTURES)


def network_of(architecture: Architecture) -> Network:
    """A network whose biases, scales, shifts, means and variances are not those of a fresh one."""
    network, rng = Network.fresh(architecture, seed=3), np.random.default_rng(5)
    parameters = dict(network.parameters)
    for name, array in parameters.items():
        if name.endswith((".scale", ".variance")):
            parameters[name] = rng.uniform(0.5, 2.0, array.shape).astype(array.dtype)
        elif not name.endswith(".weight"):
            parameters[name] = rng.normal(0.0, 0.3, array.shape).astype(array.dtype)
    return network.replace(parameters)


def images(architecture: Architecture, count: int = 7) -> np.ndarray:
    return np.random.default_rng(8).random((count, *architecture.shape)).astype(np.float32)


def on(device: DeviceProfile | str, name: str = "cnn", **settings) -> Deployed:
    return Deployed(network_of(SMALL[name]), device, **{"seed": 11, **settings})


def close(found: np.ndarray, wanted: np.ndarray, rel: float) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= rel * np.abs(wanted).max()


def quiet() -> DeviceProfile:
    """The real device without any noise or spread."""
    return load_device(DEVICE).replace({"variability": None, "read.noise": None})


# Programming


def test_an_ideal_crossbar_holds_what_was_programmed():
    targets = np.random.default_rng(0).random((2, 70, 6))
    crossbar = Crossbar("ideal", 70, 3, arrays=2, seed=1, column="pair").program(targets)
    assert np.abs(crossbar.state.values - targets).max() < 2e-7


def test_programming_a_cell_at_its_target_gives_no_pulse():
    crossbar = Crossbar(DEVICE, 70, 3, seed=1)
    before = crossbar.state.values
    half = 0.49 / crossbar.device.spec.update.pulses
    crossbar.program(np.maximum(before - half, 0), cycles=3)
    assert (crossbar.state.values == before).all()
    assert crossbar.pulses.set.sum() == crossbar.pulses.reset.sum() == 0


def test_pulses_are_counted_for_the_cells_that_exist():
    crossbar = Crossbar(quiet(), 70, 3, seed=1, initial=(0.0, 1e-9)).program(0.5)
    assert (crossbar.pulses.set == 70 * 64).all()
    assert (crossbar.pulses.reset == 0).all()


def test_targets_beyond_the_bounds_are_the_bounds():
    cells = {"rows": 9, "cols": 2, "seed": 1, "bounds": (0.2, 0.6), "initial": (0.3, 0.4)}
    far, near = (Crossbar(DEVICE, **cells).program([[low, high]]) for low, high in ((-5, 5), (0.2, 0.6)))
    assert np.array_equal(far.state.values, near.state.values)
    assert np.array_equal(far.pulses.set, near.pulses.set)
    assert far.state.values.min() >= np.float32(0.2) and far.state.values.max() <= np.float32(0.6)


def test_one_round_is_off_by_the_curvature_and_more_rounds_correct_it():
    device = load_device("agsi-jo2010").replace({"variability": None})
    wrong = [np.abs(Crossbar(device, 64, 1, seed=1).program(0.5, cycles=n).state.values - 0.5) for n in (1, 8, 20)]
    assert wrong[0].min() > 0.1
    assert wrong[1].max() < wrong[0].min()
    assert wrong[2].max() <= 2 / 97  # a pulse here moves more than the mean one


def test_write_verify_brings_noisy_cells_closer():
    targets = np.random.default_rng(0).uniform(0.1, 0.9, (256, 8))
    rounds = (1, 5, 20)
    wrong = [np.abs(Crossbar(DEVICE, 256, 8, seed=1).program(targets, cycles=n).state.values - targets) for n in rounds]
    for fewer, more in itertools.pairwise(wrong):
        gain = fewer - more
        assert gain.mean() > 5 * gain.std() / np.sqrt(gain.size)


def test_rounds_in_two_calls_are_rounds_in_one():
    once, twice = (Crossbar(DEVICE, 70, 3, seed=1) for _ in range(2))
    once.program(0.5, cycles=5)
    twice.program(0.5, cycles=2).program(0.5, cycles=3)
    assert np.array_equal(once.state.values, twice.state.values)
    assert np.array_equal(once.pulses.reset, twice.pulses.reset)


def test_no_two_cells_or_rounds_share_the_noise_of_programming():
    device = load_device(DEVICE).replace({"variability.c2c.sigma": "1.5 %"})
    settings = {"rows": 130, "cols": 3, "arrays": 4, "seed": 1, "column": "pair", "initial": (0.0, 1e-9)}
    crossbar = Crossbar(device, **settings)
    first = crossbar.program(0.5).state.values
    lines = first[:, :128].swapaxes(1, 2).reshape(-1, 16)  # noise is drawn in groups of 16 rows
    assert np.abs(np.corrcoef(lines) - np.eye(len(lines))).max() < 0.98
    again = crossbar.program(first + 0.1).state.values - first
    assert abs(np.corrcoef(first.ravel(), again.ravel())[0, 1]) < 5 / np.sqrt(first.size)


def test_training_after_programming_draws_fresh_noise():
    crossbar = Crossbar(DEVICE, 4096, 1, seed=1, initial=(0.3, 0.3 + 1e-9))
    programmed = crossbar.program(0.4).state.values - 0.3
    trained = crossbar.state.values
    other = crossbar.train(Hebbian(0.1), np.ones(4096), [1.0]).state.values - trained
    assert abs(np.corrcoef(programmed.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(4096)


def test_no_programmed_cell_depends_on_the_size_of_the_array_or_ensemble():
    targets = np.random.default_rng(0).random((4, 150, 5))

    def weights(arrays: slice, rows: int, cols: int) -> np.ndarray:
        own = targets[arrays, :rows, :cols]
        first = {"seed": 1, "first_array": arrays.start or 0}
        crossbar = Crossbar(DEVICE, rows, cols, arrays=len(own), **first).program(own, cycles=3, error=0.01)
        return crossbar.train(Hebbian(0.05), np.ones(rows), np.ones(cols)).state.values

    whole = weights(slice(None), 150, 5)
    assert np.array_equal(weights(slice(2, 4), 150, 5), whole[2:])
    assert np.array_equal(weights(slice(None), 70, 2), whole[:, :70, :2])


def test_the_error_of_programming_has_its_sigma_and_leaves_no_window():
    middle = Crossbar("ideal", 1000, 4, seed=1).program(0.5, error=0.03).state.values - 0.5
    assert middle.std() == pytest.approx(0.03, rel=5 / np.sqrt(2 * middle.size))
    assert abs(middle.mean()) < 5 * 0.03 / np.sqrt(middle.size)
    edge = Crossbar("ideal", 1000, 4, seed=1).program(1.0, error=0.03).state.values
    assert edge.max() == 1.0 and (edge == 1.0).mean() == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(edge.size))


@pytest.mark.parametrize(
    ("weights", "settings", "message"),
    [
        (np.ones((3, 3)), {}, r"state: shape \(3, 3\) does not fit; allowed: \(row, line\) = \(4, 4\)"),
        (np.nan, {}, "state: contains NaN"),
        ("a", {}, "state: 'a' is not allowed; real numbers"),
        (0.5, {"cycles": 0}, "cycles: 0 is not a whole number of at least 1"),
        (0.5, {"error": -1.0}, "error: -1.0"),
        (0.5, {"encoding": "exakt"}, "did you mean 'exact'"),
    ],
)
def test_what_cannot_be_programmed_is_refused(weights, settings, message):
    with pytest.raises(InputError, match=message):
        Crossbar("ideal", 4, 2, column="pair").program(weights, **settings)


# Networks


@every_network
def test_the_ideal_cell_reproduces_the_network(name):
    x = images(SMALL[name])
    deployed = on("ideal", name)
    close(deployed.outputs(x, 0), deployed.network.outputs(x), 1e-4)
    assert deployed.weight_error < 1e-6


@pytest.mark.parametrize("bounds", [(-1.0, 2.0), (0.2, 0.5)])
def test_the_ideal_cell_reproduces_the_network_within_any_bounds(bounds):
    x = images(SMALL["cnn"])
    deployed = on("ideal", bounds=bounds, initial=(0.3, 0.31))
    close(deployed.outputs(x, 0), deployed.network.outputs(x), 1e-4)


def test_layers_wider_than_a_narrow_read_reproduce_the_network_too():
    architecture = Architecture("cnn", (1, 8, 8), 10, channels=(12, 20), dtype="float32")
    network, x = network_of(architecture), images(architecture)
    close(Deployed(network, "ideal", seed=0).outputs(x, 0), network.outputs(x), 1e-4)


@pytest.mark.slow
def test_a_network_in_double_precision_is_reproduced_in_double_precision():
    architecture = Architecture("cnn", (2, 5, 6), 3, channels=(3, 4))
    network, x = network_of(architecture), images(architecture)
    close(Deployed(network, "ideal", seed=0, dtype="float64").outputs(x, 0), network.outputs(x), 1e-12)


@every_network
@pytest.mark.parametrize("device", ["ideal", DEVICE])
def test_the_effective_network_does_what_is_read_without_noise(name, device):
    x = images(SMALL[name])
    deployed = on(device, name, cycles=2)
    close(deployed.effective.outputs(x), deployed.outputs(x, 0, noise=False), 1e-4)


def test_rows_are_inputs_and_a_bias_and_cells_come_in_pairs():
    deployed = on("ideal")
    shapes = {name: crossbar.shape for name, crossbar in deployed.crossbars.items()}
    wanted = {"0.convolution": (2 * 9 + 1, 3), "4.convolution": (3 * 9 + 1, 4), "10.dense": (5, 3)}
    assert shapes == wanted
    assert deployed.cells == 2 * sum(rows * cols for rows, cols in wanted.values())


def test_each_weight_is_on_the_line_of_its_sign_and_the_largest_spans_the_bounds():
    deployed = on("ideal", "linear", bounds=(0.1, 0.9))
    network, cells = deployed.network, deployed.crossbars["1.dense"].state.values
    weight, bias = network.parameters["1.dense.weight"].T, network.parameters["1.dense.bias"]
    scale = np.abs(weight).max()
    assert deployed.scales["1.dense"] == pytest.approx(scale)
    matrix = np.concatenate([weight, bias[None] / max(1, np.abs(bias).max() / scale)])
    lines = np.concatenate([np.maximum(matrix, 0), np.maximum(-matrix, 0)], axis=1)
    assert cells == pytest.approx(0.1 + 0.8 * lines / scale, abs=1e-6)


def test_clipping_cuts_the_largest_weights_to_a_quantile_and_no_bias():
    network = network_of(SMALL["linear"])
    small = network.replace(network.parameters | {"1.dense.bias": np.float32([0.5, -0.1, 0.0])})
    deployed, whole = (Deployed(small, "ideal", seed=11, clip=clip) for clip in (0.5, 1.0))
    weight, bias = (np.abs(small.parameters[f"1.dense.{name}"]) for name in ("weight", "bias"))
    scale = np.quantile(weight, 0.5)
    assert deployed.scales["1.dense"] == pytest.approx(scale) and scale < weight.max() and scale < bias.max()
    found = deployed.effective.parameters
    assert np.abs(found["1.dense.weight"]) == pytest.approx(np.minimum(weight, scale), abs=1e-6)
    assert np.abs(found["1.dense.bias"]) == pytest.approx(bias, abs=1e-6)
    assert deployed.weight_error > 1e-2 > whole.weight_error


def test_large_biases_leave_the_weights_the_whole_window():
    network = network_of(SMALL["linear"])
    large = network.replace(network.parameters | {"1.dense.bias": np.float32([5.0, -3.0, 0.0])})
    deployed = Deployed(large, "ideal", seed=11)
    assert deployed.scales["1.dense"] == pytest.approx(np.abs(network.parameters["1.dense.weight"]).max())
    x = images(SMALL["linear"])
    assert np.allclose(deployed.outputs(x, 0), large.outputs(x), rtol=1e-4, atol=1e-5)


def test_a_layer_of_zeros_stays_one():
    network = network_of(SMALL["linear"])
    zeros = network.replace({name: 0 * array for name, array in network.parameters.items()})
    deployed = Deployed(zeros, "ideal", seed=0)
    assert (deployed.outputs(images(SMALL["linear"]), 0) == 0).all()
    assert np.isnan(deployed.weight_error)


def test_more_rounds_bring_the_weights_closer_and_cost_pulses():
    few, many = (on(DEVICE, "two-layer", cycles=cycles) for cycles in (1, 20))
    assert many.weight_error < 0.8 * few.weight_error
    assert sum(many.pulses) > sum(few.pulses) > 0
    counted = [crossbar.pulses for crossbar in few.crossbars.values()]
    assert few.pulses == (sum(c.set.sum() for c in counted), sum(c.reset.sum() for c in counted))


def test_the_error_of_programming_reaches_every_cell_with_its_sigma():
    exact, wrong = (on("ideal", "two-layer", error=error) for error in (0.0, 0.02))
    exact_state = np.concatenate([crossbar.state.values.ravel() for crossbar in exact.crossbars.values()])
    held = np.concatenate([crossbar.state.values.ravel() for crossbar in wrong.crossbars.values()])
    inside = (exact_state > 0.1) & (exact_state < 0.9)
    difference = (held - exact_state)[inside]
    assert np.sqrt(np.mean(difference**2)) == pytest.approx(0.02, rel=5 / np.sqrt(2 * inside.sum()))
    assert held.min() == 0.0 and held.max() <= 1.0


@every_network
def test_the_same_seed_and_number_give_the_same_bits_and_another_number_other_cells(name):
    x = images(SMALL[name])
    one, same, other = (on(DEVICE, name, number=number) for number in (2, 2, 3))
    assert np.array_equal(one.outputs(x, 4), same.outputs(x, 4))
    for layer, crossbar in one.crossbars.items():
        assert np.array_equal(crossbar.state.values, same.crossbars[layer].state.values)
        first, second = crossbar.state.values, other.crossbars[layer].state.values
        assert (first != second)[(first > 0) & (first < 0.8)].all()  # cells at the ends of the window may be equal


def test_no_two_layers_or_networks_have_the_same_address():
    networks = [on("ideal", "residual", number=number) for number in (0, 1, MAX_ARRAYS - 1)]
    crossbars = [crossbar for deployed in networks for crossbar in deployed.crossbars.values()]
    addresses = [(key(crossbar.seed, crossbar.scope), crossbar.first_array) for crossbar in crossbars]
    assert len(networks[0].crossbars) == 7
    assert len(set(addresses)) == len(addresses) == 21


def test_a_network_with_more_layers_than_can_be_addressed_is_refused(monkeypatch):
    monkeypatch.setattr("memsim.tasks.classify.classifiers.deployed.MAX_LAYERS", 6)
    with pytest.raises(InputError, match="architecture: 7 layers have weights; at most 6 can be addressed"):
        on("ideal", "residual")


@pytest.mark.slow
def test_reads_of_an_index_repeat_and_those_of_another_do_not():
    x, deployed = images(SMALL["cnn"]), on(DEVICE)
    first = deployed.outputs(x, 0)
    assert np.array_equal(first, deployed.outputs(x, 0))
    assert (first != deployed.outputs(x, 1)).all()
    many = np.mean([deployed.outputs(x[:1], index, first=3)[0] for index in range(100)], axis=0)
    close(many, deployed.outputs(x[:1], 0, noise=False)[0], 0.05)


@every_network
def test_samples_in_chunks_or_parts_give_the_same_numbers(name, monkeypatch):
    def same(found):
        if name == "residual":  # NumPy's mean over the pixels adds in an order that depends on the samples
            close(found, whole, 1e-6)
        assert name == "residual" or np.array_equal(found, whole)

    x, deployed = images(SMALL[name]), on(DEVICE, name)
    whole = deployed.outputs(x, 5)
    parts = [deployed.outputs(x[part], 5, first=part.start) for part in (slice(0, 2), slice(2, 7))]
    same(np.concatenate(parts))
    monkeypatch.setattr("memsim.tasks.classify.classifiers.deployed.BLOCK", 1)
    same(deployed.outputs(x, 5))


def test_no_samples_give_no_outputs():
    assert on("ideal").outputs(images(SMALL["cnn"], 0), 0).shape == (0, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"number": MAX_ARRAYS}, r"number: 16777216 is not a whole number in \[0, 16777216\)"),
        ({"clip": 0.0}, "clip: 0.0 is not a number above 0 and up to 1"),
        ({"bounds": None}, "bounds: None leaves weights nothing to span"),
        ({"cycles": 0}, "cycles: 0"),
        ({"error": -0.1}, "error: -0.1"),
        ({"seed": -1}, "seed: -1"),
    ],
)
def test_what_cannot_be_deployed_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        on("ideal", "linear", **settings)


def test_inputs_and_addresses_that_do_not_fit_are_refused():
    deployed = on("ideal")
    with pytest.raises(DataError, match=r"have shape \[5, 6\], the network takes \[2, 5, 6\]"):
        deployed.outputs(np.zeros((2, 5, 6)), 0)
    for index in (-1, 1 << 20, 0.5):
        with pytest.raises(InputError, match=f"index: {index} is not a whole number"):
            deployed.outputs(images(SMALL["cnn"]), index)
    with pytest.raises(InputError, match=r"first: samples 16777215 to \d+ have no addresses"):
        deployed.outputs(images(SMALL["cnn"]), 0, first=MAX_SAMPLES - 1)
