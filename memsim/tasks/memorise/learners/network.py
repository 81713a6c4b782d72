"""Networks trained on one image each by gradient descent, those with the same fresh weights side by side.

The protocol is that of the study's script ("A Systematic Decomposition of Neural Network Robustness", Y. Akbay,
preprint, 2025/2026), which differs from its own paper:

- Its "CNN" has no convolution: it is a bias-free net of 4096 inputs, 128 ReLU units and 2 outputs.
- "CNN Standard" is said to be trained on cross-entropy; the script uses the squared error.
- ``gradient: study`` is not the gradient of the loss the paper states; see `memsim.networks.Loss`.
- Its rate of .01 for the linear network diverges wherever rate |x|^2 > 2; the paper calls that a property of the rule.

``gradient: exact`` and a rate below 2/|x|^2 are the corrected variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.backends import resolve
from memsim.networks.losses import Mse
from memsim.networks.span import Layer, Trained, moments, respond, sensitivity, sums, train
from memsim.philox import Stream, padded
from memsim.results.weights import Kept
from memsim.tasks.kept import WEIGHTS
from memsim.tasks.memorise.learners.block import TARGETS, Block, Memory, histogram, join
from memsim.tasks.memorise.schema import LearnerSpec, NetworkSpec

_BYTES = 1 << 26
"""Most bytes of fresh weights that are held at once, unless one network alone takes more."""
_FIRST, _READOUT = 0, 1  # counter word c2 of a layer's fresh weights; the first draws the numbers of fresh cells


class NetworkLearners:
    """Networks of one shape and start, which share their fresh weights and what these make of every image.

    With what an earlier training left of each, they are those of this training.
    """

    def __init__(
        self,
        specs: Sequence[LearnerSpec],
        network: NetworkSpec,
        backend: str,
        keep: Sequence[str] = (),
        earlier: Sequence[Kept] | None = None,
    ) -> None:
        self.specs = specs
        self.network = network
        self.backend = resolve(backend)
        self.keep = keep
        self.earlier = earlier

    def memorise(self, block: Block) -> list[Memory]:
        """Train a network of every kind on every image of a block and read the corrupted copies."""
        count, pixels = block.images.shape
        at_once = max(1, _BYTES // ((self.units + 1) * padded(pixels) * np.dtype(self.network.dtype).itemsize))
        # The image is one more unit of the fresh layer, so that one product gives responses and overlaps.
        state = self.backend.xp.zeros((min(at_once, count), self.units + 1, padded(pixels)), self.network.dtype)
        chunks = []
        # Products this small gain little from more threads, and lose much of it where other processes keep a core busy.
        with threadpool_limits(1, "blas"):
            for first in range(0, count, at_once):
                chunks.append(self._memorise(block, slice(first, first + at_once), state[: count - first]))
                block.report(min(first + at_once, count))
        return [join(memories) for memories in zip(*chunks, strict=True)]

    @property
    def units(self) -> int:
        """Units of the first layer."""
        return self.network.hidden or len(TARGETS)

    def _memorise(self, block: Block, part: slice, state: Any) -> list[Memory]:
        """The memories of a few images, one of every kind; `state` (image, unit + 1, row) is room for their weights."""
        xp, numpy, images = self.backend.xp, self.backend.numpy, block.images[part]
        count, pixels = images.shape
        kinds, levels = len(block.noisy), next(iter(block.noisy.values())).shape[1]
        first = block.first + part.start
        self._fresh(state[:, :-1, :pixels], block.seed, first, _FIRST)
        state[:, -1, :pixels] = self.backend.asarray(images)
        signals = xp.zeros((count, 1 + kinds * levels, state.shape[2]), self.network.dtype)
        signals[:, 0, :pixels] = state[:, -1, :pixels]
        for k, copies in enumerate(block.noisy.values()):
            signals[:, 1 + k * levels : 1 + (k + 1) * levels, :pixels] = self.backend.asarray(copies[part])
        products = self.backend.read(signals, state)[0].astype(self.network.dtype, copy=False)
        responses, overlaps = products[:, :, :-1], products[:, :, -1]
        layer = Layer(state[:, :-1, :pixels], state[:, -1, :pixels], responses[:, 0], overlaps[:, 0])
        start = sums(layer)
        readout = None
        if self.network.hidden:
            readout = xp.empty((count, len(TARGETS), self.network.hidden), self.network.dtype)
            self._fresh(readout, block.seed, first, _READOUT)
        targets = xp.asarray(TARGETS, dtype=self.network.dtype)
        memories = []
        # A diverging network is a result: its numbers may pass the largest float.
        with np.errstate(over="ignore", invalid="ignore"):
            for number, spec in enumerate(self.specs):
                if self.earlier is None:
                    loss, rate, steps = spec.training.objective, spec.training.rate, spec.training.steps
                    trained = train(layer.response, layer.power, readout, targets, loss, rate, steps)
                else:
                    trained = self._stored(self.earlier[number].rows(first, count), count)
                outputs = numpy(respond(responses, overlaps, trained))
                slope = numpy(sensitivity(layer, trained))
                weights = moments(layer, start, trained, self.network.initial)
                models = {
                    "weight_mean": numpy(weights.mean),
                    "weight_std": numpy(weights.std),
                    "weight_min": numpy(weights.smallest),
                    "weight_max": numpy(weights.largest),
                    "step_size": self._step_size(spec, numpy(layer.power)),
                }
                noisy = outputs[:, 1:].reshape(count, kinds, levels, len(TARGETS))
                examples = {}
                if first == 0:
                    examples = {"example_sensitivity": slope[0], **histogram(numpy(_weights(layer, trained)))}
                steepness = np.linalg.norm(slope, axis=1)
                memories.append(Memory(noisy, outputs[:, 0], steepness, models, examples, self._kept(trained)))
        return memories

    def _kept(self, trained: Trained) -> dict[str, np.ndarray]:
        """What training changed, by name; fresh weights follow from the seed."""
        arrays = {name: part for name, part in trained._asdict().items() if part is not None}
        return {name: self.backend.numpy(part) for name, part in arrays.items()} if WEIGHTS in self.keep else {}

    def _stored(self, kept: Kept, count: int) -> Trained:
        """What an earlier training changed in some networks."""
        shapes: dict[str, tuple[int, ...]] = {"shift": (count, self.units)}
        if self.network.hidden:
            shapes["readout"] = (count, len(TARGETS), self.units)
        parts = {name: kept.array(name, shape, self.network.dtype) for name, shape in shapes.items()}
        return Trained(**{"readout": None, **{name: self.backend.asarray(part) for name, part in parts.items()}})

    def _step_size(self, spec: LearnerSpec, power: np.ndarray) -> np.ndarray:
        """Step size over the curvature's inverse, which must stay below 2; NaN where the curvature is not |x|^2."""
        loss = spec.training.objective
        if self.network.hidden or not isinstance(loss, Mse):
            return np.full(len(power), np.nan)
        return spec.training.rate * power * (1.0 if loss.gradient == "study" else 2.0)

    def _fresh(self, weights: Any, seed: int, first: int, layer: int) -> None:
        """Fill with fresh weights (network, unit, input), uniform in the given range."""
        start, end = self.network.initial
        address: dict[str, Any] = {"seed": seed, "stream": Stream.INITIAL, "step": layer}
        for i, image in enumerate(weights):  # one at a time: it stays in the cache
            uniform = self.backend.fill("uniform", (1, *image.shape), **address, first_array=first + i)[0]
            np.multiply(uniform, end - start, out=image, dtype=image.dtype)
            image += start


def _weights(layer: Layer, trained: Trained) -> np.ndarray:
    """All weights of the first network."""
    first = layer.weights[0] + trained.shift[0][:, None] * layer.x[0]
    layers = [first] if trained.readout is None else [first, trained.readout[0]]
    return np.concatenate([weights.ravel() for weights in layers])
