"""Networks trained on one image each by gradient descent, those with the same fresh weights side by side.

The protocol is that of the study's script ("A Systematic Decomposition of Neural Network Robustness", Y. Akbay,
preprint, 2025/2026), which differs from its own paper:

- Its "CNN" has no convolution: it is a bias-free net of 4096 inputs, 128 ReLU units and 2 outputs.
- "CNN Standard" is said to be trained on cross-entropy; the script uses the squared error.
- ``gradient: study`` is not the gradient of the loss the paper states; see `memsim.baselines.Loss`.
- Its rate of .01 for the linear network diverges wherever rate |x|^2 > 2; the paper calls that a property of the rule.

``gradient: exact`` and a rate below 2/|x|^2 are the corrected variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from memsim.backends import resolve
from memsim.baselines.span import Trained, moments, respond, sensitivity, train
from memsim.experiment_schema import LearnerSpec, NetworkSpec
from memsim.learners.memory import TARGETS, Memory, Task, histogram, join
from memsim.philox import Stream, padded

_BYTES = 1 << 26
"""Most bytes of fresh weights that are held at once, unless one network alone takes more."""
_FIRST, _READOUT = 0, 1  # counter word c2 of a layer's fresh weights; never renumbered


class NetworkLearners:
    """Networks of one shape and start, which share their fresh weights and what these make of every image."""

    def __init__(self, specs: Sequence[LearnerSpec], network: NetworkSpec, backend: str) -> None:
        self.specs = specs
        self.network = network
        self.backend = resolve(backend)

    def memorise(self, task: Task) -> list[Memory]:
        """Train a network of every kind on every image of the task and read the corrupted copies."""
        chunks = list(self._chunks(task))
        joined = []
        for parts in zip(*chunks, strict=True):
            joined.append(join(parts))
        return joined

    def _chunks(self, task: Task) -> Iterator[list[Memory]]:
        """The memories of a few images at a time, a list with one of every kind."""
        units = self.network.hidden or len(TARGETS)
        bytes_each = (units + 1) * padded(task.images.shape[1]) * np.dtype(self.network.dtype).itemsize
        at_once = max(1, _BYTES // bytes_each)
        for first in range(0, len(task.images), at_once):
            yield self._memorise(task, slice(first, first + at_once))
            task.report(min(first + at_once, len(task.images)))

    def _memorise(self, task: Task, part: slice) -> list[Memory]:
        images = task.images[part]
        count, pixels = images.shape
        kinds, levels = len(task.noisy), next(iter(task.noisy.values())).shape[1]
        first = task.first + part.start
        # The image is one more unit of the fresh layer, so that one product gives responses and overlaps.
        layer = np.zeros((count, (self.network.hidden or len(TARGETS)) + 1, padded(pixels)), self.network.dtype)
        self._fresh(layer[:, :-1, :pixels], task.seed, first, _FIRST)
        layer[:, -1, :pixels] = images
        signals = np.zeros((count, 1 + kinds * levels, layer.shape[2]), self.network.dtype)
        signals[:, 0, :pixels] = images
        for k, copies in enumerate(task.noisy.values()):
            signals[:, 1 + k * levels : 1 + (k + 1) * levels, :pixels] = copies[part]
        products, _ = self.backend.read(signals, layer, 0.0, 0.0, 0.0)
        readout = None
        if self.network.hidden:
            readout = np.empty((count, len(TARGETS), self.network.hidden), self.network.dtype)
            self._fresh(readout, task.seed, first, _READOUT)
            readout = readout.swapaxes(1, 2)
        fresh = (layer[:, :-1, :pixels], layer[:, -1, :pixels], products[:, 0, :-1], products[:, 0, -1])
        memories = []
        # A diverging network is a result: its numbers may pass the largest float.
        with np.errstate(over="ignore", invalid="ignore"):
            for spec in self.specs:
                training = spec.training
                trained = train(
                    products[:, 0, :-1],
                    products[:, 0, -1],
                    readout,
                    np.asarray(TARGETS, self.network.dtype),
                    training.objective,
                    training.rate,
                    training.steps,
                )
                outputs = respond(products[:, :, :-1], products[:, :, -1], trained)
                memories.append(self._memory(spec, outputs, (kinds, levels), fresh, trained, first == 0))
        return memories

    def _memory(
        self,
        spec: LearnerSpec,
        outputs: np.ndarray,
        noise: tuple[int, int],
        fresh: tuple[Any, Any, Any, Any],
        trained: Trained,
        example: bool,
    ) -> Memory:
        slope = sensitivity(*fresh, trained)
        weights = moments(*fresh, trained, self.network.initial)
        count = len(outputs)
        models = {
            "weight_mean": weights.mean,
            "weight_std": weights.std,
            "weight_min": weights.smallest,
            "weight_max": weights.largest,
            "step_size": self._step_size(spec, fresh[3]),
        }
        return Memory(
            outputs[:, 1:].reshape(count, *noise, len(TARGETS)),
            outputs[:, 0],
            np.linalg.norm(slope, axis=1),
            models,
            {"example_sensitivity": slope[0], **histogram(_weights(fresh, trained))} if example else {},
        )

    def _step_size(self, spec: LearnerSpec, power: np.ndarray) -> np.ndarray:
        """Step size over the curvature's inverse, which must stay below 2; NaN where the curvature is not |x|^2."""
        training = spec.training
        if self.network.hidden or training.loss != "mse":
            return np.full(len(power), np.nan)
        return training.rate * power * (1.0 if training.gradient == "study" else 2.0)

    def _fresh(self, weights: np.ndarray, seed: int, first: int, layer: int) -> None:
        """Fill with fresh weights (network, unit, input), uniform in the given range."""
        start, end = self.network.initial
        address: dict[str, Any] = {"seed": seed, "stream": Stream.INITIAL, "step": layer, "first_array": first}
        weights[:] = self.backend.fill("uniform", weights.shape, **address)
        weights *= end - start
        weights += start


def _weights(fresh: tuple[Any, Any, Any, Any], trained: Trained) -> np.ndarray:
    """All weights of the first network."""
    first = fresh[0][0] + trained.shift[0][:, None] * fresh[1][0]
    layers = [first] if trained.readout is None else [first, trained.readout[0]]
    return np.concatenate([layer.ravel() for layer in layers])
