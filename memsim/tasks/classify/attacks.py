"""Attacks on classifiers: images moved inside an L-infinity ball and [0, 1] so that their margin falls.

==================  ================================================================================================
one step            x - radius sign(gradient of the margin at x). Goodfellow, Shlens & Szegedy, ICLR 2015
                    (arXiv:1412.6572), with the margin instead of the loss.
projected gradient  Steps of 2.5 radius / (number of steps) along the sign of the gradient, from the image on, each
                    projected into the ball and [0, 1]. Madry et al., ICLR 2018 (arXiv:1706.06083).
==================  ================================================================================================

The margin is the right output minus the largest other one. An image is recognised only if all points of the path are:
the image, that of the one step, and of the projected gradient those of all its steps. So it is never the weaker attack.

Learners with noisy reads are attacked, and judged, by their expected outputs: both are those of an attacker who
averages over many reads (expectation over transformation; Athalye et al., ICML 2018, arXiv:1802.00420 and 1707.07397).
Noise then hides no direction in which the margin falls, and is not mistaken for robustness. Of several layers the
expectation is taken layer by layer, and rounding of converters has the gradient of the number before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memsim.data.labelled import Split
from memsim.metrics.classes import margin, predicted
from memsim.philox import Occasion, Purpose, attacked_read
from memsim.tasks.classify.classifiers.classifier import BLOCK, Classifier

ATTACKS = ("one step", "projected gradient")
"""Labels of the attacks, the weaker one first."""
REACH = 2.5
"""Length of the whole path of the projected gradient in radii (Madry et al. 2018), so that it can turn around."""


class Path:
    """The points to which an attack has moved some images: whether all are recognised, and the one of smallest margin.

    Attributes
    ----------
    recognised : (seed, image)
        Whether the expected outputs at all points are right.
    margin : (seed, image)
        The smallest margin.
    point : (seed, image, ...)
        The image that has it.
    """

    def __init__(self, x: np.ndarray, outputs: np.ndarray, labels: np.ndarray) -> None:
        """The path of images x (image, ...) before an attack, with their expected outputs (seed, image, class)."""
        self.recognised = predicted(outputs) == labels
        self.margin = margin(outputs, labels)
        self.point = np.broadcast_to(x, (len(outputs), *x.shape)).copy()

    def add(self, x: np.ndarray, outputs: np.ndarray, labels: np.ndarray, images: np.ndarray) -> None:
        """Add a point (seed, some image, ...) of images with these numbers, its outputs and labels."""
        value = margin(outputs, labels)
        lower = ~(value >= self.margin[:, images])  # so is a margin that is not a number
        self.recognised[:, images] &= predicted(outputs) == labels
        self.margin[:, images] = np.where(lower, value, self.margin[:, images])
        wide = lower.reshape(*lower.shape, *[1] * (x.ndim - 2))
        self.point[:, images] = np.where(wide, x, self.point[:, images])

    def copy(self) -> Path:
        """The same points, to which others can be added."""
        same = object.__new__(Path)
        same.recognised, same.margin, same.point = self.recognised.copy(), self.margin.copy(), self.point.copy()
        return same


def margin_slope(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of the margin by the outputs (seed, image, class): 1 at the label, -1 at the largest other output."""
    wanted = np.arange(outputs.shape[-1]) == labels[:, None]
    other = np.where(wanted, -np.inf, outputs).argmax(-1)
    slope = np.broadcast_to(wanted, outputs.shape).astype(outputs.dtype)
    np.put_along_axis(slope, other[..., None], -1.0, axis=-1)
    return slope


def one_step(x: np.ndarray, gradient: np.ndarray, radius: float) -> np.ndarray:
    """Images (image, ...) moved by a radius against the sign of a gradient (seed, image, ...), cut to [0, 1]."""
    with np.errstate(invalid="ignore"):
        return np.clip(x - np.float32(radius) * np.sign(gradient), 0.0, 1.0).astype(np.float32)


def projected_gradient(
    classifier: Classifier,
    path: Path,
    x: np.ndarray,
    labels: np.ndarray,
    gradient: np.ndarray,
    radius: float,
    steps: int,
    step: float | None = None,
) -> None:
    """Add to a path the points of projected gradient descent on the margin, from the images on.

    Images that no seed recognises any more take no further steps.

    Parameters
    ----------
    classifier : Classifier
        What is attacked, by its expected outputs.
    path : Path
        Of the images, with earlier points.
    x : (image, ...)
        The images.
    labels : (image,)
        Their classes.
    gradient : (seed, image, ...)
        Of the margin, at the images.
    radius : float
        Largest change of a pixel.
    steps : int
        Number of steps.
    step : float, optional
        Change of a pixel by a step; `REACH` radius / steps if not given.
    """
    size = np.float32(REACH * radius / steps if step is None else step)
    low, high = np.maximum(x - np.float32(radius), 0), np.minimum(x + np.float32(radius), 1)
    point, images = np.broadcast_to(x, gradient.shape), np.arange(len(x))
    for number in range(1, steps + 1):
        left = path.recognised[:, images].any(0)
        if not left.any():
            break
        images, point, gradient = images[left], point[:, left], gradient[:, left]
        with np.errstate(invalid="ignore"):
            point = np.clip(point - size * np.sign(gradient), low[images], high[images]).astype(np.float32)
        outputs = classifier.outputs(point, occasion=Occasion(Purpose.PERTURBED), noise=False)
        path.add(point, outputs, labels[images], images)
        if number < steps:
            gradient = classifier.sensitivity(point, margin_slope(outputs, labels[images]))


