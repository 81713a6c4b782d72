"""Experiments with classes: what a run computes, that it is repeatable and fair, and what it refuses."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

import memsim as ms
from memsim.data.labelled import Split
from memsim.experiments.loading import experiment_from_text
from memsim.philox import Occasion, Purpose
from memsim.profiles import load_device
from memsim.tasks.classify.classifiers.classifier import Lesson, by_seed
from memsim.tasks.classify.classifiers.gradient import Gradient
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.classify.schema import ClassifierSpec
from memsim.tasks.registry import RESULT_KINDS

TEST = Occasion(Purpose.TEST)
TEXT = """\
name: tiny
title: Two methods on digits
task: classify
data: {source: digits, samples: 160}
learners:
  - name: Local
    array: {device: ideal}
    learning: {rule: delta, rate: 0.01, epochs: 4}
    tune: {learning.rate: [0.001, 0.003], learning.gain: [1.0, 2.0]}
  - name: Layers
    network: {architecture: two-layer, hidden: 16}
    training: {rate: 0.01, epochs: 3, batch: 16}
    tune: {training.rate: [0.003, 0.03]}
corruptions:
  gaussian: [0.1, 0.5]
  occlusion: [0.1, 0.5]
seeds: 2
tuning: {trials: 3}
perturbations: [0.02, 0.1]
"""


def experiment(text: str = TEXT, **changes):
    return experiment_from_text(text, "tiny.yaml").replace({key.replace("__", "."): v for key, v in changes.items()})


@pytest.fixture(scope="module")
def dataset():
    return ms.run(experiment())


@pytest.fixture(scope="module")
def digits():
    return ms.load_labelled("digits", samples=160)


def lesson(digits, seeds=2, seed=42):
    return Lesson(digits.train, digits.validation, len(digits.classes), seed, seeds, lambda done: None)


def local(digits, *, device="ideal", seeds=2, seed=42, **sections):
    learning = {"rule": "delta", "rate": 0.01, "epochs": 2} | sections.pop("learning", {})
    spec = ClassifierSpec(name="Local", learning=learning, **sections)
    return InPlace(spec, load_device(device), lesson(digits, seeds, seed), "cpu")


def first_classes(digits, number):
    """The images of the first few classes alone."""
    splits = {name: getattr(digits, name) for name in ("train", "validation", "test")}
    kept = {name: Split(s.pixels[s.labels < number], s.labels[s.labels < number]) for name, s in splits.items()}
    return SimpleNamespace(**kept, classes=digits.classes[:number])


COSTS = (
    "phase_energy",
    "phase_time",
    "inference_energy",
    "layer_energy",
    "array_area",
    "inference_efficiency",
    "epoch_energy",
    "energy_to_accuracy",
    "processor_",
)
"""Beginnings of the names of variables that a section `energy` adds: test_energy_of_learners.py."""


class TestResult:
    @pytest.mark.slow
    def test_every_registered_variable_is_there_with_its_dimensions(self, dataset):
        others = (
            "network_",
            "aged_",
            "lifetime",
            "mean_lifetime",
            "refresh",
            "compensation_reads",
            "product_snr",
            "layer_snr",
            "example_tile_voltage",
            "example_tile_error",
            "kept_",
            *COSTS,
        )
        known = {name for name in RESULT_KINDS["classify"].variables if not name.startswith(others)}
        assert set(dataset.data_vars) == known
        for name, variable in dataset.data_vars.items():
            assert variable.dims == RESULT_KINDS["classify"].variables[name].dims
            assert variable.attrs["description"] == RESULT_KINDS["classify"].variables[name].meaning

    def test_coordinates_name_classes_seeds_and_epochs(self, dataset):
        assert list(dataset.true_class.values) == list("0123456789")
        assert list(dataset.repeat.values) == [0, 1] and list(dataset.epoch.values) == [1, 2, 3, 4]
        assert list(dataset.device.values) == ["ideal", "none"]

    def test_confusion_recall_and_accuracy_tell_the_same(self, dataset, digits):
        confusion = dataset.confusion.values
        there = confusion.sum(-1)
        assert (there == there[0, 0]).all() and there[0, 0].sum() == len(digits.test)
        hits = np.diagonal(confusion, axis1=-2, axis2=-1)
        assert np.allclose(hits / there, dataset.recall)
        assert np.allclose(hits.sum(-1) / there.sum(-1), dataset.test_accuracy)

    def test_means_over_seeds_lie_in_their_intervals(self, dataset):
        assert np.allclose(dataset.test_accuracy.mean("repeat"), dataset.test_accuracy_mean)
        low, high = dataset.test_accuracy_interval.values.T
        assert ((low <= dataset.test_accuracy_mean) & (dataset.test_accuracy_mean <= high)).all()

    @pytest.mark.slow
    def test_the_reference_learner_has_the_corruption_error_one(self, dataset):
        assert np.allclose(dataset.mean_corruption_error.sel(learner="Local"), 1.0)
        other = ms.run(experiment(reference="Layers"))
        assert np.allclose(other.mean_corruption_error.sel(learner="Layers"), 1.0)

    def test_more_noise_hurts(self, dataset):
        accuracy = dataset.noisy_accuracy.mean(("repeat", "noise_type"))
        assert (accuracy.sel(noise_level=0.5) < accuracy.sel(noise_level=0.1)).all()

    def test_worst_case_accuracy_is_at_most_the_accuracy(self, dataset):
        assert (dataset.perturbed_accuracy <= dataset.test_accuracy).all()
        assert (dataset.perturbed_accuracy.sel(epsilon=0.1) < dataset.test_accuracy).all()

    def test_shares_of_confidence_add_up_to_one(self, dataset):
        assert np.allclose(dataset.bin_share.sum("confidence_bin"), 1.0)

    def test_costs_are_counted(self, dataset, digits):
        local, layers = dataset.sel(learner="Local"), dataset.sel(learner="Layers")
        assert float(local.parameters) == 65 * 10 and float(local.cells) == 65 * 20
        assert float(layers.parameters) == 64 * 16 + 16 + 16 * 10 + 10
        assert np.isnan(float(layers.cells)) and np.isnan(layers.training_pulses_set).all()
        assert (local.training_pulses_set > 0).all()
        assert (local.training_operations == 650 * len(digits.train) * 4).all()
        assert (layers.training_operations == 3 * (64 * 16 + 160) * len(digits.train) * 3).all()

    def test_a_shorter_training_has_no_numbers_at_its_end(self, dataset):
        curve = dataset.epoch_validation_accuracy.sel(learner="Layers")
        assert curve.sel(epoch=3).notnull().all() and curve.sel(epoch=4).isnull().all()


class TestTuning:
    def test_every_learner_gets_the_same_number_of_trials_and_the_best_is_taken(self, dataset):
        scores = dataset.tuning_accuracy.values
        assert scores.shape == (2, 3) and np.isfinite(scores).all()
        assert np.array_equal(dataset.chosen_trial, scores.argmax(1))

    def test_the_chosen_values_are_in_the_result_and_give_its_numbers(self, dataset):
        chosen = {str(text.learner.values): json.loads(str(text.values)) for text in dataset.chosen}
        changes = {f"learners.{name}.{key}": v for name, values in chosen.items() for key, v in values.items()}
        assert changes
        again = ms.run(experiment().replace({**changes, "tuning": {"trials": 1}}))
        assert np.array_equal(again.test_accuracy, dataset.test_accuracy)

    @pytest.mark.slow
    def test_the_order_of_trials_does_not_depend_on_their_number(self, dataset):
        fewer = ms.run(experiment(tuning__trials=2))
        assert np.array_equal(fewer.tuning_accuracy, dataset.tuning_accuracy[:, :2])


class TestRepeatable:
    @pytest.mark.slow
    def test_a_stored_result_runs_again_to_the_same_numbers(self, dataset, tmp_path):
        again = ms.rerun(ms.save(dataset, tmp_path / "tiny.nc"))
        for name in dataset.data_vars:
            assert np.array_equal(again[name], dataset[name], equal_nan=True), name

    def test_other_images_are_refused(self, dataset, tmp_path):
        path = ms.save(dataset.assign_attrs(images_sha256="0" * 64), tmp_path / "tiny.nc")
        with pytest.raises(ms.DataError, match="not the images of the earlier run"):
            ms.rerun(path)

    @pytest.mark.parametrize("device", ["ideal", "taox-hfox-wu2018"])
    def test_a_seed_gives_the_same_among_few_and_among_many(self, digits, device):
        one, two = (local(digits, device=device, seeds=seeds) for seeds in (1, 2))
        assert np.array_equal(one.crossbar.state.values[0], two.crossbar.state.values[0])
        x = digits.test.pixels
        assert np.array_equal(one.outputs(x, occasion=TEST)[0], two.outputs(x, occasion=TEST)[0])
        assert not np.array_equal(two.crossbar.state.values[0], two.crossbar.state.values[1])

    def test_reads_in_parts_give_the_same_bits_up_to_sixteen_columns(self, digits, monkeypatch):
        found = local(first_classes(digits, 8), device="taox-hfox-wu2018")
        assert found.crossbar.state.values.shape[2] == 16
        whole = found.outputs(digits.test.pixels, occasion=TEST)
        monkeypatch.setattr("memsim.tasks.classify.classifiers.in_place.BLOCK", 4000)
        assert np.array_equal(found.outputs(digits.test.pixels, occasion=TEST), whole)

    def test_wider_reads_in_parts_have_the_same_noise_and_sums_to_the_stated_tolerance(self, digits, monkeypatch):
        x = digits.test.pixels
        found = local(digits, device="taox-hfox-wu2018")
        whole = found.outputs(x, occasion=TEST)
        monkeypatch.setattr("memsim.tasks.classify.classifiers.in_place.BLOCK", 4000)
        parts = found.outputs(x, occasion=TEST)
        low, high = found.crossbar.window
        rows = np.concatenate([x.reshape(len(x), -1), np.full((len(x), 1), found.spec.learning.bias)], axis=1)
        scale = rows @ (found.crossbar.state.values + low / (high - low))
        assert (np.abs(parts - whole) <= 1e-5 * (scale[..., :10] + scale[..., 10:])).all()

    def test_training_in_blocks_gives_the_same_bits(self, digits, monkeypatch):
        whole = local(digits, device="taox-hfox-wu2018")
        monkeypatch.setattr("memsim.tasks.classify.classifiers.in_place.BLOCK", 30_000)
        assert np.array_equal(
            local(digits, device="taox-hfox-wu2018").crossbar.state.values, whole.crossbar.state.values
        )


@pytest.mark.slow
class TestGradients:
    @pytest.mark.parametrize("normalise", ["none", "length", "standard"])
    def test_the_sensitivity_of_a_crossbar_is_its_slope(self, digits, normalise):
        array = {"dtype": "float64"}
        agrees(local(digits, learning={"normalise": normalise}, array=array), digits)

    @pytest.mark.parametrize("kind", ["random", "competitive"])
    def test_the_sensitivity_through_a_feature_layer_is_its_slope(self, digits, kind):
        agrees(local(digits, features={"kind": kind, "units": 12}, array={"dtype": "float64"}), digits)

    def test_the_sensitivity_of_a_network_is_its_slope(self, digits):
        spec = ClassifierSpec(
            name="Net",
            network={"architecture": "two-layer", "hidden": 8, "dtype": "float64"},
            training={"epochs": 1},
        )
        agrees(Gradient(spec, lesson(digits), "cpu"), digits)


def agrees(classifier, digits) -> None:
    """Compare sensitivity with central differences along random directions; grey levels stay off kinks by chance."""
    draw = np.random.default_rng(0)
    x = draw.uniform(0.1, 0.9, (3, 8, 8))
    slope = draw.normal(size=(2, 3, 10))
    direction = draw.normal(size=x.shape)
    ends = [
        (classifier.outputs(x + step * direction, occasion=TEST, noise=False) * slope).sum(-1) for step in (1e-5, -1e-5)
    ]
    wanted = (ends[0] - ends[1]) / 2e-5
    found = (classifier.sensitivity(x, slope) * direction).sum((-2, -1))
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-6)


COPIES = """\
name: copies
task: classify
data: {source: digits, samples: 160}
learners:
  - name: Copy
    programmed: {learner: Layers}
  - name: Real
    programmed: {learner: Layers, cycles: 5}
    array: {device: epiram-choi2018}
  - name: Layers
    network: {architecture: two-layer, hidden: 16}
    training: {rate: 0.01, epochs: 3, batch: 16}
