"""What every classifier offers: outputs, gradients by the image, a history and an account, for all seeds at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from memsim.arrays import CrossbarLayer
from memsim.data.labelled import Split
from memsim.philox import Occasion
from memsim.results.weights import Kept

BLOCK = 1 << 26
"""Most bytes of signals that are made at once [byte]."""


class Lesson(NamedTuple):
    """What a classifier is trained on.

    Attributes
    ----------
    train, validation : Split
        Labelled images.
    classes : int
    seed : int
        Key of every random number.
    seeds : int
        Replicates, numbered from 0: each has its own fresh weights, devices, noise and order of the images.
    report : callable
        Called with the share of the training that is done, in [0, 1].
    """

    train: Split
    validation: Split
    classes: int
    seed: int
    seeds: int
    report: Callable[[float], None]


class History(NamedTuple):
    """Curves of training, (seed, epoch) each; NaN after the last epoch of a seed. See `classify.variables`."""

    loss: np.ndarray
    accuracy: np.ndarray
    validation_accuracy: np.ndarray
    lead: np.ndarray


class Account(NamedTuple):
    """What a classifier costs; arrays are (seed,), NaN where they say nothing."""

    parameters: float
    cells: float
    operations: float
    training_operations: np.ndarray
    epochs: np.ndarray
    best_epoch: np.ndarray
    pulses_set: np.ndarray
    pulses_reset: np.ndarray
    weight_error: np.ndarray


class Classifier(Protocol):
    """A trained method."""

    notes: list[str]
    """What a reader must know, such as a training that diverged."""

    @property
    def history(self) -> History:
        """Curves of training."""
        ...

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class).

        Parameters
        ----------
        x : (image, y, x) or (seed, image, y, x)
            Grey levels in [0, 1], the same for all seeds or one set for each; of networks also colours, with an axis
            of channels before y.
        occasion : Occasion
            Address of the read: for what, and which of those, so that no two share read noise.
        first : int
            Address of the first image, for sets that are read in parts.
        noise : bool
            Whether reads are noisy; else their expectation.
        """
        ...

    def sensitivity(self, x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Gradient of sum slope * outputs by the pixels, (seed, image, y, x), on expected outputs.

        Parameters
        ----------
        x : (image, y, x) or (seed, image, y, x)
            Images, see `outputs`.
        slope : (seed, image, class)
            Gradient by the outputs.
        """
        ...

    def account(self) -> Account:
        """What it costs."""
        ...

    def kept(self) -> Kept:
        """What its training left, for evaluations without training; nothing for what is programmed anew."""
        ...


class CellWeights(NamedTuple):
    """Weights that the cells of a classifier hold, in units in which those of all layers are alike; (seed, weight).

    Attributes
    ----------
    now : ndarray
        As outputs see them, with their correction.
    exact : ndarray
        Those that were to be programmed, or of learners in place those at the end of the training.
    deviation : ndarray
        Standard deviation in reads, also by noise that is slower than the reads of a data set.
    """

    now: np.ndarray
    exact: np.ndarray
    deviation: np.ndarray


class CellClassifier(Classifier, Protocol):
    """A trained method whose weights lie in cells; its reads take place within `compensation.SPAN`."""

    @property
    def analog_layers(self) -> dict[str, CrossbarLayer]:
        """All layers on crossbars, by a label for messages."""
        ...

    def cell_weights(self) -> CellWeights:
        """The weights now."""
        ...

    @property
    def cell_pulses(self) -> np.ndarray:
        """Set and reset pulses of each cell so far, (seed, cell)."""
        ...

    def program(self) -> None:
        """Program all cells once more, without corrections of the outputs."""
        ...

    def renormalise(self, x: np.ndarray, occasion: Occasion) -> None:
        """Compute the statistics of batch normalisations again for images x (image, y, x), see `Deployed`."""
        ...


def sets_of(x: np.ndarray, axes: int, seeds: int) -> Sequence[np.ndarray]:
    """The images of each seed: x itself if it has more axes than one set of images, else x for all of them."""
    return list(x) if x.ndim > axes else [x] * seeds


def no_history(seeds: int) -> History:
    """The history of what is not trained."""
    return History(*[np.full((seeds, 0), np.nan)] * 4)


def by_seed(fates: Sequence[str]) -> list[str]:
    """What became of the trainings, a text for each seed, empty if all went well; seeds with the same fate share it."""
    seeds: dict[str, list[str]] = {}
    for number, fate in enumerate(fates):
        if fate:
            seeds.setdefault(fate, []).append(str(number))
    return [f"repeat{'s' * (len(own) > 1)} {', '.join(own)}: {fate}" for fate, own in seeds.items()]
