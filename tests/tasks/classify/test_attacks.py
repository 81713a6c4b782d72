"""Attacks against closed forms of linear classifiers, their limits, and learners with noisy reads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import memsim as ms
from memsim.data.labelled import Split
from memsim.errors import InputError
from memsim.experiments.loading import experiment_from_text
from memsim.philox import attacked_read, corrupted_read
from memsim.plotting import LacksError, draw
from memsim.profiles import load_device
from memsim.tasks.classify import attacks as at
from memsim.tasks.classify.classifiers.classifier import Lesson
from memsim.tasks.classify.classifiers.gradient import Gradient
from memsim.tasks.classify.classifiers.in_place import InPlace
from memsim.tasks.classify.classifiers.on_crossbars import OnCrossbars
from memsim.tasks.classify.schema import ClassifierSpec
from memsim.tasks.classify.table import print_metrics, print_overview

SIDE = 4
RADII = (0.02, 0.05, 0.1, 0.2)


class Layers:
    """Classifiers of NumPy alone: one linear layer, or two with tanh between them; a set of weights for each seed."""

    def __init__(self, *weights: np.ndarray) -> None:
        self.weights = weights

    def outputs(self, x, *, occasion, first=0, noise=True):
        last = x.reshape(*x.shape[:-2], -1) @ self.weights[0]
        for weights in self.weights[1:]:
            last = np.tanh(last) @ weights
        return last

    def sensitivity(self, x, slope):
        for weights in self.weights[:0:-1]:
            inner = np.tanh(x.reshape(*x.shape[:-2], -1) @ self.weights[0])
            slope = (slope @ weights.swapaxes(1, 2)) * (1 - inner**2)
        gradient = slope @ self.weights[0].swapaxes(1, 2)
        return gradient.reshape(*gradient.shape[:2], SIDE, SIDE)


def linear(classes: int, seeds: int = 2) -> Layers:
    return Layers(np.random.default_rng(classes).normal(size=(seeds, SIDE**2, classes)))


def tanh_layers(classes: int = 4, seeds: int = 3) -> Layers:
    draw = np.random.default_rng(1)
    return Layers(draw.normal(size=(seeds, SIDE**2, 30)), draw.normal(size=(seeds, 30, classes)))


def images(classifier: Layers, low: float, high: float, count: int = 40) -> Split:
    """Images, of which the first seed recognises all."""
    x = np.random.default_rng(7).uniform(low, high, (count, SIDE, SIDE)).astype(np.float32)
    return Split(x, classifier.outputs(x, occasion=None)[0].argmax(-1))


def attacked(classifier: Layers, split: Split, radius: float, steps: int, step: float | None = None, *, alone=True):
    """The path of a projected gradient without the one step, or with it."""
    x, labels = split.pixels, split.labels
    outputs = classifier.outputs(x, occasion=None)
    gradient = classifier.sensitivity(x, at.margin_slope(outputs, labels))
    path = at.Path(x, outputs, labels)
    if not alone:
        moved = at.one_step(x, gradient, radius)
        path.add(moved, classifier.outputs(moved, occasion=None), labels, np.arange(len(x)))
    at.projected_gradient(classifier, path, x, labels, gradient, radius, steps, step)
    return path


class TestClosedForms:
    @pytest.mark.parametrize("radius", [0.01, 0.1, 0.25])
    def test_the_margin_of_two_classes_falls_by_the_radius_times_the_l1_norm(self, radius):
        classifier = linear(2)
        split = images(classifier, 0.3, 0.7)  # no pixel is cut
        outputs = classifier.outputs(split.pixels, occasion=None)
        sign = np.where(split.labels == 0, 1, -1)
        margins = sign * (outputs[..., 0] - outputs[..., 1])
        fall = radius * np.abs(classifier.weights[0][..., 0] - classifier.weights[0][..., 1]).sum(-1)
        gradient = classifier.sensitivity(split.pixels, at.margin_slope(outputs, split.labels))
        moved = classifier.outputs(at.one_step(split.pixels, gradient, radius), occasion=None)
        np.testing.assert_allclose(sign * (moved[..., 0] - moved[..., 1]), margins - fall[:, None], atol=1e-5)
        path = attacked(classifier, split, radius, 10)
        np.testing.assert_array_equal(path.recognised, margins > fall[:, None])
        still = path.recognised.any(0)  # the others take no further steps
        np.testing.assert_allclose(path.margin[:, still], (margins - fall[:, None])[:, still], atol=1e-5)

    def test_with_pixels_at_the_ends_both_attacks_find_the_corner_of_the_box(self):
        classifier = linear(2)
        split = images(classifier, 0.0, 1.0)
        measured = at.measure_attacked(classifier, split, 2, RADII, 10, 1000)["attacked_accuracy"]
        sign = np.where(split.labels == 0, 1, -1)[:, None, None]
        slope = sign * (classifier.weights[0][..., 0] - classifier.weights[0][..., 1]).reshape(2, 1, SIDE, SIDE)
        for k, radius in enumerate(RADII):
            low, high = np.maximum(split.pixels - radius, 0), np.minimum(split.pixels + radius, 1)
            worst = np.minimum(slope * low, slope * high).sum((-2, -1))
            np.testing.assert_allclose(measured[:, 0, k], (worst > 0).mean(-1))
            np.testing.assert_allclose(measured[:, 1, k], (worst > 0).mean(-1))


class TestLimits:
    @pytest.mark.parametrize("radius", RADII)
    def test_every_point_lies_in_the_ball_and_in_the_range_of_pixels(self, radius):
        classifier = tanh_layers()
        split = images(classifier, 0.0, 1.0)
        point = attacked(classifier, split, radius, 10).point
        assert np.abs(point - split.pixels).max() <= radius + 1e-6
        assert point.min() >= 0 and point.max() <= 1

    def test_the_projected_gradient_is_never_weaker_and_sometimes_stronger_than_one_step(self):
        classifier = tanh_layers()
        split = images(classifier, 0.0, 1.0, 200)
        measured = at.measure_attacked(classifier, split, 3, RADII, 10, 1000)
        step, projected = measured["attacked_accuracy"].swapaxes(0, 1)
        assert (projected <= step).all() and projected.mean() < step.mean() - 0.01
        assert (step <= measured["attack_clean_accuracy"][:, None]).all()
        assert (np.diff(projected, axis=-1) <= 0).all()  # larger balls hold the smaller ones
        assert (measured["attacked_read_accuracy"] == measured["attacked_accuracy"]).all()  # these reads have no noise

    def test_more_steps_of_one_length_never_raise_the_accuracy(self):
        classifier = tanh_layers()
        split = images(classifier, 0.0, 1.0, 100)
        shares = [attacked(classifier, split, 0.1, steps, 0.02).recognised for steps in (1, 2, 5, 10, 20)]
        for fewer, more in itertools.pairwise(shares):
            assert (more <= fewer).all()
        assert shares[-1].mean() < shares[0].mean()

    def test_the_first_images_alone_are_attacked(self):
        classifier = tanh_layers()
        split = images(classifier, 0.0, 1.0, 30)
        few = at.measure_attacked(classifier, split, 3, [0.1], 3, 12)
        alone = at.measure_attacked(classifier, Split(split.pixels[:12], split.labels[:12]), 3, [0.1], 3, 200)
        for name, values in few.items():
            np.testing.assert_array_equal(values, alone[name])

    def test_parts_of_the_images_give_the_same(self, monkeypatch):
        classifier = tanh_layers()
        split = images(classifier, 0.0, 1.0, 30)
        whole = at.measure_attacked(classifier, split, 3, RADII, 5, 200)
        monkeypatch.setattr(at, "BLOCK", 3 * SIDE**2 * 8 * 7)
        for name, values in at.measure_attacked(classifier, split, 3, RADII, 5, 200).items():
            np.testing.assert_array_equal(values, whole[name])

    def test_outputs_that_are_not_numbers_are_not_recognised(self):
        classifier = Layers(np.full((1, SIDE**2, 3), np.nan))
        split = Split(np.zeros((4, SIDE, SIDE), np.float32), np.zeros(4, int))
        for values in at.measure_attacked(classifier, split, 1, RADII, 3, 200).values():
            assert (values == 0).all()


TEXT = """\
name: tiny
task: classify
data: {source: digits, samples: 200}
learners:
  - name: Layers
    network: {architecture: two-layer, hidden: 16}
    training: {rate: 0.01, epochs: 6, batch: 16}
  - name: Quiet
    programmed: {learner: Layers}
    array: {device: epiram-choi2018, ideal: [read]}
  - name: Noisy
    programmed: {learner: Layers}
    array: {device: {extends: epiram-choi2018, read: {noise: {sigma: 60 %}}}}
  - name: In place
    array: {device: taox-hfox-wu2018}
    learning: {rule: delta, rate: 0.01, epochs: 3, normalise: length}
    features: {units: 20}
