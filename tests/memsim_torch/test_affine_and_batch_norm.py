"""Compensation of drift by a line for each output, and by new statistics of batch normalisations."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.arrays.compensation import DriftReference  # noqa: E402

YEAR = 365.25 * 86400


def drifting(exponent, spread=0.0):
    """Cells without noise whose conductance falls as (1 + t/1 s)^-nu."""
    retention = {"model": "drift", "exponent": exponent, "spread": spread, "reference_time": "1 s", "status": "assumed"}
    return ms.load_device("ideal").replace({"retention": retention})


def loader_of(model, samples=200, classes=5):
    torch.manual_seed(1)
    x = torch.randn(samples, 12)
    return [(x, model(x).argmax(1))]


def dense():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 5))


@pytest.mark.parametrize("mapping", ["pair", "offset"])
@pytest.mark.parametrize("bias", ["digital", "row"])
def test_an_even_drift_is_undone(mapping, bias):
    # All conductances fall by one factor; with an offset, what is subtracted from the currents does not.
    model = dense()
    hardware = mt.Hardware(drifting(0.05), mapping=mapping, bias=bias, seed=3)
    chip = mt.program(mt.convert(model, hardware, quiet=True))
    result = mt.evaluate(chip, loader_of(model), times=[0.0, "1 y"], compensation="affine")
    assert (result.output_snr > 90).all()
    without = mt.evaluate(chip, loader_of(model), times=[0.0, "1 y"])
    assert (without.output_snr[:, 1] < 20).all()


def test_the_line_is_the_best_one():
    hardware = mt.Hardware(drifting(0.05, spread=0.02), seed=3)
    layer = mt.program(mt.convert(nn.Linear(12, 5, bias=False), hardware, quiet=True))
    reference = DriftReference.of(layer.cells, "affine")
    layer.age(YEAR)
    factor, shift = reference.correction(layer.cells, 0, "layer")
    now = np.asarray(layer.cells.crossbar.output(reference.inputs, noise=False), float)
    for column in range(5):
        slope, intercept = np.polyfit(now[:, column], reference.outputs[:, column], 1)
        assert np.ravel(factor)[column] == pytest.approx(slope, rel=1e-5)
        assert np.ravel(shift)[column] == pytest.approx(intercept, abs=1e-5)
    x = torch.randn(40, 12)
    before = layer(x).detach()
    layer.correct(factor, shift)
    expected = before * torch.from_numpy(np.ravel(factor)) + torch.from_numpy(np.ravel(shift)) * layer.cells.unit
    assert torch.allclose(layer(x).detach().double(), expected.double(), atol=1e-5)


def normalised():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Linear(20, 5))
    model[1].running_mean.normal_()
    model[1].running_var.uniform_(0.5, 2.0)
    return model.eval()


def test_statistics_are_those_of_the_outputs_at_the_time():
    model = normalised()
    torch.manual_seed(2)
    batches = [(torch.randn(n, 12), torch.zeros(n, dtype=torch.int64)) for n in (40, 60)]
    before = [values.clone() for values in model[1].buffers()]
    chip = mt.program(mt.convert(model, mt.Hardware(drifting(0.05), seed=3), quiet=True))
    loader = [(torch.randn(8, 12), torch.zeros(8, dtype=torch.int64))]
    outputs = []
    hook = chip[1].register_forward_hook(lambda module, inputs, y: None if module.training else outputs.append(y))
    mt.evaluate(chip, loader, times=["1 y"], compensation="batch-norm", calibration=batches)
    hook.remove()
    drift = float((1 + YEAR) ** -0.05)
    with torch.no_grad():
        hidden = [drift * (x @ model[0].weight.T) + model[0].bias for x, _ in batches]
        mean = sum(part.mean(0) for part in hidden) / 2
        variance = sum(part.var(0) for part in hidden) / 2
        x = drift * (loader[0][0] @ model[0].weight.T) + model[0].bias
        expected = (x - mean) / (variance + model[1].eps).sqrt() * model[1].weight + model[1].bias
    assert torch.allclose(outputs[0], expected, atol=1e-4)
    for values, old in zip(chip[1].buffers(), before, strict=True):
        assert torch.equal(values, old)
    assert chip[1].momentum == 0.1 and not chip[1].training


@pytest.mark.parametrize(
    ("model", "how", "message"),
    [
        (dense, {"compensation": "batch-norm", "calibration": []}, "the model has none; allowed: none, global, column"),
        (normalised, {"compensation": "batch-norm"}, "calibration: is needed by compensation 'batch-norm'"),
        (normalised, {"calibration": []}, "calibration: is not used by compensation 'none'"),
        (normalised, {"compensation": "batch-norm", "calibration": []}, "calibration: has no samples"),
        (normalised, {"compensation": "batch-norm", "calibration": [3]}, "calibration: gives"),
        (normalised, {"compensation": "afine"}, "compensation: unknown choice 'afine'; did you mean 'affine'"),
    ],
)
def test_mistakes(model, how, message):
    network = model()
    chip = mt.program(mt.convert(network, mt.Hardware(seed=3), quiet=True))
    with pytest.raises(ms.InputError) as problem:
        mt.evaluate(chip, loader_of(network), **how)
    assert message in str(problem.value)
