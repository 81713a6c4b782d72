"""Stored weights: an evaluation gives the bits of the run, changes what needs no training, and refuses the rest."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from PIL import Image

import memsim as ms
from memsim.errors import DataError, InputError, MemsimError, OutputError
from memsim.experiments.loading import experiment_from_text
from memsim.results.evaluations import evaluations_of
from memsim.results.weights import has_weights, packed, unpacked
from memsim.tasks import capacity
from memsim.tasks.classify.classifiers import gradient
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.memorise.learners import network
from memsim.tasks.memorise.learners.crossbar import CrossbarLearner

CLASSIFY = """\
name: tiny
task: classify
data: {source: digits, samples: 120}
keep: [weights]
learners:
  - name: CNN
    network: {architecture: cnn, channels: [4, 4]}
    training: {rate: 0.01, epochs: 2, ema: 0.9}
    tune: {training.rate: [0.03]}
  - name: Two layers
    network: {architecture: two-layer, hidden: 8, dtype: float64}
    training: {epochs: 3, patience: 1}
    tune: {training.rate: [0.03]}
  - name: Delta
    array: {device: epiram-choi2018}
    learning: {rule: delta, epochs: 2, normalise: standard}
    tune: {learning.rate: [0.001]}
  - name: With features
    array: {device: ideal, adc: {bits: 8}}
    features: {kind: random, units: 12}
    learning: {rule: hebbian, epochs: 1}
    tune: {learning.rate: [0.001]}
  - name: Only programmed
    array: {device: pcm-joshi2020}
    learning: {rule: delta, epochs: 1}
    tune: {learning.rate: [0.001]}
  - name: Programmed
    programmed: {learner: CNN}
    array: {device: epiram-choi2018, dac: {bits: 8}}
corruptions: {gaussian: [0.1, 0.4]}
perturbations: [0.1]
tuning: {trials: 2}
seeds: 2
"""
MEMORISE = """\
name: tiny-images
data: {samples: 3, shape: [8, 8]}
keep: [weights]
learners:
  - {name: Ideal}
  - {name: Pair, array: {device: agsi-jo2010, column: pair, adc: {bits: 8}}}
  - {name: Reference, array: {device: taox-hfox-wu2018, column: reference}}
  - {name: Only programmed, array: {device: pcm-joshi2020}}
  - {name: Linear, network: {hidden: 0}}
  - {name: Linear too, network: {hidden: 0}, training: {loss: cross-entropy}}
  - {name: Hidden, network: {hidden: 16}, training: {rate: 0.01}}
corruptions: {gaussian: [0.1, 0.4], fog: [0.1, 0.4]}
"""
TEXTS = {"classify": CLASSIFY, "memorise": MEMORISE}


def experiment(text, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


def differing(one: xr.Dataset, other: xr.Dataset, names=None) -> list[str]:
    """Variables that are not the same bits."""
    names = set(one.data_vars) | set(other.data_vars) if names is None else names
    return [n for n in names if n not in one or n not in other or not same(one[n].values, other[n].values)]


def same(one, other):
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")


def metrics(dataset: xr.Dataset) -> set[str]:
    return {str(name) for name in dataset.data_vars if not str(name).startswith("kept_")}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A result with weights of each task."""
    folder = tmp_path_factory.mktemp("kept")
    return {task: ms.save(ms.run(experiment(text)), folder / f"{task}.nc") for task, text in TEXTS.items()}


@pytest.fixture(scope="module")
def results(files):
    return {task: ms.load(path) for task, path in files.items()}


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

    @pytest.mark.slow
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
        monkeypatch.setattr("memsim.tasks.images.require", needs.update)
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

    def test_images_of_other_classes_or_another_size_are_refused(self, results):
        with pytest.raises(InputError, match=r"has the classes road, building.*trained on 0, 1, 2"):
            ms.evaluate(results["classify"], {"data.source": "road-patches"})
        with pytest.raises(OutputError, match=r"has the shape .*must have the size of those"):
            ms.evaluate(results["classify"], {"data.shape": [9, 9]})

    def test_what_memorised_its_images_is_not_read_with_others(self, results, tmp_path):
        pixels = np.random.default_rng(0).random((3, 8, 8)).astype(np.float32)
        np.save(tmp_path / "other.npy", pixels)
        with pytest.raises(DataError, match="not the images of the earlier run"):
            ms.evaluate(results["memorise"], data=tmp_path / "other.npy")

    def test_local_images_are_found_where_the_user_says(self, tmp_path):
        np.save(tmp_path / "own.npy", np.random.default_rng(0).random((3, 8, 8)).astype(np.float32))
        dataset = ms.run(experiment(MEMORISE), data=tmp_path / "own.npy")
        with pytest.raises(InputError, match="is a place that the result does not hold"):
            ms.evaluate(dataset)
        assert differing(dataset, ms.evaluate(dataset, data=tmp_path / "own.npy")) == []


