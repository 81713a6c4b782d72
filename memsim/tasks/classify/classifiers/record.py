"""What a training leaves besides weights: its curves, and how long it took."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from memsim.results.weights import Kept, part_of
from memsim.tasks.classify.classifiers.classifier import History

_NAME = "training"


class Record(NamedTuple):
    """Curves and lengths of the training of all seeds.

    Attributes
    ----------
    history : History
        Curves, (seed, epoch) each.
    epochs, best_epoch, operations : (seed,)
        Epochs that were trained, the best of them, and multiply-accumulate operations; see `classify.variables`.
    """

    history: History
    epochs: np.ndarray
    best_epoch: np.ndarray
    operations: np.ndarray

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """All of it by name, as an evaluation needs it."""
        curves = self.history._asdict()
        lengths = {"epochs": self.epochs, "best_epoch": self.best_epoch, "operations": self.operations}
        return part_of(_NAME, curves | lengths)

    @classmethod
    def of(cls, kept: Kept, seeds: int, epochs: int) -> Record:
        """The record of an earlier training."""
        curves = (kept.array(f"{_NAME}.{name}", (seeds, epochs)) for name in History._fields)
        lengths = (kept.array(f"{_NAME}.{name}", (seeds,)) for name in cls._fields[1:])
        return cls(History(*curves), *lengths)
