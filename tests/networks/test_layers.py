"""Layers and networks: gradients against differences, closed forms, other array libraries, PyTorch."""

from __future__ import annotations

import math
import os
import sys
from types import SimpleNamespace
from typing import Any

import array_api_strict
import numpy as np
import pytest

from memsim.errors import DataError, InputError
from memsim.networks import ARCHITECTURES, Architecture, Combined, CrossEntropy, Mse, Network, draws, parts
from memsim.networks.chain import Chain, Residual
from memsim.networks.convolution import Convolution
from memsim.networks.draws import Address
from memsim.networks.layers import Dense, Dropout, Flatten, Layer, ReLU
from memsim.networks.norm import BatchNorm
from memsim.networks.pooling import GlobalAveragePool, MaxPool

pytestmark = pytest.mark.slow

HERE = Address(7, number=3, step=5, layer=2)
IMAGE, FEATURES = (2, 4, 3), (7,)
LAYERS: list[tuple[Layer, tuple[int, ...]]] = [
    (Dense(4), FEATURES),
    (ReLU(), IMAGE),
    (Flatten(), IMAGE),
    (Dropout(0.4), IMAGE),
    (MaxPool(), IMAGE),
    (GlobalAveragePool(), IMAGE),
    (BatchNorm(), IMAGE),
    (BatchNorm(), FEATURES),
    (Convolution(3), IMAGE),
    (Convolution(3, bias=False), IMAGE),
    (Convolution(3, kernel=1), IMAGE),
    (Convolution(3, kernel=5), IMAGE),
    (Convolution(3, stride=2), IMAGE),
    (Convolution(3, kernel=1, stride=2), IMAGE),
    (Residual(2), IMAGE),
    (Residual(3), IMAGE),
    (Residual(3, stride=2), IMAGE),
    (Chain((Convolution(2), MaxPool(), ReLU(), Flatten(), Dense(3))), IMAGE),
]
SMALL = {
    "linear": Architecture("linear", (2, 5, 6), 3),
    "two-layer": Architecture("two-layer", (2, 5, 6), 3, hidden=4, dropout=0.3),
    "cnn": Architecture("cnn", (2, 5, 6), 3, channels=(3, 4)),
    "residual": Architecture("residual", (2, 5, 6), 3, channels=(2, 2)),
}


def label(value: Any) -> str | None:
    if not isinstance(value, Layer):
        return None
    settings = [str(v) for name, v in vars(value).items() if name != "layers"]
    return "-".join([value.kind, *settings])


every_layer = pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=label)
every_network = pytest.mark.parametrize("name", ARCHITECTURES)
both_modes = pytest.mark.parametrize("train", [None, HERE], ids=["evaluation", "training"])


def setting(layer: Layer, shape: tuple[int, ...], dtype: str = "float64") -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parameters away from their fresh values, and inputs (..., sample) away from kinks and ties."""
    rng = np.random.default_rng(1)
    fresh = layer.init(shape, HERE, dtype)
    parameters = {name: (array + rng.uniform(0.1, 0.5, array.shape)).astype(dtype) for name, array in fresh.items()}
    size = 3 * math.prod(shape)
    x = rng.permutation(np.arange(size) - size / 2 + 0.3) / size
    return parameters, (4 * x).reshape(*shape, 3).astype(dtype)


def small_network(name: str) -> Network:
    """A small network away from its fresh parameters: zero biases tie the outputs of a sample without live units."""
    network = Network.fresh(SMALL[name], seed=1)
    rng = np.random.default_rng(5)
    return network.replace({k: array + rng.uniform(0.0, 0.2, array.shape) for k, array in network.parameters.items()})


def differences(function: Any, array: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Fourth-order central differences of a number by an array that the function reads in place."""
    slope = np.empty_like(array)
    for index in np.ndindex(array.shape):
        start, values = array[index], []
        for k in (1, -1, 2, -2):
            array[index] = start + k * step
            values.append(function())
        array[index] = start
        slope[index] = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * step)
    return slope


def close(found: Any, wanted: Any, rel: float = 1e-6) -> None:
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= rel * max(np.abs(wanted).max(), 1e-3)