corruptions:
  gaussian: [0.1, 0.5]
seeds: 2
"""


@pytest.fixture(scope="module")
def copies():
    return ms.run(experiment(COPIES))


class TestProgrammed:
    @pytest.mark.slow
    def test_on_ideal_cells_it_is_the_network_that_another_learner_trained(self, copies):
        copy, layers = copies.sel(learner="Copy"), copies.sel(learner="Layers")
        for name in ("test_accuracy", "noisy_accuracy", "perturbed_accuracy", "confusion"):
            assert np.array_equal(copy[name], layers[name]), name
        assert np.allclose(copy.test_geometric_margin, layers.test_geometric_margin, rtol=1e-3)
        assert (copy.weight_error < 1e-5).all() and layers.weight_error.isnull().all()

    def test_on_a_real_device_it_costs_pulses_and_precision(self, copies):
        real = copies.sel(learner="Real")
        assert ((real.weight_error > 0.01) & (real.weight_error < 0.5)).all()
        assert (real.training_pulses_set > 0).all() and float(real.cells) == 2 * (65 * 16 + 17 * 10)
        layers = copies.sel(learner="Layers")
        assert real.epochs.isnull().all() and np.array_equal(real.training_operations, layers.training_operations)

    @pytest.mark.slow
    def test_in_a_sweep_it_belongs_to_the_network_of_the_same_run(self):
        text = COPIES.replace("seeds: 2", "seeds: 1\nsweep: {training.rate: [0.001, 0.01]}")
        swept = ms.run(experiment(text))
        assert list(swept.learner.values) == [
            f"{name}, rate {rate}" for rate in (0.001, 0.01) for name in ("Copy", "Real", "Layers")
        ]
        copies, layers = swept.test_accuracy.values[[0, 3]], swept.test_accuracy.values[[2, 5]]
        assert np.array_equal(copies, layers) and not np.array_equal(layers[0], layers[1])


class TestPatience:
    def test_an_array_stops_by_itself_and_gets_no_more_pulses(self, digits):
        learning = {"epochs": 12, "patience": 2, "rate": 0.02}
        found = local(digits, learning=learning, seeds=3)
        account = found.account()
        assert account.epochs.min() < 12
        assert (account.epochs - account.best_epoch)[account.epochs < 12].tolist() == [2.0] * int(
            (account.epochs < 12).sum()
        )
        early = int(account.epochs.argmin())
        shorter = local(digits, learning=learning | {"epochs": int(account.epochs[early])}, seeds=3)
        assert np.array_equal(found.crossbar.state.values[early], shorter.crossbar.state.values[early])
        assert np.isnan(found.history.loss[early, int(account.epochs[early]) :]).all()


class TestDivergence:
    def test_a_loss_that_is_not_finite_ends_the_training_and_says_where(self):
        changed = experiment(tuning__trials=1)
        changed = changed.replace({"training.optimiser": "sgd", "training.loss": "mse", "training.rate": 1e6})
        found = ms.run(changed)
        assert re.match(r"Layers, repeats? 0.*: the loss is \w+ in epoch 1, step \d of 7", found.attrs["notes"])
        assert found.test_accuracy.sel(learner="Layers").notnull().all()

    def test_seeds_with_the_same_fate_share_a_note(self):
        assert by_seed(["nan", "", "nan", "inf"]) == ["repeats 0, 2: nan", "repeat 3: inf"]

    def test_an_array_that_overflows_is_put_back_and_says_where(self, digits):
        learning = {"epochs": 4, "rate": 0.1}
        found = local(digits, array={"bounds": None}, learning=learning)
        told = r"repeats? [01, ]+: the outputs are not finite in epoch 3, step \d+ of 13; the array of epoch 2 is kept"
        assert found.notes and all(re.fullmatch(told, note) for note in found.notes)
        assert found.account().epochs.tolist() == [2, 2] and np.isnan(found.history.loss[:, 2:]).all()
        shorter = local(digits, array={"bounds": None}, learning=learning | {"epochs": 2})
        assert np.array_equal(found.crossbar.state.values, shorter.crossbar.state.values)


REFUSED = {
    "a programmed network that is none": (
        "corruptions:",
        "  - name: Copy\n    programmed: {learner: Layer}\ncorruptions:",
        "'Layer' is not a network of this experiment; did you mean 'Layers'?",
    ),
    "sections of two kinds": ("    network:", "    learning: {}\n    network:", "does not belong to this learner"),
    "a setting of another kind": ("training.rate:", "learning.rate:", "no setting of this learner; it has network.*"),
    "nothing to tune": ("    tune: {training.rate: [0.003, 0.03]}\n", "", "every learner gets 3 trials"),
    "too little to tune": ("[0.003, 0.03]", "[0.003]", "1 combination besides the learner's own settings"),
    "a value that cannot be tuned to": ("[0.003, 0.03]", "[0.003, fast]", "tiny.yaml:13: "),
    "an unknown reference": ("seeds: 2", "seeds: 2\nreference: Locl", "did you mean 'Local'?"),
    "a loss of another name": ("rate: 0.01, epochs: 3", "loss: mes, epochs: 3", "did you mean 'mse'?"),
    "an architecture of another name": ("two-layer", "two-layers", "did you mean 'two-layer'?"),
    "shares that do not add up": ("samples: 160", "fractions: [0.5, 0.2, 0.2]", "add up to 0.9"),
    "steps of the other task": ("epochs: 4", "steps: 4", "unknown key 'steps'"),
    "perturbations in disorder": ("[0.02, 0.1]", "[0.1, 0.02]", "they must ascend"),
    "an unknown task": ("task: classify", "task: clasify", "did you mean 'classify'?"),
    "too few images": ("samples: 160", "samples: 20", "has no image in the"),
    "unknown data": ("source: digits", "source: digit", "did you mean 'digits'?"),
    "a learner without bounds to program to": (
        "corruptions:",
        "  - name: Copy\n    programmed: {learner: Layers}\n    array: {bounds: none}\ncorruptions:",
        "a programmed network needs bounds",
    ),
    "a learner of single columns to program to": (
        "corruptions:",
        "  - name: Copy\n    programmed: {learner: Layers}\n    array: {column: single}\ncorruptions:",
        "'single' does not hold a network's weights of both signs; allowed: pair",
    ),
    "a setting that the architecture lacks": (
        "network: {architecture: two-layer",
        "network: {channels: [4], architecture: two-layer",
        "tiny.yaml:11: learners.Layers.network.channels: the architecture 'two-layer' has no such setting",
    ),
    "no epoch of a network": (
        "rate: 0.01, epochs: 3",
        "rate: 0.01, epochs: 0",
        "0 is out of range; allowed: 1 to 100000",
    ),
}


def test_features_that_do_not_fit_into_memory_are_refused_before_anything_is_trained(monkeypatch):
    monkeypatch.setattr("memsim.tasks.capacity.memory", lambda: 1e8)
    monkeypatch.setattr("memsim.tasks.classify.course.InPlace", None)
    wide = experiment(TEXT.replace("    learning:", "    features: {units: 16384}\n    learning:"))
    with pytest.raises(ms.InputError, match=r"needs about .* make less of data.shape, features.units, seeds"):
        ms.run(wide)


def test_networks_that_memory_does_not_hold_are_refused_before_they_are_made():
    wide = experiment(TEXT.replace("two-layer, hidden: 16", "residual, channels: [65536, 65536]"))
    with pytest.raises(ms.InputError, match=r"needs about .* make less of network.channels, network.hidden"):
        ms.run(wide)


@pytest.mark.parametrize("name", [n for n in REFUSED if "tune" in n or "lacks" in n])
def test_a_check_before_a_run_finds_what_tuning_and_architectures_lack(name, cli, tmp_path):
    old, new, said = REFUSED[name]
    (tmp_path / "tiny.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    outcome = cli("validate", "tiny.yaml")
    assert outcome.code == 2 and said in outcome.err


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_one_line(name, cli, tmp_path):
    old, new, said = REFUSED[name]
    assert old in TEXT
    (tmp_path / "tiny.yaml").write_text(TEXT.replace(old, new), encoding="utf-8")
    outcome = cli("run", "tiny.yaml")
    assert said in outcome.refusal()
    assert outcome.files == ["tiny.yaml"]