corruptions: {gaussian: [0.3]}
perturbations: [0.02, 0.05, 0.1]
attack: {steps: 4}
seeds: 2
"""


@pytest.fixture(scope="module")
def result():
    return ms.run(experiment_from_text(TEXT, "tiny.yaml"))


class TestLearners:
    @pytest.mark.slow
    def test_read_noise_is_not_mistaken_for_robustness(self, result):
        quiet, noisy = result.sel(learner="Quiet"), result.sel(learner="Noisy")
        assert noisy.test_accuracy.mean() < quiet.test_accuracy.mean() - 0.05  # the noise is large
        np.testing.assert_array_equal(noisy.attacked_accuracy, quiet.attacked_accuracy)
        np.testing.assert_array_equal(noisy.attack_clean_accuracy, quiet.attack_clean_accuracy)
        assert (noisy.attacked_read_accuracy <= noisy.attacked_accuracy).all()
        np.testing.assert_array_equal(quiet.attacked_read_accuracy, quiet.attacked_accuracy)

    def test_for_all_learners_the_projected_gradient_is_never_weaker_than_one_step(self, result):
        step, projected = (result.attacked_accuracy.sel(attack=name) for name in at.ATTACKS)
        assert (projected <= step).all() and (step <= result.attack_clean_accuracy).all()

    def test_one_step_on_a_network_is_the_worst_case_of_earlier_versions(self, result):
        layers = result.sel(learner="Layers")  # fewer than 200 test images: all are attacked
        np.testing.assert_array_equal(layers.attacked_accuracy.sel(attack="one step"), layers.perturbed_accuracy)

    def test_tables_show_both_attacks_and_results_of_earlier_versions_none(self, result, capsys):
        print_overview(result)
        print_metrics(result)
        printed = capsys.readouterr().out
        assert "one step / projected gradient" in printed and "projected gradient  0.02: " in printed
        names = ["attacked_accuracy", "attacked_read_accuracy", "attack_clean_accuracy", "attack"]
        names += [name for name in result.data_vars if "relative_corruption_error" in str(name)]
        older = result.drop_vars(names)
        print_overview(older)
        print_metrics(older)
        assert "projected" not in capsys.readouterr().out
        with pytest.raises(LacksError, match="'attacks' needs 'attacked_accuracy', which older versions"):
            draw(older, "attacks")

    def test_the_figure_has_a_panel_for_each_attack_from_the_clean_images_on(self, result):
        panels = draw(result, "attacks").axes
        assert [axes.get_title("left") for axes in panels] == ["One step", "Projected gradient"]
        for axes, name in zip(panels, at.ATTACKS, strict=True):
            line = next(line for line in axes.lines if line.get_label().startswith(" Layers"))
            layers = result.sel(learner="Layers", attack=name).mean("repeat")
            assert list(line.get_xdata()) == [0.0, 0.02, 0.05, 0.1]
            np.testing.assert_allclose(
                line.get_ydata(), 100 * np.array([layers.attack_clean_accuracy, *layers.attacked_accuracy])
            )


@pytest.mark.slow
class TestImagesOfEachSeed:
    """Gradients of images that differ by seed are those of each seed's own images."""

    @pytest.mark.parametrize("normalise", ["none", "length", "standard"])
    @pytest.mark.parametrize("features", [None, {"units": 12}, {"kind": "competitive", "units": 12}])
    @pytest.mark.parametrize("device", ["ideal", "agsi-jo2010"])
    def test_of_learners_in_place(self, normalise, features, device):

        sections = {} if features is None else {"features": features}
        spec = ClassifierSpec(name="L", learning={"epochs": 1, "normalise": normalise}, **sections)
        agrees(InPlace(spec, load_device(device), lesson(), "cpu"))

    def test_of_networks_on_crossbars(self):

        network = {"architecture": "two-layer", "hidden": 8}
        trained = Gradient(ClassifierSpec(name="N", network=network, training={"epochs": 1}), lesson(), "cpu")
        spec = ClassifierSpec(name="P", programmed={"learner": "N"})
        agrees(OnCrossbars(spec, load_device("epiram-choi2018"), trained, lesson(), "cpu"))
        agrees(trained)


