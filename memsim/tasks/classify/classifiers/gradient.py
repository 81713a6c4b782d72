"""Networks trained by gradients on the same images, one for each seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.backends import resolve
from memsim.networks import Architecture, Fit, Network, fit
from memsim.networks.parts import host
from memsim.philox import Occasion
from memsim.tasks.classify.classifiers.classifier import Account, History, Lesson, by_seed
from memsim.tasks.classify.schema import ArchitectureSpec, ClassifierSpec


class Gradient:
    """Networks of one learner, one for each seed, on grey levels as they are; see `Classifier`."""

    def __init__(self, spec: ClassifierSpec, lesson: Lesson, backend: str) -> None:
        self.spec = spec
        self._lesson = lesson
        self._xp = resolve(backend).xp
        self.fits = [self._fit(number) for number in range(lesson.seeds)]
        self.notes = by_seed([found.message if found.ended == "diverged" else "" for found in self.fits])

    @property
    def networks(self) -> list[Network]:
        """The best checkpoint of every seed, with NumPy arrays."""
        return [found.network.host for found in self.fits]

    @property
    def history(self) -> History:
        """Curves of training."""
        curves = np.full((4, len(self.fits), self.spec.training.epochs), np.nan)
        for seed, found in enumerate(self.fits):
            for epoch, made in enumerate(found.history):
                curves[:, seed, epoch] = made.validation_loss, made.accuracy, made.validation_accuracy, made.snr
        return History(*curves)

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class); see `Classifier`. Networks have no read noise."""
        sets = x if x.ndim == 4 else [x] * len(self.fits)
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
            return np.stack(
                [host(found.network.outputs(own[:, None])) for found, own in zip(self.fits, sets, strict=True)]
            )

    def sensitivity(self, x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Gradient by the pixels, (seed, image, y, x); see `Classifier`."""
        return gradients([found.network for found in self.fits], x, slope)

    def account(self) -> Account:
        """Parameters and operations."""
        network = self.networks[0]
        epochs = np.array([len(found.history) for found in self.fits], float)
        none = np.full(len(self.fits), np.nan)
        return Account(
            parameters=float(network.count),
            cells=np.nan,
            operations=float(network.operations),
            training_operations=3.0 * network.operations * len(self._lesson.train) * epochs,
            epochs=epochs,
            best_epoch=np.array([found.epoch for found in self.fits], float),
            pulses_set=none,
            pulses_reset=none,
            weight_error=none,
        )

    def _fit(self, number: int) -> Fit:
        training, own, lesson = self.spec.training, self.spec.network, self._lesson
        if own is None:
            raise TypeError("a learner without a network")
        architecture = architecture_of(own, lesson.train.pixels.shape[1:], lesson.classes)
        whole = lesson.seeds * max(1, training.epochs)
        fresh = Network.fresh(architecture, seed=lesson.seed, number=number).to(self._xp)
        return fit(
            fresh,
            (lesson.train.pixels[:, None], lesson.train.labels),
            (lesson.validation.pixels[:, None], lesson.validation.labels),
            loss=training.objective,
            optimiser=training.optimisation,
            epochs=training.epochs,
            seed=lesson.seed,
            batch=training.batch,
            number=number,
            mixup=training.mixup,
            ema=training.ema,
            patience=training.patience,
            select=training.select,
            progress=lambda state: lesson.report((number * training.epochs + len(state.history)) / whole),
        )


def architecture_of(spec: ArchitectureSpec, shape: Sequence[int], classes: int) -> Architecture:
    """The architecture for grey images of (y, x).

    Raises
    ------
    InputError
        If it lacks one of the settings that are given, or the images are too small for it.
    """
    return Architecture(spec.architecture, (1, *shape), classes, spec.hidden, spec.channels, spec.dropout, spec.dtype)


def gradients(networks: list[Network], x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Gradient of sum slope * outputs by the pixels, (seed, image, y, x), a network for each seed."""
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
        found = [host(network.sensitivity(x[:, None], own))[:, 0] for network, own in zip(networks, slope, strict=True)]
    return np.stack(found)
