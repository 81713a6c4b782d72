"""A layer of features on a crossbar, before the one that learns: random, or learned without a teacher.

===========  ========================================================================================================
random       Pairs of fresh cells, uniform over the bounds, that are never programmed; feature = max(0, y). Source:
             Huang, Zhu & Siew, "Extreme learning machine", Neurocomputing 70, 489 (2006).
competitive  Columns minus a reference that learn by a soft winner-take-all, see `memsim.learning.rules.competitive`;
             feature = max(0, y - mean of y over the units). Source: Coates, Lee & Ng, AISTATS 2011, section 3.2.2.
===========  ========================================================================================================

The shares of the units in an input are softmax((y/E - theta)/T), E the mean energy |x|^2 of the training inputs and T
the temperature; theta rises in a unit that takes more than its share (DeSieno, "Adding a conscience to competitive
learning", ICNN 1988), so that none stays without inputs.

The next crossbar is driven with features minus their mean, one offset a unit, times one gain an array, over the
training images: signed voltages of the size of the read voltage.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from memsim.arrays import Crossbar, CrossbarLayer
from memsim.arrays.compensation import SPAN
from memsim.learning import Competitive, Encoding
from memsim.learning.features import CompetitiveFeatures, RandomFeatures
from memsim.philox import Occasion, Scope
from memsim.profiles import DeviceProfile
from memsim.results.weights import Kept, part_of

_SCOPE = Scope(layer=1)
"""Scope of the features; the crossbars that learn from them are layer 0, with or without features."""
_CONSCIENCE = 0.2  # change of theta for a unit that takes every input of a batch, in temperatures, assumed
_SILENT = 0.01  # share below which a unit gets no pulse, assumed


class Features:
    """Features of images on an ensemble of crossbars, one for each seed.

    Parameters
    ----------
    layer : RandomFeatures or CompetitiveFeatures
        What they are, with settings.
    units : int
        Number of features.
    device : DeviceProfile or str
        The cells.
    rows : int
        Number of inputs.
    encoding : Encoding, optional
        How pulses deliver what competition asks for; the device's own if not given.
    bounds : (float, float) or None
        Bounds of w; fresh cells are uniform between them, or in [0, 1] where there are none.
    **cells
        Further settings of `Crossbar`: arrays, seed, dtype, backend, converters, wires, tile. The range of an ADC that
        follows the outputs is set by those for the training images, once the array is as it stays.
    """

    def __init__(
        self,
        layer: RandomFeatures | CompetitiveFeatures,
        units: int,
        device: DeviceProfile | str,
        rows: int,
        *,
        encoding: Encoding | None = None,
        bounds: tuple[float, float] | None = (0.0, 1.0),
        **cells: Any,
    ) -> None:
        self.layer = layer
        self.encoding = encoding
        column = "reference" if layer.learns else "pair"
        own: dict[str, Any] = {
            "column": column,
            "bounds": bounds,
            "initial": bounds or (0.0, 1.0),
            "arrays": 1,
            **cells,
        }
        self.crossbar = Crossbar(device, rows, units, scope=_SCOPE, **own)
        self._layer = CrossbarLayer(self.crossbar)
        self._input = 1.0
        self._mean = np.zeros((self.crossbar.shape[0], 1, units), self.crossbar.dtype)
        self._gain = np.ones((self.crossbar.shape[0], 1, 1), self.crossbar.dtype)

    def fit(
        self,
        x: np.ndarray,
        *,
        order: Callable[[int], np.ndarray],
        report: Callable[[float], None],
    ) -> None:
        """Learn, if the layer does; then set offsets and gain with which features have mean 0 and mean square 1.

        Parameters
        ----------
        x : (image, row)
            Inputs of the training images.
        order : callable
            Numbers of the images in the order of every array (array, image), by epoch.
        report : callable
            Called with the share of the work that is done.
        """
        largest = float(np.abs(x).max(initial=0.0))
        self._input = 1.0 / largest if largest > 0 else 1.0
        if isinstance(self.layer, CompetitiveFeatures):
            epochs, batch = self.layer.epochs, self.layer.batch
            arrays, _, units = self.crossbar.shape
            energy = float(np.mean((self._input * x) ** 2, dtype=float)) * x.shape[1] or 1.0
            threshold = np.zeros((arrays, 1, units))
            for epoch in range(epochs):
                orders = order(epoch)
                for first in range(0, orders.shape[1], batch):
                    self._compete(x[orders[:, first : first + batch]], energy, threshold, self.layer)
                report((epoch + 1) / epochs)
        if self.crossbar.planned:
            self.crossbar.program()
        self._layer.calibrate(self._input * x, gain=False)
        features = self._of(self._outputs(x, None, 0, noise=False))
        self._mean = features.mean(1, keepdims=True, dtype=float).astype(self.crossbar.dtype)
        power = np.mean(np.square(features - self._mean), axis=(1, 2), keepdims=True, dtype=float)
        self._gain = (1.0 / np.sqrt(np.where(power > 0, power, 1.0))).astype(self.crossbar.dtype)

    def kept(self) -> dict[str, np.ndarray]:
        """What `fit` left, by name."""
        own = {"input": np.asarray(self._input), "mean": self._mean, "gain": self._gain}
        return own | part_of("crossbar", self.crossbar.memory())

    def restore(self, kept: Kept, x: np.ndarray) -> None:
        """Go on from what an earlier `fit` left; ADCs follow the outputs for these inputs (image, row)."""
        dtype = self.crossbar.dtype
        self._input = float(kept.array("input", ()))
        self._mean = kept.array("mean", self._mean.shape, dtype)
        self._gain = kept.array("gain", self._gain.shape, dtype)
        kept.named("crossbar").restore(self.crossbar)
        self._layer.calibrate(self._input * x, gain=False)

    def _compete(self, shown: np.ndarray, energy: float, threshold: np.ndarray, layer: CompetitiveFeatures) -> None:
        """One batch (array, image, row): every unit moves towards its share of the inputs."""
        shown = self._input * shown
        answer = (self._layer.read(shown) / energy - threshold) / layer.temperature
        share = np.exp(answer - answer.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        threshold += _CONSCIENCE * layer.temperature * (share.mean(1, keepdims=True) - 1.0 / share.shape[-1])
        share[share < _SILENT] = 0.0
        self.crossbar.train(Competitive(layer.rate), shown, share, encoding=self.encoding)

    def __call__(
        self, x: np.ndarray, *, index: int | Occasion | None, first_sample: int = 0, noise: bool = True
    ) -> np.ndarray:
        """Features (array, image, unit) of inputs (image, row) or (array, image, row)."""
        return (self._of(self._outputs(x, index, first_sample, noise)) - self._mean) * self._gain

    @property
    def layer_on_crossbar(self) -> CrossbarLayer:
        """The layer whose products the cells make."""
        return self._layer

    def slope(self, x: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Gradient by the inputs (array, image, row) given that by the features (array, image, unit)."""
        outputs = self._outputs(x, None, 0, noise=False)
        active = features * self._gain * (self._of(outputs) > 0)
        if self.layer.learns:
            active = active - active.mean(-1, keepdims=True)
        with threadpool_limits(1, "blas"):
            gradient = active @ self.crossbar.effective_state.values.swapaxes(1, 2)
        return self._input * self.crossbar.steepened(self._input * x, gradient, active)

    @property
    def cells(self) -> int:
        """Number of cells of an array."""
        return math.prod(self.crossbar.state.shape[1:])

    def _outputs(self, x: np.ndarray, index: int | Occasion | None, first: int, noise: bool) -> np.ndarray:
        with threadpool_limits(1, "blas"):
            outputs = self._layer.read(self._input * x, index, first_sample=first, noise=noise, within=SPAN)
        return outputs.astype(self.crossbar.dtype, copy=False)

    def _of(self, outputs: np.ndarray) -> np.ndarray:
        if self.layer.learns:
            outputs = outputs - outputs.mean(-1, keepdims=True)
        return np.maximum(outputs, 0)
