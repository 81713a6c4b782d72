"""A network from an ONNX file has the cells and the noise that the same model has in `memsim.torch`."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytestmark = pytest.mark.slow

from exported_networks import SHAPES, exported, network, written  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import memsim as ms  # noqa: E402
import memsim.torch as mt  # noqa: E402
from memsim.exchange import read_onnx  # noqa: E402
from memsim.exchange.programmed import Hardware, ProgrammedNetwork, calibrated  # noqa: E402
from memsim.philox import Occasion, Purpose  # noqa: E402
from memsim.torch.modules import analog_layers  # noqa: E402
from memsim.torch.passes import Pass  # noqa: E402

CIRCUITS = {
    "cells": {},
    "bias row": {"bias": "row"},
    "converters": {"dac": 8, "adc": 8, "tile": (64, 64)},
    "two phases": {"dac": ms.DAC(6, polarity="phases"), "adc": 6, "mapping": "offset", "scales": "column"},
}


def images(name, count):
    return np.random.default_rng(0).random(size=(count, *SHAPES[name])).astype(np.float32)


def by_torch(name, hardware, x, repeat):
    """Outputs of the reads of an evaluation at time 0."""
    chip = mt.convert(network(name), hardware, quiet=True, fuse_batch_norm=name == "resnet")
    if hardware.inputs is not None:
        mt.calibrate(chip, torch.from_numpy(x[:20]))
    mt.program(chip, repeats=repeat + 1)
    passed = Pass(len(x), 0, Purpose.TEST)
    for layer in analog_layers(chip).values():
        layer.running, layer.repeat = passed, repeat
    with torch.no_grad():
        return chip(torch.from_numpy(x)).numpy()


def by_memsim(path, name, hardware, x, repeat):
    """The same from the ONNX file."""
    graph = read_onnx(path).graph(SHAPES[name])
    hardware = Hardware(
        device=hardware.cells,
        seed=hardware.seed,
        mapping=hardware.plan,
        scales=hardware.scales,
        bias=hardware.bias,
        dac=hardware.inputs,
        adc=hardware.outputs,
        tile=hardware.tile,
    )
    ranges = calibrated(graph, hardware, x[:20])
    cells = ProgrammedNetwork(graph, hardware, ranges=ranges, repeat=repeat)
    return graph.outputs(x), cells.outputs(x, Occasion(Purpose.TEST))


@pytest.mark.parametrize("device", ["pcm-joshi2020", "taox-hfox-wu2018"])
@pytest.mark.parametrize("circuit", list(CIRCUITS))
@pytest.mark.parametrize("name", list(SHAPES))
def test_outputs_of_noisy_reads_are_those_of_torch_to_rounding(name, circuit, device, tmp_path):
    """Converters turn differences by rounding into whole steps for a few of the outputs."""
    hardware, x = mt.Hardware(device=device, seed=7, **CIRCUITS[circuit]), images(name, 60)
    expected = by_torch(name, hardware, x, 1)
    digital, outputs = by_memsim(exported(name, tmp_path / "network.onnx"), name, hardware, x, 1)
    wrong, noise = np.abs(outputs - expected), np.sqrt(np.mean((outputs - digital) ** 2))
    assert noise > 1e-3
    assert np.mean(wrong <= 1e-5 * np.abs(expected).max()) > (0.9 if "dac" in CIRCUITS[circuit] else 0.9999)
    assert np.sqrt(np.mean(wrong**2)) < 0.3 * noise


def test_layers_without_other_arithmetic_have_the_same_bits(tmp_path):
    hardware, x = mt.Hardware(device="pcm-joshi2020", seed=7), images("perceptron", 60)
    _, outputs = by_memsim(exported("perceptron", tmp_path / "p.onnx"), "perceptron", hardware, x, 2)
    np.testing.assert_array_equal(outputs, by_torch("perceptron", hardware, x, 2))


def test_an_experiment_has_the_accuracies_that_torch_measures(tmp_path):
    digits = ms.load_labelled("digits")
    x, labels = torch.from_numpy(digits.test.pixels[:, None].copy()), torch.from_numpy(digits.test.labels.copy())
    model = network("perceptron")
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    train = torch.from_numpy(digits.train.pixels[:, None].copy()), torch.from_numpy(digits.train.labels.copy())
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(train[0]), train[1]).backward()
        optimiser.step()
    path = written(model, (1, 8, 8), tmp_path / "p.onnx")
    keys = {"network.onnx": path, "repeats": 3, "seed": 11, "times": ["1 h", "1 day"]}
    result = ms.run(ms.load_experiment("infer-01").replace(keys)).sel(learner="Converters of 8 bits, pcm-joshi2020")
    chip = mt.convert(model, mt.Hardware(device="pcm-joshi2020", dac=8, adc=8, tile=(256, 256), seed=11), quiet=True)
    mt.program(mt.calibrate(chip, train[0][:200]), repeats=3)
    loader = DataLoader(TensorDataset(x, labels), batch_size=len(x))
    evaluated = mt.evaluate(chip, loader, times=["0 s", "1 h", "1 day"], progress=False)
    expected = evaluated.accuracy.values
    accuracies = np.concatenate([result.test_accuracy.values[:, None], result.aged_accuracy.values], axis=1)
    assert expected.min() < expected.max()
    np.testing.assert_allclose(accuracies, expected, rtol=0, atol=1.01 / len(x))
    first = evaluated.isel(time=0)
    reads = {"phase": "inference", "counted": "reads"}
    np.testing.assert_array_equal(result.event_count.sel(reads), first.layer_event_count.sel(reads))
    for name in ("clipped_inputs", "saturated_outputs"):
        np.testing.assert_allclose(result[f"layer_{name}"], first[name], rtol=0, atol=1e-4)
    joules = {"phase": "inference", "summed": "read_energy"}
    own, torchs = (np.nansum(sums.sel(joules), -1) for sums in (result.event_sum, first.layer_event_sum))
    np.testing.assert_allclose(own, torchs, rtol=1e-3)
