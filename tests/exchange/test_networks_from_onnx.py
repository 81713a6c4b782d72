"""Networks that torch exports as ONNX give the outputs of onnxruntime, in floating point and on ideal cells."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")
runtime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.slow

from exported_networks import SHAPES, exported, network  # noqa: E402

from memsim.exchange import read_onnx  # noqa: E402
from memsim.exchange.fusion import without_norms  # noqa: E402
from memsim.exchange.operators import BatchNorm  # noqa: E402
from memsim.exchange.programmed import Hardware, ProgrammedNetwork  # noqa: E402
from memsim.philox import Occasion, Purpose  # noqa: E402
from memsim.profiles import load_device  # noqa: E402


def samples(name, count=5):
    return np.random.default_rng(3).normal(size=(count, *SHAPES[name])).astype(np.float32)


def referred(path, x):
    """Outputs by onnxruntime."""
    return runtime.InferenceSession(str(path)).run(None, {"x": x})[0]


@pytest.mark.parametrize("name", list(SHAPES))
def test_networks_of_torch_agree_with_onnxruntime_digitally_and_on_ideal_cells(name, tmp_path):
    path, x = exported(name, tmp_path / "network.onnx"), samples(name)
    expected = referred(path, x)
    graph = read_onnx(path).graph(SHAPES[name])
    np.testing.assert_allclose(graph.outputs(x), expected, rtol=0, atol=1e-5)
    cells = ProgrammedNetwork(graph, Hardware(device=load_device("ideal"), seed=1))
    np.testing.assert_allclose(cells.outputs(x, Occasion(Purpose.TEST)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_file_with_a_fixed_number_of_samples_takes_any_number(name, tmp_path):
    fixed = read_onnx(exported(name, tmp_path / "fixed.onnx", samples=1)).graph(SHAPES[name])
    free = read_onnx(exported(name, tmp_path / "free.onnx")).graph(SHAPES[name])
    x = samples(name)
    np.testing.assert_allclose(fixed.outputs(x), free.outputs(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", list(SHAPES))
def test_files_of_the_newer_exporter_of_torch_are_read(name, tmp_path):
    pytest.importorskip("onnxscript")
    import torch

    path, x = tmp_path / "network.onnx", samples(name, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"dynamo": True, "external_data": False, "verbose": False}
        torch.onnx.export(network(name), (torch.from_numpy(x),), str(path), input_names=["x"], **options)
    graph = read_onnx(path).graph(SHAPES[name])
    np.testing.assert_allclose(graph.outputs(x), referred(path, x), rtol=0, atol=1e-5)
    assert len(graph.outputs(samples(name, 4))) == 4


def test_normalisations_stay_digital_or_are_folded(tmp_path):
    import torch

    options = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    path = exported("resnet", tmp_path / "network.onnx", **options)
    graph, x = read_onnx(path).graph(SHAPES["resnet"]), samples("resnet")
    folded = without_norms(graph)

    def norms(which):
        return sum(isinstance(node.operator, BatchNorm) for node in which.nodes)

    assert norms(folded) == 0
    np.testing.assert_allclose(graph.outputs(x), referred(path, x), rtol=0, atol=1e-5)
    np.testing.assert_allclose(folded.outputs(x), graph.outputs(x), rtol=0, atol=1e-5)


def test_layers_have_the_names_of_modules_where_the_file_tells_them(tmp_path):
    graph = read_onnx(exported("lenet", tmp_path / "network.onnx")).graph(SHAPES["lenet"])
    assert [node.label for node, _ in graph.weighted] == ["0", "3", "7", "9", "11"]