REFUSED = {
    "classify": {
        "learning.rate": (0.1, "another learning.rate needs training of 'Delta'"),
        "training.epochs": (9, "another training.epochs needs training of 'CNN'"),
        "seed": (1, "another seed"),
        "seeds": (1, "another seeds"),
        "tuning.trials": (1, "another tuning.trials"),
        "data.seed": (7, "another data.seed"),
        "data.samples": (100, "another data.samples"),
        "array.device": ("agsi-jo2010", "another array.device needs training of 'Delta'"),
        "learners.Delta.array.device.variability.c2c.sigma": ("9 %", r"another array\.device\.variability\.c2c"),
        "learners.Programmed.programmed.learner": ("Two layers", "another programmed.learner"),
        "learners.Delta.array.ideal": (["d2d"], "another array.ideal"),
        "learners": (
            [{"name": "New", "array": {"device": "ideal"}, "tune": {"learning.rate": [0.1]}}],
            "another .*name.* needs training of 'New'",
        ),
    },
    "memorise": {
        "learning.steps": (3, "another learning.steps"),
        "array.bounds": ([0, 0.5], "another array.bounds"),
        "data.samples": (2, "another data.samples"),
        "learners.Pair.array.column": ("single", "another array.column needs training of 'Pair'"),
        "network.initial": ([-0.1, 0.1], "another network.initial"),
    },
}


@pytest.mark.parametrize(
    ("task", "key", "value", "says"),
    [(task, key, value, says) for task, cases in REFUSED.items() for key, (value, says) in cases.items()],
)
def test_a_change_that_needs_training_is_refused_with_what_may_change(results, task, key, value, says):
    with pytest.raises(InputError, match=rf"{says}.*; an evaluation may change .*corruptions"):
        ms.evaluate(results[task], {key: value})


def test_a_profile_of_the_same_name_with_other_values_is_another_device(results):
    changed = ms.load_device("agsi-jo2010").replace({"conductance.max": "60 uS"})
    with pytest.raises(InputError, match=r"another array\.device needs training of 'Pair'"):
        ms.evaluate(results["memorise"], {"learners.Pair.array.device": changed})


SMALL = """\
name: small
task: classify
data: {source: digits, samples: 100}
keep: [weights]
learners:
  - name: Local
    array: {device: ideal, adc: {range: 4}}
    learning: {rule: delta, epochs: 1}
corruptions: {gaussian: [0.1]}
seeds: 2
"""


def test_what_was_tuned_may_not_change():
    tuned = {"learners.Local.tune": {"array.adc.bits": [4, 6]}, "tuning.trials": 2}
    dataset = ms.run(experiment(SMALL).replace(tuned))
    assert differing(dataset, ms.evaluate(dataset, {"array.dac": {"bits": 12}}), ["chosen_trial"]) == []
    with pytest.raises(InputError, match=r"another array\.adc\.bits needs training"):
        ms.evaluate(dataset, {"array.adc.bits": 5})


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


