"""Networks trained by gradients on the same images, one for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.backends import resolve
from memsim.networks import Architecture, Fit, Network, fit
from memsim.networks.chain import Chain
from memsim.networks.parts import host
from memsim.philox import Occasion
from memsim.results.weights import Kept, part_of
from memsim.tasks.classify.classifiers.classifier import Account, History, Lesson, by_seed, sets_of
from memsim.tasks.classify.classifiers.record import Record
from memsim.tasks.classify.schema import ArchitectureSpec, ClassifierSpec

_NETWORK = "network"
"""Name of the parameters among what is kept."""


class Gradient:
    """Networks of one learner, one for each seed, on grey levels or colours as they are; see `Classifier`.

    They are trained, or those of an earlier training where this is kept.
    """

    def __init__(self, spec: ClassifierSpec, lesson: Lesson, backend: str, kept: Kept | None = None) -> None:
        if spec.network is None:
            raise TypeError("a learner without a network")
        self.spec = spec
        self._lesson = lesson
        self._xp = resolve(backend).xp
        self._engine = engine_of(spec.training.engine, resolve(backend).name)
        self._architecture = architecture_of(spec.network, lesson.train.pixels.shape[1:], lesson.classes)
        if kept is None:
            fits = [self._fit(number) for number in range(lesson.seeds)]
            self._networks = [found.network for found in fits]
            self._record = self._recorded(fits)
            self.notes = by_seed([found.message if found.ended == "diverged" else "" for found in fits])
        else:
            self._networks = self._stored(kept.named(_NETWORK))
            self._record = Record.of(kept, lesson.seeds, spec.training.epochs)
            self.notes = list(kept.notes)

    @property
    def networks(self) -> list[Network]:
        """The best checkpoint of every seed, with NumPy arrays."""
        return [network.host for network in self._networks]

    @property
    def history(self) -> History:
        """Curves of training."""
        return self._record.history

    @property
    def images(self) -> int:
        """Number of training images."""
        return len(self._lesson.train)

    def kept(self) -> Kept:
        """Parameters of the best checkpoints, (seed, ...) each; see `Classifier`."""
        networks = [network.parameters for network in self.networks]
        stacked = {name: np.stack([parameters[name] for parameters in networks]) for name in networks[0]}
        return Kept(part_of(_NETWORK, stacked) | self._record.arrays, self.notes)

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class); see `Classifier`. Networks have no read noise."""
        sets = self._sets(x)
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
            pairs = zip(self._networks, sets, strict=True)
            return np.stack([host(network.outputs(samples(own, network))) for network, own in pairs])

    def sensitivity(self, x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Gradient by the pixels, (seed, image, y, x); see `Classifier`."""
        return gradients(self._networks, self._sets(x), slope)

    def account(self) -> Account:
        """Parameters and operations."""
        network = self._networks[0]
        none = np.full(len(self._networks), np.nan)
        return Account(
            parameters=float(network.count),
            cells=np.nan,
            operations=float(network.operations),
            training_operations=self._record.operations,
            epochs=self._record.epochs,
            best_epoch=self._record.best_epoch,
            pulses_set=none,
            pulses_reset=none,
            weight_error=none,
        )

    def _sets(self, x: np.ndarray) -> Sequence[np.ndarray]:
        """The images of each seed."""
        return sets_of(x, self._lesson.train.pixels.ndim, len(self._networks))

    def _fit(self, number: int) -> Fit:
        training, lesson = self.spec.training, self._lesson
        whole = lesson.seeds * max(1, training.epochs)
        fresh = Network.fresh(self._architecture, seed=lesson.seed, number=number, engine=self._engine).to(self._xp)
        return fit(
            fresh,
            (samples(lesson.train.pixels, fresh), lesson.train.labels),
            (samples(lesson.validation.pixels, fresh), lesson.validation.labels),
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
            weight_noise=training.weight_noise,
            progress=lambda state: lesson.report((number * training.epochs + len(state.history)) / whole),
        )

    def _recorded(self, fits: Sequence[Fit]) -> Record:
        """What the trainings leave besides weights."""
        curves = np.full((4, len(fits), self.spec.training.epochs), np.nan)
        for seed, found in enumerate(fits):
            for epoch, made in enumerate(found.history):
                curves[:, seed, epoch] = made.validation_loss, made.accuracy, made.validation_accuracy, made.snr
        epochs = np.array([len(found.history) for found in fits], float)
        best = np.array([found.epoch for found in fits], float)
        operations = 3.0 * fits[0].network.operations * len(self._lesson.train) * epochs
        return Record(History(*curves), epochs, best, operations)

    def _stored(self, kept: Kept) -> list[Network]:
        """The networks of an earlier training, of every seed."""
        seeds, seed = self._lesson.seeds, self._lesson.seed
        fresh = Network.fresh(self._architecture, seed=seed, engine=self._engine)
        read = {name: kept.array(name, (seeds, *like.shape), like.dtype) for name, like in fresh.parameters.items()}
        self._lesson.report(1.0)
        return [
            fresh.replace({name: values[number] for name, values in read.items()}).to(self._xp)
            for number in range(seeds)
        ]


def architecture_of(spec: ArchitectureSpec, shape: Sequence[int], classes: int) -> Architecture:
    """The architecture for images of (y, x) or (channel, y, x).

    Raises
    ------
    InputError
        If it lacks one of the settings that are given, or the images are too small for it.
    """
    shape = (1, *shape) if len(shape) == 2 else tuple(shape)
    return Architecture(spec.architecture, shape, classes, spec.hidden, spec.channels, spec.dropout, spec.dtype)


def engine_of(name: str, backend: str) -> type[Chain]:
    """The class of chains that computes the networks of an engine.

    Parameters
    ----------
    name : {"memsim", "torch", "auto"}
        "auto" is torch where PyTorch is installed.
    backend : {"cpu", "cuda"}
        Where the run computes.

    Raises
    ------
    InputError
        If PyTorch is not installed, or does not compute there.
    """
    if not uses_torch(name):
        return Chain
    from memsim.torch.engine import torch_chain

    return torch_chain(backend)


def uses_torch(engine: str) -> bool:
    """Whether PyTorch computes the networks of an engine here."""
    return engine == "torch" or (engine == "auto" and find_spec("torch") is not None)


def samples(images: np.ndarray, network: Network) -> np.ndarray:
    """Images (image, y, x) or (image, channel, y, x) as a network takes them, (image, channel, y, x)."""
    return images.reshape(len(images), *network.architecture.shape)


def gradients(networks: Sequence[Network], sets: Sequence[np.ndarray], slope: np.ndarray) -> np.ndarray:
    """Gradient of sum slope * outputs by the pixels, (seed, image, ...), a network and images for each seed."""
    with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
        found = [
            host(network.sensitivity(samples(x, network), own)).reshape(x.shape)
            for network, x, own in zip(networks, sets, slope, strict=True)
        ]
    return np.stack(found)