@both_modes
@every_layer
def test_a_layers_gradients_are_those_of_its_outputs(layer, shape, train):
    parameters, x = setting(layer, shape)
    y, cache = layer.forward(parameters, x, train)
    assert y.shape == (*layer.shape(shape), 3)
    weights = np.random.default_rng(2).normal(size=y.shape)
    dx, gradients = layer.backward(cache, weights)

    def total() -> float:
        return float(np.sum(weights * layer.forward(parameters, x, train)[0]))

    close(dx, differences(total, x))
    assert set(gradients) == {name for name in parameters if not name.endswith(("mean", "variance"))}
    for name, gradient in gradients.items():
        close(gradient, differences(total, parameters[name]))


@both_modes
@every_network
def test_a_networks_gradients_are_those_of_its_loss(name, train):
    network = small_network(name)
    rng = np.random.default_rng(3)
    x, targets = rng.normal(size=(4, 2, 5, 6)), np.eye(3)[[0, 1, 2, 1]]
    loss = Combined()
    found = network.gradient(x, targets, loss, train)

    def value() -> float:
        return float(loss.value(network.outputs(x, train), targets).mean())

    assert found.loss == pytest.approx(value(), rel=1e-12)
    assert (found.outputs == network.outputs(x, train)).all()
    for parameter, slope in found.slopes.items():
        close(slope, differences(value, network.parameters[parameter], 1e-6))
    assert bool(found.statistics) == (train is not None and name in ("cnn", "residual"))


@every_network
def test_the_sensitivity_is_the_gradient_by_the_inputs(name):
    network = small_network(name)
    x = np.random.default_rng(4).normal(size=(2, 2, 5, 6))
    slope = np.array([1.0, -1.0, 0.0])
    found = network.sensitivity(x, slope)
    close(found, differences(lambda: float((network.outputs(x) @ slope).sum()), x, 1e-6))


@every_network
def test_many_samples_are_evaluated_as_one_by_one(name, monkeypatch):
    network = small_network(name)
    x = np.random.default_rng(4).normal(size=(5, 2, 5, 6))
    slopes = np.random.default_rng(5).normal(size=(5, 3))
    monkeypatch.setattr("memsim.networks.network.AT_ONCE", 2)
    outputs, by_inputs = network.outputs(x), network.sensitivity(x, slopes)
    for i in range(5):
        close(outputs[i], network.outputs(x[i : i + 1])[0], 1e-12)
        close(by_inputs[i], network.sensitivity(x[i : i + 1], slopes[i])[0], 1e-12)


@both_modes
@every_layer
def test_functions_of_the_array_api_standard_suffice_and_give_the_same_numbers(layer, shape, train):
    parameters, x = setting(layer, shape)
    y, cache = layer.forward(parameters, x, train)
    dx, gradients = layer.backward(cache, y)
    with array_api_strict.ArrayAPIStrictFlags(api_version="2023.12"):
        strict = {name: array_api_strict.asarray(array) for name, array in parameters.items()}
        sy, scache = layer.forward(strict, array_api_strict.asarray(x), train)
        sdx, sgradients = layer.backward(scache, sy)
        moved = layer.statistics(scache)
    close(sy, y, 1e-13)
    close(sdx, dx, 1e-13)
    assert set(sgradients) == set(gradients)
    for name, gradient in gradients.items():
        assert isinstance(sgradients[name], type(sy))
        close(sgradients[name], gradient, 1e-13)
    for name, value in layer.statistics(cache).items():
        close(moved[name], value, 1e-13)


# What CuPy 13.4 has of the standard's functions; it lacks astype, concat, matrix_transpose and permute_dims.
CUPY = (
    "arange argmax asarray broadcast_to empty exp full_like log log1p matmul max maximum mean moveaxis ones_like "
    "reshape roll sort sqrt sum where zeros zeros_like float32 float64"
)