def measure_perturbed(
    classifier: Classifier, test: Split, right: np.ndarray, epsilons: Sequence[float]
) -> dict[str, np.ndarray]:
    """Geometric margin, and the accuracy of noisy reads after one step, as registered variables without the learner.

    Parameters
    ----------
    classifier : Classifier
        What is attacked.
    test : Split
        Test images.
    right : (seed, image)
        Whether they are recognised as they are.
    epsilons : sequence of float
        Radii.
    """
    seeds, count = right.shape
    held = np.empty((seeds, len(epsilons), count), bool)
    distance = np.empty((seeds, count))
    for part in _parts(test, seeds, count):
        x, labels = test.pixels[part], test.labels[part]
        expected, gradient = _expected(classifier, x, labels)
        with np.errstate(over="ignore", invalid="ignore"):
            steepness = np.linalg.norm(gradient.reshape(*gradient.shape[:2], -1), axis=-1)
        scale = steepness * np.linalg.norm(x.reshape(len(x), -1), axis=-1)
        distance[:, part] = margin(expected, labels) / np.where(scale == 0, 1.0, scale)
        for k, epsilon in enumerate(epsilons):
            occasion = Occasion(Purpose.PERTURBED, k)
            outputs = classifier.outputs(one_step(x, gradient, epsilon), occasion=occasion, first=part.start)
            held[:, k, part] = right[:, part] & (predicted(outputs) == labels)
    return {"perturbed_accuracy": held.mean(-1), "test_geometric_margin": distance.mean(-1)}


def measure_attacked(
    classifier: Classifier, test: Split, seeds: int, radii: Sequence[float], steps: int, images: int
) -> dict[str, np.ndarray]:
    """Accuracies under both attacks, as registered variables without the learner.

    A ball holds all smaller ones: what the projected gradient has moved to another class stays there at larger radii.

    Parameters
    ----------
    classifier : Classifier
        What is attacked.
    test : Split
        Test images.
    seeds : int
        Replicates of the classifier.
    radii : sequence of float
        Ascending.
    steps : int
        Steps of the projected gradient.
    images : int
        How many of the test images are attacked at most, from the first on.
    """
    clean, held, read = [], [], []
    for part in _parts(test, seeds, min(images, len(test))):
        x, labels = test.pixels[part], test.labels[part]
        expected, gradient = _expected(classifier, x, labels)
        image, everything = Path(x, expected, labels), np.arange(len(x))
        strongest = image
        clean.append(image.recognised)
        recognised = np.empty((2, *image.recognised.shape[:1], len(ATTACKS), len(radii), len(x)), bool)
        for k, radius in enumerate(radii):
            moved = one_step(x, gradient, radius)
            outputs = classifier.outputs(moved, occasion=Occasion(Purpose.PERTURBED), noise=False)
            paths = image.copy(), strongest.copy()
            for path in paths:
                path.add(moved, outputs, labels, everything)
            projected_gradient(classifier, paths[1], x, labels, gradient, radius, steps)
            strongest = paths[1]
            for number, path in enumerate(paths):
                occasion = Occasion(Purpose.PERTURBED, attacked_read(1 + number, k))
                noisy = classifier.outputs(path.point, occasion=occasion, first=part.start)
                recognised[0, :, number, k] = path.recognised
                recognised[1, :, number, k] = path.recognised & (predicted(noisy) == labels)
        held.append(recognised[0])
        read.append(recognised[1])
    parts = {"attack_clean_accuracy": clean, "attacked_accuracy": held, "attacked_read_accuracy": read}
    return {name: np.concatenate(values, axis=-1).mean(-1) for name, values in parts.items()}


def _expected(classifier: Classifier, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected outputs (seed, image, class) for images, and the gradient of their margin (seed, image, ...)."""
    expected = classifier.outputs(x, occasion=Occasion(Purpose.CLEAN), noise=False)
    return expected, classifier.sensitivity(x, margin_slope(expected, labels))


def _parts(test: Split, seeds: int, count: int) -> list[slice]:
    """Parts of the first test images whose copies for all seeds fit into `BLOCK`."""
    size = max(1, BLOCK // (seeds * test.pixels[0].size * 8))
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]