def lesson():
    digits = ms.load_labelled("digits", samples=100)
    return Lesson(digits.train, digits.validation, 10, 42, 2, lambda done: None)


def agrees(classifier) -> None:
    draws = np.random.default_rng(0)
    x = draws.uniform(0, 1, (2, 5, 8, 8)).astype(np.float32)
    slope = draws.normal(size=(2, 5, 10)).astype(np.float32)
    gradients = classifier.sensitivity(x, slope)
    assert gradients.shape == x.shape
    for seed in range(2):
        np.testing.assert_allclose(gradients[seed], classifier.sensitivity(x[seed], slope)[seed], rtol=1e-4, atol=1e-5)


def test_reads_of_attacks_have_addresses_of_their_own():
    numbers = {attacked_read(attack, radius) for attack in range(3) for radius in range(20)}
    assert len(numbers) == 60 and attacked_read(0, 7) == 7 and attacked_read(2, 5) == corrupted_read(2, 5)
    with pytest.raises(InputError, match="radius: 4096 is not a whole number"):
        attacked_read(1, 4096)


@pytest.mark.parametrize(
    ("attack", "text"),
    [("{steps: 0}", "0 is out of range; allowed: 1 to 1000"), ("{step: 3}", "did you mean 'steps'?")],
)
def test_a_mistake_is_one_line(attack, text):
    with pytest.raises(InputError, match=text.replace("?", r"\?")):
        experiment_from_text(TEXT.replace("{steps: 4}", attack), "tiny.yaml")
