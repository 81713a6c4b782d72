"""Experiments whose networks torch computes, and experiments on images with colours."""

from __future__ import annotations

import json
import re
import sys

import numpy as np
import pytest
from PIL import Image

import memsim as ms
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.results.weights import unpacked

TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
keep: [weights]
learners:
  - name: CNN
    network: {architecture: cnn, channels: [4, 4], dtype: float64}
    training: {rate: 0.01, epochs: 3, ema: 0.9, mixup: 0.2, engine: torch}
  - name: Programmed
    programmed: {learner: CNN, error: 0.05}
    array: {device: ideal, dtype: float64}
corruptions: {gaussian: [0.1, 0.4], fog: [0.1, 0.4]}
perturbations: [0.1]
seeds: 2
"""
LEARNERS = TEXT[TEXT.index("learners") : TEXT.index("corruptions")]
IN_PLACE = "learners:\n  - {name: Delta, learning: {rule: delta, epochs: 1}}\n"


def experiment(text=TEXT, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


def close(expected, result):
    """Whether two results agree to rounding in all numbers."""
    assert set(expected.data_vars) == set(result.data_vars)
    for name, variable in expected.data_vars.items():
        if variable.dtype.kind == "f":
            np.testing.assert_allclose(result[name].values, variable.values, rtol=1e-6, atol=1e-9, err_msg=str(name))


@pytest.fixture(scope="module")
def torch_result():
    pytest.importorskip("torch")
    return ms.run(experiment())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of two classes, which differ in their colours more than in their grey levels."""
    place, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number, name in enumerate(("greenish", "reddish")):
        (place / name).mkdir()
        for i in range(30):
            picture = rng.integers(0, 155, (8, 8, 3))
            picture[..., 0 if number else 1] += 50 if number else 25
            Image.fromarray(picture.astype(np.uint8)).save(place / name / f"{i:02}.png")
    return place


def colours(folder, **changes):
    return experiment(**{"data": {"source": str(folder), "colour": "rgb"}, "training__engine": "memsim", **changes})


@pytest.mark.slow
class TestTorch:
    def test_a_run_has_the_numbers_of_memsim(self, torch_result):
        close(ms.run(experiment(training__engine="memsim")), torch_result)

    def test_the_result_names_the_version_of_torch(self, torch_result):
        import torch

        assert json.loads(torch_result.attrs["libraries"])["torch"] == torch.__version__
        assert "torch" not in json.loads(ms.run(experiment(training__engine="memsim")).attrs["libraries"])

    def test_stored_weights_are_read_again_by_both_engines(self, torch_result):
        assert unpacked(torch_result)["CNN"].arrays["network.0.convolution.weight"].shape == (2, 4, 1, 3, 3)
        close(torch_result, ms.evaluate(torch_result))
        close(torch_result, ms.evaluate(torch_result, **{"training.engine": "memsim"}))

    def test_engines_can_be_swept(self):
        swept = ms.run(experiment(sweep={"training.engine": ["memsim", "torch"]}, keep=[]))
        assert "CNN, engine torch" in swept.learner.values
        accuracy = swept.test_accuracy.values
        np.testing.assert_allclose(accuracy[:2], accuracy[2:], atol=1e-9)

    def test_networks_of_both_engines_learn_colours(self, folder):
        expected, result = (ms.run(colours(folder, training__engine=engine)) for engine in ("memsim", "torch"))
        close(expected, result)


def test_without_torch_the_extra_is_named_with_file_and_line(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch" or name.startswith("memsim.torch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    expected = r"tiny.yaml:8: learners.CNN.training.engine: .*pip install 'memsim\[torch\]'"
    with pytest.raises(InputError, match=expected):
        ms.run(experiment())


@pytest.mark.slow
def test_without_the_key_torch_is_not_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    ms.run(experiment(training__engine="memsim", training__epochs=1, seeds=1))


def test_an_unknown_engine_is_refused_with_the_nearest_one():
    expected = (
        "tiny.yaml:8: learners.CNN.training.engine is 'touch'; allowed: memsim, torch, auto; did you mean 'torch'?"
    )
    with pytest.raises(InputError, match=re.escape(expected)):
        experiment(TEXT.replace("engine: torch", "engine: touch"))


class TestColours:
    def test_a_network_tells_apart_what_differs_in_colour_alone(self, folder):
        settings = {
            "training__epochs": 10,
            "training__batch": 4,
            "training__mixup": 0.0,
            "keep": [],
            "network__dtype": "float32",
        }
        with_colours = ms.run(colours(folder, **settings))
        without = ms.run(colours(folder, **{**settings, "data": {"source": str(folder)}}))
        better, worse = (each.test_accuracy.sel(learner="CNN").mean() for each in (with_colours, without))
        assert better > 0.9 > worse
        assert with_colours.example_class_noisy.shape == (2, 2, 8, 8)
        np.testing.assert_allclose(with_colours.example_class_image, without.example_class_image, atol=0.6 / 255)

    def test_weights_of_colours_are_evaluated_with_the_same_bits(self, folder):
        result = ms.run(colours(folder, training__epochs=1))
        again = ms.evaluate(result, data=folder)
        assert result.noisy_accuracy.equals(again.noisy_accuracy) and result.test_margin.equals(again.test_margin)

    def test_crossbars_that_learn_in_place_take_grey_images_only(self, folder):
        text = TEXT.replace(LEARNERS, IN_PLACE)
        expected = r"data.colour: 'Delta' learns on a crossbar, which takes grey images only; allowed: grey"
        with pytest.raises(InputError, match=expected):
            ms.run(experiment(text, data={"source": str(folder), "colour": "rgb"}))

    def test_a_source_without_colours_is_refused(self):
        with pytest.raises(InputError, match=r"data.colour: the images of digits have no colours; allowed: grey"):
            ms.run(experiment(data__colour="rgb", training__engine="memsim"))


def test_a_result_of_networks_alone_is_read_again(tmp_path):
    alone = experiment(data__samples=60, learners=[{"name": "Linear", "network": {"architecture": "linear"}}], seeds=1)
    file = ms.save(ms.run(alone.replace({"training.epochs": 1})), tmp_path / "networks.nc")
    assert ms.stored_weights(file).keys() == {"Linear"}
    assert ms.evaluate(file, seeds=1).sizes["cost_layer"] == 0
