"""Stored weights: an evaluation gives the bits of the run, and of a run with its changes, without training."""

from __future__ import annotations

import json

import numpy as np
import pytest
from kept_weights import CLASSIFY, MEMORISE, SMALL, TEXTS, differing, experiment, files, metrics, results, same
from PIL import Image

import memsim as ms
from memsim.errors import InputError
from memsim.results.evaluations import evaluations_of
from memsim.results.weights import has_weights, packed, unpacked
from memsim.tasks import capacity
from memsim.tasks.classify.classifiers import gradient
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.memorise.learners import network
from memsim.tasks.memorise.learners.crossbar import CrossbarLearner

pytestmark = pytest.mark.slow

__all__ = ["files", "results"]


@pytest.mark.parametrize("task", TEXTS)
class TestUnchanged:
    def test_keeping_weights_changes_no_other_number(self, results, task):
        plain = ms.run(experiment(TEXTS[task], keep=[]))
        assert not has_weights(plain) and not any(str(name).startswith("kept") for name in plain.variables)
        assert differing(plain, results[task], metrics(plain)) == []

    def test_an_evaluation_of_a_file_gives_the_bits_of_the_run_for_every_learner(self, files, results, task):
        again = ms.evaluate(files[task])
        assert differing(results[task], again) == []
        assert again.attrs.get("notes") == results[task].attrs.get("notes")
        for name in ("experiment", "devices", "images_sha256", "changes"):
            assert again.attrs[name] == results[task].attrs[name]

    def test_nothing_is_trained(self, files, task, monkeypatch):
        def refuse(*args, **options):
            raise AssertionError("this trains")

        for owner, name in ((InPlace, "_train"), (CrossbarLearner, "_train"), (gradient, "fit"), (network, "train")):
            monkeypatch.setattr(owner, name, refuse)
        ms.evaluate(files[task])

    def test_a_result_in_memory_can_be_evaluated_and_evaluated_again(self, results, task):
        once = ms.evaluate(results[task])
        twice = ms.evaluate(once)
        assert differing(results[task], twice) == []
        assert [step.changes for step in evaluations_of(twice)] == [{}, {}]

    def test_a_repeated_run_keeps_the_same_weights(self, files, results, task):
        assert differing(results[task], ms.rerun(files[task])) == []

    def test_weights_are_labelled_numbers_of_every_learner(self, results, task):
        dataset = results[task]
        kept = unpacked(dataset)
        assert list(kept) == list(dataset.learner.values)
        assert sum(values.size for own in kept.values() for values in own.arrays.values()) == dataset.kept_number.size
        assert dataset.kept_number.dtype == float and dataset.kept_number.dims == ("kept_place",)
        for variable in (dataset.kept_number, dataset.kept_shape, dataset.kept_learner, dataset.kept_name):
            assert variable.attrs["long_name"]
        variables, coordinates = packed(kept, list(kept))
        for name, values in (variables | coordinates).items():
            assert same(values, dataset[name].values), name

    def test_the_estimate_of_memory_has_the_weights(self, task, monkeypatch):
        monkeypatch.setattr(capacity, "memory", lambda: 0.0)
        needs = {}
        monkeypatch.setattr("memsim.tasks.images.require_memory", needs.update)
        dataset = ms.run(experiment(TEXTS[task], **({"tuning__trials": 1} if task == "classify" else {})))
        (estimate,) = (size for key, size in needs.items() if key.startswith("keep: [weights]"))
        assert dataset.kept_number.nbytes < estimate < 200 * dataset.kept_number.nbytes