@every_network
def test_networks_need_only_what_cupy_has(name, monkeypatch):
    class ndarray(np.ndarray):
        """An array that does not name its namespace, as CuPy's."""

        __module__ = "cupy"

        @property
        def __array_namespace__(self):
            raise AttributeError

    def asarray(array, dtype=None):
        return np.asarray(array, dtype=dtype).view(ndarray)

    names = {name: getattr(np, name) for name in CUPY.split()}
    for made in ("broadcast_to", "empty", "zeros"):
        names[made] = lambda *given, _make=names[made], **dtype: _make(*given, **dtype).view(ndarray)
    cupy = SimpleNamespace(**{**names, "asarray": asarray, "__name__": "cupy"})
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    network = small_network(name)
    x, targets = np.random.default_rng(3).normal(size=(4, 2, 5, 6)), np.eye(3)[[0, 1, 2, 1]]
    wanted = network.gradient(x, targets, Combined(), HERE)
    found = network.to(cupy).gradient(asarray(x), asarray(targets), Combined(), HERE)
    for parameter, slope in wanted.slopes.items():
        assert type(found.slopes[parameter]) is ndarray
        close(found.slopes[parameter], slope, 1e-13)


@both_modes
@every_layer
def test_float32_stays_float32(layer, shape, train):
    parameters, x = setting(layer, shape, "float32")
    y, cache = layer.forward(parameters, x, train)
    dx, gradients = layer.backward(cache, y)
    arrays = [
        *layer.init(shape, HERE, "float32").values(),
        y,
        dx,
        *gradients.values(),
        *layer.statistics(cache).values(),
    ]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}
    wanted, _ = layer.forward(*setting(layer, shape), train)
    close(y, wanted, 1e-5)


@both_modes
@every_layer
def test_nothing_given_is_changed(layer, shape, train):
    parameters, x = setting(layer, shape)
    for array in (x, *parameters.values()):
        array.flags.writeable = False
    y, cache = layer.forward(parameters, x, train)
    dy = np.ones_like(y)
    dy.flags.writeable = y.flags.writeable = False
    first, _ = layer.backward(cache, dy)
    again, _ = layer.backward(cache, dy)
    assert (first == again).all()


@pytest.mark.parametrize("cores", [1, 2, 5])
@every_network
def test_the_numbers_are_the_same_on_any_number_of_cores(name, cores, monkeypatch):
    monkeypatch.setattr(parts, "BLOCK", 1)
    monkeypatch.setattr("memsim.networks.run.BLOCK", 1)
    monkeypatch.setattr("memsim.networks.convolution._SAMPLES", 2)
    network = small_network(name)
    x, targets = np.random.default_rng(3).normal(size=(4, 2, 5, 6)), np.eye(3)[[0, 1, 2, 1]]
    used = []
    for chosen in (1, cores):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=chosen: set(range(n)), raising=False)
        used.append(network.gradient(x, targets, Mse(), HERE))
    for parameter, slope in used[0].slopes.items():
        assert (used[1].slopes[parameter] == slope).all()
    for parameter, value in used[0].statistics.items():
        assert (used[1].statistics[parameter] == value).all()


@every_network
def test_the_parts_are_only_a_matter_of_speed(name, monkeypatch):
    network = small_network(name)
    x, targets = np.random.default_rng(3).normal(size=(4, 2, 5, 6)), np.eye(3)[[0, 1, 2, 1]]
    whole = network.gradient(x, targets, Mse(), HERE)
    for module in ("run", "convolution"):
        monkeypatch.setattr(f"memsim.networks.{module}.BLOCK", 1)
    monkeypatch.setattr("memsim.networks.convolution._SAMPLES", 2)
    small = network.gradient(x, targets, Mse(), HERE)
    for found, wanted in ((small.slopes, whole.slopes), (small.statistics, whole.statistics)):
        assert list(found) == list(wanted)
        for parameter, value in wanted.items():
            close(found[parameter], value, 1e-12)


