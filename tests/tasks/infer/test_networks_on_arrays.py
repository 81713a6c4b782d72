"""The task `infer`: networks from files on arrays, their accuracy beside the digital one, and mistakes in one line."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil
import sys

import numpy as np
import pytest

import memsim as ms
from memsim.errors import InputError, MemsimWarning
from memsim.networks import checkpoint
from memsim.storage.library import library

FEW = {"data.samples": 200, "repeats": 2}
NETWORK = {"weights": "digits-cnn", "preprocessing": {"layout": "NCHW"}}


def experiment(**changes):
    return ms.load_experiment("infer-01").replace({**FEW, **changes})


@pytest.fixture(scope="module")
def result():
    return ms.run(experiment())


def one(array, network=NETWORK):
    """A learner."""
    return [{"name": "A", "array": array, "network": network}]


def test_ideal_cells_lose_nothing(result):
    ideal = ms.run(experiment(learners=one({"device": "ideal"})))
    np.testing.assert_array_equal(ideal.test_accuracy, ideal.digital_accuracy.item())
    assert ideal.weight_error.max() < 1e-5 and ideal.layer_snr.min() > 100
    assert ideal.digital_accuracy.item() > 0.95


def test_the_loss_is_the_digital_accuracy_minus_that_on_the_array(result):
    np.testing.assert_allclose(result.accuracy_loss, result.digital_accuracy - result.test_accuracy, atol=1e-12)
    assert (result.weight_error > 0.01).all()
    assert result.sizes["layer"] == 3 and result.sizes["repeat"] == 2


def test_programmings_differ_and_repeat(result):
    again = ms.run(experiment())
    for name in ("test_accuracy", "layer_snr", "weight_error"):
        np.testing.assert_array_equal(again[name], result[name])
    assert (np.ptp(result.weight_error.values, axis=1) > 0).all()


def test_errors_of_cells_lower_the_snr():
    errors = [0.0, 0.02, 0.1]
    swept = experiment(learners=one({"device": "ideal"})).replace({"sweep": {"array.error": errors}})
    found = ms.run(swept)
    assert (np.diff(found.product_snr_mean) < 0).all()
    np.testing.assert_array_equal(found["array_error"], errors)


def test_folded_normalisations_give_the_same_digital_outputs():
    folded = ms.run(experiment(**{"network.batch_norm": "folded"}))
    assert folded.digital_accuracy.min() > 0.95


def test_cells_age():
    aged = ms.run(experiment(**{"times": ["1 h", "1 y"], "learners": one({"device": "pcm-joshi2020"})}))
    assert aged.aged_accuracy.dims == ("learner", "repeat", "time")
    assert (np.diff(aged.aged_weight_error.mean("repeat"), axis=1) > 0).all()


def test_a_guess_warns_before_anything_is_programmed():
    wrong = {"network.preprocessing.scale": 0.001, "learners.Cells alone, {device}.array.error": 0.0}
    with pytest.warns(MemsimWarning, match=r"digital accuracy of digits-cnn\.nc is .* near the .* of a guess"):
        found = ms.run(experiment(**wrong))
    assert "near the" in found.attrs["notes"]


def test_pixels_are_scaled_and_shifted_as_stated():
    plain = ms.run(experiment(learners=one({"device": "ideal"})))
    shifted = {"layout": "NCHW", "scale": 255.0, "mean": [0.0], "std": 255.0}
    scaled = ms.run(experiment(learners=one({"device": "ideal"}, {**NETWORK, "preprocessing": shifted})))
    assert scaled.digital_accuracy.item() == plain.digital_accuracy.item()


def test_the_table_begins_with_the_digital_accuracy(cli):
    outcome = cli("run", "infer-01", "--set", "data.samples=200", "--set", "repeats=2", "--no-figure")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[2].startswith("Digital accuracy")
    assert "loss by the hardware" in cli("show", "results/infer-01.nc").out


def test_a_stored_run_is_repeated_with_the_same_network_alone(cli, tmp_path):
    path, other = tmp_path / "own.nc", tmp_path / "other.nc"
    shutil.copy(library("weights")["digits-cnn"], path)
    few = ("--set", "data.samples=200", "--set", "repeats=1", "--no-figure")
    assert cli("run", "infer-01", "--set", f"network.weights={path}", *few).code == 0
    assert "name it yourself: network.weights=" in cli("run", "results/infer-01.nc", "--no-figure").refusal()
    again = ("run", "results/infer-01.nc", "--no-figure", "-q", "--set")
    outcome = cli(*again, f"network.weights={path}")
    assert outcome.code == 0, outcome.err
    first, second = ms.load("results/infer-01.nc"), ms.load(outcome.out.strip())
    np.testing.assert_array_equal(first.test_accuracy, second.test_accuracy)
    state = checkpoint.load(path)
    checkpoint.save(dataclasses.replace(state, best_epoch=0), other)
    assert "is not the network of the earlier run" in cli(*again, f"network.weights={other}").refusal()


MISTAKES = {
    "no network": ({"learners": one({}, {"preprocessing": {"layout": "NCHW"}})}, "none is stated"),
    "two networks": ({"learners": one({}, {**NETWORK, "onnx": "m.onnx"})}, "both are stated"),
    "no preprocessing": ({"learners": one({}, {"weights": "digits-cnn"})}, "preprocessing"),
    "another layout": ({"network.preprocessing.layout": "NHWD"}, "NHWC"),
    "an unknown network": ({"network.weights": "digits-cn"}, "did you mean 'digits-cnn'"),
    "a pair of scales": ({"array.mapping": {"scale": 1.0}, "array.scales": "column"}, "mapping.scale"),
    "an algorithm without a device": ({"array.programming": {"algorithm": "radar"}}, "radar"),
    "compensation of normalisations": (
        {"times": ["1 h"], "aging.compensation": "batch-norm"},
        "memsim.torch evaluates",
    ),
    "weights to keep": ({"keep": ["weights"]}, "nothing to keep"),
    "an axis of channels": ({"network.preprocessing.layout": "NHW"}, "takes samples of shape"),
    "other sizes": ({"data.shape": [9, 9]}, "data.shape"),
    "means of other channels": ({"network.preprocessing.mean": [0.1, 0.2]}, "images of 1 channels"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_mistakes_end_in_one_line(name):
    changes, words = MISTAKES[name]
    with pytest.raises(InputError) as caught:
        ms.run(experiment(**changes))
    assert words in str(caught.value)


def test_files_of_an_experiment_lie_in_its_own_folder(tmp_path):
    text = ms.load_experiment("infer-01").to_yaml()
    inside, outside = tmp_path / "inside", tmp_path / "outside.nc"
    inside.mkdir()
    shutil.copy(library("weights")["digits-cnn"], outside)
    for place, allowed in (("../outside.nc", False), ("own.nc", True)):
        (inside / "e.yaml").write_text(text.replace("weights: digits-cnn", f"weights: {place}"))
        shutil.copy(outside, inside / "own.nc")
        experiment_inside = ms.load_experiment(inside / "e.yaml").replace(FEW)
        if allowed:
            assert ms.run(experiment_inside).digital_accuracy.min() > 0.9
        else:
            with pytest.raises(InputError, match="lies outside the folder of the experiment"):
                ms.run(experiment_inside)
    assert ms.run(experiment(**{"network.weights": outside})).digital_accuracy.min() > 0.9


def test_onnx_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r'pip install "memsim\[onnx\]"'):
        ms.run(experiment(**{"network.onnx": "digits-cnn"}))


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("onnx") is None, reason="needs onnx")
def test_the_onnx_file_and_the_weights_are_the_same_network(result):
    found = ms.run(experiment(**{"network.onnx": "digits-cnn"}))
    np.testing.assert_array_equal(found.digital_accuracy, result.digital_accuracy)
    np.testing.assert_allclose(found.weight_error, result.weight_error, rtol=1e-6)
    np.testing.assert_allclose(found.test_accuracy, result.test_accuracy, rtol=0, atol=0.03)


@pytest.mark.parametrize("name", ["weight_error_interval", "operations", "product_snr_interval", "digital_accuracy"])
def test_a_result_that_lacks_a_number_is_refused_in_one_line(name, cli, result):
    ms.save(result.drop_vars(name), "lacking.nc")
    assert f"has no variable '{name}'; this is not a whole result" in cli("show", "lacking.nc").refusal()
