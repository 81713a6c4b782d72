"""Crossbars that learn classes in place: an output a class, a local rule, an array for each seed."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import Crossbar, CrossbarLayer
from memsim.data.labelled import Split
from memsim.metrics.classes import lead, predicted
from memsim.networks.draws import Address, order
from memsim.philox import Occasion, Purpose
from memsim.profiles import DeviceProfile
from memsim.tasks.classify.classifiers.classifier import BLOCK, Account, History, Lesson, by_seed
from memsim.tasks.classify.classifiers.features import Features
from memsim.tasks.classify.classifiers.inputs import Inputs
from memsim.tasks.classify.schema import ClassifierSpec


class InPlace:
    """Crossbars of one learner, an array for each seed, trained with a local rule; see `Classifier`."""

    def __init__(self, spec: ClassifierSpec, device: DeviceProfile, lesson: Lesson, backend: str) -> None:
        self.spec = spec
        learning, array = spec.learning, spec.array
        self._lesson = lesson
        self._inputs = Inputs.fitted(learning.normalise, lesson.train.pixels)
        pixels = lesson.train.pixels[0].size
        cells: dict[str, Any] = {
            "arrays": lesson.seeds,
            "seed": lesson.seed,
            "bounds": array.learning_bounds,
            "dtype": array.dtype,
            "backend": backend,
            **array.circuit,
        }
        features = spec.features
        self._features: Features | None = None
        if features is not None:
            self._features = Features(
                features.layer,
                features.units,
                device,
                pixels,
                encoding=learning.encoded(device.spec.encoding),
                **cells,
            )
        rows = (features.units if features else pixels) + (learning.bias > 0)
        crossbar = Crossbar(
            device,
            rows,
            lesson.classes,
            column=array.column or spec.COLUMN,
            initial=array.initial,
            **cells,
        )
        self._layer = CrossbarLayer(crossbar, bias=learning.bias)
        self._encoding = learning.encoded(device.spec.encoding)
        self._fates = [""] * lesson.seeds
        # Sums of BLAS move with its threads, and what is learned with them; numbers that overflow are told of in notes.
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
            self.history = self._train(lesson)
        self.notes = by_seed(self._fates)
        if self.crossbar.planned:
            self.crossbar.program()
            self._calibrate(lesson)

    @property
    def crossbar(self) -> Crossbar:
        """The crossbars that learn the classes, an array for each seed."""
        return self._layer.crossbar

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class); see `Classifier`."""
        outputs = []
        with threadpool_limits(1, "blas"):
            for part in self._parts(x.shape[-3]):
                start = first + part.start
                rows = self._rows(x[..., part, :, :], occasion, start, noise)
                outputs.append(self._layer.read(rows, occasion, first_sample=start, noise=noise))
        return np.concatenate(outputs, axis=1)

    def sensitivity(self, x: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Gradient by the pixels, (seed, image, y, x); see `Classifier`."""
        weights = self.crossbar.effective_state.values
        inner = weights[:, : weights.shape[1] - (self.spec.learning.bias > 0)]
        with threadpool_limits(1, "blas"):
            rows = slope.astype(inner.dtype) @ inner.swapaxes(1, 2)
            if self.crossbar.device.spec.conduction is not None:
                signal = self._layer.signal(self._rows(x, None, 0, noise=False))
                wide = np.zeros((*rows.shape[:2], self.crossbar.shape[1]), rows.dtype)
                wide[:, :, : rows.shape[2]] = rows
                rows = self.crossbar.steepened(signal, wide, slope)[:, :, : rows.shape[2]]
            if self._features is not None:
                rows = self._features.slope(self._inputs.rows(x), rows)
        return self._inputs.slope(x, rows)

    def account(self) -> Account:
        """Parameters, cells, operations and pulses."""
        learning, features = self.spec.learning, self.spec.features
        crossbars = [self.crossbar, *([self._features.crossbar] if self._features else [])]
        operations = [float(math.prod(crossbar.shape[1:])) for crossbar in crossbars]
        layer = features.layer if features is not None else None
        learned = layer is not None and layer.learns
        shown = float(len(self._lesson.train))
        reads = operations[0] * learning.local_rule.reads + sum(operations[1:])
        before = operations[-1] * shown * layer.epochs if layer is not None else 0.0
        none = np.full(self._lesson.seeds, np.nan)
        return Account(
            parameters=sum(operations) if learned else operations[0],
            cells=float(sum(crossbar.state[0].size for crossbar in crossbars)),
            operations=sum(operations),
            training_operations=reads * shown * self._epochs + before,
            epochs=self._epochs,
            best_epoch=self._best,
            pulses_set=np.sum([crossbar.pulses.set.sum(1) for crossbar in crossbars], axis=0),
            pulses_reset=np.sum([crossbar.pulses.reset.sum(1) for crossbar in crossbars], axis=0),
            weight_error=none,
        )

    def _train(self, lesson: Lesson) -> History:
        """Curves of the training; every array stops by itself where patience ends."""
        learning, seeds = self.spec.learning, lesson.seeds
        before = self._learn_features(lesson)
        self._calibrate(lesson)
        best, curves = np.full(seeds, -1.0), np.full((4, seeds, learning.epochs), np.nan)
        self._best, self._epochs = np.zeros(seeds), np.zeros(seeds)
        active = np.ones(seeds, bool)
        for epoch in range(learning.epochs):
            for k, value in enumerate(self._kept_epoch(lesson, epoch, active)):
                curves[k, active, epoch] = value[active]
            self._epochs[active] = epoch + 1
            better = active & (curves[2, :, epoch] > best)
            best[better], self._best[better] = curves[2, better, epoch], epoch + 1
            if learning.patience is not None:
                active &= epoch + 1 - self._best < learning.patience
            lesson.report(before + (1 - before) * (epoch + 1) / learning.epochs)
            if not active.any():
                break
        return History(*curves)

    def _learn_features(self, lesson: Lesson) -> float:
        """Prepare the feature layer; the share of the whole work that this was."""
        features = self.spec.features
        if self._features is None or features is None:
            return 0.0
        epochs = features.layer.epochs
        share = epochs / (epochs + max(1, self.spec.learning.epochs))
        self._features.fit(
            self._inputs.rows(lesson.train.pixels),
            order=lambda epoch: self._orders(lesson, epoch, features=True),
            report=lambda done: lesson.report(share * done),
        )
        return share

    def _kept_epoch(self, lesson: Lesson, epoch: int, active: np.ndarray) -> tuple[np.ndarray, ...]:
        """Scores after one more epoch; arrays whose loss is not finite are put back, and are active no longer."""
        # Between bounds nothing overflows.
        before = None if np.isfinite(self.crossbar.bounds).all() else copy.deepcopy(self.crossbar)
        self._epoch(lesson, epoch, active)
        scores = self._scores(lesson, epoch)
        lost = active & ~np.isfinite(scores[0])
        if before is None or not lost.any():
            return scores
        where = self._places(lesson, epoch, lost, copy.deepcopy(before))
        kept = f"the array of epoch {epoch} is kept" if epoch else "the fresh array is kept"
        for number in np.flatnonzero(lost):
            self._fates[number] = f"the outputs are not finite {where[number]}; {kept}"
        active &= ~lost
        # Every number has an address, so the others learn the same again.
        self._layer.crossbar = before
        self._epoch(lesson, epoch, active)
        return self._scores(lesson, epoch)

    def _places(self, lesson: Lesson, epoch: int, lost: np.ndarray, crossbar: Crossbar) -> list[str]:
        """Where in an epoch the weights of some arrays stop being finite, from the crossbar before it."""
        where = [f"after epoch {epoch + 1}"] * lesson.seeds
        batch = self.spec.learning.batch
        steps, left = -(-len(lesson.train) // batch), lost.copy()
        for step, shown in enumerate(self._shown(lesson, epoch, batch), 1):
            self._teach(crossbar, epoch, *shown, active=lost)
            gone = left & ~np.isfinite(crossbar.state.values).all(axis=(1, 2))
            for number in np.flatnonzero(gone):
                where[number] = f"in epoch {epoch + 1}, step {step} of {steps}"
            left &= ~gone
            if not left.any():
                break
        return where

    def _epoch(self, lesson: Lesson, epoch: int, active: np.ndarray) -> None:
        """Show every training image once, to every array in an order of its own."""
        batch = self.spec.learning.batch
        size = lesson.seeds * (self.crossbar.shape[1] + lesson.train.pixels[0].size) * 8
        for shown in self._shown(lesson, epoch, max(1, BLOCK // size // batch) * batch):
            self._teach(self.crossbar, epoch, *shown, active=active)

    def _shown(self, lesson: Lesson, epoch: int, block: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Signals and targets of an epoch, so many images at once."""
        orders = self._orders(lesson, epoch)
        targets = np.float32(self.spec.learning.gain) * np.eye(lesson.classes, dtype=np.float32)
        occasion = Occasion(Purpose.TRAINING, epoch)
        for first in range(0, orders.shape[1], block):
            chosen = orders[:, first : first + block]
            rows = self._rows(lesson.train.pixels[chosen], occasion, first, noise=True)
            yield self._layer.signal(rows), targets[lesson.train.labels[chosen]]

    def _teach(
        self, crossbar: Crossbar, epoch: int, signal: np.ndarray, targets: np.ndarray, *, active: np.ndarray
    ) -> None:
        learning = self.spec.learning
        rule = dataclasses.replace(learning.local_rule, rate=learning.rate * learning.decay**epoch)  # type: ignore
        crossbar.train(rule, signal, targets, encoding=self._encoding, batch=learning.batch, active=active)

    def _orders(self, lesson: Lesson, epoch: int, *, features: bool = False) -> np.ndarray:
        """Numbers of the training images in the order of every seed, (seed, image)."""
        addresses = [Address(lesson.seed, number) for number in range(lesson.seeds)]
        return np.stack([order(len(lesson.train), address, epoch, features=features) for address in addresses])

    def _scores(self, lesson: Lesson, epoch: int) -> tuple[np.ndarray, ...]:
        """Validation loss, training accuracy, validation accuracy and lead of every array, (seed,) each."""
        self._calibrate(lesson)
        train = self.outputs(lesson.train.pixels, occasion=Occasion(Purpose.TRAINING_SCORE, epoch))
        outputs = self.outputs(lesson.validation.pixels, occasion=Occasion(Purpose.VALIDATION, epoch))
        wanted = self.spec.learning.gain * np.eye(lesson.classes)[lesson.validation.labels]
        loss = ((outputs - wanted) ** 2).sum(-1, dtype=float).mean(-1)
        return loss, accuracy(train, lesson.train), accuracy(outputs, lesson.validation), lead(outputs).mean(-1)

    def _calibrate(self, lesson: Lesson) -> None:
        """Set ranges that follow the outputs by those for training images, as many as are read at once."""
        adc = self.spec.array.adc
        if adc is not None and adc.calibrated:
            part = self._parts(len(lesson.train))[0]
            self._layer.calibrate(self._rows(lesson.train.pixels[part], None, 0, noise=False), gain=False)

    def _rows(self, x: np.ndarray, occasion: Occasion | None, first: int, noise: bool) -> np.ndarray:
        """Inputs of the learning crossbar without the bias, (image, row) or (seed, image, row)."""
        rows = self._inputs.rows(x)
        if self._features is not None:
            rows = self._features(rows, index=occasion, first_sample=first, noise=noise)
        return rows

    def _parts(self, count: int) -> list[slice]:
        """Parts of some images whose signals fit into `BLOCK`."""
        seeds, rows, _ = self.crossbar.shape
        size = max(1, BLOCK // (4 * seeds * (rows + self._lesson.train.pixels[0].size)))
        return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def accuracy(outputs: np.ndarray, split: Split) -> np.ndarray:
    """Share of the images that are recognised, (seed,)."""
    return (predicted(outputs) == split.labels).mean(-1)