def test_errors_of_overflow_reach_the_caller_from_every_thread(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    huge = np.full(4, 1e300)
    with pytest.raises(RuntimeWarning):
        parts.each(lambda part: huge[part] * huge[part], parts.split(4, 2), np)
    with np.errstate(over="ignore"):
        parts.each(lambda part: huge[part] * huge[part], parts.split(4, 2), np)


def test_a_convolution_is_the_sum_over_its_window():
    image = np.arange(20.0).reshape(1, 4, 5, 1)
    kernel = np.arange(9.0).reshape(1, 1, 3, 3)
    y, _ = Convolution(1, bias=False).forward({"weight": kernel}, image, None)
    around = np.pad(image[0, :, :, 0], 1)
    wanted = [[(around[i : i + 3, j : j + 3] * kernel[0, 0]).sum() for j in range(5)] for i in range(4)]
    assert (y[0, :, :, 0] == wanted).all()
    halved, _ = Convolution(1, stride=2, bias=False).forward({"weight": kernel}, image, None)
    assert (halved[0, :, :, 0] == np.array(wanted)[::2, ::2]).all()


def test_a_kernel_of_one_at_the_centre_changes_nothing():
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    kernel = np.zeros((2, 2, 3, 3))
    kernel[[0, 1], [0, 1], 1, 1] = 1
    y, _ = Convolution(2).forward({"weight": kernel, "bias": np.zeros(2)}, x, None)
    assert (y == x).all()


def test_pooling_takes_the_largest_and_gives_its_gradient_to_the_first_of_equals():
    x = np.array([[1.0, 2, 5, 5, 9], [3, 0, 5, 5, 9], [9, 9, 9, 9, 9]]).reshape(1, 3, 5, 1)
    y, cache = MaxPool().forward({}, x, None)
    assert y[0, :, :, 0].tolist() == [[3, 5]]
    dx, _ = MaxPool().backward(cache, np.full_like(y, 7.0))
    assert dx[0, :, :, 0].tolist() == [[0, 0, 7, 0, 0], [7, 0, 0, 0, 0], [0, 0, 0, 0, 0]]


def test_batch_normalisation_gives_mean_zero_and_variance_one():
    x = np.random.default_rng(0).normal(3, 5, (4, 6, 6, 50))
    layer = BatchNorm()
    parameters = layer.init((4, 6, 6), HERE, "float64")
    y, cache = layer.forward(parameters, x, HERE)
    close(y.mean(axis=(1, 2, 3)), np.zeros(4), 1e-9)
    close(y.var(axis=(1, 2, 3)), np.ones(4))
    moved = layer.statistics(cache)
    close(moved["mean"], 0.1 * x.mean(axis=(1, 2, 3)), 1e-12)
    close(moved["variance"], 0.9 + 0.1 * x.var(axis=(1, 2, 3), ddof=1), 1e-12)


def test_batch_normalisation_evaluates_with_its_running_values_and_leaves_them():
    layer, x = BatchNorm(epsilon=0.0), np.array([[1.0, 5.0]])
    given = {"scale": [2.0], "shift": [1.0], "mean": [3.0], "variance": [4.0]}
    y, cache = layer.forward({name: np.array(value) for name, value in given.items()}, x, None)
    assert y.tolist() == [[-1.0, 3.0]]
    assert layer.statistics(cache) == {}


def test_the_running_values_of_a_constant_batch_are_reached():
    layer = BatchNorm()
    parameters = layer.init((1,), HERE, "float64")
    x = np.array([[1.0, 2.0, 6.0]])
    for _ in range(300):
        parameters |= layer.statistics(layer.forward(parameters, x, HERE)[1])
    assert parameters["mean"] == pytest.approx(3.0, rel=1e-9)
    assert parameters["variance"] == pytest.approx(7.0, rel=1e-9)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_dropout_leaves_out_its_share_and_keeps_the_mean(share):
    x = np.ones((50, 400))
    y, _ = Dropout(share).forward({}, x, HERE)
    assert set(np.unique(y)) <= {0.0, 1 / (1 - share)}
    assert (y == 0).mean() == pytest.approx(share, abs=0.015)
    assert Dropout(share).forward({}, x, None)[0] is x


def test_dropout_differs_by_step_layer_and_network_and_not_by_the_batch():
    def mask(address, samples=70):
        return Dropout(0.5).forward({}, np.ones((20, samples)), address)[0]

    others = [HERE._replace(step=6), HERE._replace(layer=3), HERE._replace(number=4), HERE._replace(seed=8)]
    for other in others:
        assert (mask(HERE) != mask(other)).mean() == pytest.approx(0.5, abs=0.06)
    assert (mask(HERE) == mask(HERE)).all()
    assert (mask(HERE, 30) == mask(HERE)[:, :30]).all()


def test_fresh_weights_have_he_variance_within_their_bound():
    weight = Dense(300).init((200,), HERE, "float64")["weight"]
    assert weight.var() == pytest.approx(2 / 200, rel=0.02)
    assert np.abs(weight).max() <= math.sqrt(6 / 200)
    assert abs(weight.mean()) < 4 * math.sqrt(2 / 200 / weight.size)
    kernels = Convolution(64).init((8, 5, 5), HERE, "float64")["weight"]
    assert kernels.shape == (64, 8, 3, 3)
    assert kernels.var() == pytest.approx(2 / 72, rel=0.05)
    outputs = Dense(300, gain=1.0).init((200,), HERE, "float64")["weight"]
    close(outputs, weight / math.sqrt(2), 1e-12)


def test_relu_layers_keep_the_power_of_their_signal():
    layers = Chain(tuple(layer for _ in range(6) for layer in (Dense(400), ReLU())))
    x = np.random.default_rng(0).normal(size=(400, 50))
    y, _ = layers.forward(layers.init((400,), HERE, "float64"), x, None)
    assert (y * y).mean() / (x * x).mean() == pytest.approx(1.0, abs=0.4)


def test_a_fresh_weight_depends_on_its_address_only():
    few, many = (Dense(units).init((6,), HERE, "float64")["weight"] for units in (3, 9))
    assert (few == many[:3]).all()
    for other in (HERE._replace(number=4), HERE._replace(seed=8), HERE.after(1)):
        assert (Dense(3).init((6,), other, "float64")["weight"] != few).all()
    first, second = (Network.fresh(SMALL["cnn"], seed=0, number=number) for number in (0, 1))
    again = Network.fresh(SMALL["cnn"], seed=0, number=1)
    weights = [n.parameters["0.convolution.weight"] for n in (first, second, again)]
    assert (weights[0] != weights[1]).all() and (weights[1] == weights[2]).all()


def test_no_two_layers_start_alike():
    network = Network.fresh(Architecture("residual", (4, 8, 8), 3, channels=(4, 4)), seed=0)
    weights = [array for name, array in network.parameters.items() if array.shape == (4, 4, 3, 3)]
    assert len(weights) == 5
    assert len({array.tobytes() for array in weights}) == 5


@pytest.mark.parametrize(
    ("architecture", "count", "operations"),
    [
        (Architecture("linear", (1, 8, 8), 10), 650, 640),
        (Architecture("linear", (64,), 10), 650, 640),
        (Architecture("two-layer", (1, 64, 64), 2, hidden=128), 4096 * 128 + 128 + 258, 4096 * 128 + 256),
        # 3 x 3 kernels at every pixel, then a quarter of the pixels each time
        (
            Architecture("cnn", (1, 64, 64), 10),
            9 * 16 + 32 + 9 * 16 * 32 + 64 + 32 * 256 * 10 + 10,
            4096 * 9 * 16 + 1024 * 9 * 16 * 32 + 32 * 256 * 10,
        ),
        (
            Architecture("residual", (1, 8, 8), 3, channels=(2, 4)),
            (18 + 4) + 2 * (36 + 4) + (72 + 8) + (144 + 8) + (8 + 8) + 15,
            64 * 18 + 2 * 64 * 36 + 16 * 72 + 16 * 144 + 16 * 8 + 12,
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Architecture) else None,
)
def test_parameters_and_operations_are_those_counted_by_hand(architecture, count, operations):
    network = Network.fresh(architecture, seed=0)
    assert network.count == count
    assert network.operations == operations


def test_the_networks_of_the_framework_are_the_defaults():
    residual = Architecture("residual", (3, 32, 32), 10)
    assert residual.channels == (64, 128, 256)
    assert residual.dropout == 0.3
    assert Architecture("cnn", (1, 8, 8), 10).channels == (16, 32)
    assert Architecture("two-layer", (64,), 10).hidden == 128


@every_network
def test_an_architecture_is_made_again_from_its_settings(name):
    again = Architecture(**SMALL[name].settings())
    assert again == SMALL[name]
    assert again.difference(SMALL[name]) == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "cmn"}, "architecture: unknown architecture 'cmn'; did you mean 'cnn'?"),
        ({"dtype": "float16"}, "dtype: unknown dtype 'float16'; did you mean 'float64'?"),
        ({"hidden": 8}, "hidden: the architecture 'cnn' has no such setting"),
        ({"name": "linear", "dropout": 0.1}, "dropout: the architecture 'linear' has no such setting"),
        ({"shape": (64,)}, "shape: [64] is not (channel, y, x)"),
        ({"channels": ()}, "channels: none are given; at least one block is needed"),
        ({"channels": (4, 0)}, "channels: (4, 0) is not made of whole numbers of at least 1"),
        ({"name": "two-layer", "hidden": 0}, "hidden: 0 is not made of whole numbers of at least 1"),
        ({"classes": 1}, "classes: 1 is not a whole number of at least 2"),
        ({"dropout": 1.0}, "dropout: 1.0 is not a number from 0 to below 1"),
        ({"channels": (2, 2, 2, 2)}, "shape: an image of 1 x 1 pixels is left where 2 x 2 are pooled"),
    ],
)
def test_impossible_architectures_are_refused(settings, message):
    with pytest.raises(InputError) as error:
        Architecture(**{"name": "cnn", "shape": (1, 8, 8), "classes": 3, **settings})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("settings", [{"kernel": 2}, {"kernel": 0}, {"stride": 3}])