class TestChanges:
    def test_other_corruptions_read_the_same_weights(self, files, results):
        again = ms.evaluate(files["classify"], {"corruptions": {"occlusion": [0.2]}}, perturbations=[0.05])
        assert list(again.noise_type.values) == ["occlusion"] and again.noisy_accuracy.shape == (6, 2, 1, 1)
        unmoved = ("test_accuracy", "confusion", "epoch_loss", "training_pulses_set", "kept_number", "tuning_accuracy")
        assert differing(results["classify"], again, unmoved) == []
        (step,) = evaluations_of(again)
        assert step.file == "classify.nc" and len(step.sha256) == 64
        assert step.changes == {"corruptions": '{"occlusion": [0.2]}', "perturbations": "[0.05]"}

    def test_converters_and_read_noise_may_change_for_what_learned_in_place(self, results):
        dataset = results["memorise"]
        coarse = ms.evaluate(dataset, {"learners.Ideal.array.adc": {"bits": 3}})
        assert differing(dataset.sel(learner="Linear"), coarse.sel(learner="Linear"), metrics(dataset)) == []
        assert len(np.unique(coarse.output_target.sel(learner="Ideal"))) < 16
        assert differing(dataset, coarse, ["weight_mean", "pulses_set", "kept_number"]) == []
        quiet = ms.evaluate(dataset, {"learners.Reference.array.ideal": ["read"]})
        assert np.isnan(quiet.read_margin.sel(learner="Reference")).all()
        assert np.isfinite(dataset.read_margin.sel(learner="Reference")).all()
        loud = ms.evaluate(dataset, {"learners.Reference.array.device.read.noise.sigma": "30 %"})
        margins = (abs(one.read_margin.sel(learner="Reference")).mean().item() for one in (loud, dataset))
        assert next(margins) < next(margins)
        assert json.loads(loud.attrs["device_values"])["Reference"]["read.noise.sigma"]["status"] == "assumed"

    @pytest.mark.parametrize(
        "changes",
        [
            {"corruptions": {"occlusion": [0.2, 0.5]}},
            {"array.ideal": ["read"]},
            {"array.adc": {"bits": 5}, "array.dac": {"bits": 4}},
            {"learners.Reference.array.device.read.noise.sigma": "9 %"},
        ],
        ids=lambda changes: " ".join(changes),
    )
    def test_an_evaluation_gives_the_numbers_of_a_run_with_its_changes(self, results, changes):
        run = ms.run(experiment(MEMORISE).replace(changes))
        assert differing(run, ms.evaluate(results["memorise"], changes), metrics(run)) == []

    def test_a_network_is_programmed_onto_another_device_as_a_run_would(self, results):
        changes = {"learners.Programmed.array.device": "agsi-jo2010", "programmed.cycles": 2}
        evaluated = ms.evaluate(results["classify"], changes)
        trained = ms.run(experiment(CLASSIFY).replace(changes))
        assert differing(trained, evaluated) == []
        assert evaluated.device.sel(learner="Programmed").item() == "agsi-jo2010"

    def test_a_sweep_evaluates_the_same_weights_several_times(self, results):
        sweep = {"learners.Programmed.array.device": ["ideal", "agsi-jo2010"]}
        swept = ms.evaluate(results["classify"], sweep=sweep)
        assert list(swept.learner.values)[-2:] == ["Programmed, device ideal", "Programmed, device agsi-jo2010"]
        assert np.array_equal(swept.test_accuracy[:5], results["classify"].test_accuracy[:5])

    def test_a_swept_run_is_evaluated_learner_by_learner(self):
        swept = ms.run(experiment(MEMORISE, sweep={"learners.Ideal.learning.rate": [0.05, 0.4]}))
        again = ms.evaluate(swept)
        assert differing(swept, again) == [] and list(again.learner.values) == list(swept.learner.values)
        with pytest.raises(InputError, match=r"another learning\.rate needs training of 'Ideal, rate 0\.1'"):
            ms.evaluate(swept, {"sweep": {"learners.Ideal.learning.rate": [0.1]}})

    def test_other_images_of_the_same_classes_are_read(self, results, tmp_path):
        digits = ms.load_labelled("digits", samples=120, shape=(8, 8))
        for split in (digits.train, digits.validation, digits.test):
            for number, (pixels, label) in enumerate(zip(split.pixels, split.labels, strict=True)):
                folder = tmp_path / "mirrored" / digits.classes[label]
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray((255 * pixels[:, ::-1]).astype(np.uint8)).save(folder / f"{id(split)}-{number}.png")
        dataset = results["classify"]
        other = ms.evaluate(dataset, data=tmp_path / "mirrored")
        assert other.attrs["images_sha256"] != dataset.attrs["images_sha256"]
        assert differing(dataset, other, ["epoch_loss", "training_operations", "kept_number"]) == []
        assert differing(dataset, other, ["test_accuracy", "train_accuracy"]) == ["test_accuracy", "train_accuracy"]
        (step,) = evaluations_of(other)
        assert step.in_words(other.attrs["images_sha256"]).endswith("other images")

    def test_local_images_are_found_where_the_user_says(self, tmp_path):
        np.save(tmp_path / "own.npy", np.random.default_rng(0).random((3, 8, 8)).astype(np.float32))
        dataset = ms.run(experiment(MEMORISE), data=tmp_path / "own.npy")
        with pytest.raises(InputError, match="is a place that the result does not hold"):
            ms.evaluate(dataset)
        assert differing(dataset, ms.evaluate(dataset, data=tmp_path / "own.npy")) == []


def test_what_became_of_a_training_is_said_of_its_evaluation_too():
    wild = {"array.bounds": None, "array.adc": None, "learning.rate": 1e3, "learning.epochs": 3}
    dataset = ms.run(experiment(SMALL).replace(wild))
    assert "the outputs are not finite" in dataset.attrs["notes"]
    again = ms.evaluate(dataset)
    assert again.attrs["notes"] == dataset.attrs["notes"] and differing(dataset, again) == []


def test_a_network_and_its_programs_are_swept_together():
    learners = [
        {"name": "Net", "network": {"architecture": "linear"}, "training": {"epochs": 1}},
        {"name": "On chips", "programmed": {"learner": "Net"}, "array": {"device": "epiram-choi2018"}},
    ]
    swept = experiment(SMALL).replace({"learners": learners, "sweep": {"training.rate": [0.003, 0.03]}})
    dataset = ms.run(swept)
    assert dataset.sizes["learner"] == 4 and differing(dataset, ms.evaluate(dataset)) == []