class TestOtherResults:
    def test_a_result_without_weights_says_how_to_get_them(self):
        plain = ms.run(experiment(MEMORISE, keep=[]))
        with pytest.raises(OutputError, match=r"holds no weights; .*'keep: \[weights\]'.*--set 'keep=\[weights\]'"):
            ms.evaluate(plain)

    def test_an_evaluation_is_not_trained_by_a_repeated_run(self, results, tmp_path):
        path = ms.save(ms.evaluate(results["memorise"], {"keep": []}), tmp_path / "evaluated.nc")
        with pytest.raises(OutputError, match=r"is an evaluation of weights.*memsim evaluate .*evaluated\.nc"):
            ms.rerun(path)
        with pytest.raises(OutputError, match=r"holds no weights; .*: memsim evaluate memorise\.nc"):
            ms.evaluate(path)

    def test_results_of_several_runs_are_combined_without_weights(self, results):
        other = ms.run(experiment(MEMORISE, seed=7, keep=[]))
        both = ms.combine([results["memorise"], other])
        assert both.sizes["seed"] == 2 and not has_weights(both)
        assert "kept_notes" not in both.coords and has_weights(results["memorise"])

    def test_another_layout_of_random_addresses_is_refused(self, results):
        with pytest.raises(OutputError, match="another layout of random addresses"):
            ms.evaluate(results["memorise"].assign_attrs(random_addresses=1))


def _dropped(name):
    return lambda dataset: dataset.drop_vars(name)


def _set(name, change):
    def spoil(dataset):
        values = dataset[name].values.copy()
        changed = change(values)
        variable = dataset[name].copy(data=values if changed is None else changed)
        return dataset.assign_coords({name: variable}) if name in dataset.coords else dataset.assign({name: variable})

    return spoil


def _last(values, value):
    values[(-1,) * values.ndim] = value


DAMAGED = {
    "no shapes": (_dropped("kept_shape"), "'kept_shape' is missing"),
    "no names": (_dropped("kept_name"), "'kept_name' is missing"),
    "no notes": (_dropped("kept_notes"), "'kept_notes' is missing"),
    "numbers of another type": (
        _set("kept_number", lambda v: np.nan_to_num(v).astype(np.int64)),
        "its weights are damaged",
    ),
    "shapes of another type": (_set("kept_shape", lambda v: v.astype(float)), "its weights are damaged"),
    "a length that is too large": (
        _set("kept_shape", lambda v: v.__setitem__((0, 0), 2**62)),
        "its weights are damaged",
    ),
    "lengths whose product overflows": (_set("kept_shape", lambda v: v.__setitem__(0, 2**32)), "its weights are damag"),
    "a negative length": (_set("kept_shape", lambda v: v.__setitem__((0, 0), -5)), "its weights are damaged"),
    "an axis after the last": (_set("kept_shape", lambda v: v.__setitem__((0, 7), 1)), "its weights are damaged"),
    "another shape": (
        _set("kept_shape", lambda v: v.__setitem__(0, v[1])),
        "its weights are damaged|has the shape|is f",
    ),
    "an unknown learner": (_set("kept_learner", lambda v: np.where(v == v[0], "x", v)), "its weights are damaged"),
    "another name": (_set("kept_name", lambda v: np.where(v == v[0], "x", v)), "there is no '"),
    "a name twice": (_set("kept_name", lambda v: np.full_like(v, v[0])), "its weights are damaged"),
    "notes that are no list": (_set("kept_notes", lambda v: np.full(len(v), "{}")), "'kept_notes' is no list of texts"),
    "notes with control characters": (_set("kept_notes", lambda v: np.full(len(v), '["\\u001b"]')), "no list of texts"),
    "evaluations that are none": (lambda d: d.assign_attrs(evaluations='[{"file": 3}]'), "'evaluations' is damaged"),
    "other evaluations": (lambda d: d.assign_attrs(evaluations="7"), "'evaluations' is damaged"),
    "devices that are none": (lambda d: d.assign_attrs(devices="7"), "'devices' is damaged"),
    "no hash of the images": (lambda d: _without(d, "images_sha256"), "has no attribute 'images_sha256'"),
    "no classes": (lambda d: d.drop_vars("true_class"), "has no variable 'true_class'"),
}


def _without(dataset, name):
    return dataset.drop_attrs(deep=False).assign_attrs({k: v for k, v in dataset.attrs.items() if k != name})


@pytest.mark.parametrize(("spoil", "says"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_weights_are_one_line(results, spoil, says):
    with pytest.raises(MemsimError, match=says) as error:
        ms.evaluate(spoil(results["classify"]))
    assert str(error.value).isprintable()