def test_impossible_convolutions_are_refused(settings):
    with pytest.raises(InputError):
        Convolution(1, **settings)


def test_impossible_networks_and_inputs_are_refused():
    with pytest.raises(DataError, match=r"have shape \[5, 6\], the network takes \[2, 5, 6\]"):
        Network.fresh(SMALL["cnn"], seed=0).outputs(np.zeros((2, 5, 6)))
    with pytest.raises(InputError, match="number: -1"):
        Network.fresh(SMALL["cnn"], seed=0, number=-1)
    with pytest.raises(InputError, match="seed"):
        Network.fresh(SMALL["cnn"], seed=-1)
    with pytest.raises(InputError, match=r"layer: 65536 is not a whole number in \[0, 65536\)"):
        draws.kept(0.5, 1, 1, HERE._replace(layer=65_536))


# PyTorch's sample comes first.


def torch_twin(network: Network) -> Any:
    """The same cnn in PyTorch, with the same parameters."""
    torch = pytest.importorskip("torch")
    nn, settings = torch.nn, network.architecture
    blocks, given = [], settings.shape[0]
    for count in settings.channels or ():
        blocks += [nn.Conv2d(given, count, 3, padding=1, bias=False), nn.BatchNorm2d(count), nn.ReLU(), nn.MaxPool2d(2)]
        given = count
    twin = nn.Sequential(*blocks, nn.Flatten(), nn.LazyLinear(settings.classes)).double()
    twin(torch.zeros(2, *settings.shape, dtype=torch.float64))
    with torch.no_grad():
        for tensor, array in zip(twin.parameters(), slopes_of(network.parameters), strict=True):
            tensor.copy_(torch.from_numpy(array))
    for layer in twin:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    return twin


