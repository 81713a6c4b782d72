"""Noise of weights in training: its size, its addresses, and the steps of a training against torch."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from memsim.errors import InputError
from memsim.networks import SGD, Adam, Architecture, CrossEntropy, Network, draws, fit
from memsim.networks.checkpoint import load, save
from memsim.networks.draws import Address
from memsim.networks.weight_noise import with_noise

CNN = Architecture("cnn", (1, 6, 6), 3, channels=(3,), dropout=0.2)
TWO_LAYERS = Architecture("two-layer", (1, 4, 4), 3, hidden=8, dropout=0.0)
HERE = Address(seed=5, number=2, step=7)


def samples(architecture, count=40, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return rng.normal(size=(count, *architecture.shape)) + labels[:, None, None, None], labels


def train(architecture=CNN, **settings):
    settings = {"optimiser": Adam(0.02), "seed": 4, "batch": 16, "epochs": 3, "loss": CrossEntropy(), **settings}
    network = settings.pop("network", Network.fresh(architecture, seed=1))
    return fit(network, samples(architecture), samples(architecture, 20, 1), **settings)


def equal(first, second):
    return list(first) == list(second) and all(np.array_equal(first[name], second[name]) for name in first)


# Size and addresses


def test_without_noise_all_arrays_are_the_same_objects():
    parameters = Network.fresh(CNN, seed=1).parameters
    noisy = with_noise(parameters, 0.0, HERE)
    assert all(noisy[name] is array for name, array in parameters.items())


def test_noise_of_each_layer_is_normal_and_relative_to_its_largest_weight():
    architecture = Architecture("two-layer", (1, 20, 20), 10, hidden=100)
    parameters = dict(Network.fresh(architecture, seed=1).parameters)
    parameters["4.dense.weight"] = 50.0 * parameters["4.dense.weight"]
    noisy = with_noise(parameters, 0.1, HERE)
    for name in ("1.dense.weight", "4.dense.weight"):
        numbers = (noisy[name] - parameters[name]) / (0.1 * np.abs(parameters[name]).max())
        error = 1 / np.sqrt(numbers.size)
        assert abs(numbers.mean()) < 4 * error
        assert abs(numbers.std() - 1) < 4 * error / np.sqrt(2)
        assert abs(np.mean(numbers**3)) < 4 * np.sqrt(15) * error


def test_biases_and_numbers_of_normalisations_have_no_noise():
    parameters = Network.fresh(CNN, seed=1).parameters
    noisy = with_noise(parameters, 0.1, HERE)
    changed = {name for name in parameters if not np.array_equal(noisy[name], parameters[name])}
    assert changed == {name for name in parameters if name.endswith(".weight")}
    assert len(changed) == 2
    assert all(
        noisy[name].dtype == array.dtype and noisy[name].shape == array.shape for name, array in parameters.items()
    )


def test_steps_trainings_seeds_and_layers_have_numbers_of_their_own():
    square = {"a.weight": np.ones((6, 6)), "b.weight": np.ones((6, 6))}
    places = [HERE, HERE._replace(step=8), HERE._replace(number=3), HERE._replace(seed=6)]
    drawn = [noisy for place in places for noisy in with_noise(square, 0.1, place).values()]
    assert len({array.tobytes() for array in drawn}) == 2 * len(places)


# Trainings


def test_no_noise_is_the_default_and_gives_the_same_bits():
    assert equal(train(weight_noise=0.0).state.network.parameters, train().state.network.parameters)
    assert not equal(train(weight_noise=0.1).state.network.parameters, train().state.network.parameters)


def test_the_numbers_do_not_depend_on_the_cores(monkeypatch):
    trained = []
    for cores in (1, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: set(range(n)), raising=False)
        monkeypatch.setattr("memsim.networks.convolution._SAMPLES", 4)
        trained.append(train(weight_noise=0.2).state.network.parameters)
    assert equal(*trained)


def test_a_resumed_training_gives_the_numbers_of_an_uninterrupted_one(tmp_path):
    whole, part = train(weight_noise=0.1, epochs=4), train(weight_noise=0.1, epochs=2)
    state = load(save(part.state, tmp_path / "part.nc"), CNN)
    resumed = train(weight_noise=0.1, epochs=4, resume=state)
    assert equal(resumed.state.network.parameters, whole.state.network.parameters)
    with pytest.raises(InputError, match=r"resume: the training has weight_noise 0\.1 instead of 0\.0"):
        train(epochs=4, resume=state)


def test_a_training_of_a_file_that_states_no_noise_goes_on_without_noise():
    part = train(epochs=2).state
    older = replace(part, settings={key: value for key, value in part.settings.items() if key != "weight_noise"})
    assert equal(train(epochs=3, resume=older).state.network.parameters, train(epochs=3).state.network.parameters)
    with pytest.raises(InputError, match=r"resume: the training has weight_noise 0\.0 instead of 0\.1"):
        train(epochs=3, resume=older, weight_noise=0.1)


@pytest.mark.parametrize("sigma", [-0.1, 1.5, float("nan")])
def test_a_noise_that_is_not_allowed_is_refused(sigma):
    with pytest.raises(InputError) as error:
        train(weight_noise=sigma)
    assert str(error.value) == f"weight_noise: {sigma!r} is not a number from 0 (none) to 1"


@pytest.mark.slow
@pytest.mark.parametrize("momentum", [None, 0.9], ids=["adam", "momentum"])
def test_a_training_takes_the_steps_of_autograd_with_noisy_weights(momentum):
    """The reference has the layers, gradients and optimisers of torch; the order and the normal numbers are given."""
    torch = pytest.importorskip("torch")
    epochs, batch, sigma, seed = 3, 16, 0.15, 4
    optimiser = Adam(0.02) if momentum is None else SGD(0.05, momentum=momentum)
    own = train(TWO_LAYERS, weight_noise=sigma, epochs=epochs, batch=batch, seed=seed, optimiser=optimiser)
    x, labels = (torch.from_numpy(array) for array in samples(TWO_LAYERS))
    fresh = Network.fresh(TWO_LAYERS, seed=1).parameters
    clean = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in fresh.items()}
    weights = [name for name in clean if name.endswith("weight")]
    if momentum is None:
        reference = torch.optim.Adam(clean.values(), 0.02)
    else:
        reference = torch.optim.SGD(clean.values(), 0.05, momentum=momentum)
    step = 0
    for epoch in range(epochs):
        for chosen in np.array_split(draws.order(len(x), Address(seed), epoch), -(-len(x) // batch)):
            noisy = dict(clean)
            for layer, name in enumerate(weights):
                numbers = draws.weight_noise(*clean[name].shape, Address(seed, step=step, layer=layer))
                noise = sigma * clean[name].detach().abs().max() * torch.from_numpy(numbers).double()
                noisy[name] = clean[name] + noise
            hidden = torch.relu(x[chosen].flatten(1) @ noisy["1.dense.weight"].T + noisy["1.dense.bias"])
            outputs = hidden @ noisy["4.dense.weight"].T + noisy["4.dense.bias"]
            reference.zero_grad()
            torch.nn.functional.cross_entropy(outputs, labels[chosen]).backward()
            reference.step()
            step += 1
    for name, array in own.state.network.parameters.items():
        assert array == pytest.approx(clean[name].detach().numpy(), rel=1e-9, abs=1e-11)


@pytest.mark.slow
def test_torch_as_the_engine_makes_the_same_steps():
    pytest.importorskip("torch")
    from memsim.torch.engine import TorchChain

    own, torchs = (
        train(network=Network.fresh(CNN, seed=1, engine=engine), weight_noise=0.2)
        for engine in (Network.engine, TorchChain)
    )
    for name, array in own.state.network.parameters.items():
        assert torchs.state.network.parameters[name] == pytest.approx(array, rel=1e-9, abs=1e-11)
