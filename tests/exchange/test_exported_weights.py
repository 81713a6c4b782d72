"""Networks of memsim as graphs, ONNX and safetensors compute what memsim computes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from memsim.errors import InputError, OutputError
from memsim.exchange import read_weights
from memsim.exchange.architectures import graph_of
from memsim.networks import Adam, Architecture, CrossEntropy, Network, fit
from memsim.networks.checkpoint import save

ARCHITECTURES = {
    "linear": Architecture("linear", (1, 8, 8), 4, dtype="float32"),
    "two-layer": Architecture("two-layer", (3, 5, 4), 4, hidden=7, dtype="float32"),
    "cnn": Architecture("cnn", (1, 9, 8), 4, channels=(3, 5), dtype="float32"),
    "residual": Architecture("residual", (2, 8, 8), 4, channels=(4, 6), dtype="float32"),
}


def trained(name):
    """A network with statistics of its normalisations that are not those at the start."""
    architecture = ARCHITECTURES[name]
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, *architecture.shape)).astype(np.float32)
    y = np.eye(4, dtype=np.float32)[rng.integers(4, size=40)]
    fresh = Network.fresh(architecture, seed=1)
    return fit(fresh, (x, y), (x, y), loss=CrossEntropy(), optimiser=Adam(), epochs=3, batch=8, seed=1), x


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_the_graph_of_an_architecture_computes_its_outputs(name):
    result, x = trained(name)
    graph = graph_of(result.network.architecture, result.network.parameters)
    np.testing.assert_allclose(graph.outputs(x), result.network.outputs(x), rtol=0, atol=2e-6)
    assert graph.operations == result.network.operations


def test_the_file_of_a_training_gives_its_best_network(tmp_path):
    result, x = trained("cnn")
    file = read_weights(save(result.state, tmp_path / "training.nc"))
    np.testing.assert_allclose(file.graph((1, 9, 8)).outputs(x), result.network.outputs(x), rtol=0, atol=2e-6)
    with pytest.raises(InputError, match=r"takes samples of shape \[1, 9, 8\], not \[1, 28, 28\]"):
        file.graph((1, 28, 28))


@pytest.mark.slow  # the packages are installed for the slow tests alone
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_onnx_files_of_memsim_give_the_same_in_onnxruntime(name, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    from memsim.exchange import read_onnx, write_onnx

    result, x = trained(name)
    path = write_onnx(result.network, tmp_path / "network.onnx")
    expected = result.network.outputs(x)
    (outputs,) = runtime.InferenceSession(str(path)).run(None, {"input": x})
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=5e-6)
    np.testing.assert_allclose(read_onnx(path).graph(x.shape[1:]).outputs(x), expected, rtol=0, atol=5e-6)
    with pytest.raises(OutputError, match="exists"):
        write_onnx(result.network, path)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_safetensors_files_hold_weights_and_architecture(name, tmp_path):
    pytest.importorskip("safetensors")
    from memsim.exchange import write_safetensors

    result, x = trained(name)
    file = read_weights(write_safetensors(result.network, tmp_path / "network.safetensors"))
    np.testing.assert_allclose(file.graph(x.shape[1:]).outputs(x), result.network.outputs(x), rtol=0, atol=2e-6)


@pytest.mark.slow
def test_safetensors_of_others_and_damaged_ones_are_refused(tmp_path):
    pytest.importorskip("safetensors")
    from safetensors.numpy import save as packed

    weights = {"a": np.ones((2, 2), np.float32)}
    settings = {"name": "linear", "shape": [1, 8, 8], "classes": 4, "dtype": "float32"}
    large = json.dumps({**settings, "classes": 1 << 40})
    cases = {
        "no weights of an architecture": packed(weights),
        "did you mean": packed(weights, {"memsim_architecture": json.dumps({**settings, "name": "liner"})}),
        "but it holds 4 numbers": packed(weights, {"memsim_architecture": large}),
        "a header of": (1 << 21).to_bytes(8, "little") + b"{" + bytes(1 << 21),
        "memsim_architecture": packed(weights, {"format": "pt"}),
    }
    path = tmp_path / "file.safetensors"
    for words, content in cases.items():
        path.write_bytes(content)
        with pytest.raises(InputError, match=words) as caught:
            read_weights(path)
        assert str(caught.value).startswith(str(path))
    whole = packed({"1.dense.weight": np.ones((4, 64), np.float32)}, {"memsim_architecture": json.dumps(settings)})
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"1\.dense\.bias is missing"):
        read_weights(path)
    path.write_bytes(whole[:-10])
    with pytest.raises(InputError, match="damaged"):
        read_weights(path)


def test_other_files_are_no_weights(tmp_path):
    path = tmp_path / "weights.nc"
    path.write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="not a readable netCDF file"):
        read_weights(path)
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "gone.nc")


@pytest.fixture(scope="module")
def kept_result():
    """A result with the weights of two networks, of two repeats each."""
    import memsim as ms

    training = {"loss": "cross-entropy", "rate": 0.01, "epochs": 15, "batch": 16}
    changes = {
        "data": {"source": "digits", "samples": 300},
        "learners": [
            {"name": "CNN", "network": {"architecture": "cnn", "channels": [3]}, "training": training},
            {"name": "Two", "network": {"architecture": "two-layer", "hidden": 9}, "training": training},
        ],
        "keep": ["weights"],
        "seeds": 2,
    }
    return ms.run(ms.load_experiment("classify-01").replace(changes))


@pytest.mark.slow
@pytest.mark.parametrize("learner", ["CNN", "Two"])
def test_a_network_of_a_result_is_exported_and_has_its_accuracy_again(kept_result, learner, tmp_path):
    pytest.importorskip("safetensors")
    pytest.importorskip("onnx")
    import memsim as ms

    expected = kept_result.test_accuracy.sel(learner=learner).values[1]
    for key, name in (("onnx", "network.onnx"), ("weights", "network.safetensors")):
        path = ms.export_network(kept_result, tmp_path / name, learner=learner, repeat=1)
        spec = {key: path.name, "preprocessing": {"layout": "NCHW"}}
        text = ms.load_experiment("infer-01").replace(
            {"learners": [{"name": "A", "network": spec}], "data.samples": 300, "repeats": 1}
        )
        result = ms.run(text.replace({f"network.{key}": path}))
        assert result.digital_accuracy.item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_mistakes_of_exports_end_in_one_line(kept_result, tmp_path):
    import memsim as ms

    for words, options in {
        "networks of this result: CNN, Two": {},
        "'Tow' is none of them": {"learner": "Tow"},
        "allowed: 0 to 1": {"learner": "CNN", "repeat": 2},
    }.items():
        with pytest.raises(InputError, match=words):
            ms.export_network(kept_result, tmp_path / "network.onnx", **options)
    with pytest.raises(InputError, match=r"did you mean '\.onnx'"):
        ms.export_network(kept_result, tmp_path / "network.onx", learner="CNN")


@pytest.mark.slow
def test_the_file_of_a_training_is_exported(tmp_path):
    pytest.importorskip("onnx")
    import memsim as ms
    from memsim.exchange import read_onnx

    result, x = trained("residual")
    path = ms.export_network(save(result.state, tmp_path / "training.nc"), tmp_path / "network.onnx")
    outputs = read_onnx(path).graph(x.shape[1:]).outputs(x)
    np.testing.assert_allclose(outputs, result.network.outputs(x), rtol=0, atol=5e-6)
    with pytest.raises(InputError, match="one network"):
        ms.export_network(tmp_path / "training.nc", path, learner="CNN", force=True)