def slopes_of(arrays: Any) -> list[np.ndarray]:
    return [array for name, array in arrays.items() if not name.endswith((".mean", ".variance"))]


@pytest.mark.slow
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_convolutions_agree_with_pytorch(kernel, stride):
    torch = pytest.importorskip("torch")
    layer = Convolution(4, kernel, stride)
    parameters, x = setting(layer, (3, 7, 8))
    y, cache = layer.forward(parameters, x, None)
    dx, gradients = layer.backward(cache, np.cos(y))
    tensors = [torch.tensor(array, requires_grad=True) for array in (np.moveaxis(x, -1, 0), *parameters.values())]
    twin = torch.nn.functional.conv2d(*tensors, stride=stride, padding=kernel // 2)
    twin.backward(torch.cos(twin.detach()))
    close(np.moveaxis(y, -1, 0), twin.detach().numpy(), 1e-12)
    close(np.moveaxis(dx, -1, 0), tensors[0].grad.numpy(), 1e-12)
    for tensor, gradient in zip(tensors[1:], gradients.values(), strict=True):
        close(gradient, tensor.grad.numpy(), 1e-12)


@pytest.mark.slow
def test_pooling_agrees_with_pytorch_on_ties_and_odd_sizes():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).integers(0, 3, (2, 7, 5, 3)).astype(float)
    y, cache = MaxPool().forward({}, x, None)
    dx, _ = MaxPool().backward(cache, y + 1)
    tensor = torch.tensor(np.moveaxis(x, -1, 0), requires_grad=True)
    twin = torch.nn.functional.max_pool2d(tensor, 2)
    twin.backward(twin.detach() + 1)
    assert (np.moveaxis(y, -1, 0) == twin.detach().numpy()).all()
    assert (np.moveaxis(dx, -1, 0) == tensor.grad.numpy()).all()


