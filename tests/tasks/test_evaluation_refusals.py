"""What an evaluation refuses: changes that need training, other images, results without weights, damage."""

from __future__ import annotations

import numpy as np
import pytest
from kept_weights import MEMORISE, SMALL, differing, experiment, files, results

import memsim as ms
from memsim.errors import DataError, InputError, MemsimError, OutputError
from memsim.results.weights import has_weights

pytestmark = pytest.mark.slow

__all__ = ["files", "results"]


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


def test_what_was_tuned_may_not_change():
    tuned = {"learners.Local.tune": {"array.adc.bits": [4, 6]}, "tuning.trials": 2}
    dataset = ms.run(experiment(SMALL).replace(tuned))
    assert differing(dataset, ms.evaluate(dataset, {"array.dac": {"bits": 12}}), ["chosen_trial"]) == []
    with pytest.raises(InputError, match=r"another array\.adc\.bits needs training"):
        ms.evaluate(dataset, {"array.adc.bits": 5})


class TestImages:
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


def test_some_of_the_repeats_are_no_whole_result(results):
    with pytest.raises(OutputError, match="holds 1 repeats, its weights are of 2; give the whole result"):
        ms.evaluate(results["classify"].isel(repeat=[0]))
