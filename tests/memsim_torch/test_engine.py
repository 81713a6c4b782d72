"""Networks of experiments trained by torch: the numbers of memsim's own layers, to rounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from memsim.networks import (  # noqa: E402
    LOSSES,
    SGD,
    Adam,
    Architecture,
    CrossEntropy,
    LabelSmoothing,
    LogMarginMse,
    Network,
    fit,
)
from memsim.networks.checkpoint import load, save  # noqa: E402
from memsim.networks.draws import Address  # noqa: E402
from memsim.torch.engine import TorchChain  # noqa: E402

HERE = Address(7, number=3, step=5)
RGB = (3, 8, 7)
ARCHITECTURES = {
    "linear": Architecture("linear", RGB, 4),
    "two-layer": Architecture("two-layer", RGB, 4, hidden=9),
    "cnn": Architecture("cnn", RGB, 4, channels=(5, 6)),
    "residual": Architecture("residual", RGB, 4, channels=(4, 6, 7)),
    "grey residual": Architecture("residual", (1, 8, 8), 4, channels=(4, 6)),
}
every_architecture = pytest.mark.parametrize("name", ARCHITECTURES)


def samples(architecture, count=50, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % architecture.classes
    return 0.3 * labels[:, None, None, None] + rng.normal(size=(count, *architecture.shape)), labels


def both(name, dtype="float64"):
    """A network with parameters that are not fresh, computed by memsim and by torch."""
    network = Network.fresh(replace(ARCHITECTURES[name], dtype=dtype), seed=1)
    rng = np.random.default_rng(1)
    moved = {key: array + rng.uniform(0.1, 0.3, array.shape).astype(dtype) for key, array in network.parameters.items()}
    network = network.replace(moved)
    return network, replace(network, engine=TorchChain)


def difference(arrays, others):
    """Largest difference of arrays with the same names, relative to the largest number of each."""
    assert list(arrays) == list(others)
    pairs = [(np.asarray(a), np.asarray(others[name])) for name, a in arrays.items()]
    assert all(a.shape == b.shape and a.dtype == b.dtype for a, b in pairs)
    return max(float(np.max(np.abs(a - b)) / max(np.max(np.abs(a)), 1e-3)) for a, b in pairs)


def trained(name, engine, dtype="float64", **settings):
    architecture = replace(ARCHITECTURES[name], dtype=dtype)
    network = Network.fresh(architecture, seed=2, engine=engine)
    given = {"loss": CrossEntropy(), "optimiser": Adam(rate=0.01), "epochs": 2, "seed": 2, "batch": 16, **settings}
    return fit(network, samples(architecture), samples(architecture, 20, 1), **given)


@every_architecture
@pytest.mark.parametrize("train", [None, HERE], ids=["evaluation", "training"])
def test_outputs_gradients_and_statistics_are_those_of_memsim(name, train):
    own, torchs = both(name)
    x, labels = samples(own.architecture)
    targets = np.eye(4)[labels]
    expected, result = (network.gradient(x, targets, CrossEntropy(), train) for network in (own, torchs))
    assert result.loss == pytest.approx(expected.loss, rel=1e-12)
    assert difference({"outputs": expected.outputs}, {"outputs": result.outputs}) < 1e-12
    assert difference(dict(sorted(expected.slopes.items())), dict(sorted(result.slopes.items()))) < 1e-10
    assert expected.statistics.keys() == result.statistics.keys()
    assert not expected.statistics or difference(expected.statistics, result.statistics) < 1e-12


@every_architecture
def test_outputs_and_sensitivities_of_images_that_must_not_be_written_to_or_are_in_reverse_order(name):
    own, torchs = both(name)
    x, labels = samples(own.architecture, 150)
    x.flags.writeable = False
    slope = np.eye(4)[labels] - np.eye(4)[labels - 1]
    assert difference({"y": own.outputs(x)}, {"y": torchs.outputs(x)}) < 1e-12
    assert difference({"y": own.outputs(x[::-1])}, {"y": torchs.outputs(x[::-1])}) < 1e-12
    assert difference({"dx": own.sensitivity(x, slope)}, {"dx": torchs.sensitivity(x, slope)}) < 1e-10


@every_architecture
def test_the_parameters_after_some_epochs_are_those_of_memsim(name):
    expected, result = (trained(name, engine) for engine in (Network.engine, TorchChain))
    assert difference(expected.state.network.parameters, result.state.network.parameters) < 1e-9
    assert difference(expected.network.parameters, result.network.parameters) < 1e-9
    assert np.allclose(expected.history, result.history, rtol=1e-9, atol=0)
    assert (expected.epoch, expected.ended) == (result.epoch, result.ended)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimiser": SGD(0.05, weight_decay=0.01, momentum=0.9)},
        {"optimiser": Adam(0.01, weight_decay=0.1, decay="l2")},
        {"mixup": 0.4},
        {"ema": 0.9},
        {"patience": 1, "epochs": 6},
        {"select": "snr"},
        {"loss": LabelSmoothing(0.2)},
        {"loss": LogMarginMse(weight=0.5, gradient="study")},
        *({"loss": LOSSES.make(loss)} for loss in LOSSES),
    ],
    ids=str,
)
def test_all_settings_of_training_act_as_in_memsim(settings):
    expected, result = (trained("cnn", engine, **settings) for engine in (Network.engine, TorchChain))
    assert difference(expected.network.parameters, result.network.parameters) < 1e-9
    assert (expected.epoch, expected.ended) == (result.epoch, result.ended)


def test_float32_agrees_for_some_steps():
    expected, result = (trained("residual", engine, "float32", epochs=1) for engine in (Network.engine, TorchChain))
    assert difference(expected.state.network.parameters, result.state.network.parameters) < 1e-3


def test_the_number_of_threads_changes_rounding_only():
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            results.append(trained("residual", TorchChain).network.parameters)
    finally:
        torch.set_num_threads(threads)
    assert difference(*results) < 1e-9


def test_one_sample_of_one_pixel_keeps_its_statistics_finite():
    architecture = Architecture("residual", (3, 2, 2), 2, channels=(2, 2), dropout=0.0)
    x, targets = np.ones((1, 3, 2, 2)), np.array([[1.0, 0.0]])
    own = Network.fresh(architecture, seed=1)
    expected, result = (n.gradient(x, targets, CrossEntropy(), HERE) for n in (own, replace(own, engine=TorchChain)))
    assert difference(expected.statistics, result.statistics) < 1e-12


def test_a_training_goes_on_with_the_other_engine(tmp_path):
    whole = trained("cnn", TorchChain, epochs=4)
    save(trained("cnn", Network.engine).state, tmp_path / "half.nc")
    resumed = trained("cnn", TorchChain, epochs=4, resume=load(tmp_path / "half.nc"))
    assert resumed.state.network.engine is TorchChain
    assert difference(whole.network.parameters, resumed.network.parameters) < 1e-9
