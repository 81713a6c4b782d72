"""Evaluations of programmed models: labels, repetition, drift and its compensation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.errors import InputError  # noqa: E402


def data(samples=60):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, samples)
    x = rng.normal(size=(samples, 12)) + 2.5 * np.eye(3)[labels].repeat(4, 1)
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(labels)


def loader(size=16, **options):
    return DataLoader(TensorDataset(*data()), batch_size=size, **options)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    x, labels = data()
    model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 3))
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x), labels).backward()
        optimiser.step()
    return model.eval()


def on(network, **options):
    model = mt.convert(network, mt.Hardware(**{"device": "pcm-joshi2020", "seed": 5} | options), quiet=True)
    return mt.program(mt.calibrate(model, data()[0]))


def test_a_result_has_labels_units_and_its_hardware(network):
    model = on(network, dac=8, adc=8)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    result = mt.evaluate(model, loader(), times=["25 s", "1 h"], repeats=2)
    assert {name: result.sizes[name] for name in result.accuracy.dims} == {"repeat": 2, "time": 2}
    assert result.output_snr.shape == (2, 2, 2)
    assert list(result.time.values) == [25.0, 3600.0] and list(result.layer.values) == ["0", "2"]
    assert all({"units", "long_name", "description"} <= set(result[name].attrs) for name in result.data_vars)
    assert json.loads(result.attrs["hardware"])["2"]["dac"]["bits"] == 8 and result.attrs["seed"] == "5"
    assert result.accuracy.min() > 0.8 and (result.cell_weight_error > 0).all() and np.isfinite(result.output_snr).all()
    assert (result.clipped_inputs == 0).all()
    assert all(torch.equal(values, before[name]) for name, values in model.state_dict().items())


def test_batches_and_workers_change_nothing(network):
    model = on(network)
    results = [
        mt.evaluate(model, loader(size, **more), repeats=2) for size, more in ((60, {}), (7, {"num_workers": 1}))
    ]
    np.testing.assert_array_equal(*(result.accuracy for result in results))
    np.testing.assert_allclose(*(result.cell_weight_error for result in results))


def test_ideal_hardware_has_the_accuracy_of_the_network(network):
    x, labels = data()
    result = mt.evaluate(on(network, device="ideal"), loader())
    assert result.accuracy.item() == float((network(x).argmax(1) == labels).double().mean())
    assert float(result.cell_weight_error.max()) < 1e-6


def test_global_compensation_undoes_the_common_factor_of_drift(network):
    """All cells of this device drift with the same exponent, so that one factor undoes it."""
    alike = {"retention.exponent": {"slope": 0, "offset": 0.05, "min": 0.05, "max": 0.05}}
    alike["retention.spread"] = {"slope": 0, "offset": 0, "min": 0, "max": 0}
    device = ms.load_device("pcm-joshi2020").replace(alike)
    model = on(network, device=device, ideal=("c2c", "d2d", "read"))
    drifted = [
        mt.evaluate(model, loader(), times=["0 s", "1 y"], compensation=kind).cell_weight_error.values[0]
        for kind in ("none", "global", "column")
    ]
    factor = 1 - ((20 + 365.25 * 86400) / 20) ** -0.05
    np.testing.assert_allclose(drifted[0][1], factor, rtol=0.02)
    assert (drifted[1][1] < 1e-3).all() and (drifted[2][1] < 1e-3).all()


def test_a_metric_of_ones_own_gives_its_mean(network):
    result = mt.evaluate(on(network), loader(), metric=lambda outputs, labels: (outputs.argmax(1) != labels) * 2.0)
    plain = mt.evaluate(on(network), loader())
    np.testing.assert_allclose(result["metric"], 2 * (1 - plain.accuracy), atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"times": ["1 h", "1 s"]}, "times: 1 s after 3600 s; allowed: increasing times of at least 0 s"),
        ({"times": [1, 1]}, "times: 1 s after 1 s; allowed: increasing times of at least 0 s"),
        ({"times": [-1.0]}, "times: -1.0 is not allowed; times such as '1 day', or numbers of seconds from 0"),
        ({"times": ["-1 s"]}, "times: -1 s; allowed: increasing times of at least 0 s"),
        ({"times": [None]}, "times: None is not allowed; times such as '1 day', or numbers of seconds"),
        ({"times": [True]}, "times: True is not allowed; times such as '1 day'"),
        ({"times": [10**400]}, r"times: 10{40,60}\.\.\.0 is not allowed; times such as '1 day'"),
        ({"times": b"ab"}, "times: b'ab' is not allowed; a list of times"),
        ({"times": {"1 s": 1}}, "times: {'1 s': 1} is not allowed; a list of times"),
        ({"times": []}, "times: 0 times; allowed: 1 to"),
        ({"compensation": "glob"}, "compensation: unknown choice 'glob'; did you mean 'global'"),
        ({"compensation": np.array(["none"])}, "compensation: unknown choice array"),
        ({"reference": ["noisy"]}, "reference: unknown choice"),
        ({"repeats": True}, "repeats: True is not a whole number from 1"),
        ({"repeats": 0}, "repeats: 0 is not a whole number from 1"),
        ({"metric": lambda outputs, labels: outputs}, r"metric: gives a tensor \(16, 3\); allowed: a tensor \(16,\)"),
        (
            {"metric": lambda outputs, labels: 0.5},
            r"metric: gives float; allowed: a tensor \(16,\), one number for each",
        ),
        ({"metric": "accuracy"}, "metric: 'accuracy' is not allowed; a function of outputs and labels"),
    ],
)
def test_mistakes_are_one_line(network, options, message):
    with pytest.raises(InputError, match=message):
        mt.evaluate(on(network), loader(), **options)


@pytest.mark.parametrize("label", [50, 3, -1, math.nan, 0.5])
def test_labels_that_are_no_class_of_the_outputs_are_refused(network, label):
    x, labels = data()
    labels = labels.float() if isinstance(label, float) else labels
    labels[-1] = label
    with pytest.raises(InputError, match=rf"loader: a label is {label}; allowed: whole numbers from 0 to 2, of the 3"):
        mt.evaluate(on(network), [(x, labels)])


@pytest.mark.parametrize(
    "call", [lambda: mt.evaluate(5, loader()), lambda: mt.program(5), lambda: mt.convert(5, mt.Hardware())]
)
def test_what_is_no_module_is_refused(call):
    with pytest.raises(InputError, match=r"^model: int is not a torch\.nn\.Module$"):
        call()


@pytest.mark.parametrize("repeats", [True, 0, 1.5])
def test_programmings_are_counted_by_whole_numbers(network, repeats):
    with pytest.raises(InputError, match=f"repeats: {repeats} is not a whole number from 1"):
        mt.program(mt.convert(network, mt.Hardware(), quiet=True), repeats)


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        (lambda x: x[:1], "calibration: a batch of 1 inputs is refused .*; allowed: batches of at least 2"),
        (lambda x: x * math.nan, "calibration: contains NaN or infinity; only finite numbers are allowed"),
    ],
)
def test_inputs_without_statistics_are_refused(calibration, message):
    model = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3)).eval()
    how = {"compensation": "batch-norm", "calibration": calibration(data()[0])}
    with pytest.raises(InputError, match=message):
        mt.evaluate(on(model), loader(), **how)


def test_a_model_that_is_not_programmed_is_refused(network):
    with pytest.raises(InputError, match=r"0: is not programmed; call memsim.torch.program\(model\) first"):
        mt.evaluate(mt.convert(network, mt.Hardware(), quiet=True), loader())


def labels_of_another_length():
    x, labels = data()
    return [(x, labels[:-1])]


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "loader: has no samples"),
        ([(torch.zeros(0, 12), torch.zeros(0))], "loader: has no samples"),
        ([data()[0]], r"loader: gives Tensor; allowed: pairs of tensors \(inputs, labels\)"),
        ([("a", 3)], r"loader: gives tuple of str, int; allowed: pairs of tensors"),
        (labels_of_another_length(), r"loader: gives inputs of shape \(60, 12\) with labels of shape \(59,\)"),
        (
            [(data()[0], torch.zeros(60, 3))],
            r"needs outputs \(sample, class\) and labels \(sample,\), not a tensor \(60, 3",
        ),
        ([(data()[0].double(), data()[1])], "0: inputs of torch.float64, but weights of torch.float32"),
        ([(data()[0][:, :5], data()[1])], r"0: inputs of shape \(60, 5\); allowed: \(..., 12\)"),
        (3, r"loader: int is not allowed; batches of \(inputs, labels\)"),
        (iter([data()]), "loader: gives its batches only once; allowed: batches that can be read again"),
    ],
    ids=["empty", "no samples", "no pairs", "texts", "lengths", "classes", "dtype", "shape", "number", "generator"],
)
def test_batches_that_do_not_fit_are_one_line(network, batches, message):
    model = on(network)
    before = {name: values.clone() for name, values in model.state_dict().items()}
    with pytest.raises(InputError, match=message) as error:
        mt.evaluate(model, batches, repeats=2)
    assert "\n" not in str(error.value)
    for name, values in model.state_dict().items():
        assert torch.equal(values.nan_to_num(-1), before[name].nan_to_num(-1))


def test_batches_without_samples_are_left_out(network):
    model, (x, labels) = on(network), data()
    result = mt.evaluate(model, [(x[:0], labels[:0]), (x[:30], labels[:30]), (x[30:], labels[30:])])
    whole = mt.evaluate(model, [(x, labels)])
    assert result.accuracy.item() == whole.accuracy.item()
    assert result.samples_sha256 == whole.samples_sha256


def test_weights_that_have_changed_are_refused(network):
    model = on(network)
    with torch.no_grad():
        model[0].weight.mul_(2)
    with pytest.raises(InputError, match="0: the weights have changed since they were programmed"):
        mt.evaluate(model, loader())