@pytest.mark.slow
def test_a_cnn_agrees_with_pytorch_in_training_and_evaluation():
    torch = pytest.importorskip("torch")
    network = Network.fresh(Architecture("cnn", (2, 9, 8), 3, channels=(3, 4), dropout=0.0), seed=1)
    twin = torch_twin(network)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2, 9, 8)), np.array([0, 1, 2, 2, 1, 0])
    for _ in range(3):
        found = network.gradient(x, np.eye(3)[y], CrossEntropy(), HERE)
        twin.zero_grad()
        outputs = twin(torch.from_numpy(x))
        loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(y))
        loss.backward()
        close(found.outputs, outputs.detach().numpy(), 1e-11)
        assert found.loss == pytest.approx(float(loss.detach()), rel=1e-12)
        for slope, tensor in zip(found.slopes.values(), twin.parameters(), strict=True):
            close(slope, tensor.grad.numpy(), 1e-10)
        network = network.replace({**network.parameters, **found.statistics})
    buffers = [b.numpy() for name, b in twin.named_buffers() if not name.endswith("tracked")]
    for value, buffer in zip(found.statistics.values(), buffers, strict=True):
        close(value, buffer, 1e-12)
    twin.eval()
    close(network.outputs(x), twin(torch.from_numpy(x)).detach().numpy(), 1e-11)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings", "given"),
    [
        ("SGD", {"lr": 0.1}, {"rate": 0.1}),
        ("SGD", {"lr": 0.1, "momentum": 0.9}, {"rate": 0.1, "momentum": 0.9}),
        ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}, {"momentum": 0.9, "decay": "l2"}),
        ("Adam", {"lr": 0.1}, {}),
        ("Adam", {"lr": 0.1, "weight_decay": 0.01}, {"decay": "l2"}),
        ("AdamW", {"lr": 0.1, "weight_decay": 0.01}, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_optimisers_agree_with_pytorch_over_many_steps(name, settings, given):
    torch = pytest.importorskip("torch")
    from memsim.networks import SGD, Adam

    decay = settings.get("weight_decay", 0.0)
    optimiser = (SGD if name == "SGD" else Adam)(**{"rate": 0.1, "weight_decay": decay, **given})
    network = Network.fresh(Architecture("two-layer", (6,), 3, hidden=5, dropout=0.0), seed=0)
    tensors = {key: torch.tensor(array, requires_grad=True) for key, array in network.parameters.items()}
    groups = [
        {"params": [t for key, t in tensors.items() if key.endswith("weight")], "weight_decay": decay},
        {"params": [t for key, t in tensors.items() if key.endswith("bias")], "weight_decay": 0.0},
    ]
    twin = getattr(torch.optim, name)(groups, **settings)
    memory, rng = optimiser.start(network.parameters), np.random.default_rng(0)
    for _ in range(20):
        x, targets = rng.normal(size=(8, 6)), np.eye(3)[rng.integers(0, 3, 8)]
        slopes = network.gradient(x, targets, CrossEntropy()).slopes
        for key, tensor in tensors.items():
            tensor.grad = torch.from_numpy(slopes[key])
        moved, memory = optimiser.step(network.parameters, slopes, memory)
        network = network.replace(moved)
        twin.step()
    for key, tensor in tensors.items():
        close(network.parameters[key], tensor.detach().numpy(), 1e-10)
