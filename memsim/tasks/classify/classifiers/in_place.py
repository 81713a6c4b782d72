"""Crossbars that learn classes in place: an output a class, a local rule, an array for each seed."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import Crossbar, CrossbarLayer
from memsim.arrays.compensation import SPAN
from memsim.data.labelled import Split
from memsim.energy.report import LayerEvents
from memsim.metrics.classes import lead, predicted
from memsim.networks.draws import Address, order
from memsim.philox import Occasion, Purpose
from memsim.profiles import DeviceProfile
from memsim.results.weights import Kept, part_of
from memsim.tasks.aged_layers import program_again
from memsim.tasks.classify.classifiers.classifier import BLOCK, Account, CellWeights, History, Lesson, by_seed
from memsim.tasks.classify.classifiers.features import Features
from memsim.tasks.classify.classifiers.inputs import Inputs
from memsim.tasks.classify.classifiers.record import Record
from memsim.tasks.classify.schema import ClassifierSpec
from memsim.tasks.energy_costs import split_by_array

_INPUTS, _FEATURES, _CROSSBAR = "inputs", "features", "crossbar"
"""Names of the parts of what is kept."""


class InPlace:
    """Crossbars of one learner, an array for each seed, trained with a local rule; see `Classifier`.

    They are trained, or those of an earlier training where this is kept.
    """

    def __init__(
        self, spec: ClassifierSpec, device: DeviceProfile, lesson: Lesson, backend: str, kept: Kept | None = None
    ) -> None:
        self.spec = spec
        learning, array = spec.learning, spec.array
        self._lesson = lesson
        pixels = lesson.train.pixels[0].size
        if kept is None:
            self._inputs = Inputs.fitted(learning.normalise, lesson.train.pixels)
        else:
            self._inputs = Inputs.of(learning.normalise, kept.named(_INPUTS), pixels)
        cells: dict[str, Any] = {
            "arrays": lesson.seeds,
            "seed": lesson.seed,
            "bounds": array.learning_bounds,
            "dtype": array.dtype,
            "backend": backend,
            "count_cell_pulses": True,
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
        self._learned: list[tuple[np.ndarray, np.ndarray]] = []
        self._fates = [""] * lesson.seeds
        self.epoch_events: list[list[dict[str, LayerEvents]]] = []
        # Sums of BLAS move with its threads, and what is learned with them; numbers that overflow are told of in notes.
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):
            self._record = self._train(lesson) if kept is None else self._restore(lesson, kept)
        self.notes = by_seed(self._fates) if kept is None else list(kept.notes)
        if self.crossbar.planned:
            self.crossbar.program()
            self._calibrate(lesson)

    @property
    def history(self) -> History:
        """Curves of training."""
        return self._record.history

    @property
    def crossbar(self) -> Crossbar:
        """The crossbars that learn the classes, an array for each seed."""
        return self._layer.crossbar

    @property
    def analog_layers(self) -> dict[str, CrossbarLayer]:
        """The layer of features, if there is one, and the layer that learns; see `CellClassifier`."""
        features = {} if self._features is None else {"the layer of features": self._features.layer_on_crossbar}
        return features | {"the layer that learns": self._layer}

    @property
    def event_counts(self) -> list[dict[str, LayerEvents]]:
        """Events of each layer, of each seed: of the training until its own last epoch; see `CellClassifier`."""
        now = self._events()
        if not self.epoch_events:
            return now
        last = np.maximum(self._record.epochs.astype(int), 1) - 1
        trained = [self.epoch_events[epoch][seed] for seed, epoch in enumerate(last)]
        return [
            {
                name: LayerEvents(layer.circuit, {**layer.counts, "training": before[name].counts["training"]})
                for name, layer in own.items()
            }
            for own, before in zip(now, trained, strict=True)
        ]

    def _events(self) -> list[dict[str, LayerEvents]]:
        """Events of each layer so far, of each seed."""
        layers = {name: layer.crossbar.event_counts for name, layer in self.analog_layers.items()}
        return split_by_array(layers, self._lesson.seeds)

    def outputs(self, x: np.ndarray, *, occasion: Occasion, first: int = 0, noise: bool = True) -> np.ndarray:
        """Outputs (seed, image, class); see `Classifier`."""
        outputs = []
        with threadpool_limits(1, "blas"):
            for part in self._parts(x.shape[-3]):
                start = first + part.start
                rows = self._rows(x[..., part, :, :], occasion, start, noise)
                outputs.append(self._layer.read(rows, occasion, first_sample=start, noise=noise, within=SPAN))
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

    def cell_weights(self) -> CellWeights:
        """The weights of all layers in units of the window; see `CellClassifier`."""
        layers = self.analog_layers.values()
        self.remember()
        now = [layer.crossbar.weights.values * layer.correction for layer in layers]
        deviation = [np.abs(layer.correction) * layer.crossbar.weight_deviation() for layer in layers]
        learned = [weights for _, weights in self._learned]
        joined = (np.concatenate([own.reshape(len(own), -1) for own in part], 1) for part in (now, learned, deviation))
        return CellWeights(*(np.asarray(part, float) for part in joined))

    @property
    def cell_pulses(self) -> np.ndarray:
        """Pulses of the cells of all layers; see `CellClassifier`."""
        counts = [layer.crossbar.cell_pulses.values.sum(-1) for layer in self.analog_layers.values()]
        return np.concatenate([own.reshape(len(own), -1) for own in counts], axis=1)

    def remember(self) -> None:
        """Keep the states and weights that the training left, the first time that this is called."""
        if not self._learned:
            crossbars = [layer.crossbar for layer in self.analog_layers.values()]
            self._learned = [(crossbar.state.values, crossbar.weights.values) for crossbar in crossbars]

    def program(self) -> None:
        """Program the states that the training left once more; see `CellClassifier`."""
        self.remember()
        for layer, (states, _) in zip(self.analog_layers.values(), self._learned, strict=True):
            program_again(layer, states)

    def renormalise(self, x: np.ndarray, occasion: Occasion) -> None:
        """Refused before: these layers have no batch normalisation; see `CellClassifier`."""
        raise TypeError("learners in place have no batch normalisation")

    def kept(self) -> Kept:
        """Cells as they are now, and what inputs and features were fitted to; see `Classifier`."""
        arrays = part_of(_INPUTS, self._inputs.arrays) | part_of(_CROSSBAR, self.crossbar.memory())
        if self._features is not None:
            arrays |= part_of(_FEATURES, self._features.kept())
        return Kept(arrays | self._record.arrays, self.notes)

    def account(self) -> Account:
        """Parameters, cells, operations and pulses."""
        features = self.spec.features
        crossbars = [self.crossbar, *([self._features.crossbar] if self._features else [])]
        learned = features is not None and features.layer.learns
        none = np.full(self._lesson.seeds, np.nan)
        return Account(
            parameters=sum(self._operations) if learned else self._operations[0],
            cells=float(sum(crossbar.state[0].size for crossbar in crossbars)),
            operations=sum(self._operations),
            training_operations=self._record.operations,
            epochs=self._record.epochs,
            best_epoch=self._record.best_epoch,
            pulses_set=np.sum([crossbar.pulses.set.sum(1) for crossbar in crossbars], axis=0),
            pulses_reset=np.sum([crossbar.pulses.reset.sum(1) for crossbar in crossbars], axis=0),
            weight_error=none,
        )

    @property
    def _operations(self) -> list[float]:
        """Multiply-accumulate operations for the outputs of one image: of the classes, and of the features."""
        crossbars = [self.crossbar, *([self._features.crossbar] if self._features else [])]
        return [float(math.prod(crossbar.shape[1:])) for crossbar in crossbars]

    def _restore(self, lesson: Lesson, kept: Kept) -> Record:
        """Take over what an earlier training left; its record."""
        if self._features is not None:
            self._features.restore(kept.named(_FEATURES), self._inputs.rows(lesson.train.pixels))
        kept.named(_CROSSBAR).restore(self.crossbar)
        self._calibrate(lesson)
        lesson.report(1.0)
        return Record.of(kept, lesson.seeds, self.spec.learning.epochs)

    def _train(self, lesson: Lesson) -> Record:
        """Train; every array stops by itself where patience ends."""
        learning, seeds = self.spec.learning, lesson.seeds
        before = self._learn_features(lesson)
        self._calibrate(lesson)
        best, curves = np.full(seeds, -1.0), np.full((4, seeds, learning.epochs), np.nan)
        best_epoch, epochs = np.zeros(seeds), np.zeros(seeds)
        active = np.ones(seeds, bool)
        for epoch in range(learning.epochs):
            for k, value in enumerate(self._kept_epoch(lesson, epoch, active)):
                curves[k, active, epoch] = value[active]
            self.epoch_events.append(self._events())
            epochs[active] = epoch + 1
            better = active & (curves[2, :, epoch] > best)
            best[better], best_epoch[better] = curves[2, better, epoch], epoch + 1
            if learning.patience is not None:
                active &= epoch + 1 - best_epoch < learning.patience
            lesson.report(before + (1 - before) * (epoch + 1) / learning.epochs)
            if not active.any():
                break
        shown, features = float(len(lesson.train)), self.spec.features
        reads = self._operations[0] * learning.local_rule.reads + sum(self._operations[1:])
        earlier = self._operations[-1] * shown * features.layer.epochs if features is not None else 0.0
        return Record(History(*curves), epochs, best_epoch, reads * shown * epochs + earlier)

    def _learn_features(self, lesson: Lesson) -> float:
        """Prepare the feature layer; the share of the whole work that this was."""
        features = self.spec.features
        if self._features is None or features is None:
            return 0.0
        epochs = features.layer.epochs
        share = epochs / (epochs + max(1, self.spec.learning.epochs))
        with self._counting():
            self._features.fit(
                self._inputs.rows(lesson.train.pixels),
                order=lambda epoch: self._orders(lesson, epoch, features=True),
                report=lambda done: lesson.report(share * done),
            )
        return share

    def _counting(self) -> AbstractContextManager[None]:
        """Let the reads of the layer of features count to the training."""
        return nullcontext() if self._features is None else self._features.crossbar.counting("training")

    def _kept_epoch(self, lesson: Lesson, epoch: int, active: np.ndarray) -> tuple[np.ndarray, ...]:
        """Scores after one more epoch; arrays whose loss is not finite are put back, and are active no longer."""
        # Between bounds nothing overflows.
        before = None if np.isfinite(self.crossbar.bounds).all() else copy.deepcopy(self.crossbar)
        with self._counting():
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
        with self._counting():
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
